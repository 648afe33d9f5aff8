/* SPDX-License-Identifier: Apache-2.0 */
/* What ports, bonds and VLANs have of their own, and how they speak of one another. */
#include <stdio.h>
#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/network/private.h"
#include "protocol/node.h"

#define COMMON "name", "mtu", "dhcp4", "dhcp6", "accept_ra", "optional", "addresses", "routes", "nameservers"

#define VLAN_MAX     4094
#define MII_USUAL_MS 100 /* the kernel's own is never: a dead link would be used on */
#define MII_MAX_MS   60000

int network_read_ethernet(struct network_interface *at, struct err *err)
{
	static const char *const keys[] = {COMMON, "mac", "wakeonlan", NULL};
	const char *mac = "";
	int r = json_only_keys(at->json, at->what, keys, err);

	if (r == 0)
		r = json_get_str(at->json, at->what, "mac", 32, &mac, err);
	if (r < 0)
		return r;
	if (node_mac_normalise(mac, at->mac) < 0)
		return err_set(err, EBADMSG,
			       "%s.mac: \"%s\" is no port's address, which is as in \"52:54:00:12:34:56\"",
			       at->what, mac);
	return json_opt_bool(at->json, at->what, "wakeonlan", &at->wakeonlan, err);
}

/* obj[key] is one of the words; *ret is left alone where it is missing or null. */
static int opt_word(const struct network_interface *at, const char *key, const char *const *words,
		    const char **ret, struct err *err)
{
	const char *text = NULL;
	char all[128] = "";
	int r = json_opt_str(at->json, at->what, key, 32, &text, err);

	if (r < 0 || !text)
		return r;
	for (; *words; words++) {
		if (!strcmp(text, *words)) {
			*ret = *words;
			return 0;
		}
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", *all ? ", " : "", *words);
	}
	return err_set(err, EBADMSG, "%s.%s: \"%s\" is none of %s", at->what, key, text, all);
}

static bool is_among(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(word, *words))
			return true;
	return false;
}

/* The kernel passes over what its mode has no use for: drivers/net/bonding/bond_options.c. */
static int check_mode(const struct network_interface *at, const char *key, const void *given,
		      const char *const *modes, struct err *err)
{
	if (!given || is_among(at->bond.mode, modes))
		return 0;
	return err_set(err, EBADMSG, "%s.%s: a bond of mode %s has no use for it", at->what, key,
		       at->bond.mode);
}

static int read_bond_words(struct network_interface *at, struct err *err)
{
	static const char *const modes[] = {"802.3ad",   "active-backup", "balance-rr",  "balance-xor",
					    "broadcast", "balance-tlb",   "balance-alb", NULL},
				 *const rates[] = {"slow", "fast", NULL}, *const policies[] = {"layer2",
											       "layer2+3",
											       "layer3+4",
											       "encap2+3",
											       "encap3+4",
											       NULL},
				 *const hashing[] = {"802.3ad", "balance-xor", "balance-tlb", NULL},
				 *const lacp[] = {"802.3ad", NULL};
	int r = opt_word(at, "mode", modes, &at->bond.mode, err);

	if (r == 0 && !at->bond.mode)
		r = err_set(err, EBADMSG, "%s.mode is missing: say 802.3ad or active-backup, or another",
			    at->what);
	if (r == 0)
		r = opt_word(at, "lacp_rate", rates, &at->bond.lacp_rate, err);
	if (r == 0)
		r = check_mode(at, "lacp_rate", at->bond.lacp_rate, lacp, err);
	if (r == 0)
		r = opt_word(at, "transmit_hash_policy", policies, &at->bond.hash_policy, err);
	return r ? r : check_mode(at, "transmit_hash_policy", at->bond.hash_policy, hashing, err);
}

int network_read_bond(struct network_interface *at, struct err *err)
{
	static const char *const keys[] = {
		COMMON,      "interfaces",           "mode",    "mii_monitor_interval",
		"lacp_rate", "transmit_hash_policy", "primary", NULL};
	uint64_t mii = MII_USUAL_MS;
	json_t *members;
	int r = json_only_keys(at->json, at->what, keys, err);

	if (r == 0)
		r = json_get_array(at->json, at->what, "interfaces", NETWORK_INTERFACES_MAX, &members, err);
	if (r == 0 && !json_array_size(members))
		r = err_set(err, EBADMSG, "%s.interfaces: at least one port is needed", at->what);
	if (r == 0)
		r = read_bond_words(at, err);
	if (r == 0)
		r = json_opt_u64(at->json, at->what, "mii_monitor_interval", 1, MII_MAX_MS, &mii, err);
	at->bond.mii_ms = (unsigned)mii;
	return r;
}

int network_read_vlan(struct network_interface *at, struct err *err)
{
	static const char *const keys[] = {COMMON, "id", "link", NULL};
	uint64_t id = 0;
	int r = json_only_keys(at->json, at->what, keys, err);

	if (r == 0)
		r = json_get_u64(at->json, at->what, "id", 1, VLAN_MAX, &id, err);
	at->id = (unsigned)id;
	return r;
}

/* ---- names of others ---- */

static int find(const struct network *network, const char *name, const char *what, unsigned *ret,
		struct err *err)
{
	for (unsigned i = 0; i < network->n; i++) {
		if (name && !strcmp(network->at[i].name, name)) {
			*ret = i;
			return 0;
		}
	}
	return err_set(err, EBADMSG, "%s: no interface here is called \"%.64s\"", what, name ?: "");
}

static int join_member(struct network *network, unsigned bond, const json_t *name, const char *what,
		       struct err *err)
{
	struct network_bond *b = &network->at[bond].bond;
	struct network_interface *member;
	unsigned place;
	int r = find(network, json_string_value(name), what, &place, err);

	if (r < 0)
		return r;
	member = &network->at[place];
	if (member->kind != NETWORK_ETHERNET)
		return err_set(err, EBADMSG, "%s: \"%s\" is %s, and a bond is made of \"ethernets\"", what,
			       member->name, member->kind == NETWORK_BOND ? "a bond" : "a VLAN");
	if (member->master >= 0)
		return err_set(err, EBADMSG, "%s: \"%s\" is in %s already", what, member->name,
			       network->at[member->master].name);
	member->master = (int)bond;
	b->members[b->n_members++] = place;
	return 0;
}

static int join_primary(struct network *network, struct network_interface *at, struct err *err)
{
	static const char *const modes[] = {"active-backup", "balance-tlb", "balance-alb", NULL};
	const char *name = NULL;
	char what[80];
	unsigned place;
	int r = json_opt_str(at->json, at->what, "primary", NETWORK_NAME_MAX, &name, err);

	if (r < 0 || !name)
		return r;
	snprintf(what, sizeof(what), "%s.primary", at->what);
	r = check_mode(at, "primary", name, modes, err);
	if (r == 0)
		r = find(network, name, what, &place, err);
	if (r == 0 && network->at[place].master != at - network->at)
		r = err_set(err, EBADMSG, "%s: \"%s\" is none of its interfaces", what, name);
	if (r == 0)
		at->bond.primary = (int)place;
	return r;
}

static int join_bond(struct network *network, unsigned bond, struct err *err)
{
	struct network_interface *at = &network->at[bond];
	const json_t *members = json_object_get(at->json, "interfaces");
	int r = 0;

	at->bond.members = xcalloc(json_array_size(members), sizeof(*at->bond.members));
	for (size_t i = 0; r == 0 && i < json_array_size(members); i++) {
		char what[80];

		snprintf(what, sizeof(what), "%s.interfaces[%zu]", at->what, i);
		r = join_member(network, bond, json_array_get(members, i), what, err);
	}
	return r ? r : join_primary(network, at, err);
}

static int join_vlan(struct network *network, struct network_interface *at, struct err *err)
{
	const char *name;
	char what[80];
	int r = json_get_str(at->json, at->what, "link", NETWORK_NAME_MAX, &name, err);

	if (r < 0)
		return r;
	snprintf(what, sizeof(what), "%s.link", at->what);
	return find(network, name, what, &at->link, err);
}

int network_join(struct network *network, struct err *err)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < network->n; i++) {
		if (network->at[i].kind == NETWORK_BOND)
			r = join_bond(network, i, err);
		else if (network->at[i].kind == NETWORK_VLAN)
			r = join_vlan(network, &network->at[i], err);
	}
	return r;
}

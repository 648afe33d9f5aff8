/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a network: the document as a whole, and names. */
#include "protocol/network/network.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/network/private.h"

/* "all" and "default" are folders of the kernel's own among an interface's settings, "bonding_masters" is a file among the interfaces. */
bool network_name_valid(const char *name)
{
	static const char *const taken[] = {"lo", "all", "default", "bonding_masters"};
	bool number = true;

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (!strcmp(name, taken[i]))
			return false;
	for (const char *c = name; *c; c++) {
		if (!isascii(*c) || (!isalnum(*c) && !strchr("_.-", *c)))
			return false;
		number = number && isdigit(*c);
	}
	return *name && *name != '.' && *name != '-' && strlen(name) <= NETWORK_NAME_MAX && !number;
}

static int read_name(struct network_interface *at, struct err *err)
{
	int r = json_get_str(at->json, at->what, "name", 64, &at->name, err);

	if (r < 0)
		return r;
	if (!network_name_valid(at->name))
		return err_set(err, EBADMSG,
			       "%s.name: \"%s\" is no name for an interface: 1 to %d characters of A-Z, a-z, "
			       "0-9, _ . and -, beginning with one of the first, not digits alone, not lo, "
			       "all or default",
			       at->what, at->name, NETWORK_NAME_MAX);
	return 0;
}

static const struct kind {
	const char *key;
	enum network_kind kind;
	int (*read)(struct network_interface *at, struct err *err);
} kinds[] = {
	{"ethernets", NETWORK_ETHERNET, network_read_ethernet},
	{"bonds", NETWORK_BOND, network_read_bond},
	{"vlans", NETWORK_VLAN, network_read_vlan},
};
enum { N_KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static int read_interface(struct network_interface *at, const struct kind *kind, size_t i, const json_t *json,
			  struct err *err)
{
	int r;

	*at = (struct network_interface){.kind = kind->kind, .json = json, .bond.primary = -1, .master = -1};
	snprintf(at->what, sizeof(at->what), "network.%s[%zu]", kind->key, i);
	if (!json_is_object(json))
		return err_set(err, EBADMSG, "%s must be an object", at->what);
	r = read_name(at, err);
	if (r == 0)
		r = kind->read(at, err);
	return r ? r : network_read_common(at, err);
}

static int read_kind(struct network *network, const struct kind *kind, struct err *err)
{
	const json_t *list = json_object_get(network->json, kind->key);
	int r = 0;

	for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
		r = read_interface(&network->at[network->n++], kind, i, json_array_get(list, i), err);
	return r;
}

/* How many interfaces there are. */
static int count(const json_t *json, size_t *ret, struct err *err)
{
	for (unsigned i = 0; i < N_KINDS; i++) {
		const json_t *list = json_object_get(json, kinds[i].key);

		if (list && !json_is_null(list) && !json_is_array(list))
			return err_set(err, EBADMSG, "network.%s must be an array", kinds[i].key);
		*ret += json_array_size(list);
	}
	if (*ret > NETWORK_INTERFACES_MAX)
		return err_set(err, EBADMSG, "network has %zu interfaces; at most %d are allowed", *ret,
			       NETWORK_INTERFACES_MAX);
	if (!json_array_size(json_object_get(json, kinds[0].key)))
		return err_set(err, EBADMSG,
			       "network.ethernets: at least one port is needed, by its \"name\" and \"mac\"");
	return 0;
}

static int check_names(const struct network *network, struct err *err)
{
	for (unsigned i = 0; i < network->n; i++)
		for (unsigned k = 0; k < i; k++)
			if (!strcmp(network->at[i].name, network->at[k].name))
				return err_set(err, EBADMSG, "%s.name: \"%s\" is the name of %s too",
					       network->at[i].what, network->at[i].name, network->at[k].what);
	return 0;
}

static int check_text(const struct network *network, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;

	return network_render(network, &text, &len, err);
}

int network_from_json(json_t *json, struct network **ret, struct err *err)
{
	static const char *const keys[] = {"ethernets", "bonds", "vlans", NULL};
	_cleanup_(network_freep) struct network *network = NULL;
	size_t n = 0;
	int r;

	if (!json_is_object(json))
		return err_set(err, EBADMSG, "network must be an object");
	r = json_only_keys(json, "network", keys, err);
	if (r == 0)
		r = count(json, &n, err);
	if (r < 0)
		return r;
	network = xcalloc(1, sizeof(*network));
	network->json = json_incref(json);
	network->at = xcalloc(n, sizeof(*network->at));
	for (unsigned i = 0; r == 0 && i < N_KINDS; i++)
		r = read_kind(network, &kinds[i], err);
	if (r == 0)
		r = check_names(network, err);
	if (r == 0)
		r = network_join(network, err);
	if (r == 0)
		r = network_check(network, err);
	if (r == 0)
		r = check_text(network, err);
	if (r == 0)
		*ret = TAKE_PTR(network);
	return r;
}

void network_free(struct network *network)
{
	if (!network)
		return;
	for (unsigned i = 0; i < network->n; i++) {
		free(network->at[i].addresses);
		free(network->at[i].routes);
		free(network->at[i].servers);
		free(network->at[i].bond.members);
	}
	free(network->at);
	json_decref(network->json);
	free(network);
}

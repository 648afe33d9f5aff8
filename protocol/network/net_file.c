/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/network/net_file.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"

#define SERIAL_MAX  127
#define ADDRESS_MAX 49 /* characters: an IPv6 address with its prefix */

/* ---- reading ---- */

/* Each string of the list as if it stood on the command line. */
static int read_list(const json_t *json, const char *what, const char *name, const char *key, bool needed,
		     struct net_config *config, struct err *err)
{
	const json_t *list = json_object_get(json, name), *item;
	size_t i, n = json_array_size(list);

	if (!list && !needed)
		return 0;
	if (!json_is_array(list) || n < 1 || n > 2)
		return err_set(err, EBADMSG, "%s.%s must be an array of 1 or 2 addresses", what, name);
	json_array_foreach(list, i, item) {
		const char *text = json_string_value(item);

		if (!text || json_string_length(item) > ADDRESS_MAX || net_config_take(config, key, text) < 0)
			return err_set(
				err, EBADMSG,
				"%s.%s[%zu] is no %s, or a second one of its kind (IPv4 and IPv6 are kinds)",
				what, name, i,
				needed ? "address with a prefix, such as 10.0.0.5/24" : "address");
	}
	return 0;
}

static int read_number(const json_t *json, const char *what, const char *key, unsigned min, unsigned max,
		       unsigned *ret, struct err *err)
{
	uint64_t value = 0;
	int r = json_opt_u64(json, what, key, min, max, &value, err);

	if (r == 0)
		*ret = (unsigned)value;
	return r;
}

static int read_who(const json_t *json, const char *what, struct net_machine *m, struct err *err)
{
	const char *mac = NULL, *serial = "";
	int r = json_opt_str(json, what, "mac", 17, &mac, err);

	if (r == 0)
		r = json_opt_str(json, what, "serial", SERIAL_MAX, &serial, err);
	if (r < 0)
		return r;
	if (mac && node_mac_normalise(mac, m->mac) < 0)
		return err_set(err, EBADMSG, "%s.mac: %s is no MAC address", what, mac);
	snprintf(m->serial, sizeof(m->serial), "%s", serial);
	memcpy(m->config.mac, m->mac, sizeof(m->mac));
	m->config.mac_alone = mac != NULL;
	m->config.no_dhcp = true;
	return 0;
}

static int read_machine(const json_t *json, const char *what, struct net_machine *m, struct err *err)
{
	static const char *const keys[] = {"mac", "serial", "addresses", "gateways",
					   "dns", "vlan",   "mtu",       NULL};
	struct net_config *c = &m->config;
	struct err why;
	int r;

	if (!json_is_object(json))
		return err_set(err, EBADMSG, "%s must be an object", what);
	r = json_only_keys(json, what, keys, err);
	if (r == 0)
		r = read_who(json, what, m, err);
	if (r == 0)
		r = read_list(json, what, "addresses", "ip", true, c, err);
	if (r == 0)
		r = read_list(json, what, "gateways", "gw", false, c, err);
	if (r == 0)
		r = read_list(json, what, "dns", "dns", false, c, err);
	if (r == 0)
		r = read_number(json, what, "vlan", 1, NET_VLAN_MAX, &c->vlan, err);
	if (r == 0)
		r = read_number(json, what, "mtu", NET_MTU_MIN, NET_MTU_MAX, &c->mtu, err);
	if (r < 0)
		return r;
	return net_config_check(c, &why) < 0 ? err_set(err, EBADMSG, "%s: %s", what, why.text) : 0;
}

static int by_mac(const void *a, const void *b)
{
	return strcmp((*(const struct net_machine *const *)a)->mac,
		      (*(const struct net_machine *const *)b)->mac);
}

static int by_serial(const void *a, const void *b)
{
	return strcmp((*(const struct net_machine *const *)a)->serial,
		      (*(const struct net_machine *const *)b)->serial);
}

/* Sorted, so that a file of 4,096 machines is looked at once and not 4,096 times. */
static int check_twice(const struct net_file *file, bool serials, struct err *err)
{
	int (*order)(const void *, const void *) = serials ? by_serial : by_mac;
	_cleanup_free_ const struct net_machine **sorted = xcalloc(file->n, sizeof(*sorted));

	for (unsigned i = 0; i < file->n; i++)
		sorted[i] = &file->machines[i];
	qsort(sorted, file->n, sizeof(*sorted), order);
	for (unsigned i = 1; i < file->n; i++) {
		const char *key = serials ? sorted[i]->serial : sorted[i]->mac;

		if (*key && order(&sorted[i - 1], &sorted[i]) == 0)
			return err_set(err, EBADMSG, "machines %zu and %zu have the same %s, %s",
				       (size_t)(sorted[i - 1] - file->machines),
				       (size_t)(sorted[i] - file->machines), serials ? "serial" : "mac", key);
	}
	return 0;
}

static int check_machines(const struct net_file *file, struct err *err)
{
	int r;

	for (unsigned i = 0; i < file->n && file->n > 1; i++)
		if (!*file->machines[i].mac && !*file->machines[i].serial)
			return err_set(err, EBADMSG,
				       "machines[%u] has neither mac nor serial, and is not the only one", i);
	r = check_twice(file, false, err);
	return r < 0 ? r : check_twice(file, true, err);
}

static int read_machines(const json_t *json, struct net_file *file, struct err *err)
{
	json_t *list = NULL;
	int r = json_get_array(json, "file", "machines", NET_MACHINES_MAX, &list, err);
	size_t n = json_array_size(list);

	if (r == 0 && n == 0)
		r = err_set(err, EBADMSG, "file.machines is empty");
	if (r < 0)
		return r;
	file->machines = xcalloc(n, sizeof(*file->machines));
	for (; file->n < n; file->n++) {
		char what[32];

		snprintf(what, sizeof(what), "machines[%u]", file->n);
		r = read_machine(json_array_get(list, file->n), what, &file->machines[file->n], err);
		if (r < 0)
			return r;
	}
	return check_machines(file, err);
}

static int read_file(const json_t *json, struct net_file *file, struct err *err)
{
	static const char *const keys[] = {"net", "others", "machines", NULL};
	const char *others = "stop";
	uint64_t version;
	int r;

	if (!json_is_object(json))
		return err_set(err, EBADMSG, "it must be an object");
	r = json_only_keys(json, "file", keys, err);
	if (r == 0)
		r = json_get_u64(json, "file", "net", 1, 1, &version, err);
	if (r == 0)
		r = json_opt_str(json, "file", "others", 8, &others, err);
	if (r < 0)
		return r;
	file->others_dhcp = !strcmp(others, "dhcp");
	if (!file->others_dhcp && strcmp(others, "stop") != 0)
		return err_set(err, EBADMSG, "file.others must be \"stop\" or \"dhcp\"");
	return read_machines(json, file, err);
}

int net_file_parse(const void *text, size_t len, struct net_file *ret, struct err *err)
{
	_cleanup_(net_file_clear) struct net_file file = {0};
	_cleanup_json_ json_t *json = NULL;
	int r;

	if (len > NET_FILE_MAX)
		return err_set(err, EBADMSG, "more than %d bytes", NET_FILE_MAX);
	r = json_parse(text, len, &json, err);
	if (r == 0)
		r = read_file(json, &file, err);
	if (r < 0)
		return r;
	*ret = file;
	file = (struct net_file){0};
	return 0;
}

void net_file_clear(struct net_file *file)
{
	free(file->machines);
	*file = (struct net_file){0};
}

/* ---- choosing ---- */

static bool has_mac(const struct node_identity *machine, const char *mac)
{
	for (unsigned i = 0; i < machine->n_macs; i++)
		if (!strcmp(machine->macs[i], mac))
			return true;
	return false;
}

/* Of both, both must be this machine's. */
static bool is_for(const struct net_machine *m, const struct node_identity *machine)
{
	return (!*m->mac || has_mac(machine, m->mac)) && (!*m->serial || !strcmp(m->serial, machine->serial));
}

int net_file_choose(const struct net_file *file, const struct node_identity *machine,
		    const struct net_machine **ret, struct err *err)
{
	const struct net_machine *found = NULL;

	for (unsigned i = 0; i < file->n; i++) {
		if (!is_for(&file->machines[i], machine))
			continue;
		if (found)
			return err_set(err, ENOTUNIQ, "machines %zu and %u are both this one",
				       (size_t)(found - file->machines), i);
		found = &file->machines[i];
	}
	if (!found && !file->others_dhcp)
		return err_set(err, ENOENT,
			       "this machine (serial %s, first MAC %s) is not among its %u machines",
			       *machine->serial ? machine->serial : "unknown",
			       machine->n_macs ? machine->macs[0] : "unknown", file->n);
	*ret = found;
	return 0;
}

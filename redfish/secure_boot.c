/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/secure_boot.h"

#include <string.h>

#include "core/io.h"
#include "core/time.h"
#include "redfish/client.h"
#include "redfish/secure_boot_keys.h"
#include "redfish/write.h"

static const struct rf_field state_names[] = {{"SecureBootEnable", "enable", RF_FLAG},
					      {"SecureBootCurrentBoot", "current_boot"},
					      {"SecureBootMode", "mode"},
					      {}};

static int list_databases(struct rf_inspection *i, const struct rf_secure_boot *sb, const char *only,
			  json_t *list, struct err *err)
{
	_cleanup_(rf_members_clear) struct rf_members members = {0};
	char path[RF_PATH_MAX];
	int r;

	if (only) {
		r = rf_keys_database(sb, only, path, err);
		return r < 0 ? r : rf_keys_list(i, path, list, err);
	}
	r = rf_members_at(sb->bmc, sb->json, sb->path, "SecureBootDatabases", &members, err);
	for (unsigned n = 0; r == 0 && n < members.n; n++)
		r = rf_keys_list(i, members.paths[n], list, err);
	return rf_inspect_note(i, "SecureBootDatabases", r, err);
}

int rf_secure_boot_get(struct rf_bmc *bmc, const char *database, json_t **ret, struct err *err)
{
	_cleanup_(rf_secure_boot_clear) struct rf_secure_boot sb;
	_cleanup_json_ json_t *made = json_object();
	json_t *list = json_array();
	struct rf_inspection i = {.bmc = bmc, .document = made, .problems = json_array()};
	int r = rf_secure_boot_find(bmc, &sb, err);

	json_object_set_new(made, "problems", i.problems);
	json_object_set_new(made, "databases", list);
	json_object_set_new(made, "path", json_string(sb.path));
	if (r == 0)
		r = rf_copy(sb.json, sb.path, state_names, made, err);
	if (r == 0)
		r = list_databases(&i, &sb, database, list, err);
	if (r == 0)
		*ret = TAKE_PTR(made);
	return r;
}

/* 1: it is not so, after times.settle. */
static int await_enable(struct rf_secure_boot *sb, bool enable, struct err *err)
{
	uint64_t end = monotonic_ns() / 1000000 + sb->bmc->times.settle;

	for (;;) {
		bool is = !enable;
		int r = rf_secure_boot_read(sb, err);

		if (r == 0)
			r = rf_bool(sb->json, sb->path, "SecureBootEnable", &is, err);
		if (r < 0 || is == enable)
			return r;
		if (monotonic_ns() / 1000000 >= end)
			return 1;
		r = rf_sleep(sb->bmc->loop, sb->bmc->times.poll, err);
		if (r < 0)
			return r;
	}
}

int rf_secure_boot_enable(struct rf_bmc *bmc, bool enable, json_t **ret, struct err *err)
{
	_cleanup_(rf_secure_boot_clear) struct rf_secure_boot sb;
	_cleanup_json_ json_t *body = json_pack("{s:b}", "SecureBootEnable", enable), *made = json_object();
	const char *current;
	int r = rf_secure_boot_find(bmc, &sb, err);

	if (r == 0)
		r = rf_patch(bmc, sb.path, body, NULL, err);
	if (r == 0)
		r = await_enable(&sb, enable, err);
	if (r > 0)
		r = err_set(err, RF_UNCHANGED, "%s%s: the BMC agreed to switch Secure Boot %s, and has not",
			    bmc->origin, sb.path, enable ? "on" : "off");
	if (r == 0)
		r = rf_copy(sb.json, sb.path, state_names, made, err);
	if (r < 0)
		return r;
	current = json_string_value(json_object_get(made, "current_boot"));
	json_object_set_new(made, "in_force",
			    json_boolean(current && !strcmp(current, enable ? "Enabled" : "Disabled")));
	*ret = TAKE_PTR(made);
	return 0;
}

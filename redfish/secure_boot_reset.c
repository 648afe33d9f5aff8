/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of Secure Boot reset: deleted, or as from the factory. */
#include <string.h>

#include "core/io.h"
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/secure_boot.h"
#include "redfish/secure_boot_keys.h"
#include "redfish/write.h"

#define TYPE "ResetKeysType"

static const char *const types[] = {
	[RF_KEYS_DELETE_ALL] = "DeleteAllKeys",
	[RF_KEYS_DEFAULT] = "ResetAllKeysToDefault",
	[RF_KEYS_DELETE_PK] = "DeletePK",
};

struct keys_reset {
	struct rf_secure_boot sb;
	const char *database; /* NULL: all */
	char path[RF_PATH_MAX];
	enum rf_keys_reset what;
	size_t keys;   /* in the databases that were meant */
	bool counted;  /* all of them could be listed */
	json_t *state; /* "mode" */
};

static int find_action(const struct keys_reset *k, struct rf_action *action, struct err *err)
{
	_cleanup_json_ json_t *database = NULL;
	_cleanup_free_ char *listed = NULL, *shown = NULL;
	int r = k->database ? rf_get(k->sb.bmc, k->path, &database, NULL, err) : 0;

	*action = (struct rf_action){0};
	if (r == 0)
		r = rf_action_find(k->sb.bmc, k->database ? database : k->sb.json,
				   k->database ? "#SecureBootDatabase.ResetKeys" : "#SecureBoot.ResetKeys",
				   TYPE, action, err);
	if (r == 0 && !action->target[0])
		r = err_set(err, EOPNOTSUPP, "%s%s does not reset keys", k->sb.bmc->origin, k->path);
	if (r < 0 || !action->allowed || rf_among(action->allowed, types[k->what]))
		return r;
	listed = rf_listed(action->allowed);
	shown = rf_plain(listed);
	return err_set(err, EOPNOTSUPP, "%s%s does not offer %s; it offers %s", k->sb.bmc->origin, k->path,
		       types[k->what], shown);
}

static size_t keys_of(const json_t *database)
{
	return json_array_size(json_object_get(database, "certificates")) +
	       json_array_size(json_object_get(database, "signatures"));
}

/* DeletePK is about PK alone. */
static bool is_meant(const struct keys_reset *k, const char *path)
{
	return k->what != RF_KEYS_DELETE_PK || !strcmp(rf_last_part(path), "PK");
}

/* Counts what is there now. Databases that a BMC does not show leave the mode to go by. */
static int count(struct keys_reset *k, struct err *err)
{
	_cleanup_(rf_members_clear) struct rf_members members = {0};
	_cleanup_json_ json_t *list = json_array(), *problems = json_array();
	struct rf_inspection i = {.bmc = k->sb.bmc, .problems = problems};
	const json_t *database;
	size_t n;
	int r = 0;

	if (k->database)
		r = rf_keys_list(&i, k->path, list, err);
	else
		r = rf_members_at(k->sb.bmc, k->sb.json, k->sb.path, "SecureBootDatabases", &members, err);
	for (unsigned m = 0; r == 0 && m < members.n; m++)
		if (is_meant(k, members.paths[m]))
			r = rf_keys_list(&i, members.paths[m], list, err);
	if (r < 0)
		return r;
	k->keys = 0;
	json_array_foreach(list, n, database)
		k->keys += keys_of(database);
	k->counted = json_array_size(list) && !json_array_size(problems);
	return 0;
}

/* Is it as it was asked for already? Not before the next start with some firmware. */
static bool is_done(const struct keys_reset *k)
{
	const char *mode = json_string_value(json_object_get(k->state, "mode"));

	if (k->counted && (k->keys == 0) != (k->what != RF_KEYS_DEFAULT))
		return false;
	if (!k->database && mode)
		return !strcmp(mode, k->what == RF_KEYS_DEFAULT ? "UserMode" : "SetupMode");
	return k->counted;
}

static int look(struct keys_reset *k, struct err *err)
{
	static const struct rf_field fields[] = {{"SecureBootMode", "mode"}, {}};
	int r = rf_secure_boot_read(&k->sb, err);

	if (r == 0)
		r = rf_copy(k->sb.json, k->sb.path, fields, k->state, err);
	return r < 0 ? r : count(k, err);
}

static int reset_keys(struct keys_reset *k, struct err *err)
{
	_cleanup_(rf_action_clear) struct rf_action action = {0};
	_cleanup_json_ json_t *body = json_pack("{s:s}", TYPE, types[k->what]);
	int r;

	if (k->database)
		r = rf_keys_database(&k->sb, k->database, k->path, err);
	else
		r = (memcpy(k->path, k->sb.path, sizeof(k->path)), 0);
	if (r == 0)
		r = find_action(k, &action, err);
	if (r == 0)
		r = rf_post(k->sb.bmc, action.target, body, NULL, err);
	return r < 0 ? r : look(k, err);
}

int rf_secure_boot_reset(struct rf_bmc *bmc, const char *database, enum rf_keys_reset what, json_t **ret,
			 struct err *err)
{
	_cleanup_json_ json_t *state = json_object();
	struct keys_reset k = {.database = database, .what = what, .state = state};
	int r = rf_secure_boot_find(bmc, &k.sb, err);

	if (r == 0)
		r = reset_keys(&k, err);
	rf_secure_boot_clear(&k.sb);
	if (r < 0)
		return r;
	*ret = json_pack("{s:s, s:s?, s:b, s:O}", "type", types[what], "database", database, "seen",
			 is_done(&k), "mode", json_object_get(state, "mode"));
	json_object_set_new(*ret, "keys", k.counted ? json_integer((json_int_t)k.keys) : json_null());
	return 0;
}

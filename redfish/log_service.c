/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/log_service.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/log.h"
#include "redfish/system.h"
#include "redfish/value.h"

#define PROBLEMS_MAX 64

int rf_log_note(json_t *problems, const char *part, int r, struct err *err)
{
	if (r >= 0)
		return 0;
	/* as in inspect.c: what is wrong with all of the BMC, or with us */
	if (r == -ECANCELED || r == -ETIMEDOUT || r == -ENOMEM || r == -EIO || r == -EKEYREJECTED ||
	    r == -EACCES)
		return r;
	if (json_array_size(problems) == PROBLEMS_MAX)
		return err_set(err, EPROTO, "more than %d parts of the logs cannot be read", PROBLEMS_MAX);
	json_array_append_new(problems, json_pack("{s:s, s:s}", "part", part, "reason", err->text));
	return 0;
}

static bool has(const struct rf_members *members, const char *path)
{
	for (unsigned i = 0; i < members->n; i++)
		if (!strcmp(members->paths[i], path))
			return true;
	return false;
}

/* The services of one owner, those that are asked for; `all` of the names, for a message. */
static int add_services(struct rf_bmc *bmc, const json_t *owner, const char *what, const char *log,
			struct rf_members *into, json_t *all, struct err *err)
{
	_cleanup_(rf_members_clear) struct rf_members found = {0};
	int r = rf_members_at(bmc, owner, what, "LogServices", &found, err);

	for (unsigned i = 0; i < found.n && r == 0; i++) {
		const char *path = found.paths[i];

		if (!rf_among(all, rf_last_part(path)))
			json_array_append_new(all, json_string(rf_last_part(path)));
		if ((log && strcmp(log, path) != 0 && strcmp(log, rf_last_part(path)) != 0) ||
		    has(into, path))
			continue;
		if (into->n == RF_LOG_SERVICES_MAX)
			return err_set(err, EFBIG, "more than %d logs", RF_LOG_SERVICES_MAX);
		if (!into->paths)
			into->paths = xcalloc(RF_LOG_SERVICES_MAX, sizeof(*into->paths));
		into->paths[into->n++] = xstrdup(path);
	}
	return r;
}

/* Managers that the System names, or all where it names none. */
static int find_managers(struct rf_bmc *bmc, const struct rf_system *system, struct rf_members *ret,
			 struct err *err)
{
	int r = rf_links(bmc, system->json, system->path, "Links/ManagedBy", ret, err);

	return r < 0 || ret->n ? r : rf_members_at(bmc, bmc->root, "service root", "Managers", ret, err);
}

int rf_log_services(struct rf_bmc *bmc, const char *log, struct rf_members *ret, json_t *problems,
		    struct err *err)
{
	_cleanup_(rf_system_clear) struct rf_system system = {0};
	_cleanup_(rf_members_clear) struct rf_members managers = {0};
	_cleanup_json_ json_t *all = json_array();
	_cleanup_free_ char *listed = NULL, *plain = NULL;
	int r = rf_system_find(bmc, &system, err);

	if (r == 0)
		r = add_services(bmc, system.json, system.path, log, ret, all, err);
	if (r == 0)
		r = rf_log_note(problems, "managers", find_managers(bmc, &system, &managers, err), err);
	for (unsigned i = 0; i < managers.n && r == 0; i++) {
		const char *path = managers.paths[i];
		_cleanup_json_ json_t *json = NULL;

		r = rf_get(bmc, path, &json, NULL, err);
		if (r == 0)
			r = add_services(bmc, json, path, log, ret, all, err);
		r = rf_log_note(problems, path, r, err);
	}
	if (r < 0 || ret->n || !log)
		return r;
	listed = rf_listed(all);
	plain = rf_plain(listed);
	return err_set(err, ENOENT, "%s has no log %s (there are: %s)", bmc->origin, log,
		       *plain ? plain : "none");
}

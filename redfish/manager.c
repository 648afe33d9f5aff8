/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/manager.h"

#include <string.h>

#include "core/io.h"
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/collection.h"
#include "redfish/system.h"
#include "redfish/value.h"

#define MANAGERS_MAX 64 /* that are looked at */

void rf_manager_clear(struct rf_manager *manager)
{
	json_decref(manager->json);
	*manager = (struct rf_manager){0};
}

static int find_candidates(struct rf_bmc *bmc, struct rf_members *ret, struct err *err)
{
	_cleanup_(rf_system_clear) struct rf_system system;
	int r = rf_system_find(bmc, &system, err);

	if (r == 0)
		r = rf_links(bmc, system.json, system.path, "Links/ManagedBy", ret, err);
	if (r == 0 && !ret->n)
		r = rf_members_at(bmc, bmc->root, "service root", "Managers", ret, err);
	if (r == 0 && ret->n > MANAGERS_MAX)
		r = err_set(err, EFBIG, "%s has %u Managers", bmc->origin, ret->n);
	return r;
}

/* Enclosure managers and the like may be there too; they are no BMCs of this machine. */
static int suits(const char *path, const json_t *json, bool *ret, struct err *err)
{
	json_t *reset = NULL;
	const char *type = NULL;
	int r = rf_object(json, path, "Actions/#Manager.Reset", &reset, err);

	if (r == 0)
		r = rf_str(json, path, "ManagerType", &type, err);
	*ret = reset && (!type || !strcmp(type, "BMC"));
	return r;
}

int rf_manager_find(struct rf_bmc *bmc, struct rf_manager *ret, struct err *err)
{
	_cleanup_(rf_members_clear) struct rf_members members = {0};
	_cleanup_json_ json_t *suitable = json_array();
	_cleanup_free_ char *listed = NULL;
	int r = find_candidates(bmc, &members, err);

	*ret = (struct rf_manager){0};
	for (unsigned i = 0; r == 0 && i < members.n; i++) {
		_cleanup_json_ json_t *json = NULL;
		bool is_it = false;

		r = rf_get(bmc, members.paths[i], &json, NULL, err);
		if (r == 0)
			r = suits(members.paths[i], json, &is_it, err);
		if (r < 0 || !is_it)
			continue;
		json_array_append_new(suitable, json_string(rf_last_part(members.paths[i])));
		rf_manager_clear(ret);
		snprintf(ret->path, sizeof(ret->path), "%s", members.paths[i]);
		ret->json = TAKE_PTR(json);
	}
	if (r < 0 || json_array_size(suitable) == 1)
		return r;
	listed = rf_listed(suitable);
	if (json_array_size(suitable))
		return err_set(err, EINVAL, "%s has several Managers that can be reset (%s)", bmc->origin,
			       listed);
	return err_set(err, EOPNOTSUPP, "%s has no Manager that can be reset", bmc->origin);
}

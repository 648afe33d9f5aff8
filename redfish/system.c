/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/system.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/collection.h"
#include "redfish/value.h"

#define SYSTEMS_MAX 64 /* that are looked at */

void rf_system_clear(struct rf_system *system)
{
	json_decref(system->json);
	*system = (struct rf_system){0};
}

void rf_action_clear(struct rf_action *action)
{
	json_decref(action->allowed);
	*action = (struct rf_action){0};
}

int rf_system_read(struct rf_bmc *bmc, struct rf_system *system, struct err *err)
{
	json_t *json = NULL;
	int r = rf_get(bmc, system->path, &json, NULL, err);

	if (r < 0)
		return r;
	json_decref(system->json);
	system->json = json;
	return 0;
}

/* Is it the one that is looked for? */
static int suits(struct rf_bmc *bmc, const char *path, const json_t *json, bool *ret, struct err *err)
{
	json_t *reset = NULL, *boot = NULL;
	const char *id = NULL;
	int r = rf_str(json, path, "Id", &id, err);

	if (r < 0)
		return r;
	if (bmc->system) {
		*ret = !strcmp(rf_last_part(path), bmc->system) || (id && !strcmp(id, bmc->system));
		return 0;
	}
	r = rf_object(json, path, "Actions/#ComputerSystem.Reset", &reset, err);
	if (r == 0)
		r = rf_object(json, path, "Boot", &boot, err);
	*ret = reset && boot;
	return r;
}

static int look_at(struct rf_bmc *bmc, const struct rf_members *members, struct rf_system *found,
		   json_t *suitable, json_t *all, struct err *err)
{
	for (unsigned i = 0; i < members->n; i++) {
		const char *path = members->paths[i];
		_cleanup_json_ json_t *json = NULL;
		bool is_it = false;
		int r = rf_get(bmc, path, &json, NULL, err);

		if (r == 0)
			r = suits(bmc, path, json, &is_it, err);
		if (r < 0)
			return r;
		json_array_append_new(all, json_string(rf_last_part(path)));
		if (!is_it)
			continue;
		json_array_append_new(suitable, json_string(rf_last_part(path)));
		rf_system_clear(found);
		snprintf(found->path, sizeof(found->path), "%s", path);
		found->json = TAKE_PTR(json);
	}
	return 0;
}

static int take_model(struct rf_bmc *bmc, const struct rf_system *system, struct err *err)
{
	const char *model = NULL;
	int r = rf_str(system->json, system->path, "Model", &model, err);

	if (r < 0)
		return r;
	snprintf(bmc->model, sizeof(bmc->model), "%s", model ? model : "");
	rf_bmc_identify(bmc);
	return 0;
}

int rf_system_find(struct rf_bmc *bmc, struct rf_system *ret, struct err *err)
{
	_cleanup_(rf_members_clear) struct rf_members members = {0};
	_cleanup_json_ json_t *suitable = json_array(), *all = json_array();
	_cleanup_free_ char *listed = NULL;
	int r = rf_members_at(bmc, bmc->root, "service root", "Systems", &members, err);

	*ret = (struct rf_system){0};
	if (r == 0 && members.n > SYSTEMS_MAX)
		r = err_set(err, EFBIG, "%s has %u Systems", bmc->origin, members.n);
	if (r == 0)
		r = look_at(bmc, &members, ret, suitable, all, err);
	if (r < 0)
		return r;
	if (json_array_size(suitable) == 1)
		return take_model(bmc, ret, err);
	listed = rf_listed(json_array_size(suitable) ? suitable : all);
	if (json_array_size(suitable))
		return err_set(err, EINVAL, "%s has several machines (%s): name one of them", bmc->origin,
			       listed);
	return err_set(err, ENOENT, "%s has no System %s%s (there are: %s)", bmc->origin,
		       bmc->system ? "of the Id " : "that can be reset and has boot settings",
		       bmc->system ? bmc->system : "", *listed ? listed : "none");
}

static int allowed_by_info(struct rf_bmc *bmc, const char *path, const char *parameter, json_t **ret,
			   struct err *err)
{
	_cleanup_json_ json_t *info = NULL;
	json_t *parameters = NULL, *one;
	const char *name = NULL;
	size_t i;
	int r = rf_get(bmc, path, &info, NULL, err);

	if (r == 0)
		r = rf_array(info, path, "Parameters", &parameters, err);
	json_array_foreach(parameters, i, one) {
		if (r == 0)
			r = rf_str(one, path, "Name", &name, err);
		if (r < 0)
			return r;
		if (name && !strcmp(name, parameter))
			return rf_strings(one, path, "AllowableValues", ret, err);
	}
	return r;
}

int rf_action_find(struct rf_bmc *bmc, const json_t *json, const char *name, const char *parameter,
		   struct rf_action *ret, struct err *err)
{
	_cleanup_free_ char *at = str_printf("Actions/%s", name);
	_cleanup_free_ char *values = str_printf("%s@Redfish.AllowableValues", parameter);
	char info[RF_PATH_MAX];
	json_t *action = NULL;
	int r = rf_object(json, "resource", at, &action, err);

	*ret = (struct rf_action){0};
	if (r < 0 || !action)
		return r;
	r = rf_ref_at(action, name, "target", bmc->origin, ret->target, err);
	if (r == 0)
		r = rf_strings(action, name, values, &ret->allowed, err);
	if (r < 0 || ret->allowed)
		return r;
	r = rf_ref_at(action, name, "@Redfish.ActionInfo", bmc->origin, info, err);
	return r < 0 || !info[0] ? r : allowed_by_info(bmc, info, parameter, &ret->allowed, err);
}

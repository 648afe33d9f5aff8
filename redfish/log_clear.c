/* SPDX-License-Identifier: Apache-2.0 */
/* Event logs cleared, where somebody has asked for it, and counted again. */
#include "core/time.h"
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/log.h"
#include "redfish/log_service.h"
#include "redfish/value.h"
#include "redfish/write.h"

#define NOT_COUNTED (-1)

static int count(struct rf_bmc *bmc, const char *at, json_int_t *ret, struct err *err)
{
	_cleanup_json_ json_t *page = NULL;
	int r;

	*ret = NOT_COUNTED;
	if (!at[0])
		return 0;
	r = rf_get(bmc, at, &page, NULL, err);
	return r < 0 ? r : rf_int(page, at, "Members@odata.count", ret, err);
}

/* A log that was cleared may have an entry that says so. */
static bool is_clear(json_int_t before, json_int_t after)
{
	return before < 2 || after < 0 || after < before;
}

static int await(struct rf_bmc *bmc, const char *at, json_int_t before, json_int_t *ret, struct err *err)
{
	uint64_t end = monotonic_ns() / 1000000 + bmc->times.settle;

	for (;;) {
		int r = count(bmc, at, ret, err);

		if (r < 0 || is_clear(before, *ret))
			return r;
		if (monotonic_ns() / 1000000 >= end)
			return err_set(err, RF_UNCHANGED,
				       "%s: the BMC agreed to clear it; there are %lld entries", at,
				       (long long)*ret);
		r = rf_sleep(bmc->loop, bmc->times.poll, err);
		if (r < 0)
			return r;
	}
}

static json_t *number_or_null(json_int_t n)
{
	return n < 0 ? json_null() : json_integer(n);
}

/* One log; nothing is added to the list where it cannot be cleared. */
static int clear(struct rf_bmc *bmc, const char *service, json_t *list, struct err *err)
{
	_cleanup_json_ json_t *json = NULL, *nothing = json_object();
	char target[RF_PATH_MAX] = "", at[RF_PATH_MAX] = "";
	json_int_t before, after;
	int r = rf_get(bmc, service, &json, NULL, err);

	if (r == 0)
		r = rf_ref_at(json, service, "Actions/#LogService.ClearLog/target", bmc->origin, target, err);
	if (r == 0)
		r = rf_ref_at(json, service, "Entries/@odata.id", bmc->origin, at, err);
	if (r < 0 || !target[0])
		return r;
	r = count(bmc, at, &before, err);
	if (r == 0)
		r = rf_post(bmc, target, nothing, NULL, err);
	if (r == 0)
		r = await(bmc, at, before, &after, err);
	if (r == 0)
		json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o}", "id", rf_last_part(service),
						      "path", service, "before", number_or_null(before),
						      "after", number_or_null(after)));
	return r;
}

int rf_log_clear(struct rf_bmc *bmc, const char *log, json_t **ret, struct err *err)
{
	_cleanup_(rf_members_clear) struct rf_members services = {0};
	_cleanup_json_ json_t *list = json_array(), *problems = json_array();
	int r = rf_log_services(bmc, log, &services, problems, err);

	if (r == 0 && json_array_size(problems))
		r = err_set(err, EPROTO, "%s",
			    json_string_value(json_object_get(json_array_get(problems, 0), "reason")));
	for (unsigned i = 0; i < services.n && r == 0; i++)
		r = clear(bmc, services.paths[i], list, err);
	if (r == 0 && !json_array_size(list))
		r = err_set(err, EOPNOTSUPP, "the BMC offers no way to clear %s", log ? log : "a log");
	if (r < 0)
		return err_prepend(err, "%s: clear the event log", bmc->origin);
	*ret = TAKE_PTR(list);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The first visit: how the machine is before anything is changed. */
#include "core/json.h"
#include "core/time.h"
#include "redfish/power.h"
#include "redfish/value.h"
#include "station/drive/job.h"
#include "station/drive/lookers.h"
#include "station/drive/order.h"

/* Who the BMC and the machine say that they are. */
static int describe(struct drive_job *job, struct err *err)
{
	static const struct rf_field service[] = {
		{"Vendor", "vendor"}, {"Product", "product"}, {"RedfishVersion", "redfish_version"}, {}};
	static const struct rf_field system[] = {{"Id", "id"},
						 {"Manufacturer", "manufacturer"},
						 {"Model", "model"},
						 {"SerialNumber", "serial"},
						 {"UUID", "uuid"},
						 {"BiosVersion", "bios_version"},
						 {}};
	json_t *of_bmc = json_object(), *of_system = json_object();
	int r = rf_copy(rf_bmc_root(job->bmc), "service root", service, of_bmc, err);

	if (r == 0)
		r = rf_copy(job->system.json, job->system.path, system, of_system, err);
	json_object_set_new(of_bmc, "origin", json_string(rf_bmc_origin(job->bmc)));
	json_object_set_new(job->record, "service", of_bmc);
	json_object_set_new(job->record, "system", of_system);
	return r;
}

int drive_find(struct drive_job *job, struct err *err)
{
	char state[RF_POWER_STATE_MAX], when[TIME_TEXT_SIZE];
	json_t *boot = NULL;
	int r;

	if (json_object_get(job->record, "found"))
		return 0;
	r = describe(job, err);
	if (r == 0)
		r = rf_power_state(job->bmc, state, err);
	if (r == 0)
		r = drive_boot_get(job, &boot, err);
	if (r < 0)
		return r;
	time_format(time(NULL), when);
	json_object_set_new(job->record, "found",
			    json_pack("{s:s, s:s, s:o}", "time", when, "power", state, "boot", boot));
	drive_order_read(job->record, boot);
	return drive_say(job, "look", json_pack("{s:s, s:O}", "power", state, "boot", boot), err,
			 "found: power %s, boot override %s", state,
			 json_string_value(json_object_get(boot, "enabled")) ?: "not told");
}

/* 1: the order must not go on. */
static int look_more(struct drive_job *job, struct err *err)
{
	const struct drive_looking looking = {job->station, job->bmc, job->row.order, job->row.node,
					      job->row.id};

	for (drive_looker *const *looker = drive_lookers; *looker; looker++) {
		struct err why = {0};
		int r = (*looker)(&looking, &why);

		if (r > 0 || r == -ECANCELED || r == -ETIMEDOUT) {
			*err = why;
			return r;
		}
		if (r < 0)
			r = drive_say(job, "problem", NULL, err, "%s", why.text);
		if (r < 0)
			return r;
	}
	return 0;
}

int drive_look(struct drive_job *job, struct err *err)
{
	struct err why = {0};
	int r = drive_find(job, err);

	if (r == 0)
		r = look_more(job, &why);
	if (r > 0)
		return drive_hold(job, why.text, err);
	if (r < 0 && why.text[0])
		*err = why;
	return r < 0 ? r : drive_move(job, DRIVE_BOOT, 0, err);
}

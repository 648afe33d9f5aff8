/* SPDX-License-Identifier: Apache-2.0 */
/* The tenant's system has started: the boot order as the BMC says it now, against the one that the agent left. Reads alone. */
#include <string.h>

#include "core/json.h"
#include "station/addendum.h"
#include "station/drive/job.h"
#include "station/drive/order.h"
#include "station/drive/record.h"

static int seal(struct drive_job *job, json_t **ret_final, struct err *err)
{
	struct store *store = job->station->store;
	json_t *bmc = NULL;
	int r = store_begin(store, err);

	if (r < 0)
		return r;
	json_object_set_new(job->record, "final", json_true());
	r = drive_row_save(store, &job->row, job->record, err);
	if (r == 0)
		r = drive_certified(store, job->row.order, NULL, &bmc, err);
	if (r == 0)
		r = addendum_renew(job->station, job->row.order, err);
	*ret_final = bmc ? json_incref(json_object_get(bmc, "boot_order")) : NULL;
	json_decref(bmc);
	if (r < 0) {
		store_rollback(store);
		return r;
	}
	return store_commit(store, err);
}

int drive_final(struct drive_job *job, struct err *err)
{
	_cleanup_json_ json_t *boot = NULL, *final = NULL;
	const char *verdict, *enabled;
	int r = drive_boot_get(job, &boot, err);

	if (r < 0)
		return r;
	drive_order_read(job->record, boot);
	r = seal(job, &final, err);
	if (r < 0)
		return r;
	verdict = json_string_value(json_object_get(final, "verdict")) ?: "";
	enabled = json_string_value(json_object_get(boot, "enabled")) ?: "not told";
	r = drive_say(job, "boot-order", json_incref(final), err,
		      "after the restart: boot override %s; the boot order of Redfish and that of the UEFI "
		      "variables: %s",
		      enabled, verdict);
	return r < 0 ? r : drive_move(job, DRIVE_DONE, 0, err);
}

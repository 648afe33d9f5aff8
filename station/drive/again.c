/* SPDX-License-Identifier: Apache-2.0 */
/* A running agent wants its machine to start anew: by a reset, which it makes itself, or by a power cycle, which it cannot. */
#include "core/json.h"
#include "core/time.h"
#include "redfish/power.h"
#include "station/drive/job.h"
#include "station/drive/record.h"

#define OFF_MS 5000 /* without power, at most: what is stored in the supply is used up */

static int await_it(struct drive_job *job, const char *how, const char *uri, struct err *err)
{
	drive_record_start(job->record, how, uri);
	job->row.tries = 1;
	return drive_move(job, DRIVE_AWAIT, time(NULL) + job->options.boot_within_s, err);
}

/*
 * The agent has set BootNext where there is UEFI. The override is for firmware that loses it, or has none. When it comes too late it is not used by
 * this start, and the visit after the check-in takes it back.
 */
int drive_again(struct drive_job *job, struct err *err)
{
	_cleanup_free_ char *uri = NULL;
	const char *how = NULL;
	int r = drive_override(job, &how, &uri, err);

	if (r == 0)
		r = await_it(job, "by itself", uri, err);
	return r < 0 ? r
		     : drive_say(job, "agent", NULL, err,
				 "the agent resets the machine; it is to come back by %s", how);
}

static int off_and_on(struct drive_job *job, const char **ret_how, char **ret_uri, struct err *err)
{
	const unsigned off_ms = job->options.boot_within_s * 10;
	struct rf_power_done done;
	int r = drive_may_act(job, err);

	if (r == 0)
		r = rf_power_set(job->bmc, RF_POWER_FORCE_OFF, true, &done, err);
	if (r == 0)
		r = drive_say(job, "power",
			      json_pack("{s:s, s:s}", "before", done.before, "after", done.after), err,
			      "power %s -> %s, as the agent has asked for", done.before, done.after);
	if (r == 0)
		r = rf_sleep(job->loop, off_ms < OFF_MS ? off_ms : OFF_MS, err);
	if (r == 0)
		r = drive_override(job, ret_how, ret_uri, err);
	if (r == 0)
		r = drive_may_act(job, err);
	if (r == 0)
		r = rf_power_set(job->bmc, RF_POWER_ON, true, &done, err);
	if (r == 0)
		r = drive_say(job, "power",
			      json_pack("{s:s, s:s}", "before", done.before, "after", done.after), err,
			      "power %s -> %s", done.before, done.after);
	return r;
}

int drive_cycle(struct drive_job *job, struct err *err)
{
	_cleanup_free_ char *uri = NULL;
	const char *how = NULL;
	int r = off_and_on(job, &how, &uri, err);

	return r < 0 ? r : await_it(job, how, uri, err);
}

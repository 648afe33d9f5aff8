/* SPDX-License-Identifier: Apache-2.0 */
/* A visit to a BMC that came to nothing. */
#include "core/io.h"
#include "core/log.h"
#include "core/time.h"
#include "station/drive/job.h"
#include "station/drive/record.h"

#define PAUSE_S 30 /* between two visits, at most */

/* What another try would not change; a wrong password least of all: BMCs lock accounts. */
static bool is_final(int code)
{
	return code == EACCES || code == EPERM || code == EKEYREJECTED || code == EINVAL ||
	       code == EOPNOTSUPP;
}

static int give_up(struct drive_job *job, const struct err *why, struct err *err)
{
	_cleanup_free_ char *reason = NULL;
	int64_t now = time(NULL);

	switch (job->row.phase) {
	case DRIVE_LOOK:
	case DRIVE_BOOT:
	case DRIVE_AWAIT:
	case DRIVE_CYCLE:
		reason = str_printf("the station cannot drive this machine through its BMC (%s): %s",
				    drive_phase_name(job->row.phase), why->text);
		return drive_hold(job, reason, err);
	case DRIVE_SETTLE:
		return drive_move(job, DRIVE_WORK, 0, err);
	case DRIVE_AGAIN: /* it resets itself all the same, and may find its way */
		job->row.tries = 1;
		drive_record_start(job->record, "by itself", NULL);
		return drive_move(job, DRIVE_AWAIT, now + job->options.boot_within_s, err);
	default:
		json_object_set_new(job->record, "not_returned", json_string(why->text));
		return drive_move(job, DRIVE_DONE, 0, err);
	}
}

static int again_or_never(struct drive_job *job, const struct err *why, struct err *err)
{
	unsigned pause = job->options.boot_within_s / 4 + 1;
	int r = drive_say(job, "problem", NULL, err, "%s: %.400s", drive_phase_name(job->row.phase),
			  why->text);

	if (r < 0)
		return r;
	if (is_final(why->code) || ++job->row.fails >= (int64_t)job->options.tries)
		return give_up(job, why, err);
	job->row.until = time(NULL) + (pause < PAUSE_S ? pause : PAUSE_S);
	return drive_save(job, err);
}

void drive_failed(struct drive_job *job, const struct err *why)
{
	struct err err = {0};

	/* An agent has come, or the order has ended, and nothing of this matters any more. */
	if (drive_may_act(job, &err) == -ECANCELED)
		return;
	if (again_or_never(job, why, &err) < 0)
		log_error("order %s: BMC: %s; and %s", job->row.id, why->text, err.text);
}

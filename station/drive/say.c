/* SPDX-License-Identifier: Apache-2.0 */
/* What is done for an order through its BMC, written down as it is done. */
#include <stdarg.h>

#include "core/log.h"
#include "station/drive/job.h"
#include "station/drive/record.h"
#include "station/own_events.h"
#include "station/waits.h"

#define TEXT_MAX 480 /* bytes of a sentence: of an event's text */

static int end_transaction(struct drive_job *job, int r, struct err *err)
{
	struct store *store = job->station->store;

	if (r == 0)
		r = drive_row_save(store, &job->row, job->record, err);
	if (r < 0) {
		store_rollback(store);
		return r;
	}
	r = store_commit(store, err);
	if (r == 0)
		waits_wake(job->station->waits);
	return r;
}

/* It has words of a BMC in it, and may have been cut within a letter. */
static void make_plain(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e)
			*text = '?';
}

int drive_say(struct drive_job *job, const char *what, json_t *read, struct err *err, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list args;
	int r;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	make_plain(text);
	drive_record_action(job->record, what, text, read);
	log_info("order %s: BMC: %s", job->row.id, text);
	r = store_begin(job->station->store, err);
	if (r < 0)
		return r;
	r = own_event_note(job->station->store, job->row.order, "bmc", text, err);
	return end_transaction(job, r, err);
}

int drive_save(struct drive_job *job, struct err *err)
{
	int r = store_begin(job->station->store, err);

	return r < 0 ? r : end_transaction(job, 0, err);
}

int drive_move(struct drive_job *job, enum drive_phase phase, int64_t until, struct err *err)
{
	job->row.phase = phase;
	job->row.until = until;
	job->row.fails = 0;
	return drive_save(job, err);
}

int drive_hold(struct drive_job *job, const char *reason, struct err *err)
{
	struct store *store = job->station->store;
	struct drive_row now;
	int r = store_begin(store, err);

	if (r < 0)
		return r;
	r = drive_row_read(store, job->row.order, &now, err);
	if (r == 0 && (now.state == ORDER_PENDING || now.state == ORDER_RUNNING))
		r = order_hold(store, job->row.order, reason, err);
	job->row.phase = DRIVE_RETURN;
	job->row.until = job->row.fails = 0;
	return end_transaction(job, r, err);
}

int drive_may_act(struct drive_job *job, struct err *err)
{
	struct store *store = job->station->store;
	struct drive_row now;
	int r = store_begin(store, err);

	if (r < 0)
		return r;
	r = drive_row_read(store, job->row.order, &now, err);
	store_rollback(store);
	if (r == 0 && drive_row_advance(&now))
		r = err_set(err, ECANCELED, "order %s has moved on", job->row.id);
	return r;
}

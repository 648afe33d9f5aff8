/* SPDX-License-Identifier: Apache-2.0 */
/* The operators' calls about runs. */
#include "station/runs/runs.h"

#include "station/calls.h"
#include "station/orders.h"

#define RUNS_LISTED 1000

int call_runs(struct request *req, struct err *err)
{
	static const char *const args[] = {NULL};
	struct store *store = req->station->store;
	_cleanup_rows_ struct rows rows = {0};
	_cleanup_json_ json_t *list = json_array();
	int r = request_args_only(req, args, err);

	if (r == 0)
		r = store_query(store, &rows, err, "SELECT id FROM runs ORDER BY seq DESC LIMIT ?1", "i",
				(int64_t)RUNS_LISTED);
	if (r < 0)
		return r;
	while ((r = rows_next(&rows, err)) > 0) {
		json_t *summary = NULL;
		struct run run;

		r = run_by_id(store, rows_text(&rows, 0), &run, err);
		if (r == 0)
			r = run_summary(store, &run, &summary, err);
		if (r < 0)
			return r;
		json_array_append_new(list, summary);
	}
	return r < 0 ? r : reply_json(req, 200, json_pack("{s:O}", "runs", list), err);
}

int call_run_show(struct request *req, struct err *err)
{
	return run_reply(req, 200, req->param[0], err);
}

static int check_goes_on(const struct run *run, const struct run_counts *counts, struct err *err)
{
	if (run->cancelled)
		return err_set(err, ESTALE, "run %s was cancelled", run->id);
	if (run->max_failures && counts->held >= run->max_failures && counts->waiting + counts->refused)
		return err_set(err, ESTALE,
			       "run %s has stopped, as %lld of its orders were held: it goes on with a "
			       "higher number of failures, or 0 for any",
			       run->id, (long long)counts->held);
	return 0;
}

int call_run_resume(struct request *req, struct err *err)
{
	static const char *const keys[] = {"concurrency", "max_failures", NULL};
	struct store *store = req->station->store;
	_cleanup_json_ json_t *json = NULL;
	uint64_t concurrency = 0, max_failures = 0;
	struct run_counts counts;
	struct run run;
	int r = run_by_id(store, req->param[0], &run, err);

	if (r == 0)
		r = request_json(req, "run", keys, &json, err);
	if (r < 0)
		return r;
	concurrency = (uint64_t)run.concurrency;
	max_failures = (uint64_t)run.max_failures;
	r = json_opt_u64(json, "run", "concurrency", 1, RUN_CONCURRENCY_MAX, &concurrency, err);
	if (r == 0)
		r = json_opt_u64(json, "run", "max_failures", 0, RUN_NODES_MAX, &max_failures, err);
	if (r == 0)
		r = run_count(store, &run, &counts, err);
	run.concurrency = (int64_t)concurrency;
	run.max_failures = (int64_t)max_failures;
	if (r == 0)
		r = check_goes_on(&run, &counts, err);
	if (r == 0)
		r = store_exec(store, err,
			       "UPDATE runs SET concurrency = ?1, max_failures = ?2 WHERE seq = ?3", "iii",
			       run.concurrency, run.max_failures, run.seq);
	/* What was in the way may be gone. */
	if (r >= 0)
		r = store_exec(store, err, "UPDATE run_nodes SET refused = NULL WHERE run = ?1", "i",
			       run.seq);
	return r < 0 ? r : run_reply(req, 200, run.id, err);
}

/* The open ones that can be; the others go on. */
static int cancel_orders(struct store *store, const struct run *run, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(
		store, &rows, err,
		"SELECT seq FROM orders WHERE run = ?1 AND state IN ('pending', 'running') ORDER BY seq", "i",
		run->seq);

	if (r < 0)
		return r;
	while ((r = rows_next(&rows, err)) > 0) {
		struct order_row order;

		r = order_by_seq(store, rows_int(&rows, 0), &order, err);
		if (r == 0)
			r = order_cancel(store, &order, err);
		if (r < 0 && r != -ESTALE)
			return r;
	}
	return r;
}

int call_run_cancel(struct request *req, struct err *err)
{
	struct store *store = req->station->store;
	struct run run;
	int r = run_by_id(store, req->param[0], &run, err);

	if (r == 0)
		r = store_exec(store, err, "UPDATE runs SET cancelled = 1 WHERE seq = ?1", "i", run.seq);
	if (r >= 0)
		r = cancel_orders(store, &run, err);
	if (r < 0)
		return r;
	req->wake = true;
	return run_reply(req, 200, run.id, err);
}

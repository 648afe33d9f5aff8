/* SPDX-License-Identifier: Apache-2.0 */
#include "station/out_of_band/out_of_band.h"

#include <string.h>
#include <time.h>

#include "core/io.h"
#include "protocol/baseline/out_of_band.h"
#include "station/calls.h"
#include "station/orders.h"
#include "station/out_of_band/baselines.h"

void out_of_band_clear(struct out_of_band *result)
{
	json_decref(result->document);
	free(result->log);
	*result = (struct out_of_band){0};
}

int out_of_band_store(struct store *store, int64_t order, const struct out_of_band *result, struct err *err)
{
	_cleanup_free_ char *text = json_canonical(result->document, NULL);
	int r = store_exec(store, err, "UPDATE orders SET out_of_band = ?1 WHERE seq = ?2", "si", text,
			   order);

	if (r >= 0)
		r = store_exec(store, err, "DELETE FROM bmc_logs WHERE order_seq = ?1", "i", order);
	if (r >= 0 && result->log)
		r = store_exec(store, err, "INSERT INTO bmc_logs (order_seq, log) VALUES (?1, ?2)", "is",
			       order, result->log);
	return r < 0 ? r : 0;
}

int out_of_band_stored(struct store *store, int64_t order, json_t **ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	const char *text;
	int r = store_query(store, &rows, err, "SELECT out_of_band FROM orders WHERE seq = ?1", "i", order);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	*ret = NULL;
	text = r ? rows_text(&rows, 0) : NULL;
	if (text && json_parse(text, strlen(text), ret, err) < 0)
		return err_set(err, EIO, "store: what was read of the BMC for order %lld cannot be read",
			       (long long)order);
	return 0;
}

int out_of_band_of_order(struct store *store, int64_t order, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *baseline = NULL, *stored = NULL;
	int r = out_of_band_stored(store, order, &stored, err);

	if (r == 0 && !stored)
		r = baseline_of_order(store, order, &baseline, err);
	if (r < 0)
		return r;
	*ret = baseline ? out_of_band_unread(baseline, "the station has not read the BMC for this order")
			: TAKE_PTR(stored);
	return 0;
}

static bool is_to_hold(const json_t *baseline)
{
	for (unsigned part = 0; baseline && part < BASELINE_PARTS; part++)
		if (baseline_holds(baseline, part))
			return true;
	return false;
}

int out_of_band_forbids(struct store *store, int64_t order, char **ret_why, struct err *err)
{
	_cleanup_json_ json_t *baseline = NULL, *stored = NULL;
	int r = baseline_of_order(store, order, &baseline, err);

	*ret_why = NULL;
	if (r < 0 || !is_to_hold(baseline))
		return r;
	r = out_of_band_stored(store, order, &stored, err);
	if (r < 0)
		return r;
	*ret_why = stored ? out_of_band_hold(stored)
			  : xstrdup("the machine has not been compared with the order's baseline yet");
	return 0;
}

int call_order_bmc_log(struct request *req, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	struct store *store = req->station->store;
	struct order_row order;
	const char *log;
	int r = order_by_id(store, req->param[0], &order, err);

	if (r == 0)
		r = store_query(store, &rows, err, "SELECT log FROM bmc_logs WHERE order_seq = ?1", "i",
				order.seq);
	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	log = r ? rows_text(&rows, 0) : NULL;
	if (!log)
		return err_set(err, ENOENT, "order %s has no event log of a BMC", order.id);
	return reply_bytes(req, 200, "application/json", log, strlen(log), err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document is stored once by the digest of its canonical form, and is there as long as a name or an order refers to it: what was compared can
 * always be looked up.
 */
#include "station/baselines.h"

#include <stdio.h>
#include <string.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/time.h"
#include "protocol/baseline.h"
#include "station/bmc_store.h"
#include "station/calls.h"

#define NONE "there is no baseline %.63s"

static int find(struct store *store, const char *name, char ret_sha256[SHA256_HEX_SIZE], struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(store, &rows, err, "SELECT sha256 FROM baselines WHERE name = ?1", "s", name);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	if (r == 0)
		return err_set(err, ENOENT, NONE ": remint baseline list", name);
	snprintf(ret_sha256, SHA256_HEX_SIZE, "%s", rows_text(&rows, 0));
	return 0;
}

int baseline_for_order(struct store *store, int64_t node, int64_t order, const char *name, struct err *err)
{
	char sha256[SHA256_HEX_SIZE];
	int r = bmc_store_has(store, node, NULL, err);

	if (r == 0)
		return err_set(err, ESTALE,
			       "order.baseline: the node has no BMC, which would have to tell what is there: "
			       "remint node bmc, or order without a baseline");
	if (r > 0)
		r = find(store, name, sha256, err);
	if (r == 0)
		r = store_exec(store, err, "UPDATE orders SET baseline = ?1 WHERE seq = ?2", "si", sha256,
			       order);
	return r < 0 ? r : 0;
}

int baseline_named(struct store *store, int64_t order, json_t **ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(store, &rows, err,
			    "SELECT t.name, t.sha256 FROM orders o JOIN baseline_texts t"
			    " ON t.sha256 = o.baseline WHERE o.seq = ?1",
			    "i", order);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	*ret = r ? json_pack("{s:s, s:s}", "name", rows_text(&rows, 0), "sha256", rows_text(&rows, 1))
		 : json_null();
	return 0;
}

int baseline_of_order(struct store *store, int64_t order, json_t **ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	const char *text;
	int r = store_query(store, &rows, err,
			    "SELECT t.text FROM orders o JOIN baseline_texts t ON t.sha256 = o.baseline"
			    " WHERE o.seq = ?1",
			    "i", order);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	*ret = NULL;
	if (r == 0)
		return 0;
	text = rows_text(&rows, 0);
	r = json_parse(text, strlen(text), ret, err);
	return r < 0 ? err_set(err, EIO, "store: the baseline of order %lld cannot be read", (long long)order)
		     : 0;
}

int call_baselines(struct request *req, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	_cleanup_json_ json_t *list = json_array();
	int r = store_query(req->station->store, &rows, err,
			    "SELECT name, sha256, changed, changed_by FROM baselines ORDER BY name", "");

	if (r < 0)
		return r;
	while ((r = rows_next(&rows, err)) > 0) {
		char when[TIME_TEXT_SIZE];

		time_format(rows_int(&rows, 2), when);
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "name", rows_text(&rows, 0),
						      "sha256", rows_text(&rows, 1), "changed", when,
						      "changed_by", rows_text(&rows, 3)));
	}
	if (r < 0)
		return r;
	return reply_json(req, 200, json_pack("{s:O}", "baselines", list), err);
}

int call_baseline_show(struct request *req, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	const char *text;
	int r = store_query(req->station->store, &rows, err,
			    "SELECT t.text FROM baselines b JOIN baseline_texts t ON t.sha256 = b.sha256"
			    " WHERE b.name = ?1",
			    "s", req->param[0]);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	if (r == 0)
		return err_set(err, ENOENT, NONE, req->param[0]);
	text = rows_text(&rows, 0);
	/* The bytes of which the digest is. */
	return reply_bytes(req, 200, "application/json", text, strlen(text), err);
}

/* Documents to which nothing refers any more. */
static int forget_unused(struct store *store, struct err *err)
{
	int r = store_exec(store, err,
			   "DELETE FROM baseline_texts WHERE sha256 NOT IN (SELECT sha256 FROM baselines)"
			   " AND sha256 NOT IN (SELECT baseline FROM orders WHERE baseline IS NOT NULL)",
			   "");

	return r < 0 ? r : 0;
}

static int store_baseline(struct request *req, const char *name, const char *sha256, const char *text,
			  struct err *err)
{
	struct store *store = req->station->store;
	int r = store_exec(store, err,
			   "INSERT INTO baseline_texts (sha256, name, text) VALUES (?1, ?2, ?3)"
			   " ON CONFLICT (sha256) DO NOTHING",
			   "sss", sha256, name, text);

	if (r >= 0)
		r = store_exec(store, err,
			       "INSERT INTO baselines (name, sha256, changed, changed_by)"
			       " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO UPDATE SET sha256 = ?2,"
			       " changed = ?3, changed_by = ?4",
			       "ssis", name, sha256, (int64_t)time(NULL), req->caller.name);
	return r < 0 ? r : forget_unused(store, err);
}

int call_baseline_put(struct request *req, struct err *err)
{
	_cleanup_json_ json_t *baseline = NULL;
	_cleanup_free_ char *text = NULL;
	const char *name = req->param[0];
	char sha256[SHA256_HEX_SIZE];
	int r = request_json(req, "baseline", NULL, &baseline, err);

	if (r == 0)
		r = baseline_check(baseline, err);
	if (r == 0 && strcmp(baseline_name(baseline), name) != 0)
		r = err_set(err, EBADMSG, "baseline.name is %s, not %.63s", baseline_name(baseline), name);
	if (r < 0)
		return r;
	text = json_canonical(baseline, NULL);
	baseline_sha256(baseline, sha256);
	snprintf(req->object, sizeof(req->object), "%s: SHA-256 %s", name, sha256);
	r = store_baseline(req, name, sha256, text, err);
	if (r < 0)
		return r;
	return reply_json(req, 200, json_pack("{s:s, s:s}", "name", name, "sha256", sha256), err);
}

int call_baseline_delete(struct request *req, struct err *err)
{
	struct store *store = req->station->store;
	int r = store_exec(store, err, "DELETE FROM baselines WHERE name = ?1", "s", req->param[0]);

	if (r == 0)
		return err_set(err, ENOENT, NONE, req->param[0]);
	if (r > 0)
		r = forget_unused(store, err);
	return r < 0 ? r : reply_empty(req, 204, err);
}

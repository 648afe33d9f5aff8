/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/runs: what is asked for is checked and stored; nothing is ordered yet. */
#include <stdio.h>
#include <string.h>

#include "core/io.h"
#include "core/time.h"
#include "protocol/order/order.h"
#include "station/calls.h"
#include "station/nodes.h"
#include "station/order_wish.h"
#include "station/orders.h"
#include "station/runs/runs.h"

/* Borrowed from the request. */
struct ask {
	json_t *nodes, *order;
	uint64_t concurrency, max_failures;
	const char *until;
	bool return_leased, dry_run;
};

static int read_ask(const json_t *json, struct ask *ask, struct err *err)
{
	int r = json_get_array(json, "run", "nodes", RUN_NODES_MAX, &ask->nodes, err);

	if (r == 0)
		r = json_get_object(json, "run", "order", &ask->order, err);
	if (r == 0)
		r = json_opt_u64(json, "run", "concurrency", 1, RUN_CONCURRENCY_MAX, &ask->concurrency, err);
	if (r == 0)
		r = json_opt_u64(json, "run", "max_failures", 0, RUN_NODES_MAX, &ask->max_failures, err);
	if (r == 0)
		r = json_opt_str(json, "run", "until", 16, &ask->until, err);
	if (r == 0)
		r = json_opt_bool(json, "run", "return_leased", &ask->return_leased, err);
	if (r == 0)
		r = json_opt_bool(json, "run", "dry_run", &ask->dry_run, err);
	if (r < 0)
		return r;
	if (json_array_size(ask->nodes) == 0)
		return err_set(err, EBADMSG, "run.nodes: at least one is needed");
	if (strcmp(ask->until, "live") != 0 && strcmp(ask->until, "handed-over") != 0)
		return err_set(err, EBADMSG, "run.until: live or handed-over");
	if (json_object_get(ask->order, "node"))
		return err_set(err, EBADMSG, "run.order takes no node: those are run.nodes");
	if (json_object_get(ask->order, "network"))
		return err_set(err, EBADMSG,
			       "run.order takes no network: that names the ports of one machine");
	return json_only_keys(ask->order, "run.order", order_wish_keys, err);
}

/* Would an agent take such an order? A wish that no node could be ordered with makes no run. */
static int check_wish(struct request *req, const struct ask *ask, struct run *run, struct err *err)
{
	char token[TOKEN_SIZE], hash[SHA256_HEX_SIZE];
	_cleanup_(order_freep) struct order *order = NULL;
	_cleanup_json_ json_t *wish_json = json_copy(ask->order), *json = NULL;
	_cleanup_free_ char *body = NULL;
	struct order_wish wish = {0};
	const char *sha256;
	int r;

	if (!wish_json || json_object_set(wish_json, "node", json_array_get(ask->nodes, 0)) < 0)
		return err_set(err, ENOMEM, "out of memory");
	r = order_wish_read(wish_json, &wish, err);
	if (r == 0)
		r = order_wish_body(req->station, "o-0000000000000000", &wish, &body, err);
	if (r == 0)
		r = json_parse(body, strlen(body), &json, err);
	if (r < 0)
		return r;
	token_make(token, hash);
	r = order_complete(req->station, json, token, err);
	if (r == 0)
		r = order_from_json(json, &order, err);
	if (r < 0)
		return r;
	sha256 = json_string_value(json_object_get(json_object_get(json, "image"), "manifest_sha256"));
	snprintf(run->manifest_sha256, sizeof(run->manifest_sha256), "%s", sha256 ?: "");
	snprintf(run->image, sizeof(run->image), "%s", wish.image ?: "");
	return 0;
}

static int insert_run(struct request *req, const struct ask *ask, struct run *run, struct err *err)
{
	_cleanup_free_ char *wish = json_canonical(ask->order, NULL);
	struct store *store = req->station->store;
	uint8_t random[8];
	int r;

	if (!wish)
		return err_set(err, ENOMEM, "out of memory");
	random_bytes(random, sizeof(random));
	snprintf(run->id, sizeof(run->id), "r-");
	hex_encode(random, sizeof(random), run->id + 2);
	r = store_exec(store, err,
		       "INSERT INTO runs (id, image, requested_by, created, concurrency, max_failures, until,"
		       " return_leased, manifest_sha256, wish)"
		       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, nullif(?9, ''), ?10)",
		       "sssiiisiss", run->id, run->image, req->caller.name, (int64_t)time(NULL),
		       run->concurrency, run->max_failures, ask->until, (int64_t)run->return_leased,
		       run->manifest_sha256, wish);
	if (r >= 0)
		r = store_int(store, err, 0, &run->seq, "SELECT seq FROM runs WHERE id = ?1", "s", run->id);
	return r;
}

static int insert_nodes(struct store *store, const struct run *run, const json_t *nodes, struct err *err)
{
	struct node node;
	json_t *name;
	size_t i;

	json_array_foreach(nodes, i, name) {
		int r = json_is_string(name) ? node_by_name(store, json_string_value(name), &node, err)
					     : err_set(err, EBADMSG, "run.nodes: names of nodes");

		if (r == 0)
			r = store_exec(store, err,
				       "INSERT INTO run_nodes (run, node, place) VALUES (?1, ?2, ?3)", "iii",
				       run->seq, node.id, (int64_t)i);
		if (r == -EEXIST)
			return err_set(err, EBADMSG, "run.nodes: %s stands there twice", node.name);
		if (r < 0)
			return r;
	}
	return 0;
}

/* What would become of each node's order now. */
static int dry_run(struct request *req, const struct ask *ask, const struct run *run, struct err *err)
{
	_cleanup_json_ json_t *wish = json_deep_copy(ask->order), *results = json_array();
	json_t *name;
	size_t i;

	json_array_foreach(ask->nodes, i, name) {
		struct err why = {0};
		int r = json_is_string(name)
				? run_order(req, run, wish, json_string_value(name), false, &why, err)
				: err_set(err, EBADMSG, "run.nodes: names of nodes");

		if (r < 0)
			return r;
		json_array_append_new(results, json_pack("{s:O, s:s?}", "node", name, "refused",
							 why.code ? why.text : NULL));
	}
	return reply_json(req, 200, json_pack("{s:O}", "nodes", results), err);
}

int call_run_add(struct request *req, struct err *err)
{
	static const char *const keys[] = {"nodes", "order",         "concurrency", "max_failures",
					   "until", "return_leased", "dry_run",     NULL};
	_cleanup_json_ json_t *json = NULL;
	struct ask ask = {.concurrency = 8, .until = "live"};
	struct run run = {0};
	int r = request_json(req, "run", keys, &json, err);

	if (r == 0)
		r = read_ask(json, &ask, err);
	if (r == 0)
		r = check_wish(req, &ask, &run, err);
	if (r < 0)
		return r;
	run.concurrency = (int64_t)ask.concurrency;
	run.max_failures = (int64_t)ask.max_failures;
	run.return_leased = ask.return_leased;
	r = ask.dry_run ? dry_run(req, &ask, &run, err) : insert_run(req, &ask, &run, err);
	if (r == 0 && !ask.dry_run)
		r = insert_nodes(req->station->store, &run, ask.nodes, err);
	snprintf(req->object, sizeof(req->object), "%.24s: %zu nodes, image %s%s",
		 ask.dry_run ? "dry run" : run.id, json_array_size(ask.nodes),
		 *run.image ? run.image : "none, to be erased",
		 run.return_leased ? ", leased ones are returned" : "");
	return r < 0 || ask.dry_run ? r : run_reply(req, 201, run.id, err);
}

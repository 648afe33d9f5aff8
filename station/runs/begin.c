/* SPDX-License-Identifier: Apache-2.0 */
/* The orders of a run: the only thing in it that changes a node. */
#include <stdio.h>
#include <string.h>

#include "station/audit.h"
#include "station/calls.h"
#include "station/nodes.h"
#include "station/order_wish.h"
#include "station/orders.h"
#include "station/runs/runs.h"

#define AT_ONCE 64 /* nodes that one call looks at: the store is nobody else's meanwhile */

/* Did the station fail, or is it this order that is not taken? */
static bool is_refusal(int r)
{
	return r == -ESTALE || r == -EEXIST || r == -ENOENT || r == -EINVAL || r == -EBADMSG || r == -EFBIG;
}

/* Only where the run says so: the tenant has left. */
static int return_node(struct request *req, const struct run *run, const char *name, struct err *err)
{
	struct store *store = req->station->store;
	char object[160];
	struct node node;
	int r = node_by_name(store, name, &node, err);

	if (r < 0 || !run->return_leased || node.state != NODE_LEASED)
		return r;
	snprintf(object, sizeof(object), "%s: leased -> returned (run %.24s)", name, run->id);
	r = node_set_state(store, node.id, NODE_RETURNED, err);
	return r < 0 ? r : audit_add(store, req->caller.name, "node-state", object, "done", err);
}

/* All nodes of a run get what stood there when it was made. */
static int check_same_image(const struct request *req, const struct run *run, int64_t seq, struct err *err)
{
	_cleanup_json_ json_t *order = NULL;
	const char *sha256;
	int r = order_document(req->station, seq, NULL, &order, err);

	if (r < 0 || !run->manifest_sha256[0])
		return r;
	sha256 = json_string_value(json_object_get(json_object_get(order, "image"), "manifest_sha256"));
	if (!sha256 || strcmp(sha256, run->manifest_sha256) != 0)
		return err_set(err, ESTALE,
			       "image %s is another one than when the run was made: the nodes that are left "
			       "need a run of their own",
			       run->image);
	return 0;
}

static int make_order(struct request *req, const struct run *run, json_t *wish_json, const char *node,
		      struct err *err)
{
	struct order_wish wish = {0};
	int64_t seq = 0;
	int r = return_node(req, run, node, err);

	if (r == 0)
		r = json_object_set_new(wish_json, "node", json_string(node)) < 0
			    ? err_set(err, ENOMEM, "out of memory")
			    : 0;
	if (r == 0)
		r = order_wish_read(wish_json, &wish, err);
	if (r == 0)
		r = order_add(req, &wish, run->seq, &seq, err);
	if (r == 0)
		r = check_same_image(req, run, seq, err);
	return r < 0 ? r
		     : audit_add(req->station->store, req->caller.name, "order-create", req->object, "done",
				 err);
}

int run_order(struct request *req, const struct run *run, json_t *wish, const char *node, bool keep,
	      struct err *ret_refused, struct err *err)
{
	struct store *store = req->station->store;
	struct err why = {0};
	int made, r = store_exec(store, err, "SAVEPOINT order_of_run", "");

	if (r < 0)
		return r;
	made = make_order(req, run, wish, node, &why);
	if (made < 0 && !is_refusal(made)) {
		*err = why;
		return made; /* the transaction is rolled back */
	}
	if (made < 0 || !keep)
		r = store_exec(store, err, "ROLLBACK TO order_of_run", "");
	if (r >= 0)
		r = store_exec(store, err, "RELEASE order_of_run", "");
	if (r < 0)
		return r;
	*ret_refused = made < 0 ? why : (struct err){0};
	return 0;
}

/* The next node that waits; 0: there is none. */
static int next_node(struct store *store, const struct run *run, int64_t *ret_id, char name[64],
		     struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(store, &rows, err,
			    "SELECT n.id, n.name FROM run_nodes rn JOIN nodes n ON n.id = rn.node"
			    " WHERE rn.run = ?1 AND rn.refused IS NULL AND NOT EXISTS"
			    " (SELECT 1 FROM orders o WHERE o.run = rn.run AND o.node = rn.node)"
			    " ORDER BY rn.place LIMIT 1",
			    "i", run->seq);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r <= 0)
		return r;
	*ret_id = rows_int(&rows, 0);
	snprintf(name, 64, "%s", rows_text(&rows, 1));
	return 1;
}

static int begin_next(struct request *req, const struct run *run, json_t *wish, struct err *err)
{
	struct store *store = req->station->store;
	struct err why = {0};
	char name[64];
	int64_t id = 0;
	int r = next_node(store, run, &id, name, err);

	if (r <= 0)
		return r;
	r = run_order(req, run, wish, name, true, &why, err);
	if (r == 0 && why.code)
		r = store_exec(store, err, "UPDATE run_nodes SET refused = ?1 WHERE run = ?2 AND node = ?3",
			       "sii", why.text, run->seq, id);
	return r < 0 ? r : 0;
}

int call_run_begin(struct request *req, struct err *err)
{
	struct store *store = req->station->store;
	_cleanup_json_ json_t *wish = NULL;
	struct run_counts counts;
	struct run run;
	int r = run_by_id(store, req->param[0], &run, err);

	if (r == 0)
		r = run_wish(store, &run, &wish, err);
	for (unsigned i = 0; r == 0 && i < AT_ONCE; i++) {
		r = run_count(store, &run, &counts, err);
		if (r < 0 || !run_free(&run, &counts))
			break;
		r = begin_next(req, &run, wish, err);
	}
	snprintf(req->object, sizeof(req->object), "%s", run.id); /* the orders have entries of their own */
	if (r < 0)
		return r;
	return run_reply(req, 200, run.id, err);
}

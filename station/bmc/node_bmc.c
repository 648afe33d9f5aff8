/* SPDX-License-Identifier: Apache-2.0 */
/* The operators' calls about a node's BMC. */
#include "station/bmc/node_bmc.h"

#include <stdio.h>
#include <string.h>

#include "core/time.h"
#include "station/bmc/rotate.h"
#include "station/calls.h"
#include "station/orders.h"

/* What has become of the last change of its password. */
static json_t *rotation_json(const struct station *station, const struct node *node,
			     const struct station_bmc *bmc)
{
	json_t *json = bmc_rotate_json(station->bmc_rotate, node->id);

	if (!json && bmc->unsettled) /* by an earlier run of this station */
		json = json_pack("{s:s, s:n, s:n}", "state", "cut-off", "ended", "why");
	return json ? json : json_null();
}

int node_bmc_json(const struct station *station, const struct node *node, const struct station_bmc *bmc,
		  json_t **ret, struct err *err)
{
	char pin[SHA256_HEX_SIZE] = "", changed[TIME_TEXT_SIZE];

	if (bmc->pin[0])
		rf_pin_hex(bmc->pin, pin);
	time_format(bmc->changed, changed);
	*ret = json_pack("{s:s, s:s, s:s?, s:s?, s:s, s:s?, s:b, s:s, s:o}", "node", node->name, "address",
			 bmc->origin, "pin", pin[0] ? pin : NULL, "ca_pem", bmc->ca_pem, "user", bmc->user,
			 "system", bmc->system, "basic", (int)bmc->basic, "changed", changed, "rotation",
			 rotation_json(station, node, bmc));
	return *ret ? 0 : err_set(err, ENOMEM, "out of memory");
}

int node_bmc_reply(struct request *req, unsigned status, const struct node *node, struct err *err)
{
	_cleanup_bmc_ struct station_bmc bmc = {0};
	json_t *json = NULL;
	int r = bmc_store_look(req->station->store, node->id, &bmc, err);

	if (r < 0)
		return err_prepend(err, "%s", node->name);
	r = node_bmc_json(req->station, node, &bmc, &json, err);
	return r < 0 ? r : reply_json(req, status, json, err);
}

int node_bmc_idle(const struct station *station, const struct node *node, struct err *err)
{
	struct store *store = station->store;
	struct order_row order = {0};
	int64_t seq = 0;
	int r = node_open_order(store, node->id, &seq, err);

	if (r == 0 && bmc_rotate_busy(station->bmc_rotate, node->id))
		return err_set(err, ESTALE, "the BMC of node %s is being given a new password", node->name);
	if (r == 0 && seq)
		r = order_by_seq(store, seq, &order, err);
	if (r < 0 || !seq || order.state == ORDER_HANDED_OVER)
		return r;
	return err_set(
		err, ESTALE,
		"order %s is at work on node %s, maybe through its BMC: wait for its end, or cancel it",
		order.id, node->name);
}

int call_node_bmc(struct request *req, struct err *err)
{
	struct node node;
	int r = node_by_name(req->station->store, req->param[0], &node, err);

	return r < 0 ? r : node_bmc_reply(req, 200, &node, err);
}

/* The first one of a node changes nothing for an order that is at work. */
static int set(struct request *req, const struct node *node, const struct station_bmc *bmc, struct err *err)
{
	struct store *store = req->station->store;
	int r = bmc_store_has(store, node->id, NULL, err);

	if (r > 0)
		r = node_bmc_idle(req->station, node, err);
	return r < 0 ? r : bmc_store_set(req->station, node->id, bmc, err);
}

int call_node_bmc_set(struct request *req, struct err *err)
{
	static const char *const keys[] = {"address",  "pin",    "ca_pem", "user",
					   "password", "system", "basic",  NULL};
	_cleanup_bmc_ struct station_bmc bmc = {0};
	_cleanup_json_ json_t *json = NULL;
	struct node node;
	int r = node_by_name(req->station->store, req->param[0], &node, err);

	if (r == 0)
		r = request_json(req, "bmc", keys, &json, err);
	if (r == 0)
		r = node_bmc_read(json, &bmc, err);
	if (r < 0)
		return r;
	snprintf(req->object, sizeof(req->object), "%s: %.60s as %.30s", node.name, bmc.origin, bmc.user);
	r = set(req, &node, &bmc, err);
	return r < 0 ? r : node_bmc_reply(req, 200, &node, err);
}

int call_node_bmc_remove(struct request *req, struct err *err)
{
	struct store *store = req->station->store;
	struct node node;
	int r = node_by_name(store, req->param[0], &node, err);

	if (r == 0)
		r = node_bmc_idle(req->station, &node, err);
	if (r < 0)
		return r;
	r = bmc_store_remove(store, node.id, err);
	if (r < 0)
		return err_prepend(err, "%s", node.name);
	return reply_empty(req, 204, err);
}

/* A password that two nodes' rows have would be changed for one of them. */
static int check_own(struct store *store, const struct node *node, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(store, &rows, err,
			    "SELECT name FROM bmcs JOIN nodes ON nodes.id = node WHERE node != ?1"
			    " AND origin = (SELECT origin FROM bmcs WHERE node = ?1)",
			    "i", node->id);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r <= 0)
		return r;
	return err_set(
		err, ESTALE,
		"node %s is reached through the same BMC: change the password there, and set it for both",
		rows_text(&rows, 0));
}

int call_node_bmc_rotate(struct request *req, struct err *err)
{
	struct store *store = req->station->store;
	struct node node;
	int r = node_by_name(store, req->param[0], &node, err);

	if (r == 0)
		r = bmc_store_has(store, node.id, NULL, err);
	if (r == 0)
		r = err_set(err, ENOENT, "%s: the node has no BMC", node.name);
	if (r > 0)
		r = node_bmc_idle(req->station, &node, err);
	if (r == 0)
		r = check_own(store, &node, err);
	if (r == 0)
		r = bmc_rotate_ask(req->station->bmc_rotate, node.id, node.name, err);
	return r < 0 ? r : node_bmc_reply(req, 202, &node, err);
}

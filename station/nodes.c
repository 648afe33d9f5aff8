/* SPDX-License-Identifier: Apache-2.0 */
/* The operators' calls about nodes. */
#include "station/nodes.h"

#include <stdio.h>
#include <string.h>

#include "core/time.h"
#include "station/bmc/store.h"
#include "station/calls.h"

static json_t *time_or_null(int64_t t)
{
	char text[TIME_TEXT_SIZE];

	if (!t)
		return json_null();
	time_format(t, text);
	return json_string(text);
}

static int node_json(struct store *store, const struct node *node, json_t **ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	json_t *tpm = NULL;
	char bmc[BMC_ORIGIN_SIZE] = "";
	int64_t seq = 0;
	int r = bmc_store_has(store, node->id, bmc, err);

	if (r >= 0)
		r = node_open_order(store, node->id, &seq, err);
	if (r == 0)
		r = store_query(store, &rows, err, "SELECT id FROM orders WHERE seq = ?1", "i", seq);
	if (r == 0)
		r = rows_next(&rows, err);
	if (r >= 0 && node_tpm_json(store, node, &tpm, err) < 0)
		return -err->code;
	if (r < 0)
		return r;
	*ret = json_pack("{s:s, s:s, s:b, s:o, s:s?, s:o, s:s, s:o, s:s?}", "name", node->name, "state",
			 node_state_name(node->state), "location_trusted", (int)node->location_trusted,
			 "identity", node_identity_to_json(&node->identity), "order",
			 r ? rows_text(&rows, 0) : NULL, "seen", time_or_null(node->seen), "attest",
			 attest_policy_name(node->attest), "tpm", tpm, "bmc", bmc[0] ? bmc : NULL);
	return *ret ? 0 : err_set(err, ENOMEM, "out of memory");
}

int node_reply(struct request *req, unsigned status, const char *name, struct err *err)
{
	struct node node;
	json_t *json = NULL;
	int r = node_by_name(req->station->store, name, &node, err);

	if (r == 0)
		r = node_json(req->station->store, &node, &json, err);
	if (r < 0)
		return r;
	return reply_json(req, status, json, err);
}

int call_nodes(struct request *req, struct err *err)
{
	struct store *store = req->station->store;
	_cleanup_rows_ struct rows rows = {0};
	_cleanup_json_ json_t *nodes = json_array();
	struct node node;
	json_t *json = NULL;
	int r = store_query(store, &rows, err, "SELECT name FROM nodes ORDER BY name", "");

	if (r < 0)
		return r;
	while ((r = rows_next(&rows, err)) > 0) {
		r = node_by_name(store, rows_text(&rows, 0), &node, err);
		if (r == 0)
			r = node_json(store, &node, &json, err);
		if (r < 0)
			return r;
		json_array_append_new(nodes, json);
	}
	if (r < 0)
		return r;
	return reply_json(req, 200, json_pack("{s:O}", "nodes", nodes), err);
}

static int add_key(struct store *store, int64_t node, const char *kind, const char *value, struct err *err)
{
	int r;

	if (!*value)
		return 0;
	r = store_exec(store, err, "INSERT OR IGNORE INTO node_keys (key, node) VALUES (?1 || ':' || ?2, ?3)",
		       "ssi", kind, value, node);
	return r < 0 ? r : 0;
}

static int add_keys(struct store *store, int64_t node, const struct node_identity *identity, struct err *err)
{
	int r = add_key(store, node, "uuid", identity->uuid, err);

	if (r == 0)
		r = add_key(store, node, "serial", identity->serial, err);
	for (unsigned i = 0; r == 0 && i < identity->n_macs; i++)
		r = add_key(store, node, "mac", identity->macs[i], err);
	return r;
}

/* Two nodes with a MAC in common, or that look the same in all, could not be told apart. */
static int check_unlike_others(struct store *store, const struct node_identity *identity, struct err *err)
{
	struct node other;
	int r = node_find(store, identity, &other, err);

	if (r > 0)
		return err_set(err, EEXIST, "node %s has this identity already", other.name);
	for (unsigned i = 0; r == 0 && i < identity->n_macs; i++) {
		int64_t n = 0;

		r = store_int(store, err, 0, &n, "SELECT count(*) FROM node_keys WHERE key = 'mac:' || ?1",
			      "s", identity->macs[i]);
		if (r == 0 && n)
			return err_set(err, EEXIST, "another node has the MAC %s already", identity->macs[i]);
	}
	return r;
}

static int insert_node(struct store *store, const char *name, const struct node_identity *identity,
		       bool trusted, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	int64_t id = 0;
	int r = node_identity_text(identity, &text, err);

	if (r < 0)
		return r;
	r = store_exec(store, err,
		       "INSERT INTO nodes (name, state, location_trusted, identity, created)"
		       " VALUES (?1, 'enrolled', ?2, ?3, ?4)",
		       "sisi", name, (int64_t)trusted, text, (int64_t)time(NULL));
	if (r == -EEXIST)
		return err_set(err, EEXIST, "there is a node %s already", name);
	if (r > 0)
		r = store_int(store, err, 0, &id, "SELECT id FROM nodes WHERE name = ?1", "s", name);
	if (r == 0)
		r = add_keys(store, id, identity, err);
	return r;
}

int call_node_add(struct request *req, struct err *err)
{
	static const char *const keys[] = {"name",   "identity",  "location_trusted",
					   "attest", "ek_sha256", NULL};
	struct store *store = req->station->store;
	_cleanup_json_ json_t *json = NULL;
	struct node_identity identity;
	json_t *identity_json = NULL;
	const char *name = NULL;
	bool trusted = false;
	int r = request_json(req, "node", keys, &json, err);

	if (r == 0)
		r = json_get_str(json, "node", "name", 63, &name, err);
	if (r == 0)
		r = json_get_object(json, "node", "identity", &identity_json, err);
	if (r == 0)
		r = json_opt_bool(json, "node", "location_trusted", &trusted, err);
	if (r == 0)
		r = node_identity_from_json(identity_json, &identity, err);
	if (r != 0)
		return r;
	if (!name_valid(name))
		return err_set(err, EINVAL, "node: name: lower-case letters, digits, '.' and '-' alone");
	if (!identity.uuid[0] && !identity.serial[0] && !identity.n_macs)
		return err_set(err, EINVAL, "node: identity: a UUID, serial number or MAC is needed");
	snprintf(req->object, sizeof(req->object), "%s%s", name, trusted ? " (location-trusted)" : "");
	r = check_unlike_others(store, &identity, err);
	if (r == 0)
		r = insert_node(store, name, &identity, trusted, err);
	if (r == 0)
		r = node_tpm_set(store, name, json, err);
	if (r < 0)
		return r;
	return node_reply(req, 201, name, err);
}

int call_node_show(struct request *req, struct err *err)
{
	struct store *store = req->station->store;
	_cleanup_rows_ struct rows rows = {0};
	_cleanup_json_ json_t *json = NULL, *inventory = NULL;
	const char *text;
	struct node node;
	int r = node_by_name(store, req->param[0], &node, err);

	if (r == 0)
		r = node_json(store, &node, &json, err);
	if (r == 0)
		r = store_query(store, &rows, err, "SELECT inventory FROM nodes WHERE id = ?1", "i", node.id);
	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	text = r ? rows_text(&rows, 0) : NULL;
	r = text ? json_parse(text, strlen(text), &inventory, err) : 0;
	if (r < 0)
		return err_set(err, EIO, "store: the inventory of %s cannot be read", node.name);
	json_object_set_new(json, "inventory", inventory ? json_incref(inventory) : json_null());
	return reply_json(req, 200, TAKE_PTR(json), err);
}

int call_node_state(struct request *req, struct err *err)
{
	static const char *const keys[] = {"state", NULL};
	struct store *store = req->station->store;
	_cleanup_json_ json_t *json = NULL;
	const char *text = NULL;
	enum node_state to = NODE_ENROLLED;
	struct node node;
	int r = request_json(req, "state", keys, &json, err);

	if (r == 0)
		r = json_get_str(json, "state", "state", 32, &text, err);
	if (r == 0 && node_state_from_name(text, &to) < 0)
		r = err_set(err, EINVAL, "state: there is no such state of a node");
	if (r == 0)
		r = node_by_name(store, req->param[0], &node, err);
	if (r != 0)
		return r;
	snprintf(req->object, sizeof(req->object), "%s: %s -> %s", node.name, node_state_name(node.state),
		 node_state_name(to));
	if (!node_state_may_change(node.state, to))
		return err_set(err, ESTALE, "node %s is %s: that cannot be changed to %s", node.name,
			       node_state_name(node.state), node_state_name(to));
	r = node_set_state(store, node.id, to, err);
	if (r < 0)
		return r;
	return node_reply(req, 200, node.name, err);
}

int call_node_trust(struct request *req, struct err *err)
{
	static const char *const keys[] = {"location_trusted", NULL};
	struct store *store = req->station->store;
	_cleanup_json_ json_t *json = NULL;
	bool trusted = false;
	struct node node;
	int r = request_json(req, "trust", keys, &json, err);

	if (r == 0)
		r = json_get_bool(json, "trust", "location_trusted", &trusted, err);
	if (r == 0)
		r = node_by_name(store, req->param[0], &node, err);
	if (r < 0)
		return r;
	snprintf(req->object, sizeof(req->object), "%s: %s", node.name,
		 trusted ? "location-trusted" : "not location-trusted");
	r = store_exec(store, err, "UPDATE nodes SET location_trusted = ?1 WHERE id = ?2", "ii",
		       (int64_t)trusted, node.id);
	if (r < 0)
		return r;
	return node_reply(req, 200, node.name, err);
}

static json_t *machine_json(const struct rows *rows)
{
	return json_pack("{s:I, s:o?, s:o}", "id", rows_int(rows, 0), "identity",
			 json_loads(rows_text(rows, 1), 0, NULL), "seen", time_or_null(rows_int(rows, 2)));
}

int call_seen(struct request *req, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	_cleanup_json_ json_t *machines = json_array();
	int r = store_query(req->station->store, &rows, err,
			    "SELECT id, identity, seen FROM seen ORDER BY seen DESC, id DESC", "");

	if (r < 0)
		return r;
	while ((r = rows_next(&rows, err)) > 0)
		json_array_append_new(machines, machine_json(&rows));
	if (r < 0)
		return r;
	return reply_json(req, 200, json_pack("{s:O}", "machines", machines), err);
}

int call_seen_show(struct request *req, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	const char *inventory;
	json_t *json;
	int r = store_query(req->station->store, &rows, err,
			    "SELECT id, identity, seen, inventory FROM seen WHERE CAST(id AS TEXT) = ?1", "s",
			    req->param[0]);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	if (r == 0)
		return err_set(err, ENOENT, "no such machine has been seen");
	json = machine_json(&rows);
	inventory = rows_text(&rows, 3);
	json_object_set_new(json, "inventory", inventory ? json_loads(inventory, 0, NULL) : json_null());
	return reply_json(req, 200, json, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* How a boot begins: the script for the asking machine, or a hint for an agent that no script has started. docs/protocol.md */
#include <string.h>

#include "core/io.h"
#include "core/log.h"
#include "station/calls.h"
#include "station/leases.h"
#include "station/nodes.h"
#include "station/orders.h"
#include "station/script.h"

/* What iPXE said of the machine. It is a claim: it chooses a script and proves nothing. */
static void claimed_identity(const struct request *req, struct node_identity *ret)
{
	const char *uuid = target_arg(&req->target, "uuid");
	const char *serial = target_arg(&req->target, "serial");
	const char *mac = target_arg(&req->target, "mac");
	struct node_identity plain = {0}, identity;
	_cleanup_json_ json_t *json = NULL;
	struct err err = {0};

	if (uuid && node_uuid_normalise(uuid, plain.uuid) < 0)
		plain.uuid[0] = '\0';
	if (serial && strlen(serial) < sizeof(plain.serial))
		memcpy(plain.serial, serial, strlen(serial) + 1);
	if (mac && node_mac_normalise(mac, plain.macs[0]) == 0)
		plain.n_macs = 1;
	*ret = plain;
	/* Through JSON once, because reading drops makers' placeholders. */
	json = node_identity_to_json(&plain);
	if (json && node_identity_from_json(json, &identity, &err) == 0)
		*ret = identity;
}

static int reply_script(struct request *req, const char *template, const struct script_value *values,
			struct err *err)
{
	_cleanup_free_ char *text = NULL;
	int r = script_make(template, values, &text, err);

	return r < 0 ? r : reply_bytes(req, 200, "text/plain", text, strlen(text), err);
}

static int reply_agent(struct request *req, int64_t node, const struct node_identity *identity,
		       struct err *err)
{
	char hint[TOKEN_SIZE];
	const struct script_value values[] = {
		{"HTTP_URL", req->station->http_url, NULL},
		{"HINT", hint, NULL},
		{"MAC", identity->n_macs ? identity->macs[0] : NULL, "remint.mac="},
		{"CONSOLE", req->station->console, "console="},
		{NULL, NULL, NULL},
	};
	int r = hint_add(req->station->store, node, hint, err);

	return r < 0 ? r : reply_script(req, script_agent, values, err);
}

/* Whatever runs on the node now is not our agent: what the journal says of its disks no longer holds. */
static int reply_local(struct request *req, int64_t node, struct err *err)
{
	const struct script_value values[] = {{NULL, NULL, NULL}};
	int r = store_exec(req->station->store, err,
			   "UPDATE journal SET void = 1 WHERE void = 0"
			   " AND order_seq IN (SELECT seq FROM orders WHERE node = ?1)",
			   "i", node);

	return r < 0 ? r : reply_script(req, script_local, values, err);
}

int call_boot_script(struct request *req, struct err *err)
{
	const struct script_value first[] = {{"HTTP_URL", req->station->http_url, NULL}, {NULL, NULL, NULL}};
	struct store *store = req->station->store;
	struct node_identity identity;
	struct order_row order = {0};
	struct node node;
	int64_t seq = 0;
	int r;

	if (!req->target.asked)
		return reply_script(req, script_first, first, err);
	claimed_identity(req, &identity);
	r = node_find(store, &identity, &node, err);
	if (r < 0)
		return r;
	if (r == 0)
		return reply_agent(req, 0, &identity, err);
	r = node_open_order(store, node.id, &seq, err);
	if (r == 0 && seq)
		r = order_by_seq(store, seq, &order, err);
	if (r < 0)
		return r;
	log_info("node %s asks for its boot script: %s", node.name,
		 seq && order.state != ORDER_HANDED_OVER ? "the agent" : "the local disk");
	if (seq && order.state != ORDER_HANDED_OVER)
		return reply_agent(req, node.id, &identity, err);
	return reply_local(req, node.id, err);
}

/* For whoever asks, as the script: it ties the check-in to the node that was asked for, and proves nothing. */
int call_boot_hint(struct request *req, struct err *err)
{
	static const char *const keys[] = {"identity", NULL};
	struct store *store = req->station->store;
	struct node_identity identity;
	_cleanup_json_ json_t *json = NULL;
	json_t *said = NULL;
	char hint[TOKEN_SIZE];
	struct node node;
	int r = request_json(req, "boot", keys, &json, err);

	if (r == 0)
		r = json_get_object(json, "boot", "identity", &said, err);
	if (r == 0)
		r = node_identity_from_json(said, &identity, err);
	if (r == 0)
		r = node_find(store, &identity, &node, err);
	if (r < 0)
		return r;
	r = hint_add(store, r > 0 ? node.id : 0, hint, err);
	return r < 0 ? r : reply_json(req, 200, json_pack("{s:s}", "hint", hint), err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* How a boot begins: the script for the asking machine, or a hint for an agent that no script has started. docs/protocol.md */
#include <microhttpd.h>
#include <string.h>

#include "core/io.h"
#include "core/log.h"
#include "images/boot/build.h"
#include "station/attest/attest.h"
#include "station/calls.h"
#include "station/dhcp/neighbour.h"
#include "station/files.h"
#include "station/images.h"
#include "station/leases.h"
#include "station/nodes.h"
#include "station/orders.h"
#include "station/overdue.h"
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

/* UEFI takes the one EFI file where the site has made it: firmware with Secure Boot verifies that one whole. */
static const char *agent_template(const struct request *req)
{
	const char *platform = target_arg(&req->target, "platform");
	_cleanup_close_ int fd = -EBADF;
	struct err ignored = {0};

	if (!platform || strcmp(platform, "efi") != 0)
		return script_agent;
	fd = boot_file_open(req->station, BOOT_UKI, &ignored);
	return fd < 0 ? script_agent : script_agent_efi;
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

	return r < 0 ? r : reply_script(req, agent_template(req), values, err);
}

/* What a machine is to start from. node.id 0: it is none of ours, and the agent records its inventory. */
struct decision {
	struct node node;
	bool local; /* its own disk */
};

/* Whatever runs on a node that starts from its disk is not our agent: what the journal says of its disks no longer holds. */
static int void_journal(struct store *store, int64_t node, struct err *err)
{
	int r = store_exec(store, err,
			   "UPDATE journal SET void = 1 WHERE void = 0"
			   " AND order_seq IN (SELECT seq FROM orders WHERE node = ?1)",
			   "i", node);

	return r < 0 ? r : 0;
}

static int decide_node(struct store *store, struct decision *decision, struct err *err)
{
	struct order_row order = {0};
	int64_t seq = 0;
	int r = node_open_order(store, decision->node.id, &seq, err);

	if (r == 0 && seq)
		r = order_by_seq(store, seq, &order, err);
	if (r < 0)
		return r;
	decision->local = !seq || order.state == ORDER_HANDED_OVER;
	log_info("node %s asks how to boot: %s", decision->node.name,
		 decision->local ? "the local disk" : "the agent");
	return decision->local ? void_journal(store, decision->node.id, err)
			       : overdue_begins(store, seq, err);
}

static int decide(struct store *store, const struct node_identity *identity, struct decision *ret,
		  struct err *err)
{
	struct decision decision = {0};
	int r = node_find(store, identity, &decision.node, err);

	if (r > 0)
		r = decide_node(store, &decision, err);
	if (r == 0)
		*ret = decision;
	return r;
}

int call_boot_script(struct request *req, struct err *err)
{
	const struct script_value first[] = {{"HTTP_URL", req->station->http_url, NULL}, {NULL, NULL, NULL}};
	const struct script_value none[] = {{NULL, NULL, NULL}};
	struct node_identity identity;
	struct decision decision = {0};
	int r;

	if (!req->target.asked)
		return reply_script(req, script_first, first, err);
	claimed_identity(req, &identity);
	r = decide(req->station->store, &identity, &decision, err);
	if (r < 0)
		return r;
	return decision.local ? reply_script(req, script_local, none, err)
			      : reply_agent(req, decision.node.id, &identity, err);
}

/*
 * For firmware that boots by HTTP, and says nothing of its machine: the card behind its address does. A node that is to start from its disk is told that there is nothing,
 * and its firmware goes on to the next boot entry. The agent of a machine that cannot be told so asks by itself.
 */
int call_boot_efi(struct request *req, struct err *err)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(req->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct node_identity identity = {0};
	struct decision decision = {0};
	int r = 0;

	if (info && info->client_addr && neighbour_mac(info->client_addr, identity.macs[0])) {
		identity.n_macs = 1;
		r = decide(req->station->store, &identity, &decision, err);
	}
	if (r == 0)
		r = decision.local ? reply_error(req, 404, "this node is to start from its disk", err)
				   : reply_boot_file(req, BOOT_UKI, err);
	return r < 0 ? r : reply_header(req, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store", err);
}

/* A machine that is no node is not asked: its TPM would prove nothing of anybody. */
static int reply_hint(struct request *req, const struct node *node, const json_t *tpm, struct err *err)
{
	json_t *challenge = NULL;
	char hint[TOKEN_SIZE];
	int r = hint_add(req->station->store, node ? node->id : 0, hint, err);

	if (r == 0 && tpm && node && node->attest != ATTEST_OFF)
		r = attest_challenge_make(req, hint, tpm, &challenge, err);
	return r < 0 ? r
		     : reply_json(req, 200, json_pack("{s:s, s:o?}", "hint", hint, "challenge", challenge),
				  err);
}

/* For whoever asks, as the script: it ties the check-in to the node that was asked for, and proves nothing. */
int call_boot_hint(struct request *req, struct err *err)
{
	static const char *const keys[] = {"identity", "tpm", NULL};
	struct node_identity identity;
	_cleanup_json_ json_t *json = NULL;
	struct decision decision = {0};
	json_t *said = NULL, *tpm;
	int r = request_json(req, "boot", keys, &json, err);

	if (r == 0)
		r = json_get_object(json, "boot", "identity", &said, err);
	if (r == 0)
		r = node_identity_from_json(said, &identity, err);
	if (r == 0)
		r = decide(req->station->store, &identity, &decision, err);
	if (r < 0)
		return r;
	if (decision.local)
		return reply_json(req, 200, json_pack("{s:n, s:n}", "hint", "challenge"), err);
	tpm = json_object_get(json, "tpm");
	return reply_hint(req, decision.node.id ? &decision.node : NULL, json_is_null(tpm) ? NULL : tpm, err);
}

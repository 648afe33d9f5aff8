/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/agent/checkin: from a boot hint to a lease, and to the order if there is one for this machine. */
#include <stdio.h>
#include <string.h>

#include "core/io.h"
#include "core/log.h"
#include "core/time.h"
#include "station/attest/attest.h"
#include "station/audit.h"
#include "station/calls.h"
#include "station/drive/row.h"
#include "station/leases.h"
#include "station/nodes.h"
#include "station/orders.h"
#include "station/out_of_band/out_of_band.h"
#include "station/overdue.h"

#define MACHINES_SEEN 256

struct checkin {
	const char *nonce;
	struct node_identity identity;
	struct node node;       /* id 0: unknown machine */
	int64_t seen;           /* seen.id of an unknown machine */
	struct order_row order; /* seq 0: none is given out */
	const json_t *said;     /* its TPM's, as it came; NULL: nothing */
	struct attest_result attested;
	char why_no_order[512];
	char phone_home[TOKEN_SIZE];
};

static void checkin_clear(struct checkin *c)
{
	attest_result_clear(&c->attested);
}

static int read_body(struct request *req, json_t **ret_json, struct checkin *c, struct err *err)
{
	static const char *const keys[] = {"protocol", "nonce", "agent", "identity", "attestation", NULL};
	static const char *const agent_keys[] = {"version", "boot_image", NULL};
	json_t *agent = NULL, *identity = NULL;
	const char *version;
	uint64_t protocol;
	uint8_t nonce[16];
	int r = request_json(req, "check-in", keys, ret_json, err);

	if (r == 0)
		r = json_get_u64(*ret_json, "check-in", "protocol", 1, 1, &protocol, err);
	if (r == 0)
		r = json_get_str(*ret_json, "check-in", "nonce", 32, &c->nonce, err);
	if (r == 0 && hex_decode(c->nonce, nonce, sizeof(nonce)) < 0)
		r = err_set(err, EBADMSG, "check-in.nonce: not 32 hexadecimal digits");
	if (r == 0)
		r = json_get_object(*ret_json, "check-in", "agent", &agent, err);
	if (r == 0)
		r = json_only_keys(agent, "check-in.agent", agent_keys, err);
	if (r == 0)
		r = json_get_str(agent, "check-in.agent", "version", 64, &version, err);
	if (r == 0)
		r = json_get_object(*ret_json, "check-in", "identity", &identity, err);
	if (r == 0)
		r = node_identity_from_json(identity, &c->identity, err);
	c->said = json_object_get(*ret_json, "attestation");
	if (json_is_null(c->said))
		c->said = NULL;
	return r;
}

/* The hint is spent, whatever comes of this. */
static int spend_hint(struct store *store, const struct caller *caller, const char *nonce, struct err *err)
{
	int r;

	if (caller->nonce[0] && strcmp(caller->nonce, nonce) != 0)
		return err_set(err, EACCES, "not authorised");
	r = store_exec(store, err, "UPDATE hints SET nonce = ?1 WHERE id = ?2", "si", nonce, caller->id);
	return r < 0 ? r : 0;
}

/* Unknown machines: the newest few. */
static int record_seen(struct store *store, struct checkin *c, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	int r = node_identity_text(&c->identity, &text, err);

	if (r < 0)
		return r;
	r = store_exec(store, err,
		       "INSERT INTO seen (identity, seen) VALUES (?1, ?2)"
		       " ON CONFLICT (identity) DO UPDATE SET seen = excluded.seen",
		       "si", text, (int64_t)time(NULL));
	if (r >= 0)
		r = store_int(store, err, 0, &c->seen, "SELECT id FROM seen WHERE identity = ?1", "s", text);
	if (r >= 0)
		r = store_exec(
			store, err,
			"DELETE FROM seen WHERE id NOT IN (SELECT id FROM seen ORDER BY seen DESC, id DESC"
			" LIMIT ?1)",
			"i", (int64_t)MACHINES_SEEN);
	return r < 0 ? r : 0;
}

static int no_order(struct checkin *c, const char *why)
{
	snprintf(c->why_no_order, sizeof(c->why_no_order), "%s", why);
	c->order = (struct order_row){0};
	return 0;
}

/* Is this the node, and does it run what it should? Its TPM says so, or the operator has marked its place. A refusal is written down. */
static int check_proof(struct request *req, struct checkin *c, struct err *err)
{
	_cleanup_free_ char *result = NULL;

	if (c->attested.outcome == ATTEST_PASSED ||
	    (c->node.location_trusted && c->node.attest != ATTEST_REQUIRE))
		return 0;
	if (c->node.attest == ATTEST_REQUIRE)
		result = str_printf("this node must prove itself by its TPM, and has not: %s",
				    c->attested.why);
	else
		result = str_printf(
			"this node is not location-trusted, and nothing else proves who it is: an "
			"administrator must mark it so before it gets an order that destroys (TPM: %s)",
			c->attested.why);
	(void)no_order(c, result);
	log_warn("check-in of node %s: %s", c->node.name, result);
	free(result);
	result = str_printf("refused: %s", c->why_no_order);
	return audit_add(req->station->store, req->caller.name, "check-in", c->node.name, result, err);
}

/* Which order does the node get, or why none? */
static int choose_order(struct request *req, struct checkin *c, struct err *err)
{
	struct store *store = req->station->store;
	_cleanup_free_ char *forbidden = NULL;
	int64_t seq = 0;
	int r;

	if (!c->node.id)
		return no_order(c, "this machine is not enrolled: its inventory has been recorded");
	r = node_open_order(store, c->node.id, &seq, err);
	if (r < 0)
		return r;
	if (!seq)
		return no_order(c, "there is no open order for this node");
	r = order_by_seq(store, seq, &c->order, err);
	if (r < 0)
		return r;
	if (c->order.state == ORDER_HANDED_OVER)
		return no_order(c, "the order has been handed over: the node is to start from its disk");
	if (!node_state_takes_orders(c->node.state))
		return no_order(c, "the state of this node allows no order");
	r = out_of_band_forbids(store, seq, &forbidden, err);
	if (r < 0 || forbidden)
		return r < 0 ? r : no_order(c, forbidden);
	return check_proof(req, c, err);
}

/* Each check-in makes a new phone-home token: only its hash is kept, so that an old one cannot be given again. */
static int begin_order(struct store *store, struct checkin *c, struct err *err)
{
	char hash[SHA256_HEX_SIZE];
	int r;

	token_make(c->phone_home, hash);
	r = store_exec(store, err, "UPDATE orders SET phone_home = ?1 WHERE seq = ?2", "si", hash,
		       c->order.seq);
	if (r >= 0 && c->order.state == ORDER_PENDING)
		r = order_set_state(store, c->order.seq, ORDER_RUNNING, NULL, NULL, err);
	return r < 0 ? r : 0;
}

static int read_journal(struct store *store, int64_t seq, json_t *journal, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(store, &rows, err,
			    "SELECT entry FROM journal WHERE order_seq = ?1 AND void = 0 ORDER BY id", "i",
			    seq);

	if (r < 0)
		return r;
	while ((r = rows_next(&rows, err)) > 0)
		json_array_append_new(journal, json_loads(rows_text(&rows, 0), 0, NULL));
	return r;
}

static int reply_checkin(struct request *req, const struct checkin *c, int64_t lease, const char *token,
			 struct err *err)
{
	_cleanup_json_ json_t *answer = NULL, *journal = json_array();
	char now[TIME_TEXT_SIZE];
	json_t *order = NULL;
	bool driven = false;
	int r;

	time_format(time(NULL), now);
	answer = json_pack("{s:i, s:s, s:s, s:{s:I, s:s}, s:n, s:n, s:O}", "protocol", 1, "nonce", c->nonce,
			   "time", now, "lease", "id", (json_int_t)lease, "token", token, "node", "order",
			   "journal", journal);
	if (!answer)
		return err_set(err, ENOMEM, "out of memory");
	if (c->attested.nonce[0])
		json_object_set_new(answer, "quote",
				    json_pack("{s:s, s:b}", "nonce", c->attested.nonce, "required",
					      c->node.attest == ATTEST_REQUIRE));
	if (c->node.id)
		json_object_set_new(answer, "node",
				    json_pack("{s:s, s:s}", "name", c->node.name, "state",
					      node_state_name(c->node.state)));
	if (!c->order.seq) {
		json_object_set_new(answer, "why_no_order", json_string(c->why_no_order));
		return reply_json(req, 200, TAKE_PTR(answer), err);
	}
	r = order_document(req->station, c->order.seq, c->phone_home, &order, err);
	if (r == 0)
		r = json_object_set_new(answer, "order", order) < 0 ? err_set(err, ENOMEM, "out of memory")
								    : 0;
	if (r == 0)
		r = drive_is_driven(req->station->store, c->order.seq, &driven, err);
	if (r == 0 && driven)
		json_object_set_new(answer, "power_cycle", json_true());
	if (r == 0)
		r = read_journal(req->station->store, c->order.seq, journal, err);
	return r < 0 ? r : reply_json(req, 200, TAKE_PTR(answer), err);
}

/* Not the machine that the script was made for: refused, and written down. This is committed. */
static int refuse(struct request *req, const struct checkin *c, const char *why, struct err *err)
{
	_cleanup_free_ char *result = str_printf(
		"refused: another machine than the one that the boot script was made for: %s", why);
	int r = audit_add(req->station->store, req->caller.name, "check-in", c->node.name, result, err);

	log_warn("check-in for node %s %s", c->node.name, result);
	return r < 0 ? r
		     : reply_error(req, 403, "this is not the machine that the boot script was made for",
				   err);
}

static int check_in_node(struct request *req, struct checkin *c, const char **ret_mismatch, struct err *err)
{
	struct store *store = req->station->store;
	int r = node_by_id(store, req->caller.node, &c->node, err);

	if (r < 0)
		return r;
	*ret_mismatch = NULL;
	if (!node_identity_matches(&c->node.identity, &c->identity, ret_mismatch)) {
		*ret_mismatch = *ret_mismatch ?: "nothing agrees";
		return 0;
	}
	*ret_mismatch = NULL;
	r = store_exec(store, err, "UPDATE nodes SET seen = ?1 WHERE id = ?2", "ii", (int64_t)time(NULL),
		       c->node.id);
	return r < 0 ? r : overdue_ends(store, c->node.id, err);
}

int call_checkin(struct request *req, struct err *err)
{
	struct store *store = req->station->store;
	_cleanup_json_ json_t *json = NULL;
	const char *mismatch = NULL;
	char token[TOKEN_SIZE];
	_cleanup_(checkin_clear) struct checkin c = {0};
	int64_t lease = 0;
	int r = read_body(req, &json, &c, err);

	if (r == 0)
		r = spend_hint(store, &req->caller, c.nonce, err);
	if (r < 0)
		return r;
	r = req->caller.node ? check_in_node(req, &c, &mismatch, err) : record_seen(store, &c, err);
	if (r == 0 && mismatch)
		return refuse(req, &c, mismatch, err);
	if (r == 0 && c.node.id)
		r = attest_judge(req, &c.node, c.said, &c.attested, err);
	if (r == 0)
		r = choose_order(req, &c, err);
	if (r == 0 && c.order.seq)
		r = begin_order(store, &c, err);
	if (r == 0)
		r = lease_add(store, c.node.id, c.seen, c.order.seq, token, &lease, err);
	if (r == 0 && c.node.id)
		r = attest_keep(store, lease, &c.node, &c.attested, err);
	if (r < 0)
		return r;
	log_info("check-in of %s: %s", c.node.id ? c.node.name : "an unknown machine",
		 c.order.seq ? c.order.id : c.why_no_order);
	return reply_checkin(req, &c, lease, token, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence in, a signed certificate out; and what is stored of an order, for operators. */
#include <string.h>

#include "core/log.h"
#include "core/time.h"
#include "protocol/certificate/certificate.h"
#include "protocol/evidence/drive.h"
#include "protocol/evidence/gpu.h"
#include "protocol/evidence/image.h"
#include "protocol/evidence/network.h"
#include "protocol/evidence/nic.h"
#include "protocol/evidence/overlays.h"
#include "protocol/network/network.h"
#include "protocol/order/nic.h"
#include "station/attest/attest.h"
#include "station/calls.h"
#include "station/classes.h"
#include "station/drive/record.h"
#include "station/nodes.h"
#include "station/orders.h"
#include "station/out_of_band/out_of_band.h"
#include "station/sign.h"
#include "station/tenancy.h"

static int make_certificate(struct request *req, const struct order_row *order, const json_t *evidence,
			    char **ret, size_t *ret_len, struct err *err)
{
	char evidence_sha256[SHA256_HEX_SIZE];
	struct certificate_context context = {
		.station = req->station->name,
		.place = req->station->place,
		.contact = req->station->contact,
		.evidence_sha256 = evidence_sha256,
		.order_id = order->id,
		.requested_by = order->requested_by,
		.issued = time(NULL),
		.identity_basis = "location-trusted",
	};
	_cleanup_json_ json_t *attestation = NULL, *bmc = NULL, *out_of_band = NULL;
	struct node node;
	int r = node_by_id(req->station->store, order->node, &node, err);

	if (r == 0)
		r = out_of_band_of_order(req->station->store, order->seq, &out_of_band, err);
	if (r == 0)
		r = attest_evidence(req, &node, evidence, &attestation, &context.identity_basis, err);
	if (r == 0)
		r = drive_certified(req->station->store, order->seq, evidence, &bmc, err);
	if (r < 0)
		return r;
	context.attestation = attestation;
	context.bmc = bmc;
	context.out_of_band = out_of_band;
	context.node = node.name;
	sha256_hex(req->body, req->body_len, evidence_sha256);
	*ret = certificate_make(evidence, &context, ret_len, err);
	return *ret ? 0 : -err->code;
}

static int store_certificate(struct request *req, const struct order_row *order, const char *text, size_t len,
			     struct err *err)
{
	const struct station *station = req->station;
	_cleanup_free_ uint8_t *sig = NULL;
	size_t sig_len = 0;
	int r = station_sign(station, "certificate", text, len, &sig, &sig_len, err);

	if (r < 0)
		return r;
	r = store_exec(station->store, err,
		       "UPDATE orders SET evidence = ?1, certificate = ?2, certificate_p7s = ?3, "
		       "certificate_lease = ?4,"
		       " updated = ?5 WHERE seq = ?6",
		       "ssbiii", req->body, text, sig, sig_len, req->caller.id, (int64_t)time(NULL),
		       order->seq);
	return r < 0 ? r : 0;
}

static int check_nics(const json_t *order, const json_t *evidence, struct err *err)
{
	struct order_nics nics = {0};
	int r = order_nics_read(order, &nics, err);

	if (r == 0)
		r = evidence_nics_are_as_ordered(evidence, &nics, err);
	order_nics_clear(&nics);
	return r;
}

static int check_gpus(const json_t *order, const json_t *evidence, struct err *err)
{
	struct order_gpu wish = {0};
	int r = order_gpu_read(order, &wish, err);

	return r ? r : evidence_gpus_are_as_ordered(evidence, &wish, err);
}

static int check_network(json_t *order, const json_t *evidence, struct err *err)
{
	_cleanup_(network_freep) struct network *network = NULL;
	json_t *part = json_object_get(order, "network");
	int r = json_is_object(part) ? network_from_json(part, &network, err) : 0;

	return r ? r : evidence_network_is_of(evidence, network, err);
}

/* An agent that did other things than its order says has made no machine that can be certified. */
static int check_order(const struct station *station, int64_t seq, const json_t *evidence, struct err *err)
{
	_cleanup_json_ json_t *order = NULL;
	int r = order_document(station, seq, NULL, &order, err);

	if (r == 0)
		r = evidence_image_is_of(evidence, order, err);
	if (r == 0)
		r = evidence_policies_are_of(evidence, json_object_get(order, "wipe"), err);
	if (r == 0)
		r = evidence_overlays_are_of(evidence, json_object_get(order, "overlays"), err);
	if (r == 0)
		r = check_nics(order, evidence, err);
	if (r == 0)
		r = check_gpus(order, evidence, err);
	return r ? r : check_network(order, evidence, err);
}

int call_evidence(struct request *req, struct err *err)
{
	_cleanup_json_ json_t *evidence = NULL;
	_cleanup_free_ char *text = NULL;
	char sha256_text[SHA256_HEX_SIZE];
	struct order_row order = {0};
	size_t len = 0;
	int r = request_json(req, "evidence", NULL, &evidence, err);

	if (r == 0 && !req->caller.order)
		r = err_set(err, ESTALE, "this lease has no order");
	if (r == 0)
		r = order_by_seq(req->station->store, req->caller.order, &order, err);
	if (r == 0 && order.state != ORDER_RUNNING)
		r = err_set(err, ESTALE, "order %s is %s", order.id, order_state_name(order.state));
	if (r == 0)
		r = evidence_check(evidence, order.id, err);
	if (r == 0)
		r = class_was_compared(req->station->store, order.seq, evidence, err);
	if (r == 0)
		r = check_order(req->station, order.seq, evidence, err);
	if (r == 0)
		r = make_certificate(req, &order, evidence, &text, &len, err);
	if (r == 0)
		r = store_certificate(req, &order, text, len, err);
	if (r == 0 && !order.certificate_lease)
		r = tenancy_certified(req->station->store, order.seq, order.id, order.node, err);
	if (r < 0)
		return r;
	sha256_hex(text, len, sha256_text);
	log_info("order %s: certificate %s", order.id, sha256_text);
	return reply_json(req, 200, json_pack("{s:s}", "certificate_sha256", sha256_text), err);
}

/* Replies with what the statement answers for the order of the path. */
static int reply_stored(struct request *req, const char *sql, const char *type, const char *what,
			struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	struct order_row order;
	const void *blob;
	size_t len = 0;
	int r = order_by_id(req->station->store, req->param[0], &order, err);

	if (r == 0)
		r = store_query(req->station->store, &rows, err, sql, "i", order.seq);
	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	blob = r ? rows_blob(&rows, 0, &len) : NULL;
	if (!blob)
		return err_set(err, ENOENT, "order %s has no %s", order.id, what);
	return reply_bytes(req, 200, type, blob, len, err);
}

int call_order_evidence(struct request *req, struct err *err)
{
	return reply_stored(req, "SELECT evidence FROM orders WHERE seq = ?1", "application/json", "evidence",
			    err);
}

int call_order_certificate(struct request *req, struct err *err)
{
	return reply_stored(req, "SELECT certificate FROM orders WHERE seq = ?1", "application/json",
			    "certificate", err);
}

int call_order_certificate_p7s(struct request *req, struct err *err)
{
	return reply_stored(req, "SELECT certificate_p7s FROM orders WHERE seq = ?1",
			    "application/pkcs7-signature", "certificate", err);
}

int call_order_addendum(struct request *req, struct err *err)
{
	return reply_stored(req, "SELECT addendum FROM orders WHERE seq = ?1", "application/json", "addendum",
			    err);
}

int call_order_addendum_p7s(struct request *req, struct err *err)
{
	return reply_stored(req, "SELECT addendum_p7s FROM orders WHERE seq = ?1",
			    "application/pkcs7-signature", "addendum", err);
}

int call_order_log(struct request *req, struct err *err)
{
	return reply_stored(
		req,
		"SELECT log FROM leases WHERE order_seq = ?1 AND log IS NOT NULL ORDER BY id DESC LIMIT 1",
		"text/plain; charset=utf-8", "log", err);
}

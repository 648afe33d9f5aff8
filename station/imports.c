/* SPDX-License-Identifier: Apache-2.0 */
/* Records of machines that were erased from a boot medium are countersigned into certificates. docs/standalone.md, "Import" */
#include <string.h>

#include "core/log.h"
#include "core/time.h"
#include "station/calls.h"
#include "station/import_check.h"
#include "station/sign.h"
#include "station/store.h"

#define IMPORTS_LISTED 1000

/* One certificate a use, and one use of an order that is good once: a medium can be copied. */
static int check_uses(struct store *store, const struct import *i, struct err *err)
{
	int64_t same = 0, any = 0;
	int r = store_int(store, err, 0, &same,
			  "SELECT count(*) FROM imports WHERE order_sha256 = ?1 AND nonce = ?2", "ss",
			  i->record.order_sha256, i->record.nonce);

	if (r == 0)
		r = store_int(store, err, 0, &any, "SELECT count(*) FROM imports WHERE order_sha256 = ?1",
			      "s", i->record.order_sha256);
	if (r == 0 && same)
		return err_set(err, ESTALE, "this use of order %s has a certificate, made of another record",
			       i->order->id);
	if (r == 0 && any && i->order->alone->once)
		return err_set(
			err, ESTALE,
			"order %s is good once, and a record of another use of it has been imported: was the "
			"boot medium copied?",
			i->order->id);
	return r;
}

static json_t *binding_json(const struct request *req, const struct import *i)
{
	char made[TIME_TEXT_SIZE], key[SHA256_HEX_SIZE];

	time_format(i->record.made, made);
	sha256_hex(i->record.key_cert, strlen(i->record.key_cert), key);
	return json_pack("{ss ss ss ss ss ss ss sO}", "order_sha256", i->record.order_sha256, "order_signer",
			 i->signer.subject, "record_sha256", i->id, "nonce", i->record.nonce, "made", made,
			 "agent_certificate_sha256", key, "imported_by", req->caller.name, "site",
			 i->record.site);
}

static int make_certificate(const struct request *req, const struct import *i, char **ret, size_t *ret_len,
			    struct err *err)
{
	_cleanup_json_ json_t *binding = binding_json(req, i);
	const struct certificate_context context = {
		.station = req->station->name,
		.place = req->station->place,
		.contact = req->station->contact,
		.evidence_sha256 = i->id, /* of the record that carries it */
		.order_id = i->order->id,
		.node = i->order->node,
		.requested_by = i->signer.subject,
		.issued = time(NULL),
		.identity_basis = "stand-alone",
		.standalone = binding,
	};

	if (!binding)
		return err_set(err, EBADMSG, "import: the order's signer has a name that is not UTF-8");
	*ret = certificate_make(i->record.evidence, &context, ret_len, err);
	return *ret ? 0 : -err->code;
}

static int store_import(const struct request *req, const struct import *i, const char *text, size_t len,
			struct err *err)
{
	const struct station *station = req->station;
	_cleanup_free_ uint8_t *sig = NULL;
	size_t sig_len = 0;
	int r = station_sign(station, "certificate", text, len, &sig, &sig_len, err);

	if (r < 0)
		return r;
	r = store_exec(
		station->store, err,
		"INSERT INTO imports (record_sha256, order_sha256, nonce, order_id, node, imported,"
		" imported_by, order_text, order_p7s, record, record_p7s, certificate, certificate_p7s)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
		"sssssisbbbbsb", i->id, i->record.order_sha256, i->record.nonce, i->order->id, i->order->node,
		(int64_t)time(NULL), req->caller.name, i->order_text, i->order_len, i->order_sig,
		i->order_sig_len, i->text, i->len, i->sig, i->sig_len, text, sig, sig_len);
	return r < 0 ? r : 0;
}

/* ---- what is stored ---- */

static json_t *summary(const struct rows *rows)
{
	char imported[TIME_TEXT_SIZE], sha256[SHA256_HEX_SIZE];
	size_t len = 0;
	const void *text = rows_blob(rows, 5, &len);

	time_format(rows_int(rows, 3), imported);
	sha256_hex(text, len, sha256);
	return json_pack("{ss ss ss ss ss ss}", "id", rows_text(rows, 0), "order", rows_text(rows, 1), "node",
			 rows_text(rows, 2), "imported", imported, "imported_by", rows_text(rows, 4),
			 "certificate_sha256", sha256);
}

#define COLUMNS "SELECT record_sha256, order_id, node, imported, imported_by, certificate FROM imports "

/* 1: *ret is the summary; 0: there is no such import. */
static int find(struct store *store, const char *id, json_t **ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(store, &rows, err, COLUMNS "WHERE record_sha256 = ?1", "s", id);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r > 0)
		*ret = summary(&rows);
	return r;
}

static int add(const struct request *req, const struct import *i, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int r = check_uses(req->station->store, i, err);

	if (r == 0)
		r = make_certificate(req, i, &text, &len, err);
	if (r == 0)
		r = store_import(req, i, text, len, err);
	if (r == 0)
		log_info("order %s: a record of its stand-alone use was imported", i->order->id);
	return r;
}

int call_import_add(struct request *req, struct err *err)
{
	struct store *store = req->station->store;
	_cleanup_(import_clear) struct import i = {0};
	_cleanup_json_ json_t *shown = NULL;
	unsigned status = 200;
	int r = import_check(req, &i, err);

	if (r == 0)
		snprintf(req->object, sizeof(req->object), "%s: record %.64s", i.order->id, i.id);
	if (r == 0)
		r = find(store, i.id, &shown, err);
	if (r == 0) {
		status = 201;
		r = add(req, &i, err);
		if (r == 0)
			r = find(store, i.id, &shown, err);
	}
	return r < 0 ? r : reply_json(req, status, TAKE_PTR(shown), err);
}

int call_imports(struct request *req, struct err *err)
{
	static const char *const args[] = {NULL};
	_cleanup_rows_ struct rows rows = {0};
	_cleanup_json_ json_t *list = json_array();
	int r = request_args_only(req, args, err);

	if (r == 0)
		r = store_query(req->station->store, &rows, err, COLUMNS "ORDER BY id DESC LIMIT ?1", "i",
				(int64_t)IMPORTS_LISTED);
	if (r < 0)
		return r;
	while ((r = rows_next(&rows, err)) > 0)
		json_array_append_new(list, summary(&rows));
	return r < 0 ? r : reply_json(req, 200, json_pack("{s:O}", "imports", list), err);
}

static int reply_stored(struct request *req, const char *sql, const char *type, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	const void *blob;
	size_t len = 0;
	int r = store_query(req->station->store, &rows, err, sql, "s", req->param[0]);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	blob = r ? rows_blob(&rows, 0, &len) : NULL;
	if (!blob)
		return err_set(err, ENOENT, "there is no such import");
	return reply_bytes(req, 200, type, blob, len, err);
}

int call_import_certificate(struct request *req, struct err *err)
{
	return reply_stored(req, "SELECT certificate FROM imports WHERE record_sha256 = ?1",
			    "application/json", err);
}

int call_import_certificate_p7s(struct request *req, struct err *err)
{
	return reply_stored(req, "SELECT certificate_p7s FROM imports WHERE record_sha256 = ?1",
			    "application/pkcs7-signature", err);
}

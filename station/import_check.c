/* SPDX-License-Identifier: Apache-2.0 */
#include "station/import_check.h"

#include <string.h>

#include "core/io.h"
#include "protocol/evidence/drive.h"
#include "protocol/evidence/gpu.h"

void import_clear(struct import *import)
{
	json_decref(import->json);
	free(import->order_sig);
	free(import->sig);
	order_free(import->order);
	standalone_clear(&import->record);
}

/* A file's bytes, as a string that keeps them. */
static int get_text(const json_t *json, const char *key, size_t max, const char **ret, size_t *ret_len,
		    struct err *err)
{
	const json_t *value = json_object_get(json, key);

	if (!json_is_string(value) || json_string_length(value) > max)
		return err_set(err, EBADMSG, "import.%s must be a text of at most %zu bytes", key, max);
	*ret = json_string_value(value);
	*ret_len = json_string_length(value);
	return 0;
}

static int get_signature(const json_t *json, const char *key, uint8_t **ret, size_t *ret_len, struct err *err)
{
	const char *text;
	int r = json_get_str(json, "import", key, 2 * CMS_MAX, &text, err);

	if (r < 0)
		return r;
	*ret_len = strlen(text) / 2;
	*ret = xcalloc(1, *ret_len + 1);
	if (strlen(text) % 2 || hex_decode(text, *ret, *ret_len) < 0)
		return err_set(err, EBADMSG, "import.%s must be hexadecimal", key);
	return 0;
}

static int read_body(const struct request *req, struct import *i, struct err *err)
{
	static const char *const keys[] = {"order", "order_p7s", "record", "record_p7s", NULL};
	int r = request_json(req, "import", keys, &i->json, err);

	if (r == 0)
		r = get_text(i->json, "order", STANDALONE_ORDER_MAX, &i->order_text, &i->order_len, err);
	if (r == 0)
		r = get_text(i->json, "record", STANDALONE_MAX, &i->text, &i->len, err);
	if (r == 0)
		r = get_signature(i->json, "order_p7s", &i->order_sig, &i->order_sig_len, err);
	if (r == 0)
		r = get_signature(i->json, "record_p7s", &i->sig, &i->sig_len, err);
	if (r == 0)
		sha256_hex(i->text, i->len, i->id);
	return r;
}

/* Whatever does not verify is the caller's mistake, or worse; not this station's. */
static int refused(struct err *err, const char *what)
{
	err_prepend(err, "%s", what);
	err->code = EBADMSG;
	return -EBADMSG;
}

static int check_order(const struct station *station, struct import *i, struct err *err)
{
	_cleanup_json_ json_t *json = NULL;
	int r;

	if (!station->order_trust)
		return err_set(err, ESTALE,
			       "this station trusts nobody who signs orders for boot media: remint serve "
			       "--order-ca");
	r = cms_verify(i->order_text, i->order_len, i->order_sig, i->order_sig_len, station->order_trust,
		       time(NULL), &i->signer, err);
	if (r == 0)
		r = json_parse(i->order_text, i->order_len, &json, err);
	if (r == 0)
		r = order_from_json(json, &i->order, err);
	if (r == 0 && !i->order->alone)
		r = err_set(err, EBADMSG, "it is no order for stand-alone use");
	return r < 0 ? refused(err, "import: the order") : 0;
}

/* The key vouches for nothing but that the record has not changed; its time is the record's own, whose clock nobody has checked. */
static int check_signature(const struct import *i, struct err *err)
{
	_cleanup_(trust_freep) struct trust *trust = NULL;
	int r = trust_from_pem(i->record.key_cert, strlen(i->record.key_cert), &trust, err);

	return r < 0 ? r : cms_verify(i->text, i->len, i->sig, i->sig_len, trust, i->record.made, NULL, err);
}

static int check_binding(const struct import *i, struct err *err)
{
	char order[SHA256_HEX_SIZE], signature[SHA256_HEX_SIZE];

	sha256_hex(i->order_text, i->order_len, order);
	sha256_hex(i->order_sig, i->order_sig_len, signature);
	if (strcmp(order, i->record.order_sha256) != 0 || strcmp(signature, i->record.signature_sha256) != 0)
		return err_set(err, EBADMSG, "it is of another order than the one beside it");
	return 0;
}

static bool same_serial(const json_t *drive, const char *serial)
{
	const char *text = json_string_value(json_object_get(drive, "serial"));

	return text && !strcmp(text, serial);
}

/* Exactly the drives that the order names, where it names any. */
static int check_drives(const struct order_alone *alone, const json_t *drives, struct err *err)
{
	size_t n = json_array_size(drives);

	for (size_t i = 0; alone->n_serials && i < n; i++) {
		bool named = false;

		for (unsigned k = 0; k < alone->n_serials; k++)
			named |= same_serial(json_array_get(drives, i), alone->serials[k]);
		if (!named)
			return err_set(err, EBADMSG, "it speaks of drive %zu, which the order does not name",
				       i);
	}
	for (unsigned k = 0; k < alone->n_serials; k++) {
		bool found = false;

		for (size_t i = 0; i < n; i++)
			found |= same_serial(json_array_get(drives, i), alone->serials[k]);
		if (!found)
			return err_set(err, EBADMSG, "it says nothing of the drive %s, which the order names",
				       alone->serials[k]);
	}
	return 0;
}

static int check_policies(const struct import *i, struct err *err)
{
	_cleanup_json_ json_t *order = NULL;
	int r = json_parse(i->order_text, i->order_len, &order, err);

	return r < 0 ? r : evidence_policies_are_of(i->record.evidence, json_object_get(order, "wipe"), err);
}

static int check_evidence(const struct import *i, struct err *err)
{
	const json_t *evidence = i->record.evidence;
	int r = evidence_check(evidence, i->order->id, err);

	if (r == 0 && !json_is_null(json_object_get(evidence, "image")))
		r = err_set(err, EBADMSG, "it speaks of an image, and the order has none");
	if (r == 0)
		r = evidence_gpus_are_as_ordered(evidence, &i->order->gpu, err);
	if (r == 0)
		r = check_policies(i, err);
	return r < 0 ? r : check_drives(i->order->alone, json_object_get(evidence, "drives"), err);
}

static int check_record(struct import *i, struct err *err)
{
	int r = standalone_parse(i->text, i->len, &i->record, err);

	if (r == 0)
		r = check_signature(i, err);
	if (r == 0)
		r = check_binding(i, err);
	if (r == 0)
		r = check_evidence(i, err);
	return r < 0 ? refused(err, "import: the record") : 0;
}

int import_check(const struct request *req, struct import *ret, struct err *err)
{
	int r = read_body(req, ret, err);

	if (r == 0)
		r = check_order(req->station, ret, err);
	return r < 0 ? r : check_record(ret, err);
}

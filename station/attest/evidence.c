/* SPDX-License-Identifier: Apache-2.0 */
/* The quote that ties evidence to a TPM and a boot: by the key that the check-in proved, over the evidence itself. */
#include <string.h>

#include "core/io.h"
#include "station/attest/attest.h"

/* What the lease's check-in has proven; NULL: nothing. */
static int read_record(struct store *store, int64_t lease, json_t **ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	const char *text;
	int r = store_query(store, &rows, err, "SELECT attestation FROM leases WHERE id = ?1", "i", lease);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	text = r ? rows_text(&rows, 0) : NULL;
	*ret = NULL;
	if (!text)
		return 0;
	return json_parse(text, strlen(text), ret, err) < 0
		       ? err_set(err, EIO, "store: the attestation of lease %lld cannot be read",
				 (long long)lease)
		       : 0;
}

static bool same(const json_t *record, const char *key, const void *buf, size_t len)
{
	_cleanup_json_ json_t *text = attest_hex(buf, len);

	return json_equal(text, json_object_get(record, key));
}

/*
 * An outsider takes the quote out of the file and digests the rest, with sed and openssl alone (docs/attestation.md): so it must be in the one form
 * that it has.
 */
static int check_canonical(const struct request *req, const json_t *evidence, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;

	text = json_canonical(evidence, &len);
	if (len == req->body_len && memcmp(text, req->body, len) == 0)
		return 0;
	return err_set(
		err, EBADMSG,
		"evidence with a quote must be canonical JSON: keys sorted, no spaces outside of texts");
}

static int check_seal(const json_t *record, const json_t *evidence, const struct attest_seal *seal,
		      uint8_t ret_digest[SHA256_SIZE], struct err *err)
{
	_cleanup_tpm_key_ struct tpm_key ak = {0};
	uint8_t qualifying[SHA256_SIZE];
	struct tpm_quote quote;
	int r;

	if (!same(record, "ak_public", seal->ak.data, seal->ak.len) ||
	    !same(record, "nonce", seal->nonce, sizeof(seal->nonce)))
		return err_set(err, EBADMSG, "evidence.attestation: not by this lease's key and nonce");
	attest_evidence_digest(evidence, ret_digest);
	tpm_quote_bind(seal->nonce, ret_digest, qualifying);
	r = tpm_ak_read(&seal->ak, &ak, err);
	if (r == 0)
		r = tpm_quote_verify(&seal->quote, &seal->signature, &ak, qualifying, &quote, err);
	if (r == 0 && (!same(record, "pcr_digest", quote.pcr_digest, sizeof(quote.pcr_digest)) ||
		       json_integer_value(json_object_get(record, "pcr_mask")) != quote.mask))
		r = err_set(err, EBADMSG, "the PCRs are not those of this boot's check-in");
	return r ? (err->code = EBADMSG, err_prepend(err, "evidence.attestation")) : 0;
}

/* What an outsider needs; `seal` NULL: the evidence came without a quote. */
static json_t *for_certificate(const struct node *node, const json_t *record, const struct attest_seal *seal,
			       const uint8_t digest[SHA256_SIZE])
{
	static const char *const keys[] = {"result",   "why",       "ek_sha256",  "ek_certificate",
					   "ek_basis", "ak_public", "boot_image", "pcr_digest"};
	json_t *json =
		json_pack("{ss so so so so}", "policy", attest_policy_name(node->attest), "nonce",
			  seal ? attest_hex(seal->nonce, SHA256_SIZE) : json_null(), "quote",
			  seal ? attest_hex(seal->quote.data, seal->quote.len) : json_null(), "signature",
			  seal ? attest_hex(seal->signature.data, seal->signature.len) : json_null(),
			  "bound_to", seal ? attest_hex(digest, SHA256_SIZE) : json_null());

	for (size_t i = 0; json && i < sizeof(keys) / sizeof(keys[0]); i++)
		json_object_set(json, keys[i], json_object_get(record, keys[i]));
	return json;
}

static int judge(struct request *req, const struct node *node, const json_t *evidence, const json_t *record,
		 json_t **ret, struct err *err)
{
	const json_t *given = json_object_get(evidence, "attestation");
	struct attest_seal seal;
	uint8_t digest[SHA256_SIZE];
	bool has = given && !json_is_null(given);
	int r = has ? attest_seal_from_json(given, &seal, err) : 0;

	if (!record)
		return has ? err_set(err, EBADMSG, "evidence.attestation: this lease has proven no key") : 0;
	if (!has && node->attest == ATTEST_REQUIRE)
		return err_set(err, EBADMSG,
			       "evidence.attestation: the quote is missing, and this node needs one");
	if (r == 0 && has)
		r = check_canonical(req, evidence, err);
	if (r == 0 && has)
		r = check_seal(record, evidence, &seal, digest, err);
	if (r == 0)
		*ret = for_certificate(node, record, has ? &seal : NULL, digest);
	return r == 0 && !*ret ? err_set(err, ENOMEM, "out of memory") : r;
}

int attest_evidence(struct request *req, const struct node *node, const json_t *evidence, json_t **ret,
		    const char **ret_basis, struct err *err)
{
	_cleanup_json_ json_t *record = NULL;
	const char *result;
	int r = read_record(req->station->store, req->caller.id, &record, err);

	*ret = NULL;
	if (r == 0)
		r = judge(req, node, evidence, record, ret, err);
	if (r)
		return r;
	result = json_string_value(json_object_get(record, "result"));
	/* The machine of the check-in is the node; that this is still that machine is the quote's to say. */
	if (result && !strcmp(result, "passed") && !json_is_null(json_object_get(*ret, "quote")))
		*ret_basis = "tpm";
	return 0;
}

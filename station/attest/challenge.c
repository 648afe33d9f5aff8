/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of a TPM that boots, and kept with the hint until the check-in answers. */
#include <string.h>

#include "core/log.h"
#include "protocol/attestation/tpm_credential.h"
#include "station/attest/attest.h"

/* A certificate of another key is worth nothing, and no reason to refuse. */
static void drop_foreign_certificate(struct attest_offer *offer, const struct tpm_key *ek)
{
	struct err err = {0};

	if (!offer->ek_certificate_len ||
	    ek_certificate_fits(offer->ek_certificate, offer->ek_certificate_len, ek, &err) == 0)
		return;
	log_warn("%s", err.text);
	offer->ek_certificate_len = 0;
}

static int keep_asked(struct store *store, const char *hint, const struct attest_offer *offer,
		      const uint8_t secret[SHA256_SIZE], const uint8_t nonce[SHA256_SIZE], struct err *err)
{
	char hash[SHA256_HEX_SIZE], secret_sha256[SHA256_HEX_SIZE];
	_cleanup_json_ json_t *json = NULL;
	_cleanup_free_ char *text = NULL;
	int r;

	sha256_hex(secret, SHA256_SIZE, secret_sha256);
	json = json_pack("{so ss so}", "tpm", attest_offer_to_json(offer), "secret_sha256", secret_sha256,
			 "nonce", attest_hex(nonce, SHA256_SIZE));
	text = json ? json_canonical(json, NULL) : NULL;
	if (!text)
		return err_set(err, ENOMEM, "out of memory");
	if (token_hash(hint, hash) < 0)
		return err_set(err, EIO, "a hint that is none");
	r = store_exec(store, err, "UPDATE hints SET challenge = ?1 WHERE token = ?2", "ss", text, hash);
	return r < 0 ? r : 0;
}

int attest_challenge_make(struct request *req, const char *hint, const json_t *tpm, json_t **ret,
			  struct err *err)
{
	_cleanup_tpm_key_ struct tpm_key ek = {0}, ak = {0};
	struct attest_challenge challenge = {0};
	struct attest_offer offer;
	uint8_t secret[SHA256_SIZE];
	int r = attest_offer_from_json(tpm, &offer, err);

	if (r == 0)
		r = tpm_ek_read(&offer.ek, &ek, err);
	if (r == 0)
		r = tpm_ak_read(&offer.ak, &ak, err);
	if (r)
		return r;
	drop_foreign_certificate(&offer, &ek);
	random_bytes(secret, sizeof(secret));
	random_bytes(challenge.nonce, sizeof(challenge.nonce));
	r = tpm_credential_make(&ek, &ak, secret, &challenge.credential, &challenge.secret, err);
	if (r == 0)
		r = keep_asked(req->station->store, hint, &offer, secret, challenge.nonce, err);
	explicit_bzero(secret, sizeof(secret));
	if (r == 0)
		*ret = attest_challenge_to_json(&challenge);
	return r;
}

int attest_asked_read(struct store *store, int64_t hint, struct attest_asked *ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	_cleanup_json_ json_t *json = NULL;
	struct bytes secret, nonce;
	const char *text;
	int r = store_query(store, &rows, err, "SELECT challenge FROM hints WHERE id = ?1", "i", hint);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r < 0)
		return r;
	text = r ? rows_text(&rows, 0) : NULL;
	if (!text)
		return err_set(err, ENOENT, "no challenge was made for this boot");
	r = json_parse(text, strlen(text), &json, err);
	if (r == 0)
		r = attest_offer_from_json(json_object_get(json, "tpm"), &ret->offer, err);
	if (r == 0)
		r = attest_bytes_get(json, "challenge", "secret_sha256", SHA256_SIZE, &secret, err);
	if (r == 0)
		r = attest_bytes_get(json, "challenge", "nonce", SHA256_SIZE, &nonce, err);
	if (r || secret.len != SHA256_SIZE || nonce.len != SHA256_SIZE)
		return err_set(err, EIO, "store: a challenge cannot be read");
	memcpy(ret->secret_sha256, secret.data, SHA256_SIZE);
	memcpy(ret->nonce, nonce.data, SHA256_SIZE);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/attestation/attestation.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"

#define WHAT_OFFER     "tpm"
#define WHAT_CHALLENGE "challenge"
#define WHAT_SEAL      "evidence.attestation"

static const char *const policies[] = {
	[ATTEST_RECORD] = "record", [ATTEST_REQUIRE] = "require", [ATTEST_OFF] = "off"};

const char *attest_policy_name(enum attest_policy policy)
{
	return policies[policy];
}

int attest_policy_from_name(const char *name, enum attest_policy *ret)
{
	for (unsigned i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		if (!strcmp(policies[i], name)) {
			*ret = (enum attest_policy)i;
			return 0;
		}
	}
	return -EINVAL;
}

json_t *attest_hex(const void *buf, size_t len)
{
	_cleanup_free_ char *text = xcalloc(2, len + 1);

	hex_encode(buf, len, text);
	return json_string(text);
}

int attest_bytes_get(const json_t *obj, const char *what, const char *key, size_t max, struct bytes *ret,
		     struct err *err)
{
	const char *text;
	size_t len;
	int r = json_get_str(obj, what, key, 2 * max, &text, err);

	if (r)
		return r;
	len = strlen(text);
	if (len % 2 || hex_decode(text, ret->data, len / 2) < 0)
		return err_set(err, EBADMSG, "%s.%s: not an even number of hexadecimal digits", what, key);
	ret->len = (uint16_t)(len / 2);
	return 0;
}

static int get_digest(const json_t *obj, const char *what, const char *key, uint8_t ret[SHA256_SIZE],
		      struct err *err)
{
	const char *text;
	int r = json_get_str(obj, what, key, 2 * SHA256_SIZE, &text, err);

	if (r == 0 && hex_decode(text, ret, SHA256_SIZE) < 0)
		r = err_set(err, EBADMSG, "%s.%s: not 64 hexadecimal digits", what, key);
	return r;
}

static int check_object(const json_t *json, const char *what, const char *const *keys, struct err *err)
{
	if (!json_is_object(json))
		return err_set(err, EBADMSG, "%s must be an object", what);
	return json_only_keys(json, what, keys, err);
}

static json_t *bytes_hex(const struct bytes *bytes)
{
	return attest_hex(bytes->data, bytes->len);
}

/* ---- the offer ---- */

static int read_certificate(const json_t *json, struct attest_offer *offer, struct err *err)
{
	const char *text = NULL;
	size_t len;
	int r = json_opt_str(json, WHAT_OFFER, "ek_certificate", 2 * EK_CERTIFICATE_MAX, &text, err);

	if (r || !text)
		return r;
	len = strlen(text);
	if (len % 2 || hex_decode(text, offer->ek_certificate, len / 2) < 0)
		return err_set(err, EBADMSG,
			       WHAT_OFFER ".ek_certificate: not an even number of hexadecimal digits");
	offer->ek_certificate_len = (uint16_t)(len / 2);
	return 0;
}

int attest_offer_from_json(const json_t *json, struct attest_offer *ret, struct err *err)
{
	static const char *const keys[] = {"ek_public", "ek_certificate", "ak_public", NULL};
	struct attest_offer offer = {0};
	int r = check_object(json, WHAT_OFFER, keys, err);

	if (r == 0)
		r = attest_bytes_get(json, WHAT_OFFER, "ek_public", BYTES_MAX, &offer.ek, err);
	if (r == 0)
		r = attest_bytes_get(json, WHAT_OFFER, "ak_public", BYTES_MAX, &offer.ak, err);
	if (r == 0)
		r = read_certificate(json, &offer, err);
	if (r == 0)
		*ret = offer;
	return r;
}

json_t *attest_offer_to_json(const struct attest_offer *offer)
{
	return json_pack("{so so so}", "ek_public", bytes_hex(&offer->ek), "ek_certificate",
			 offer->ek_certificate_len
				 ? attest_hex(offer->ek_certificate, offer->ek_certificate_len)
				 : json_null(),
			 "ak_public", bytes_hex(&offer->ak));
}

/* ---- the challenge ---- */

int attest_challenge_from_json(const json_t *json, struct attest_challenge *ret, struct err *err)
{
	static const char *const keys[] = {"credential", "secret", "nonce", NULL};
	struct attest_challenge challenge = {0};
	int r = check_object(json, WHAT_CHALLENGE, keys, err);

	if (r == 0)
		r = attest_bytes_get(json, WHAT_CHALLENGE, "credential", BYTES_MAX, &challenge.credential,
				     err);
	if (r == 0)
		r = attest_bytes_get(json, WHAT_CHALLENGE, "secret", BYTES_MAX, &challenge.secret, err);
	if (r == 0)
		r = get_digest(json, WHAT_CHALLENGE, "nonce", challenge.nonce, err);
	if (r == 0)
		*ret = challenge;
	return r;
}

json_t *attest_challenge_to_json(const struct attest_challenge *challenge)
{
	return json_pack("{so so so}", "credential", bytes_hex(&challenge->credential), "secret",
			 bytes_hex(&challenge->secret), "nonce", attest_hex(challenge->nonce, SHA256_SIZE));
}

/* ---- the evidence's ---- */

int attest_seal_from_json(const json_t *json, struct attest_seal *ret, struct err *err)
{
	static const char *const keys[] = {"ak_public", "nonce", "quote", "signature", NULL};
	struct attest_seal seal = {0};
	int r = check_object(json, WHAT_SEAL, keys, err);

	if (r == 0)
		r = attest_bytes_get(json, WHAT_SEAL, "ak_public", BYTES_MAX, &seal.ak, err);
	if (r == 0)
		r = get_digest(json, WHAT_SEAL, "nonce", seal.nonce, err);
	if (r == 0)
		r = attest_bytes_get(json, WHAT_SEAL, "quote", BYTES_MAX, &seal.quote, err);
	if (r == 0)
		r = attest_bytes_get(json, WHAT_SEAL, "signature", BYTES_MAX, &seal.signature, err);
	if (r == 0)
		*ret = seal;
	return r;
}

json_t *attest_seal_to_json(const struct attest_seal *seal)
{
	return json_pack("{so so so so}", "ak_public", bytes_hex(&seal->ak), "nonce",
			 attest_hex(seal->nonce, SHA256_SIZE), "quote", bytes_hex(&seal->quote), "signature",
			 bytes_hex(&seal->signature));
}

void attest_evidence_digest(const json_t *evidence, uint8_t ret[SHA256_SIZE])
{
	_cleanup_json_ json_t *rest = json_copy((json_t *)evidence);
	_cleanup_free_ char *text = NULL;
	size_t len = 0;

	json_object_del(rest, "attestation");
	text = json_canonical(rest, &len);
	sha256(text, len, ret);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "station/attest/attest.h"

#include <string.h>

#include "core/io.h"
#include "core/time.h"

/* The keys are in one TPM, and that has signed these PCRs now. */
static int check_quote(const struct attest_asked *asked, const struct attest_proof *proof,
		       struct tpm_quote *ret, struct err *err)
{
	_cleanup_tpm_key_ struct tpm_key ak = {0};
	uint8_t digest[SHA256_SIZE];
	int r = tpm_ak_read(&asked->offer.ak, &ak, err);

	if (r)
		return r;
	sha256(proof->secret.data, proof->secret.len, digest);
	if (!equal_secret(digest, asked->secret_sha256, sizeof(digest)))
		return err_set(
			err, EKEYREJECTED,
			"it could not reveal the secret: the attestation key is not in the TPM with this "
			"endorsement key");
	r = tpm_quote_verify(&proof->quote, &proof->signature, &ak, asked->nonce, ret, err);
	if (r)
		return r;
	if ((ret->mask & MEASURED_PCRS) != MEASURED_PCRS || ret->mask != proof->pcr_mask)
		return err_set(err, EBADMSG,
			       "the quote speaks of PCRs 0x%06x; 0x%06x are needed, and their values",
			       ret->mask, MEASURED_PCRS);
	tpm_quote_digest(ret->mask, proof->pcrs, digest);
	if (memcmp(digest, ret->pcr_digest, sizeof(digest)) != 0)
		return err_set(err, EBADMSG, "the PCRs that were told are not those of the quote");
	return 0;
}

static int check_measured(struct request *req, const struct attest_proof *proof,
			  char boot_image[MEASURED_NAME_MAX + 1], json_t **ret_verdict, struct err *err)
{
	_cleanup_free_ struct measured *expected = NULL;
	struct measured_verdict verdict = {0};
	unsigned n = 0;
	int r = expected_read(req->station, &expected, &n, err);

	if (r)
		return r;
	for (unsigned i = 0; i < n; i++)
		expected[i].reported_cmdline = proof->cmdline;
	r = measured_check(expected, n, proof->log, proof->log_len, proof->pcrs, proof->pcr_mask, &verdict,
			   err);
	if (r)
		return r;
	memcpy(boot_image, expected[verdict.which].version, MEASURED_NAME_MAX + 1);
	*ret_verdict = measured_verdict_to_json(&verdict);
	return 0;
}

/* What the station itself lacks is no verdict on a machine. */
static bool is_our_own(int code)
{
	return code == -EIO || code == -ENOMEM;
}

static int fail(struct attest_result *ret, enum attest_outcome outcome, const struct err *why)
{
	if (is_our_own(-why->code))
		return -why->code;
	ret->outcome = outcome;
	snprintf(ret->why, sizeof(ret->why), "%s", why->text);
	/* docs/verify-quote.sh finds the object's end by its brace. */
	for (char *p = ret->why; (p = strpbrk(p, "{}"));)
		*p = *p == '{' ? '(' : ')';
	if (ret->record)
		json_object_set_new(ret->record, "why", json_string(ret->why));
	return 0;
}

static json_t *make_record(const struct attest_asked *asked, const char *ek_sha256,
			   const struct tpm_quote *quote, const char *nonce)
{
	const struct attest_offer *offer = &asked->offer;

	return json_pack("{ss sn ss so sn so ss so sn sn sI}", "result", "failed", "why", "ek_sha256",
			 ek_sha256, "ek_certificate",
			 offer->ek_certificate_len
				 ? attest_hex(offer->ek_certificate, offer->ek_certificate_len)
				 : json_null(),
			 "ek_basis", "ak_public", attest_hex(offer->ak.data, offer->ak.len), "nonce", nonce,
			 "pcr_digest", attest_hex(quote->pcr_digest, SHA256_SIZE), "boot_image", "measured",
			 "pcr_mask", (json_int_t)quote->mask);
}

/* From here on the attestation key is known to be in that TPM: whatever else fails, it may sign the evidence. */
static int begin_record(const struct attest_asked *asked, const struct tpm_quote *quote,
			char ek_sha256[SHA256_HEX_SIZE], struct attest_result *ret, struct err *err)
{
	_cleanup_tpm_key_ struct tpm_key ek = {0};
	uint8_t nonce[SHA256_SIZE];
	int r = tpm_ek_read(&asked->offer.ek, &ek, err);

	if (r)
		return r;
	hex_encode(ek.sha256, SHA256_SIZE, ek_sha256);
	random_bytes(nonce, sizeof(nonce));
	hex_encode(nonce, sizeof(nonce), ret->nonce);
	ret->record = make_record(asked, ek_sha256, quote, ret->nonce);
	return ret->record ? 0 : err_set(err, ENOMEM, "out of memory");
}

static int judge_proof(struct request *req, const struct node *node, const struct attest_asked *asked,
		       const struct attest_proof *proof, struct attest_result *ret, struct err *err)
{
	char ek_sha256[SHA256_HEX_SIZE], boot_image[MEASURED_NAME_MAX + 1] = "";
	struct attest_trust trust = {0};
	struct tpm_quote quote = {0};
	json_t *verdict = NULL;
	int r = check_quote(asked, proof, &quote, err);

	if (r == 0)
		r = begin_record(asked, &quote, ek_sha256, ret, err);
	if (r == 0)
		r = attest_ek_trust(req, node, &asked->offer, ek_sha256, &trust, err);
	if (r == 0)
		json_object_set_new(ret->record, "ek_basis", json_string(trust.basis));
	if (r == 0)
		r = check_measured(req, proof, boot_image, &verdict, err);
	if (r < 0)
		return fail(ret, ATTEST_FAILED, err);
	json_object_set_new(ret->record, "boot_image", json_string(boot_image));
	json_object_set_new(ret->record, "measured", verdict);
	json_object_set_new(ret->record, "result", json_string("passed"));
	ret->outcome = ATTEST_PASSED;
	return trust.take ? attest_ek_take(req, node, ek_sha256, &trust, err) : 0;
}

static int say_nothing(struct attest_result *ret, const char *why, const char *what)
{
	struct err err = {0};

	(void)err_set(&err, ENOENT, "%s%s", why, what);
	return fail(ret, ATTEST_NONE, &err);
}

int attest_judge(struct request *req, const struct node *node, const json_t *attestation,
		 struct attest_result *ret, struct err *err)
{
	_cleanup_(attest_proof_clear) struct attest_proof proof = {0};
	struct attest_asked asked;
	int r;

	*ret = (struct attest_result){.outcome = ATTEST_NONE};
	if (node->attest == ATTEST_OFF)
		return say_nothing(ret, "its TPM is not asked", "");
	if (!attestation)
		return say_nothing(ret, "its agent offered no TPM", "");
	r = attest_proof_from_json(attestation, &proof, err);
	if (r < 0)
		return r;
	if (proof.error[0])
		return say_nothing(ret, "its agent says: ", proof.error);
	r = attest_asked_read(req->station->store, req->caller.id, &asked, err);
	return r < 0 ? fail(ret, ATTEST_NONE, err) : judge_proof(req, node, &asked, &proof, ret, err);
}

void attest_result_clear(struct attest_result *result)
{
	json_decref(result->record);
	result->record = NULL;
}

/* The node's is short: it is shown in lists. */
static char *summary(const struct attest_result *result)
{
	static const char *const names[] = {
		[ATTEST_NONE] = "none", [ATTEST_FAILED] = "failed", [ATTEST_PASSED] = "passed"};
	_cleanup_json_ json_t *json = NULL;
	char now[TIME_TEXT_SIZE];

	time_format(time(NULL), now);
	json = json_pack("{ss ss ss? sO? sO?}", "result", names[result->outcome], "time", now, "why",
			 result->outcome == ATTEST_PASSED ? NULL : result->why, "ek_sha256",
			 json_object_get(result->record, "ek_sha256"), "boot_image",
			 json_object_get(result->record, "boot_image"));
	return json ? json_canonical(json, NULL) : NULL;
}

int attest_keep(struct store *store, int64_t lease, const struct node *node,
		const struct attest_result *result, struct err *err)
{
	_cleanup_free_ char *full = result->record ? json_canonical(result->record, NULL) : NULL,
			    *brief = summary(result);
	int r = 0;

	if (!brief)
		return err_set(err, ENOMEM, "out of memory");
	if (full)
		r = store_exec(store, err, "UPDATE leases SET attestation = ?1 WHERE id = ?2", "si", full,
			       lease);
	if (r >= 0)
		r = store_exec(store, err, "UPDATE nodes SET attestation = ?1 WHERE id = ?2", "si", brief,
			       node->id);
	return r < 0 ? r : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What agent and station say to one another about the TPM: the offer of keys, the challenge, the proof. docs/attestation.md. All binary
 * fields are lower-case hexadecimal.
 */
#ifndef PROTOCOL_ATTESTATION_H
#define PROTOCOL_ATTESTATION_H

#include <jansson.h>
#include <stdbool.h>

#include "core/bytes.h"
#include "core/err.h"
#include "core/hash.h"
#include "protocol/attestation/ek_certificate.h"
#include "protocol/attestation/tpm_quote.h"
#include "protocol/measured/measured.h"

#define ATTESTATION_ERROR_MAX 500

/* May a node have orders without its TPM's word? */
enum attest_policy {
	ATTEST_RECORD,  /* yes; what its TPM says is written down */
	ATTEST_REQUIRE, /* no */
	ATTEST_OFF,     /* it is not asked */
};
const char *attest_policy_name(enum attest_policy policy);
int attest_policy_from_name(const char *name, enum attest_policy *ret) _must_check_;

/* "tpm" of a boot: the keys, as TPM2B_PUBLIC, and the maker's certificate of the first. */
struct attest_offer {
	struct bytes ek, ak;
	uint8_t ek_certificate[EK_CERTIFICATE_MAX];
	uint16_t ek_certificate_len; /* 0: none */
};
int attest_offer_from_json(const json_t *json, struct attest_offer *ret, struct err *err) _must_check_;
json_t *attest_offer_to_json(const struct attest_offer *offer) _must_check_;

/* "challenge" of the answer: a TPM2B_ID_OBJECT and its TPM2B_ENCRYPTED_SECRET, which hide a secret, and what the quote is to be over. */
struct attest_challenge {
	struct bytes credential, secret;
	uint8_t nonce[SHA256_SIZE];
};
int attest_challenge_from_json(const json_t *json, struct attest_challenge *ret,
			       struct err *err) _must_check_;
json_t *attest_challenge_to_json(const struct attest_challenge *challenge) _must_check_;

/* "attestation" of a check-in. */
struct attest_proof {
	char error[ATTESTATION_ERROR_MAX + 1]; /* in place of all else: why the TPM could not; "" otherwise */
	struct bytes secret;                   /* what the credential hid */
	struct bytes quote, signature;
	uint32_t pcr_mask;
	uint8_t pcrs[TPM_PCRS][SHA256_SIZE];
	uint8_t *log; /* malloc'd; at most TCG_LOG_MAX bytes */
	size_t log_len;
	char *cmdline; /* malloc'd: the kernel's, as the machine says */
};
/* *ret is freed by attest_proof_clear(), and untouched on failure. */
int attest_proof_from_json(const json_t *json, struct attest_proof *ret, struct err *err) _must_check_;
json_t *attest_proof_to_json(const struct attest_proof *proof) _must_check_;
void attest_proof_clear(struct attest_proof *proof);

/* "attestation" of evidence: a quote over SHA-256(nonce, SHA-256 of the evidence without this). */
struct attest_seal {
	struct bytes ak, quote, signature;
	uint8_t nonce[SHA256_SIZE];
};
int attest_seal_from_json(const json_t *json, struct attest_seal *ret, struct err *err) _must_check_;
json_t *attest_seal_to_json(const struct attest_seal *seal) _must_check_;
/* The digest of evidence without its "attestation": SHA-256 of the canonical text. */
void attest_evidence_digest(const json_t *evidence, uint8_t ret[SHA256_SIZE]);

/* obj[key] as bytes, 1 to max (BYTES_MAX at most) of them. -EBADMSG. */
int attest_bytes_get(const json_t *obj, const char *what, const char *key, size_t max, struct bytes *ret,
		     struct err *err) _must_check_;
/* A JSON string. */
json_t *attest_hex(const void *buf, size_t len) _must_check_;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Public parts of keys that a TPM says are its own, read strictly: they come from a machine that nobody trusts yet. TPM 2.0, Part 2, 12.2. */
#ifndef PROTOCOL_TPM_KEY_H
#define PROTOCOL_TPM_KEY_H

#include "core/bytes.h"
#include "core/hash.h"
#include "core/ossl.h"

#define TPM_NAME_SIZE 34 /* algorithm and SHA-256: Part 1, 16 */

struct tpm_key {
	EVP_PKEY *pkey;
	uint8_t name[TPM_NAME_SIZE];
	uint8_t sha256[SHA256_SIZE]; /* of its SubjectPublicKeyInfo, DER */
};

/*
 * An endorsement key (TPM2B_PUBLIC): exactly a default template of the TCG EK Credential Profile, L-1 (RSA 2048) or L-2 (P-256). -EBADMSG.
 * *ret is freed by tpm_key_clear(), and untouched on failure.
 */
int tpm_ek_read(const struct bytes *public, struct tpm_key *ret, struct err *err) _must_check_;
/* An attestation key: signs only what the TPM itself has made; ECDSA over P-256 or RSASSA of 2048 to 4096 bits, SHA-256. -EBADMSG. */
int tpm_ak_read(const struct bytes *public, struct tpm_key *ret, struct err *err) _must_check_;
void tpm_key_clear(struct tpm_key *key);
#define _cleanup_tpm_key_ _cleanup_(tpm_key_clear)

/* Of the key's SubjectPublicKeyInfo. */
int tpm_key_digest(const EVP_PKEY *pkey, uint8_t ret[SHA256_SIZE], struct err *err) _must_check_;

#endif

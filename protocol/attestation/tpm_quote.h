/* SPDX-License-Identifier: Apache-2.0 */
/* A TPM's word on its PCRs (TPMS_ATTEST, TPMT_SIGNATURE), checked. TPM 2.0, Part 2, 10.12 and 11.3. */
#ifndef PROTOCOL_TPM_QUOTE_H
#define PROTOCOL_TPM_QUOTE_H

#include "protocol/attestation/tpm_key.h"

#define TPM_PCRS 24

struct tpm_quote {
	uint32_t mask;                   /* the PCRs that it speaks of, of the SHA-256 bank alone */
	uint8_t pcr_digest[SHA256_SIZE]; /* of their values */
	uint64_t firmware;               /* the TPM's own, as its maker numbers it */
};

/*
 * Is this a quote, signed by that key, over this qualifying data? -EBADMSG: it is malformed, no quote, or speaks of another bank;
 * -EKEYREJECTED: the signature is not that key's; -ESTALE: it is sound, and over other qualifying data: an old one.
 */
int tpm_quote_verify(const struct bytes *quote, const struct bytes *signature, const struct tpm_key *ak,
		     const uint8_t qualifying[SHA256_SIZE], struct tpm_quote *ret,
		     struct err *err) _must_check_;

/* The digest that a quote of the masked ones has. */
void tpm_quote_digest(uint32_t mask, const uint8_t pcrs[TPM_PCRS][SHA256_SIZE], uint8_t ret[SHA256_SIZE]);

/* SHA-256(nonce, digest of a document): qualifying data that ties a quote to that document. */
void tpm_quote_bind(const uint8_t nonce[SHA256_SIZE], const uint8_t digest[SHA256_SIZE],
		    uint8_t ret[SHA256_SIZE]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* A secret that only the TPM with this endorsement key can reveal, and only while it holds that attestation key. TPM 2.0, Part 1, 24. */
#ifndef PROTOCOL_TPM_CREDENTIAL_H
#define PROTOCOL_TPM_CREDENTIAL_H

#include "protocol/attestation/tpm_key.h"

/* Hides `hidden`: TPM2B_ID_OBJECT and TPM2B_ENCRYPTED_SECRET. */
int tpm_credential_make(const struct tpm_key *ek, const struct tpm_key *ak, const uint8_t hidden[SHA256_SIZE],
			struct bytes *ret_credential, struct bytes *ret_secret, struct err *err) _must_check_;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* This machine's TPM in the conversation with the station: it offers keys with the boot, and answers the challenge with the check-in. */
#ifndef AGENT_TPM_PROOF_H
#define AGENT_TPM_PROOF_H

#include <jansson.h>

#include "agent/hw/tpm/tpm2.h"

struct tpm_proof {
	struct tpm2 *tpm; /* NULL: there is none, or it failed */
	struct tpm2_ak ak;
	struct err why; /* it failed; code 0: it did not */
};

/* What a boot offers; NULL: there is no TPM 2.0, or it failed, which the check-in will say. A new reference. */
json_t *tpm_proof_offer(struct tpm_proof *proof) _must_check_;

/*
 * The check-in's "attestation", a new reference; NULL: there is nothing to say. challenge NULL: the station asked for nothing. The TPM is let go
 * of.
 */
json_t *tpm_proof_answer(struct tpm_proof *proof, const json_t *challenge) _must_check_;

#endif

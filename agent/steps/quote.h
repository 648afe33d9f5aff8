/* SPDX-License-Identifier: Apache-2.0 */
/* The TPM's word on the evidence: that it comes from this machine and this boot. */
#ifndef AGENT_STEPS_QUOTE_H
#define AGENT_STEPS_QUOTE_H

#include "agent/hw/tpm/tpm2.h"
#include "agent/step.h"

/* What the check-in has proven, and asks for. */
struct quote_key {
	struct tpm2_ak ak;
	uint8_t nonce[SHA256_SIZE];
	bool required; /* without a quote the station takes no evidence */
};

/*
 * Adds "attestation" to evidence that is complete but for it. The key is made again: the TPM may have been cleared since. A TPM that fails is
 * an error only where the station requires it; else it is noted.
 */
int quote_add(struct job *job, json_t *evidence, struct err *err) _must_check_;

#endif

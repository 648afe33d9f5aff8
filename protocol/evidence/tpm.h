/* SPDX-License-Identifier: Apache-2.0 */
/* The TPM's part of evidence: was what a former owner left in it cleared? docs/certificate.md, "TPM" */
#ifndef PROTOCOL_EVIDENCE_TPM_H
#define PROTOCOL_EVIDENCE_TPM_H

#include <jansson.h>

#include "core/err.h"

/* evidence.tpm: null or missing where there is none. -EBADMSG names the field. */
int evidence_tpm_check(const json_t *evidence, struct err *err) _must_check_;
/* One sentence, of evidence that was checked; static. */
const char *evidence_tpm_statement(const json_t *evidence) _must_check_;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The drives' part of a certificate: what was reported of them, and what of it may be claimed. */
#ifndef PROTOCOL_CERTIFICATE_DRIVES_H
#define PROTOCOL_CERTIFICATE_DRIVES_H

#include <jansson.h>

#include "core/cleanup.h"
#include "protocol/claim.h"

struct certificate_counts {
	unsigned claims[CLAIM_READ_BACK + 1];
	unsigned drives, not_touched;
	unsigned purged; /* of those that are erased */
};

/* New references, of evidence that has been checked. */
json_t *certificate_drives(const json_t *evidence, struct certificate_counts *counts) _must_check_;
json_t *certificate_not_touched(const json_t *evidence, struct certificate_counts *counts) _must_check_;
/* {tool, evidence_sha256, result, not_borne_out, means}: the station's own look at the evidence. */
json_t *certificate_validation(const json_t *evidence, const char *evidence_sha256) _must_check_;

void certificate_copy_keys(const json_t *from, json_t *to, const char *const *keys);

#endif

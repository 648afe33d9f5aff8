/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may be said of a drive in a certificate. The agent's word "proven" does not suffice: its proof must bear
 * it out. docs/certificate.md, "Claims".
 */
#ifndef PROTOCOL_CLAIM_H
#define PROTOCOL_CLAIM_H

#include <jansson.h>

enum claim {
	CLAIM_NOT_ERASED, /* nothing that we could vouch for */
	CLAIM_ASSERTED,   /* the device says that it has erased itself; nobody has read it back */
	CLAIM_READ_BACK,  /* what was there before was looked for, by reading, and is gone */
};

/* For a drive of evidence that evidence_check() has passed. */
enum claim claim_for_drive(const json_t *drive);
const char *claim_name(enum claim claim);

#endif

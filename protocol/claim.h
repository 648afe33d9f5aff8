/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may be said of a drive in a certificate. The agent's word "proven" does not suffice: its proof must bear
 * it out. docs/certificate.md, "Claims".
 */
#ifndef PROTOCOL_CLAIM_H
#define PROTOCOL_CLAIM_H

#include <jansson.h>

#define CLAIM_SAMPLES_MIN \
	2000 /* of a reading by sampling: NIST SP 800-88r1, 4.7.3: two in each of 1,000 subsections */

enum claim {
	CLAIM_NOT_ERASED, /* nothing that we could vouch for */
	CLAIM_ASSERTED, /* it has changed, as was read; that it is erased is the device's word: a key was forgotten */
	CLAIM_READ_BACK, /* what was there before was looked for, by reading, and is gone */
};

/* For a drive of evidence that evidence_drive_check() has passed; of any other it claims nothing. */
enum claim claim_for_drive(const json_t *drive);
const char *claim_name(enum claim claim);
/* Why CLAIM_NOT_ERASED: the first thing that its proof lacks, static; NULL for a drive that is not that. */
const char *claim_lacks(const json_t *drive);
/*
 * On what the drive's level rests: "read back" where the host has overwritten every block that it can address, "asserted by the device" where
 * the device erased itself, since spare blocks cannot be read; NULL for a drive that is not erased.
 */
const char *claim_level_basis(const json_t *drive);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A baseline: how the machines of a kind are to be, as their BMCs tell it: versions of firmware, BIOS settings, the BMC's accounts.
 * docs/baseline.md describes the document.
 */
#ifndef PROTOCOL_BASELINE_H
#define PROTOCOL_BASELINE_H

#include <jansson.h>
#include <stdbool.h>

#include "core/err.h"
#include "core/hash.h"

#define BASELINE_MAX            (256 * 1024) /* bytes of the document */
#define BASELINE_RULES_MAX      128          /* of firmware */
#define BASELINE_VERSIONS_MAX   16           /* that a rule allows */
#define BASELINE_ATTRIBUTES_MAX 1024
#define BASELINE_ACCOUNTS_MAX   64
#define BASELINE_PATTERN_MAX    63  /* bytes */
#define BASELINE_TEXT_MAX       127 /* bytes of a version, of the name of an attribute */
#define BASELINE_VALUE_MAX      255 /* bytes of an attribute's text */

enum baseline_part { BASELINE_FIRMWARE, BASELINE_BIOS, BASELINE_ACCOUNTS, BASELINE_PARTS };

/* "firmware", "bios", "accounts": the keys of the document. */
const char *baseline_part_name(enum baseline_part part);

/* Is it a baseline? -EBADMSG names the place. What follows takes a document that has passed. */
int baseline_check(const json_t *baseline, struct err *err) _must_check_;

const char *baseline_name(const json_t *baseline);
/* Does it say anything of this part? */
bool baseline_asks(const json_t *baseline, enum baseline_part part);
/* Is an order to be held where this part differs, or cannot be read? Else the difference is recorded. */
bool baseline_holds(const json_t *baseline, enum baseline_part part);

/* Of its canonical form (core/json.h). */
void baseline_sha256(const json_t *baseline, char ret[SHA256_HEX_SIZE]);

#endif

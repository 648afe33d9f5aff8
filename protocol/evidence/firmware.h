/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware's part of evidence: dumps, variables, the memory, and what a reset has shown. docs/certificate.md, "Firmware". */
#ifndef PROTOCOL_EVIDENCE_FIRMWARE_H
#define PROTOCOL_EVIDENCE_FIRMWARE_H

#include <jansson.h>

#include "core/err.h"

/* evidence.firmware, which may be missing or null: the agent did not look at the firmware. */
int evidence_firmware_check(const json_t *evidence, struct err *err) _must_check_;
/* A sentence about evidence that has been checked, with a space in front; "" without a firmware part. malloc'd. */
char *evidence_firmware_statement(const json_t *evidence);

#endif

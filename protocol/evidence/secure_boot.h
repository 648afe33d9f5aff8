/* SPDX-License-Identifier: Apache-2.0 */
/* Secure Boot's part of evidence: what the order wanted, and what stood there at the end. docs/certificate.md */
#ifndef PROTOCOL_EVIDENCE_SECURE_BOOT_H
#define PROTOCOL_EVIDENCE_SECURE_BOOT_H

#include <jansson.h>

#include "core/err.h"

/* evidence.secure_boot; it may be missing or null, as on a machine that booted by BIOS. */
int evidence_secure_boot_check(const json_t *evidence, struct err *err) _must_check_;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The drives' part of evidence_check(). */
#ifndef PROTOCOL_EVIDENCE_DRIVE_H
#define PROTOCOL_EVIDENCE_DRIVE_H

#include <jansson.h>

#include "core/err.h"

int evidence_drive_check(const json_t *drive, unsigned i, struct err *err) _must_check_;
/* A drive that was left alone is an inventory's object with a reason: more keys may be there. */
int evidence_untouched_check(const json_t *drive, unsigned i, struct err *err) _must_check_;
/* obj.begun and obj.ended are times. Their order is not checked: a clock may have been set in between. */
int evidence_span_check(const json_t *obj, const char *what, struct err *err) _must_check_;

#endif

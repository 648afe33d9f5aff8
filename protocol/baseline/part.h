/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of a baseline: each of its parts is a file that knows the part's form and how it is compared. */
#ifndef PROTOCOL_BASELINE_PART_H
#define PROTOCOL_BASELINE_PART_H

#include "protocol/baseline/baseline.h"

/* Printable ASCII of so many bytes? */
bool baseline_is_text(const json_t *value, size_t min, size_t max);

/* The part is there. -EBADMSG names the place. */
int baseline_firmware_check(const json_t *baseline, struct err *err) _must_check_;
int baseline_bios_check(const json_t *baseline, struct err *err) _must_check_;
int baseline_accounts_check(const json_t *baseline, struct err *err) _must_check_;

/* `read` is an object that came from a BMC: nothing in it is to be relied on. Each adds to the result. */
void baseline_firmware_compare(const json_t *baseline, const json_t *read, json_t *result);
void baseline_bios_compare(const json_t *baseline, const json_t *read, json_t *result);
void baseline_accounts_compare(const json_t *baseline, const json_t *read, json_t *result);

#endif

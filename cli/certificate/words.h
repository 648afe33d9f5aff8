/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate in words: what `show` and `html` have in common. The document has passed certificate_check(). */
#ifndef CLI_CERTIFICATE_WORDS_H
#define CLI_CERTIFICATE_WORDS_H

#include <jansson.h>
#include <stdbool.h>

#include "core/cleanup.h"

/* All strings are malloc'd, but for those of type const char *. */

/* "1,067" and "1.02 TB" (powers of 1000, as drives are sold). */
char *words_count(json_int_t n) _must_check_;
char *words_size(json_int_t bytes) _must_check_;
/* "2026-11-22 21:01:01 UTC" */
char *words_time(const char *time) _must_check_;
/* "2026-11-22 21:00:00 to 21:01:01 UTC": from the first drive's beginning to the last one's end. */
char *words_span(const json_t *certificate) _must_check_;

enum words_verdict { VERDICT_ALL, VERDICT_SOME, VERDICT_NONE };
/* "All 3 drives that were to be erased are erased." ret may be NULL. */
char *words_verdict(const json_t *certificate, enum words_verdict *ret) _must_check_;
/* "2 read back · 1 asserted by the device · 1 further drive not touched" */
char *words_tally(const json_t *certificate) _must_check_;

/* What the last reading saw, and how much that can see. */
char *words_verified(const json_t *drive) _must_check_;
/* What it was compared with: markers, places with data, what the method itself left. */
char *words_compared(const json_t *drive) _must_check_;
/* "flash, NVMe, 1.02 TB" */
char *words_medium(const json_t *drive) _must_check_;

/* A claim, what it says, and what it does not say. */
struct words_claim {
	const char *claim, *says, *says_not;
};
/* In the order of strength; a NULL claim ends them. */
extern const struct words_claim words_claims[];
/* Does any drive have this claim? */
bool words_claimed(const json_t *certificate, const char *claim);

/*
 * Everything that was not done, with its reason: an array of {"what", "where", "reason"}, where "where" is an array of names. What several
 * drives have in common is told once. A new reference.
 */
json_t *words_not_done(const json_t *certificate) _must_check_;
/* Names of the disks that hold the image. A new reference. */
json_t *words_image_disks(const json_t *certificate) _must_check_;

#endif

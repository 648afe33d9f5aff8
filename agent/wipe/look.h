/* SPDX-License-Identifier: Apache-2.0 */
/* What blocks look like: nothing that proves anything, but what a reader of a certificate wants to know of what a drive returns. */
#ifndef AGENT_WIPE_LOOK_H
#define AGENT_WIPE_LOOK_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of each kind, by whole blocks. */
struct look {
	uint64_t zero;
	uint64_t constant; /* one byte other than 0 throughout */
	uint64_t random;   /* bytes as evenly spread as random ones: noise, cipher text, or compressed data */
	uint64_t other;
};

/* Adds len bytes, a multiple of block. */
void look_at(struct look *look, const void *buf, size_t len, uint32_t block);
void look_add(struct look *to, const struct look *more);

#endif

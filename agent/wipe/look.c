/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/wipe/look.h"

#include <stdbool.h>
#include <string.h>

#include "images/zeros.h"

/*
 * Pearson's chi-square of the counts of the 256 bytes, times the expected count: of random bytes it has mean 255 and standard deviation 22.6,
 * so that one block in some 10^9 is above 400.
 */
static bool is_random(const uint8_t *p, uint32_t len)
{
	uint32_t counts[256] = {0};
	uint64_t squares = 0;

	for (uint32_t i = 0; i < len; i++)
		counts[p[i]]++;
	for (unsigned i = 0; i < 256; i++)
		squares += (uint64_t)counts[i] * counts[i];
	return squares * 256 < (uint64_t)len * (len + 400);
}

static void look_at_block(struct look *look, const uint8_t *p, uint32_t len)
{
	if (memcmp(p, p + 1, len - 1) == 0)
		*(p[0] ? &look->constant : &look->zero) += len;
	else if (is_random(p, len))
		look->random += len;
	else
		look->other += len;
}

void look_at(struct look *look, const void *buf, size_t len, uint32_t block)
{
	const uint8_t *p = buf;

	if (zeros_only(buf, len)) {
		look->zero += len;
		return;
	}
	for (size_t at = 0; at + block <= len; at += block)
		look_at_block(look, p + at, block);
}

void look_add(struct look *to, const struct look *more)
{
	to->zero += more->zero;
	to->constant += more->constant;
	to->random += more->random;
	to->other += more->other;
}

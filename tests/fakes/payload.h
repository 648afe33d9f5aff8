/* SPDX-License-Identifier: Apache-2.0 */
/* A small image: chunks, their frames, and the index over both. */
#ifndef TESTS_FAKES_PAYLOAD_H
#define TESTS_FAKES_PAYLOAD_H

#include "images/index.h"

struct payload {
	struct index index;
	uint8_t *plain; /* index.size bytes */
	uint8_t *bytes; /* the frames, one after the other */
	size_t len;
};

/* Takes `plain` (malloc'd) over. */
void payload_make(struct payload *p, uint8_t *plain, uint64_t size, uint32_t chunk_size);
void payload_clear(struct payload *p);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What is written and read by the wipe: an open descriptor (O_DIRECT or not), its size and logical block in bytes. */
#ifndef AGENT_WIPE_MEDIUM_H
#define AGENT_WIPE_MEDIUM_H

#include <stdint.h>

struct medium {
	int fd;
	uint64_t size; /* a multiple of block */
	uint32_t block;
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The header of a Linux swap area: union swap_header of the kernel's linux/swap.h, in the machine's byte order, pages of 4096 bytes. */
#ifndef AGENT_STEPS_TREE_SWAP_SPEC_H
#define AGENT_STEPS_TREE_SWAP_SPEC_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define SWAP_PAGE      4096u
#define SWAP_SIGNATURE "SWAPSPACE2"
#define SWAP_VERSION   1u

struct swap_header {
	uint8_t bootbits[1024];
	uint32_t version;
	uint32_t last_page;
	uint32_t nr_badpages;
	uint8_t sws_uuid[16];
	char sws_volume[16];
	uint32_t padding[117];
	uint8_t badpages[SWAP_PAGE - 1024 - 12 - 32 - 468 - 10];
	char magic[10];
};
static_assert(offsetof(struct swap_header, sws_uuid) == 1036, "swap.h");
static_assert(offsetof(struct swap_header, magic) == 4086, "swap.h");
static_assert(sizeof(struct swap_header) == SWAP_PAGE, "swap.h");

#endif

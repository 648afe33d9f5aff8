/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files that unpack. */
#ifndef AGENT_STEPS_TREE_PRIVATE_H
#define AGENT_STEPS_TREE_PRIVATE_H

#include "agent/steps/tree/unpack.h"
#include "core/beneath.h"

struct archive;

/* Where a new file goes. */
struct unpack_place {
	uint32_t parent; /* in the list */
	int folder;      /* open, O_PATH; the caller closes it */
	char name[NAME_MAX + 1];
};

/* The folder that clean, not "", goes into; made, with those above, when it is missing. */
int unpack_find_place(struct unpack *u, const char *clean, struct unpack_place *ret,
		      struct err *err) _must_check_;
/* The number of what stands at this path, or TREE_NONE. */
uint32_t unpack_lookup(const struct tree_list *list, const char *clean) _must_check_;

/* The content of the archive's current entry into fd. */
int unpack_content(struct unpack *u, struct archive *archive, int fd, uint64_t size,
		   uint8_t digest[SHA256_SIZE], struct err *err) _must_check_;

#endif

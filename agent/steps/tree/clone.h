/* SPDX-License-Identifier: Apache-2.0 */
/* One partition's bytes onto another's. */
#ifndef AGENT_STEPS_TREE_CLONE_H
#define AGENT_STEPS_TREE_CLONE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct clone {
	const char *from, *to; /* device nodes */
	uint64_t size;         /* bytes, a multiple of 4096 */
	bool (*cancelled)(void *data);
	void (*progress)(void *data, uint64_t done); /* bytes */
	void *data;
	bool from_failed; /* result: reading failed, not writing */
};

/* Writes what differs: reading a disk is cheaper than writing it, and most of both are zeros. Flushed when it returns. */
int clone_partition(struct clone *c, struct err *err) _must_check_;

#endif

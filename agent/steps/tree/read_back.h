/* SPDX-License-Identifier: Apache-2.0 */
/* One disk read back by itself, past the arrays that it is a member of: their metadata is at the members' end, and each member is a file
 * system that can be mounted. */
#ifndef AGENT_STEPS_TREE_READ_BACK_H
#define AGENT_STEPS_TREE_READ_BACK_H

#include "agent/steps/tree/fill.h"
#include "agent/steps/tree/mkfs.h"

struct read_back {
	struct job *job;
	struct rig *rig;             /* nothing of it is up, before and after */
	const struct filled *filled; /* what is expected */
	unsigned disk;
	struct mkfs *swaps;    /* what was made on each partition; those of swap are looked at */
	uint64_t files, bytes; /* result: whose content was read */
};

int read_back_disk(struct read_back *back, struct err *err) _must_check_;

#endif

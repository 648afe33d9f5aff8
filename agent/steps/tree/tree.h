/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing an image of kind root: partitions made known to the kernel without a table on the disk, file systems made and filled from
 * the verified stream, and the disk's beginning left in RAM (struct root, first_chunk) for the commit.
 */
#ifndef AGENT_STEPS_TREE_TREE_H
#define AGENT_STEPS_TREE_TREE_H

#include "agent/step.h"

/* Can it be done here: are the file systems' programs and modules there, do the partitions fit each root? Changes nothing. */
int root_tree_check(struct job *job, struct err *err) _must_check_;
/* Writes; fills facts.written, each root's first_chunk and lost. */
int root_tree_write(struct job *job, struct err *err) _must_check_;
/* Mounts again, read-only, and compares every file with what was unpacked, as the order's verify asks. */
int root_tree_verify(struct job *job, struct err *err) _must_check_;

#endif

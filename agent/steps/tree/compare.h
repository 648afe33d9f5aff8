/* SPDX-License-Identifier: Apache-2.0 */
/* Is a folder what the list says, no more and no less? */
#ifndef AGENT_STEPS_TREE_COMPARE_H
#define AGENT_STEPS_TREE_COMPARE_H

#include "agent/steps/tree/list.h"

struct compare {
	int root;
	struct tree_list *list; /* its TREE_SEEN marks are used */
	bool sampled; /* content is read of a tenth of the files, chosen at random; all else of every file */
	bool (*cancelled)(void *data);
	void (*progress)(void *data, uint64_t bytes); /* read so far */
	void *data;
	uint64_t bytes, files_read; /* result: of regular files whose content was compared */
};

/* -EIO names the first file that differs, is missing, or was not unpacked. */
int compare_tree(struct compare *c, struct err *err) _must_check_;

#endif

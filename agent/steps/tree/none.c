/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of root_tree.c in an agent that is built without images of kind root: such an order is held before anything is changed. */
#include "agent/steps/tree/tree.h"

int root_tree_check(struct job *job, struct err *err)
{
	return err_set(err, EOPNOTSUPP,
		       "%s is an image of kind root, and this boot image is built without them",
		       job->facts.manifest->name);
}

int root_tree_write(struct job *job, struct err *err)
{
	return root_tree_check(job, err);
}

int root_tree_verify(struct job *job, struct err *err)
{
	return root_tree_check(job, err);
}

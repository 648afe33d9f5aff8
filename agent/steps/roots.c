/* SPDX-License-Identifier: Apache-2.0 */
/* One policy for the loss of a disk, whichever step meets it. */
#include "agent/steps/roots.h"

#include "agent/steps/seed.h"

unsigned roots_whole(const struct facts *facts)
{
	unsigned n = 0;

	for (unsigned i = 0; i < facts->n_roots; i++)
		n += root_is_whole(&facts->roots[i]);
	return n;
}

const struct root *roots_first(const struct facts *facts)
{
	for (unsigned i = 0; i < facts->n_roots; i++)
		if (root_is_whole(&facts->roots[i]))
			return &facts->roots[i];
	return NULL;
}

bool roots_have(const struct facts *facts, const struct block *block)
{
	for (unsigned i = 0; i < facts->n_roots; i++)
		if (facts->roots[i].block == block)
			return true;
	return false;
}

bool roots_are_one_array(const struct job *job)
{
	return job->order->redundancy == ORDER_MIRROR && job->facts.manifest->kind == IMAGE_DISK;
}

int root_failed(struct job *job, struct root *root, struct err *err)
{
	struct err told;

	if (err->code == ECANCELED || !job->order->go_on_without_disk || roots_whole(&job->facts) < 2)
		return err_prepend(err, "%s", root->block->name);
	root->lost = *err;
	told = *err;
	(void)err_prepend(&told, "disk %s is lost, and the order goes on without it", root->block->name);
	job->ops->note(job, told.text);
	*err = (struct err){0};
	return 0;
}

uint64_t image_needs(const struct manifest *manifest)
{
	return manifest->kind == IMAGE_ROOT ? layout_min_size(manifest->layout) - LAYOUT_ALIGN
					    : manifest->size;
}

int root_tail(uint64_t root_size, const struct manifest *manifest, struct gpt_tail *ret, struct err *err)
{
	uint64_t seed = IS_ENABLED(CONFIG_STEP_PERSONALISE) ? SEED_SIZE : 0;

	return gpt_tail_place(root_size, image_needs(manifest), seed, ret, err);
}

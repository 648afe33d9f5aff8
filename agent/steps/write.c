/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The step that streams the image onto the root disks, all but the first chunk, and reads it back. An image of kind root is another
 * module's work (tree/tree.h); that it has begun is journalled here.
 */
#include <inttypes.h>
#include <string.h>

#include "agent/step.h"
#include "agent/steps/gpt.h"
#include "agent/steps/payload.h"
#include "agent/steps/roots.h"
#include "agent/steps/tree/tree.h"
#include "agent/steps/write_record.h"
#include "core/io.h"

#define WORKER_MEMORY (36ull << 20) /* bytes of the order's memory: for all of the worker but the pipeline */

/* What run has proven already while it wrote; verify adds the rest. */
static struct pipeline_result kept;
static struct root *kept_roots[ORDER_ROOTS_MAX]; /* whose result kept.targets[i] is */
static unsigned n_kept;

/* A pipeline's job with what it points to. */
struct stream {
	struct payload_sources sources;
	struct pipeline_target targets[PIPELINE_TARGETS_MAX];
	struct pipeline_job job;
};

static bool cancelled(void *data)
{
	struct job *job = data;

	return job->ops->cancelled(job);
}

static void progress(void *data, uint64_t done, uint64_t total)
{
	struct job *job = data;

	job->ops->progress(job, done, total);
}

static void note(void *data, const char *text)
{
	struct job *job = data;

	job->ops->note(job, text);
}

static void stream_clear(struct stream *s)
{
	payload_sources_clear(&s->sources);
	for (unsigned i = 0; i < s->job.n_targets; i++)
		close_fdp(&s->targets[i].fd);
}

static void stream_make(struct job *job, struct stream *s)
{
	s->job = payload_job(job, WORKER_MEMORY, &s->sources);
	s->job.targets = s->targets;
	s->job.go_on_without_lost = job->order->go_on_without_disk && job->facts.n_roots > 1;
	s->job.resume = write_was_begun(job);
	s->job.cancelled = cancelled;
	s->job.progress = progress;
	s->job.note = note;
	s->job.data = job;
}

static void add_target(struct stream *s, const struct root *root, int fd)
{
	s->targets[s->job.n_targets++] = (struct pipeline_target){.fd = fd,
								  .name = root->block->name,
								  .reads_zero = root->reads_zero,
								  .rotational = root->block->rotational};
}

/* A disk that cannot even be opened is no target. */
static int open_for_writing(struct job *job, struct stream *s, struct err *err)
{
	int r = 0, fd = -EBADF;

	n_kept = 0;
	for (unsigned i = 0; r == 0 && i < job->facts.n_roots; i++) {
		struct root *root = &job->facts.roots[i];

		if (block_open(root->block, true, &fd, err) < 0) {
			r = root_failed(job, root, err);
		} else {
			add_target(s, root, fd);
			kept_roots[n_kept++] = root;
		}
	}
	return r;
}

/* The same targets again; those that are lost by now stay among them, closed. */
static int open_for_reading(struct job *job, struct stream *s, struct err *err)
{
	for (unsigned i = 0; i < n_kept; i++) {
		struct root *root = kept_roots[i];
		int fd = -EBADF;

		if (root_is_whole(root) && block_open(root->block, false, &fd, err) < 0 &&
		    root_failed(job, root, err) < 0)
			return -err->code;
		kept.targets[i].lost = root->lost;
		add_target(s, root, fd);
	}
	return 0;
}

/* What the pipeline has lost is lost from then on. */
static int take_losses(struct job *job, struct err *err)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < n_kept; i++) {
		if (!kept.targets[i].lost.code || !root_is_whole(kept_roots[i]))
			continue;
		*err = kept.targets[i].lost;
		r = root_failed(job, kept_roots[i], err);
	}
	return r;
}

static int check_root(const struct index *index, const struct root *root, struct err *err)
{
	uint32_t block = root->block->logical_block_size;

	if (index->size > root->size)
		return err_set(err, ENOSPC, "the image has %" PRIu64 " bytes, and %s only %" PRIu64,
			       index->size, root->block->name, root->size);
	if (index->chunk_size % block || index->size % block)
		return err_set(err, EINVAL,
			       "the image does not consist of whole blocks of %" PRIu32
			       " bytes, as %s has them",
			       block, root->block->name);
	return 0;
}

static int write_check(struct job *job, struct err *err)
{
	const struct facts *f = &job->facts;
	int r = 0;

	if (!f->n_roots || !f->manifest || !f->index || !f->payload_url)
		return err_set(err, EINVAL, "no verified image and root disk are at hand");
	if (f->manifest->kind == IMAGE_ROOT)
		return root_tree_check(job, err);
	for (unsigned i = 0; r == 0 && i < f->n_roots; i++)
		r = check_root(f->index, &f->roots[i], err);
	return r;
}

/* Each disk has its own copy of the beginning, in its own blocks. */
static int give_first_chunk(struct job *job, struct root *root, struct err *err)
{
	uint32_t from = job->facts.manifest->logical_block_size, to = root->block->logical_block_size;

	root->first_chunk = block_buffer(kept.first_chunk_len);
	root->first_chunk_len = kept.first_chunk_len;
	memcpy(root->first_chunk, kept.first_chunk, kept.first_chunk_len);
	if (from == to)
		return 0;
	if (gpt_reblock(&root->first_chunk, &root->first_chunk_len, from, to, root->size, err) < 0)
		return err_prepend(err, "%s", root->block->name);
	return 0;
}

static int stream_run(struct job *job, struct stream *s, struct err *err)
{
	struct facts *f = &job->facts;
	int r = pipeline_run(&s->job, &kept, err);

	write_record_tell_bad(job, &s->job, &kept);
	if (r == 0)
		r = take_losses(job, err);
	for (unsigned i = 0; r == 0 && i < f->n_roots; i++)
		if (root_is_whole(&f->roots[i]))
			r = give_first_chunk(job, &f->roots[i], err);
	if (r < 0)
		return r;
	f->written = write_record_make(job, &s->job, &kept);
	return 0;
}

static int write_run(struct job *job, struct err *err)
{
	_cleanup_(stream_clear) struct stream s = {0};
	int r;

	pipeline_result_clear(&kept);
	stream_make(job, &s); /* before the journal has this boot's own word */
	if ((r = write_journal_begin(job, err)) < 0)
		return r;
	if (job->facts.manifest->kind == IMAGE_ROOT)
		r = root_tree_write(job, err);
	else if ((r = open_for_writing(job, &s, err)) == 0)
		r = stream_run(job, &s, err);
	return r < 0 ? r : STEP_DONE;
}

/*
 * Every chunk but the first, the ones of zeros included; behind the image the disk is as the wipe has proven it, but for what
 * `personalise` reads back itself.
 */
static int write_verify(struct job *job, struct err *err)
{
	_cleanup_(stream_clear) struct stream s = {0};
	int r;

	if (job->facts.manifest->kind == IMAGE_ROOT)
		return root_tree_verify(job, err);
	stream_make(job, &s);
	if ((r = open_for_reading(job, &s, err)) < 0 || (r = pipeline_read_back(&s.job, &kept, err)) < 0 ||
	    (r = take_losses(job, err)) < 0)
		return r;
	write_record_read_back(job->facts.written, &s.job, &kept);
	return 0;
}

const struct step step_write = {
	.name = "write",
	.effect = STEP_DESTROYS,
	.check = write_check,
	.run = write_run,
	.verify = write_verify,
};

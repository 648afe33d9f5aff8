/* SPDX-License-Identifier: Apache-2.0 */
/* The step that streams the image onto the root disk, all but the first chunk, and reads it back. */
#include <inttypes.h>

#include "agent/pipeline/pipeline.h"
#include "agent/step.h"

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

static struct pipeline_job pipeline_for(struct job *job, int fd)
{
	return (struct pipeline_job){
		.fd = fd,
		.index = job->facts.index,
		.url = job->facts.payload_url,
		.ca_pem = job->site->station_ca,
		.medium_reads_zero = job->facts.root_reads_zero,
		.cancelled = cancelled,
		.progress = progress,
		.note = note,
		.data = job,
	};
}

static int write_check(struct job *job, struct err *err)
{
	const struct facts *f = &job->facts;

	if (!f->root || !f->index || !f->payload_url)
		return err_set(err, EINVAL, "no verified image and root disk are at hand");
	if (f->index->size > f->root->size)
		return err_set(err, ENOSPC, "the image has %" PRIu64 " bytes, and %s only %" PRIu64,
			       f->index->size, f->root->name, f->root->size);
	if (f->index->chunk_size % f->root->logical_block_size ||
	    f->index->size % f->root->logical_block_size)
		return err_set(err, EINVAL,
			       "the image does not consist of whole blocks of %" PRIu32
			       " bytes, as %s has them",
			       f->root->logical_block_size, f->root->name);
	return 0;
}

static json_t *written_json(const struct index *index, const struct pipeline_result *result)
{
	return json_pack("{s:i, s:I, s:I, s:I, s:I}", "chunks", (int)index->n_chunks, "data_chunks",
			 (json_int_t)index->data_chunks, "bytes", (json_int_t)result->bytes, "fetched_bytes",
			 (json_int_t)result->fetched_bytes, "retries", (json_int_t)result->retries);
}

static int write_run(struct job *job, struct err *err)
{
	struct pipeline_result result = {0};
	_cleanup_close_ int fd = -EBADF;
	struct pipeline_job p;
	int r;

	if ((r = block_open(job->facts.root, true, &fd, err)) < 0)
		return r;
	p = pipeline_for(job, fd);
	if ((r = pipeline_run(&p, &result, err)) < 0)
		return r;
	job->facts.first_chunk = result.first_chunk;
	job->facts.first_chunk_len = result.first_chunk_len;
	job->facts.written = written_json(job->facts.index, &result);
	if (block_flush(fd, err) < 0)
		return err_prepend(err, "after the last chunk");
	return STEP_DONE;
}

/*
 * Every chunk but the first, the ones of zeros included; behind the image the disk is as the wipe has proven it, but for what
 * `personalise` reads back itself.
 */
static int write_verify(struct job *job, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	struct pipeline_job p;
	int r;

	if ((r = block_open(job->facts.root, false, &fd, err)) < 0)
		return r;
	p = pipeline_for(job, fd);
	if ((r = pipeline_read_back(&p, err)) < 0)
		return r;
	json_object_set_new(job->facts.written, "read_back", json_string("full"));
	return 0;
}

const struct step step_write = {
	.name = "write",
	.effect = STEP_DESTROYS,
	.check = write_check,
	.run = write_run,
	.verify = write_verify,
};

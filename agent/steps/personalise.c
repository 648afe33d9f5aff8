/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The step that fits the image to this disk and this order: partition table to the disk's size, and a cloud-init seed in a partition of
 * its own. What belongs to the disk's beginning is patched in memory; only the disk's tail is written here.
 */
#include <string.h>

#include "agent/step.h"
#include "agent/steps/gpt.h"
#include "agent/steps/seed.h"
#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"

static int place(const struct job *job, struct gpt_tail *ret, struct err *err)
{
	return gpt_tail_place(job->facts.root->size, job->facts.index->size, SEED_SIZE, ret, err);
}

static int personalise_check(struct job *job, struct err *err)
{
	const struct block *root = job->facts.root;
	struct gpt_tail tail;

	if (!root || !job->facts.index)
		return err_set(err, EINVAL, "no verified image and root disk are at hand");
	if (place(job, &tail, err) < 0)
		return err_prepend(err, "%s", root->name);
	return 0;
}

static int make_seed(const struct order *order, uint32_t block, void **ret, struct err *err)
{
	const struct seed_file files[] = {
		{"meta-data", order->meta_data ? order->meta_data : ""},
		{"user-data", order->user_data ? order->user_data : ""},
		{"network-config", order->network_config},
	};

	return seed_make(files, sizeof(files) / sizeof(files[0]), block, ret, err);
}

static json_t *part_json(const void *buf, uint64_t offset, uint64_t size)
{
	char hex[SHA256_HEX_SIZE];

	sha256_hex(buf, size, hex);
	return json_pack("{s:I, s:I, s:s}", "offset", (json_int_t)offset, "size", (json_int_t)size, "sha256",
			 hex);
}

static json_t *personalised_json(const struct gpt_tail *tail, const struct gpt_fitted *fitted,
				 const void *seed)
{
	json_t *part = part_json(seed, tail->seed_offset, tail->seed_size);

	json_object_set_new(part, "partition", json_integer(fitted->partition));
	json_object_set_new(part, "guid", json_string(fitted->partition_guid));
	return json_pack("{s:o, s:o}", "seed", part, "gpt",
			 part_json(fitted->tail, tail->offset, tail->size));
}

static int write_tail(const struct block *root, const struct gpt_tail *tail, const void *seed,
		      const void *gpt, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	int r;

	if ((r = block_open(root, true, &fd, err)) < 0)
		return r;
	if (pwrite_full(fd, seed, tail->seed_size, tail->seed_offset, err) < 0)
		return err_prepend(err, "writing the cloud-init seed");
	if (pwrite_full(fd, gpt, tail->size, tail->offset, err) < 0)
		return err_prepend(err, "writing the backup partition table");
	return block_flush(fd, err);
}

static int personalise_run(struct job *job, struct err *err)
{
	const struct block *root = job->facts.root;
	_cleanup_free_ void *seed = NULL, *gpt = NULL;
	struct gpt_fitted fitted = {0};
	struct gpt_tail tail;
	int r;

	if ((r = place(job, &tail, err)) < 0 ||
	    (r = make_seed(job->order, root->logical_block_size, &seed, err)) < 0)
		return r;
	r = gpt_fit(job->facts.first_chunk, job->facts.first_chunk_len, root->size, root->logical_block_size,
		    &tail, &fitted, err);
	if (r < 0)
		return r;
	gpt = fitted.tail;
	if ((r = write_tail(root, &tail, seed, gpt, err)) < 0)
		return r;
	job->facts.personalised = personalised_json(&tail, &fitted, seed);
	return STEP_DONE;
}

/* Reads back what the fact claims. */
static int verify_part(int fd, const json_t *personalised, const char *name, struct err *err)
{
	const json_t *part = json_object_get(personalised, name);
	const char *expected = json_string_value(json_object_get(part, "sha256"));
	size_t size = (size_t)json_integer_value(json_object_get(part, "size"));
	_cleanup_free_ void *buf = NULL;
	char hex[SHA256_HEX_SIZE];
	int r;

	if (!expected || size == 0)
		return err_set(err, EINVAL, "%s: nothing was written", name);
	buf = block_buffer(size);
	r = pread_full(fd, buf, size, (uint64_t)json_integer_value(json_object_get(part, "offset")), err);
	if (r < 0)
		return err_prepend(err, "reading back the %s", name);
	sha256_hex(buf, size, hex);
	if (strcmp(hex, expected) != 0)
		return err_set(err, EIO, "%s: reads back with SHA-256 %s, written was %s", name, hex,
			       expected);
	return 0;
}

static int personalise_verify(struct job *job, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	int r;

	if ((r = block_open(job->facts.root, false, &fd, err)) < 0)
		return r;
	if ((r = verify_part(fd, job->facts.personalised, "seed", err)) < 0)
		return r;
	return verify_part(fd, job->facts.personalised, "gpt", err);
}

const struct step step_personalise = {
	.name = "personalise",
	.effect = STEP_CHANGES,
	.check = personalise_check,
	.run = personalise_run,
	.verify = personalise_verify,
};

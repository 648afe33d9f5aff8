/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The step that fits the image to each root disk and this order: partition table to the disk's size, and a cloud-init seed in a partition of
 * its own. What belongs to the disk's beginning is patched in memory; only the disk's tail is written here.
 */
#include <string.h>

#include "agent/step.h"
#include "agent/steps/gpt.h"
#include "agent/steps/roots.h"
#include "agent/steps/seed.h"
#include "agent/steps/tenant_network.h"
#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"

static int personalise_check(struct job *job, struct err *err)
{
	const struct facts *f = &job->facts;
	struct gpt_tail tail;

	if (!f->n_roots || !f->manifest)
		return err_set(err, EINVAL, "no verified image and root disk are at hand");
	for (unsigned i = 0; i < f->n_roots; i++)
		if (root_tail(f->roots[i].size, f->manifest, &tail, err) < 0)
			return err_prepend(err, "%s", f->roots[i].block->name);
	return tenant_network_check(job, err);
}

/* What is made in memory for one disk, or for all members of a RAID. */
struct parts {
	struct gpt_tail tail;
	struct gpt_fitted fitted;
	void *seed;
	const struct root *made_for; /* NULL: nothing is made yet */
};

static void parts_clear(struct parts *parts)
{
	if (parts->seed)
		explicit_bzero(parts->seed, SEED_SIZE); /* it has the token of the phone-home */
	free(parts->seed);
	free(parts->fitted.tail);
	*parts = (struct parts){0};
}

static int make_seed(struct job *job, uint32_t block, void **ret, struct err *err)
{
	const struct order *order = job->order;
	_cleanup_free_ char *network = NULL;
	struct seed_file files[] = {
		{"meta-data", order->meta_data ? order->meta_data : ""},
		{"user-data", order->user_data ? order->user_data : ""},
		{"network-config", order->network_config},
	};
	int r = tenant_network_text(job, &network, err);

	if (r < 0)
		return r;
	if (network)
		files[2].text = network;
	return seed_make(files, sizeof(files) / sizeof(files[0]), block, ret, err);
}

static json_t *part_json(const void *buf, uint64_t offset, uint64_t size)
{
	char hex[SHA256_HEX_SIZE];

	sha256_hex(buf, size, hex);
	return json_pack("{s:I, s:I, s:s}", "offset", (json_int_t)offset, "size", (json_int_t)size, "sha256",
			 hex);
}

static json_t *parts_json(const struct root *root, const struct parts *parts)
{
	const struct gpt_tail *tail = &parts->tail;
	json_t *seed = part_json(parts->seed, tail->seed_offset, tail->seed_size);

	json_object_set_new(seed, "partition", json_integer(parts->fitted.partition));
	json_object_set_new(seed, "guid", json_string(parts->fitted.partition_guid));
	return json_pack("{s:s, s:o, s:o}", "disk", root->block->name, "seed", seed, "gpt",
			 part_json(parts->fitted.tail, tail->offset, tail->size));
}

static int write_tail(const struct root *root, const struct parts *parts, struct err *err)
{
	const struct gpt_tail *tail = &parts->tail;
	_cleanup_close_ int fd = -EBADF;
	int r;

	if ((r = block_open(root->block, true, &fd, err)) < 0)
		return r;
	if (pwrite_full(fd, parts->seed, tail->seed_size, tail->seed_offset, err) < 0)
		return err_prepend(err, "writing the cloud-init seed");
	if (pwrite_full(fd, parts->fitted.tail, tail->size, tail->offset, err) < 0)
		return err_prepend(err, "writing the backup partition table");
	return block_flush(fd, err);
}

/* In memory: the seed, the tail, and the table in the disk's beginning. A failure is the image's, not the disk's. */
static int make_parts(struct job *job, struct root *root, struct parts *parts, struct err *err)
{
	uint32_t block = root->block->logical_block_size;
	int r;

	if ((r = root_tail(root->size, job->facts.manifest, &parts->tail, err)) < 0 ||
	    (r = make_seed(job, block, &parts->seed, err)) < 0)
		return r;
	r = gpt_fit(root->first_chunk, root->first_chunk_len, root->size, block, &parts->tail, &parts->fitted,
		    err);
	parts->made_for = root;
	return r;
}

/* The members of one RAID are equal to the last bit: random GUIDs are drawn once. */
static int personalise_root(struct job *job, struct root *root, struct parts *parts, struct err *err)
{
	if (!parts->made_for) {
		if (make_parts(job, root, parts, err) < 0)
			return err_prepend(err, "%s", root->block->name);
	} else {
		memcpy(root->first_chunk, parts->made_for->first_chunk, root->first_chunk_len);
	}
	if (write_tail(root, parts, err) < 0)
		return root_failed(job, root, err);
	json_array_append_new(job->facts.personalised, parts_json(root, parts));
	return 0;
}

static int personalise_run(struct job *job, struct err *err)
{
	_cleanup_(parts_clear) struct parts parts = {0};
	struct facts *f = &job->facts;
	int r = 0;

	json_decref(f->personalised);
	f->personalised = json_array();
	for (unsigned i = 0; r == 0 && i < f->n_roots; i++) {
		if (!root_is_whole(&f->roots[i]))
			continue;
		if (!roots_are_one_array(job))
			parts_clear(&parts);
		r = personalise_root(job, &f->roots[i], &parts, err);
	}
	return r < 0 ? r : STEP_DONE;
}

/* Reads back what the fact claims. */
static int verify_part(int fd, const json_t *parts, const char *name, struct err *err)
{
	const json_t *part = json_object_get(parts, name);
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

static const json_t *parts_of(const struct job *job, const struct root *root)
{
	const json_t *parts;
	size_t i;

	json_array_foreach(job->facts.personalised, i, parts)
		if (!strcmp(json_string_value(json_object_get(parts, "disk")), root->block->name))
			return parts;
	return NULL;
}

static int verify_root(const struct job *job, const struct root *root, struct err *err)
{
	const json_t *parts = parts_of(job, root);
	_cleanup_close_ int fd = -EBADF;
	int r;

	if ((r = block_open(root->block, false, &fd, err)) < 0 ||
	    (r = verify_part(fd, parts, "seed", err)) < 0)
		return r;
	return verify_part(fd, parts, "gpt", err);
}

static int personalise_verify(struct job *job, struct err *err)
{
	for (unsigned i = 0; i < job->facts.n_roots; i++) {
		struct root *root = &job->facts.roots[i];

		if (root_is_whole(root) && verify_root(job, root, err) < 0 && root_failed(job, root, err) < 0)
			return -err->code;
	}
	return 0;
}

const struct step step_personalise = {
	.name = "personalise",
	.effect = STEP_CHANGES,
	.check = personalise_check,
	.run = personalise_run,
	.verify = personalise_verify,
};

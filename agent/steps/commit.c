/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commit point: the first chunk, partition table and boot sector, is the last write to each root disk. Before it
 * a disk does not boot, and when it fails half-way its place is overwritten, so that the disk does not boot either. A disk that is
 * lost here is in the certificate before another one boots.
 */
#include <string.h>

#include "agent/step.h"
#include "agent/steps/attest.h"
#include "agent/steps/commit_raid.h"
#include "agent/steps/roots.h"
#include "core/hash.h"
#include "core/io.h"
#include "core/log.h"
#include "core/time.h"

/* One root disk, open. */
struct disk {
	struct root *root;
	unsigned number; /* in facts.roots */
	int fd;
	bool touched;                   /* something was written that would have to be taken back */
	bool may_boot;                  /* its first block has been sent to it */
	char digest[SHA256_HEX_SIZE];   /* of the first chunk as read back */
	char committed[TIME_TEXT_SIZE]; /* when; "": not */
};

struct commit {
	struct job *job;
	struct disk disks[ORDER_ROOTS_MAX];
	unsigned n;
	unsigned whole; /* disks that the certificate calls whole */
	bool is_array;
	struct md_array array;
};

typedef int disk_act(struct commit *c, struct disk *d, struct err *err);

static void commit_clear(struct commit *c)
{
	for (unsigned i = 0; i < c->n; i++)
		close_fdp(&c->disks[i].fd);
}

/* The error that led here is the one that is reported; where the disk may boot nevertheless, that is added to it. */
static void take_back(struct commit *c, struct disk *d, struct err *err)
{
	const struct root *root = d->root;
	_cleanup_free_ void *zeros = NULL;
	struct err why = {0}, cause = *err;
	int r;

	if (!d->touched)
		return;
	d->touched = false;
	d->committed[0] = 0;
	zeros = block_buffer(root->first_chunk_len);
	memset(zeros, 0, root->first_chunk_len);
	r = pwrite_full(d->fd, zeros, root->first_chunk_len, 0, &why);
	if (!r)
		r = block_flush(d->fd, &why);
	if (!r && c->is_array)
		r = commit_raid_take_back(root, d->fd, &why);
	if (r)
		err_set(err, cause.code, "%s; %s%s: its first chunk could not be overwritten again: %s",
			cause.text, root->block->name, d->may_boot ? " may boot" : "", why.text);
	else
		log_warn("commit: %s: the first chunk was overwritten with zeros again", root->block->name);
}

/* On every whole disk. One that fails is taken back; whether the others go on is the order's policy. */
static int each(struct commit *c, disk_act *act, struct err *err)
{
	for (unsigned i = 0; i < c->n; i++) {
		struct disk *d = &c->disks[i];

		if (!root_is_whole(d->root) || act(c, d, err) == 0)
			continue;
		take_back(c, d, err);
		if (root_failed(c->job, d->root, err) < 0)
			return -err->code;
	}
	return 0;
}

static int check_root(const struct root *root, struct err *err)
{
	if (!root->first_chunk || root->first_chunk_len < root->block->logical_block_size ||
	    root->first_chunk_len % root->block->logical_block_size)
		return err_set(err, EINVAL, "%s: no first chunk of whole blocks is at hand",
			       root->block->name);
	return 0;
}

static int add_disks(struct commit *c, struct err *err)
{
	struct facts *facts = &c->job->facts;

	for (unsigned i = 0; i < facts->n_roots; i++) {
		if (!root_is_whole(&facts->roots[i]))
			continue;
		if (check_root(&facts->roots[i], err) < 0)
			return -err->code;
		c->disks[c->n++] = (struct disk){.root = &facts->roots[i], .number = i, .fd = -EBADF};
	}
	c->whole = c->n;
	return c->n ? 0 : err_set(err, EINVAL, "no disk with an image is at hand");
}

static int act_open(struct commit *c, struct disk *d, struct err *err)
{
	(void)c;
	return block_open(d->root->block, true, &d->fd, err);
}

static int act_superblock(struct commit *c, struct disk *d, struct err *err)
{
	d->touched = true;
	return commit_raid_write(c->job, &c->array, d->number, d->fd, err);
}

/* All but the first block. A buffer of O_DIRECT must be aligned, and the chunk behind its first block is not on a disk of 512. */
static int act_body(struct commit *c, struct disk *d, struct err *err)
{
	size_t block = d->root->block->logical_block_size, len = d->root->first_chunk_len - block;
	_cleanup_free_ uint8_t *body = block_buffer(len ? len : 1);
	int r;

	(void)c;
	d->touched = true;
	memcpy(body, (const uint8_t *)d->root->first_chunk + block, len);
	r = pwrite_full(d->fd, body, len, block, err);
	if (r == 0)
		r = block_flush(d->fd, err);
	return r < 0 ? err_prepend(err, "writing the first chunk") : 0;
}

/* From the medium: the descriptor is O_DIRECT and the cache was given up before. */
static int read_back(struct disk *d, struct err *err)
{
	const struct root *root = d->root;
	_cleanup_free_ void *seen = block_buffer(root->first_chunk_len);

	if (pread_full(d->fd, seen, root->first_chunk_len, 0, err) < 0)
		return err_prepend(err, "reading back the first chunk");
	if (memcmp(seen, root->first_chunk, root->first_chunk_len) != 0)
		return err_set(err, EIO, "the first chunk reads back differently from what was written");
	sha256_hex(seen, root->first_chunk_len, d->digest);
	return 0;
}

/*
 * The first block goes last, when the rest is on the medium: without the protective MBR in it neither UEFI nor BIOS finds
 * anything to boot (UEFI 2.10, 5.2.3), so a power cut in the midst leaves no disk that boots with half a chunk.
 */
static int act_first_block(struct commit *c, struct disk *d, struct err *err)
{
	size_t block = d->root->block->logical_block_size;
	_cleanup_free_ void *first = block_buffer(block);
	int r;

	(void)c;
	memcpy(first, d->root->first_chunk, block);
	d->may_boot = true;
	r = pwrite_full(d->fd, first, block, 0, err);
	if (r == 0)
		r = block_flush(d->fd, err);
	if (r < 0)
		return err_prepend(err, "writing the first chunk");
	time_format(time(NULL), d->committed);
	return read_back(d, err);
}

/*
 * The others' superblocks and the certificate must know of a disk that was lost since. With another UUID the array is another one: should
 * the lost disk come to life again with a superblock on it, it is no member.
 */
static int settle_losses(struct commit *c, struct err *err)
{
	int r = 0;

	while (r == 0 && roots_whole(&c->job->facts) < c->whole) {
		c->whole = roots_whole(&c->job->facts);
		if (c->is_array) {
			c->array = commit_raid_plan(c->job);
			r = each(c, act_superblock, err);
		}
		if (r == 0)
			r = attest(c->job, err);
	}
	return r;
}

static int commit_all(struct commit *c, struct err *err)
{
	int r = each(c, act_open, err);

	if (r == 0 && c->is_array)
		r = each(c, act_superblock, err);
	if (r == 0)
		r = each(c, act_body, err);
	if (r == 0)
		r = settle_losses(c, err);
	if (r == 0)
		r = each(c, act_first_block, err);
	if (r == 0)
		r = settle_losses(c, err);
	return r;
}

static void record(struct commit *c)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < c->n; i++) {
		const struct disk *d = &c->disks[i];

		if (!root_is_whole(d->root))
			continue;
		json_array_append_new(
			list,
			json_pack("{ss ss ss si so}", "disk", d->root->block->name, "time", d->committed,
				  "sha256", d->digest, "bytes", (int)d->root->first_chunk_len, "raid",
				  c->is_array ? commit_raid_json(&c->array, d->number) : json_null()));
	}
	c->job->facts.committed = list;
}

static void tell(const struct commit *c)
{
	_cleanup_free_ char *text = NULL;
	char uuid[2 * sizeof(c->array.uuid) + 1];

	if (!c->is_array)
		return;
	hex_encode(c->array.uuid, sizeof(c->array.uuid), uuid);
	text = str_printf("RAID 1 %s, UUID %s, %u of %u members", c->array.name, uuid,
			  roots_whole(&c->job->facts), c->array.n_members);
	c->job->ops->note(c->job, text);
}

static int commit_run(struct job *job, struct err *err)
{
	_cleanup_(commit_clear) struct commit c = {.job = job};
	int r = add_disks(&c, err);

	if (r < 0)
		return r;
	c.is_array = roots_are_one_array(job);
	if (c.is_array)
		c.array = commit_raid_plan(job);
	r = commit_all(&c, err);
	for (unsigned i = 0; r < 0 && i < c.n; i++)
		take_back(&c, &c.disks[i], err);
	if (r < 0)
		return r;
	record(&c);
	tell(&c);
	return STEP_DONE;
}

const struct step step_commit = {
	.name = "commit",
	.effect = STEP_DESTROYS,
	.run = commit_run,
};

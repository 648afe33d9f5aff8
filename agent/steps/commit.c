/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commit point: the first chunk, partition table and boot sector, is the last write to the root disk. Before it
 * the disk does not boot, and when it fails half-way its place is overwritten, so that the disk does not boot either.
 */
#include <string.h>

#include "agent/step.h"
#include "core/hash.h"
#include "core/io.h"
#include "core/log.h"
#include "core/time.h"

/* From the medium: the descriptor is O_DIRECT and the cache was given up before. */
static int read_back(int fd, const struct facts *facts, char ret_sha256[SHA256_HEX_SIZE], struct err *err)
{
	_cleanup_free_ void *seen = block_buffer(facts->first_chunk_len);
	int r = pread_full(fd, seen, facts->first_chunk_len, 0, err);
	if (r)
		return err_prepend(err, "reading back the first chunk");
	if (memcmp(seen, facts->first_chunk, facts->first_chunk_len) != 0)
		return err_set(err, EIO, "the first chunk reads back differently from what was written");
	sha256_hex(seen, facts->first_chunk_len, ret_sha256);
	return 0;
}

/*
 * The first block goes last, when the rest is on the medium: without the protective MBR in it neither UEFI nor BIOS finds
 * anything to boot (UEFI 2.10, 5.2.3), so a power cut in the midst leaves no disk that boots with half a chunk.
 */
static int write_first(int fd, const struct facts *facts, const uint8_t *aligned, struct err *err)
{
	size_t block = facts->root->logical_block_size;
	int r = pwrite_full(fd, aligned + block, facts->first_chunk_len - block, block, err);

	if (r == 0)
		r = block_flush(fd, err);
	if (r == 0)
		r = pwrite_full(fd, aligned, block, 0, err);
	if (r == 0)
		r = block_flush(fd, err);
	return r < 0 ? err_prepend(err, "writing the first chunk") : 0;
}

/* Best effort: the error that led here is the one that is reported. */
static void take_back(int fd, const struct facts *facts, void *aligned)
{
	struct err err = {0};
	memset(aligned, 0, facts->first_chunk_len);
	int r = pwrite_full(fd, aligned, facts->first_chunk_len, 0, &err);
	if (!r)
		r = block_flush(fd, &err);
	if (r)
		log_error("commit: the first chunk could not be overwritten again: %s", err.text);
	else
		log_warn("commit: the first chunk was overwritten with zeros again");
}

static int commit_run(struct job *job, struct err *err)
{
	struct facts *facts = &job->facts;
	_cleanup_close_ int fd = -EBADF;
	char digest[SHA256_HEX_SIZE], now[TIME_TEXT_SIZE];

	if (!facts->root || !facts->first_chunk || facts->first_chunk_len % facts->root->logical_block_size)
		return err_set(err, EINVAL, "no first chunk of whole blocks is at hand");
	int r = block_open(facts->root, true, &fd, err);
	if (r)
		return err_prepend(err, "%s", facts->root->name);
	_cleanup_free_ void *aligned = block_buffer(facts->first_chunk_len);
	memcpy(aligned, facts->first_chunk, facts->first_chunk_len);
	r = write_first(fd, facts, aligned, err);
	if (!r)
		r = read_back(fd, facts, digest, err);
	if (r) {
		take_back(fd, facts, aligned);
		return err_prepend(err, "%s", facts->root->name);
	}
	time_format(time(NULL), now);
	facts->committed =
		json_pack("{ss ss si}", "time", now, "sha256", digest, "bytes", (int)facts->first_chunk_len);
	return STEP_DONE;
}

const struct step step_commit = {
	.name = "commit",
	.effect = STEP_DESTROYS,
	.run = commit_run,
};

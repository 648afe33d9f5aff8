/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/wipe/marker.h"

#include <string.h>

#include "agent/hw/block/block.h"
#include "core/io.h"

#define PLACES UINT64_MAX /* the stream of the key that the places come from; that of marker i is its LBA */

enum {
	GPT_HEAD = 34, /* blocks: protective MBR, header, 32 blocks of entries (UEFI 2.10, 5.3) */
	GPT_TAIL = 33, /* blocks: 32 of entries, header */
	SECTIONS = 1000,
	PIECE = 16, /* bytes; what a half erased block could still hold of a marker */
};

struct markers {
	struct stream *stream; /* borrowed */
	uint8_t key[STREAM_KEY_SIZE];
	uint32_t block;
	unsigned n;
	uint64_t lba[GPT_HEAD + SECTIONS + GPT_TAIL]; /* rising */
};

static void add(struct markers *m, uint64_t lba)
{
	if (m->n == 0 || lba > m->lba[m->n - 1])
		m->lba[m->n++] = lba;
}

/* Rising, without repeats; a small medium gets a marker in each of its blocks. */
static void choose_places(struct markers *m, uint64_t blocks)
{
	uint64_t from, to, places[SECTIONS];
	unsigned i;

	stream_fill(m->stream, m->key, PLACES, 0, places, sizeof(places));
	for (i = 0; i < GPT_HEAD && i < blocks; i++)
		add(m, i);
	for (i = 0; i < SECTIONS; i++) {
		from = (uint64_t)((unsigned __int128)blocks * i / SECTIONS);
		to = (uint64_t)((unsigned __int128)blocks * (i + 1) / SECTIONS);
		if (to > from &&
		    from + places[i] % (to - from) < blocks - (blocks < GPT_TAIL ? blocks : GPT_TAIL))
			add(m, from + places[i] % (to - from));
	}
	for (i = blocks < GPT_TAIL ? blocks : GPT_TAIL; i > 0; i--)
		add(m, blocks - i);
}

int markers_new(struct stream *stream, const uint8_t key[STREAM_KEY_SIZE], uint64_t size, uint32_t block,
		struct markers **ret, struct err *err)
{
	struct markers *m;

	if (block == 0 || size < block)
		return err_set(err, EINVAL, "a medium without a single block takes no markers");
	m = xcalloc(1, sizeof(*m));
	m->stream = stream;
	memcpy(m->key, key, STREAM_KEY_SIZE);
	m->block = block;
	choose_places(m, size / block);
	*ret = m;
	return 0;
}

void markers_free(struct markers *m)
{
	free(m);
}

unsigned markers_count(const struct markers *m)
{
	return m->n;
}

uint64_t markers_offset(const struct markers *m, unsigned i)
{
	return m->lba[i] * m->block;
}

bool markers_have(const struct markers *m, uint64_t lba)
{
	unsigned low = 0, high = m->n;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (m->lba[middle] == lba)
			return true;
		if (m->lba[middle] < lba)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

void markers_fill(struct markers *m, unsigned i, void *buf)
{
	stream_fill(m->stream, m->key, m->lba[i], 0, buf, m->block);
}

int markers_write(struct markers *m, const struct medium *medium, void (*beat)(void *), void *data,
		  struct err *err)
{
	_cleanup_free_ void *buf = block_buffer(m->block);
	unsigned i;
	int r;

	for (i = 0; i < m->n; i++) {
		if (beat)
			beat(data);
		markers_fill(m, i, buf);
		r = pwrite_full(medium->fd, buf, m->block, markers_offset(m, i), err);
		if (r < 0)
			return err_prepend(err, "marker %u", i);
	}
	if (fsync(medium->fd) < 0)
		return err_sys(err, errno, "flushing the markers");
	return 0;
}

static bool has_piece(const uint8_t *marker, const uint8_t *seen, uint32_t len)
{
	uint32_t i;

	for (i = 0; i + PIECE <= len; i += PIECE)
		if (memcmp(marker + i, seen + i, PIECE) == 0)
			return true;
	return false;
}

int markers_gone(struct markers *m, const struct medium *medium, void (*beat)(void *), void *data,
		 unsigned *ret_gone, struct err *err)
{
	_cleanup_free_ void *marker = block_buffer(m->block), *seen = block_buffer(m->block);
	unsigned i, gone = 0;
	int r;

	for (i = 0; i < m->n; i++) {
		if (beat)
			beat(data);
		r = pread_full(medium->fd, seen, m->block, markers_offset(m, i), err);
		if (r < 0)
			return err_prepend(err, "looking for marker %u", i);
		markers_fill(m, i, marker);
		gone += !has_piece(marker, seen, m->block);
	}
	*ret_gone = gone;
	return 0;
}

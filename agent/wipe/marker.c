/* SPDX-License-Identifier: Apache-2.0 */
/* Marker i is the AES-256-CTR key stream under the set's key, with the marker's LBA as the upper half of the counter. */
#include <endian.h>
#include <openssl/evp.h>
#include <string.h>

#include "agent/hw/block.h"
#include "agent/wipe/marker.h"
#include "core/hash.h"
#include "core/io.h"

enum {
	GPT_HEAD = 34, /* blocks: protective MBR, header, 32 blocks of entries (UEFI 2.10, 5.3) */
	GPT_TAIL = 33, /* blocks: 32 of entries, header */
	SECTIONS = 1000,
	PIECE = 16, /* bytes; what a half erased block could still hold of a marker */
};

struct markers {
	EVP_CIPHER_CTX *ctx;
	uint8_t key[MARKER_KEY_SIZE];
	uint32_t block;
	unsigned n;
	uint64_t lba[GPT_HEAD + SECTIONS + GPT_TAIL];
};

/* The counter is 128 bits, big-endian; its lower half counts the blocks of AES within one stream. */
static void stream(struct markers *m, uint64_t upper, void *buf, size_t len)
{
	uint64_t iv[2] = {htobe64(upper), 0};
	int n;

	memset(buf, 0, len);
	if (EVP_EncryptInit_ex(m->ctx, NULL, NULL, m->key, (uint8_t *)iv) != 1 ||
	    EVP_EncryptUpdate(m->ctx, buf, &n, buf, (int)len) != 1)
		abort();
}

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

	stream(m, UINT64_MAX, places, sizeof(places));
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

int markers_new(const uint8_t key[MARKER_KEY_SIZE], uint64_t size, uint32_t block, struct markers **ret,
		struct err *err)
{
	_cleanup_(markers_freep) struct markers *m = xcalloc(1, sizeof(*m));

	if (block == 0 || size < block)
		return err_set(err, EINVAL, "a medium without a single block takes no markers");
	m->ctx = EVP_CIPHER_CTX_new();
	if (!m->ctx || EVP_EncryptInit_ex(m->ctx, EVP_aes_256_ctr(), NULL, key, NULL) != 1)
		return err_set(err, ENOMEM, "libcrypto gives no AES-256-CTR for the markers");
	memcpy(m->key, key, MARKER_KEY_SIZE);
	m->block = block;
	choose_places(m, size / block);
	*ret = TAKE_PTR(m);
	return 0;
}

void markers_free(struct markers *m)
{
	if (!m)
		return;
	EVP_CIPHER_CTX_free(m->ctx);
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

void markers_fill(struct markers *m, unsigned i, void *buf)
{
	stream(m, m->lba[i], buf, m->block);
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

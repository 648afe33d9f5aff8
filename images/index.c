/* SPDX-License-Identifier: Apache-2.0 */
/* The chunk index: checked against the manifest, field by field, before any of it is used. */
#include <endian.h>
#include <inttypes.h>
#include <string.h>
#include <zstd.h>

#include "core/io.h"
#include "images/index.h"
#include "images/index_spec.h"
#include "images/zeros.h"

/* Digests of a zero chunk; there are only two lengths of chunks, and each digest is made when first needed. */
struct zero_digests {
	bool have[2];
	uint8_t digest[2][SHA256_SIZE]; /* of a whole chunk, of the last one */
};

uint32_t index_chunk_len(const struct index *index, uint32_t i)
{
	uint64_t rest = index->size - (uint64_t)i * index->chunk_size;

	return rest < index->chunk_size ? (uint32_t)rest : index->chunk_size;
}

static int parse_header(const struct index_header_wire *h, const struct manifest *m, struct index *index,
			struct err *err)
{
	if (memcmp(h->magic, INDEX_MAGIC, sizeof(h->magic)) != 0)
		return err_set(err, EBADMSG, "index: magic is not " INDEX_MAGIC);
	if (le32toh(h->version) != INDEX_VERSION)
		return err_set(err, EBADMSG, "index: version %" PRIu32 ", and only %d is known",
			       le32toh(h->version), INDEX_VERSION);
	if (le32toh(h->chunk_size) != IMAGE_CHUNK_SIZE)
		return err_set(err, EBADMSG, "index: chunk size %" PRIu32 " is not %u",
			       le32toh(h->chunk_size), IMAGE_CHUNK_SIZE);
	if (le64toh(h->disk_size) != m->size)
		return err_set(err, EBADMSG, "index: disk size %" PRIu64 " is not the manifest's %" PRIu64,
			       le64toh(h->disk_size), m->size);
	if (le64toh(h->payload_size) != m->payload_size)
		return err_set(err, EBADMSG, "index: payload size %" PRIu64 " is not the manifest's %" PRIu64,
			       le64toh(h->payload_size), m->payload_size);
	if (le32toh(h->n_chunks) != image_n_chunks(m->size))
		return err_set(err, EBADMSG, "index: %" PRIu32 " chunks do not make up %" PRIu64 " bytes",
			       le32toh(h->n_chunks), m->size);
	if (h->reserved0 != 0 || !zeros_only(h->reserved1, sizeof(h->reserved1)))
		return err_set(err, EBADMSG, "index: reserved bytes of the header are not zero");
	index->size = m->size;
	index->chunk_size = IMAGE_CHUNK_SIZE;
	index->n_chunks = le32toh(h->n_chunks);
	return 0;
}

static const uint8_t *zero_digest(struct zero_digests *zero, const struct index *index, uint32_t i)
{
	uint32_t len = index_chunk_len(index, i);
	bool last = len != index->chunk_size;

	if (!zero->have[last])
		zeros_sha256(len, zero->digest[last]);
	zero->have[last] = true;
	return zero->digest[last];
}

static int parse_entry(struct index *index, uint32_t i, const struct index_entry_wire *e, uint64_t expected,
		       struct zero_digests *zero, struct err *err)
{
	struct chunk *c = &index->chunks[i];

	c->offset = le64toh(e->offset);
	c->length = le32toh(e->length);
	c->flags = le32toh(e->flags);
	memcpy(c->frame_sha256, e->frame_sha256, SHA256_SIZE);
	memcpy(c->plain_sha256, e->plain_sha256, SHA256_SIZE);

	if (c->offset != expected)
		return err_set(err, EBADMSG,
			       "index: chunk %" PRIu32 ": offset %" PRIu64 " does not follow its predecessor",
			       i, c->offset);
	if (c->length == 0 || c->length > ZSTD_COMPRESSBOUND(IMAGE_CHUNK_SIZE))
		return err_set(err, EBADMSG, "index: chunk %" PRIu32 ": length %" PRIu32 " is out of bounds",
			       i, c->length);
	if (c->flags & ~CHUNK_ZERO)
		return err_set(err, EBADMSG, "index: chunk %" PRIu32 ": unknown flags 0x%" PRIx32, i,
			       c->flags);
	if ((c->flags & CHUNK_ZERO) && memcmp(c->plain_sha256, zero_digest(zero, index, i), SHA256_SIZE) != 0)
		return err_set(
			err, EBADMSG,
			"index: chunk %" PRIu32 ": marked zero with another SHA-256 than that of zeros", i);
	if (!(c->flags & CHUNK_ZERO)) {
		index->data_chunks++;
		index->data_bytes += c->length;
	}
	return 0;
}

static int parse_entries(const uint8_t *p, struct index *index, uint64_t payload_size, struct err *err)
{
	struct zero_digests zero = {0};
	uint64_t expected = 0;
	int r;

	for (uint32_t i = 0; i < index->n_chunks; i++) {
		struct index_entry_wire e;

		memcpy(&e, p + (size_t)i * sizeof(e), sizeof(e));
		if ((r = parse_entry(index, i, &e, expected, &zero, err)) < 0)
			return r;
		expected += index->chunks[i].length;
	}
	if (expected != payload_size)
		return err_set(err, EBADMSG,
			       "index: the frames make up %" PRIu64 " bytes, the payload has %" PRIu64,
			       expected, payload_size);
	return 0;
}

int index_parse(const void *buf, size_t len, const struct manifest *m, struct index **ret, struct err *err)
{
	_cleanup_(index_freep) struct index *index = xcalloc(1, sizeof(*index));
	struct index_header_wire h;
	uint8_t digest[SHA256_SIZE];
	int r;

	if (len != m->index_size || len < sizeof(h))
		return err_set(err, EBADMSG, "index: %zu bytes, the manifest says %" PRIu64, len,
			       m->index_size);
	sha256(buf, len, digest);
	if (memcmp(digest, m->index_sha256, SHA256_SIZE) != 0)
		return err_set(err, EBADMSG, "index: SHA-256 is not the one that the manifest names");
	memcpy(&h, buf, sizeof(h));
	if ((r = parse_header(&h, m, index, err)) < 0)
		return r;
	if (len != sizeof(h) + (uint64_t)index->n_chunks * sizeof(struct index_entry_wire))
		return err_set(err, EBADMSG, "index: %zu bytes cannot hold %" PRIu32 " chunks", len,
			       index->n_chunks);
	index->chunks = calloc(index->n_chunks, sizeof(*index->chunks));
	if (!index->chunks)
		return err_set(err, ENOMEM, "index: no memory for %" PRIu32 " chunks", index->n_chunks);
	if ((r = parse_entries((const uint8_t *)buf + sizeof(h), index, m->payload_size, err)) < 0)
		return r;
	*ret = TAKE_PTR(index);
	return 0;
}

void *index_bytes(const struct index *index, size_t *ret_len)
{
	size_t len = sizeof(struct index_header_wire) + index->n_chunks * sizeof(struct index_entry_wire);
	uint8_t *buf = xcalloc(1, len);
	struct index_header_wire h = {
		.version = htole32(INDEX_VERSION),
		.chunk_size = htole32(index->chunk_size),
		.n_chunks = htole32(index->n_chunks),
		.disk_size = htole64(index->size),
	};
	uint64_t payload_size = 0;

	for (uint32_t i = 0; i < index->n_chunks; i++) {
		const struct chunk *c = &index->chunks[i];
		struct index_entry_wire e = {.offset = htole64(c->offset),
					     .length = htole32(c->length),
					     .flags = htole32(c->flags)};

		memcpy(e.frame_sha256, c->frame_sha256, SHA256_SIZE);
		memcpy(e.plain_sha256, c->plain_sha256, SHA256_SIZE);
		memcpy(buf + sizeof(h) + (size_t)i * sizeof(e), &e, sizeof(e));
		payload_size += c->length;
	}
	memcpy(h.magic, INDEX_MAGIC, sizeof(h.magic));
	h.payload_size = htole64(payload_size);
	memcpy(buf, &h, sizeof(h));
	*ret_len = len;
	return buf;
}

void index_free(struct index *index)
{
	if (!index)
		return;
	free(index->chunks);
	free(index);
}

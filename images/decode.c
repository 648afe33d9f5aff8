/* SPDX-License-Identifier: Apache-2.0 */
/* Hash first, then exactly one zstd frame (RFC 8878, section 3.1.1) of exactly the chunk's length. */
#include <endian.h>
#include <inttypes.h>
#include <string.h>
#include <zstd.h>

#include "core/io.h"
#include "images/decode.h"

struct decoder {
	ZSTD_DCtx *dctx;
};

int decoder_new(struct decoder **ret, struct err *err)
{
	_cleanup_(decoder_freep) struct decoder *decoder = xcalloc(1, sizeof(*decoder));

	decoder->dctx = ZSTD_createDCtx();
	if (!decoder->dctx)
		return err_set(err, ENOMEM, "no memory for a zstd decoder");
	*ret = TAKE_PTR(decoder);
	return 0;
}

void decoder_free(struct decoder *decoder)
{
	if (!decoder)
		return;
	ZSTD_freeDCtx(decoder->dctx);
	free(decoder);
}

static int bad_chunk(struct err *err, uint32_t i, const char *why)
{
	return err_set(err, EBADMSG, "chunk %" PRIu32 ": %s", i, why);
}

/* zstd's simple call would take skippable, legacy and several frames too: none of them is ours. */
static int check_frame(uint32_t i, const void *frame, size_t len, uint32_t plain_len, struct err *err)
{
	uint32_t magic = 0;

	if (len >= sizeof(magic))
		memcpy(&magic, frame, sizeof(magic));
	if (le32toh(magic) != ZSTD_MAGICNUMBER)
		return bad_chunk(err, i, "not a zstd frame");
	if (ZSTD_getFrameContentSize(frame, len) != plain_len)
		return bad_chunk(err, i, "the frame does not announce the chunk's size");
	if (ZSTD_findFrameCompressedSize(frame, len) != len)
		return bad_chunk(err, i, "the frame is cut short, or more follows it");
	return 0;
}

int decoder_run(struct decoder *decoder, const struct index *index, uint32_t i, const void *frame,
		void *plain, struct err *err)
{
	uint8_t digest[SHA256_SIZE];
	const struct chunk *c;
	uint32_t plain_len;
	size_t n;
	int r;

	if (i >= index->n_chunks)
		return err_set(err, EINVAL, "chunk %" PRIu32 ": the index has only %" PRIu32, i,
			       index->n_chunks);
	c = &index->chunks[i];
	sha256(frame, c->length, digest);
	if (memcmp(digest, c->frame_sha256, SHA256_SIZE) != 0)
		return bad_chunk(err, i, "SHA-256 mismatch");
	plain_len = index_chunk_len(index, i);
	if ((r = check_frame(i, frame, c->length, plain_len, err)) < 0)
		return r;
	n = ZSTD_decompressDCtx(decoder->dctx, plain, plain_len, frame, c->length);
	if (ZSTD_isError(n))
		return bad_chunk(err, i, ZSTD_getErrorName(n));
	if (n != plain_len)
		return bad_chunk(err, i, "the frame does not fill the chunk");
	return 0;
}

int chunk_check_plain(const struct index *index, uint32_t i, const void *plain, struct err *err)
{
	uint8_t digest[SHA256_SIZE];

	if (i >= index->n_chunks)
		return err_set(err, EINVAL, "chunk %" PRIu32 ": the index has only %" PRIu32, i,
			       index->n_chunks);
	sha256(plain, index_chunk_len(index, i), digest);
	if (memcmp(digest, index->chunks[i].plain_sha256, SHA256_SIZE) != 0)
		return bad_chunk(err, i, "the plain data has another SHA-256 than the index says");
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each library behind the same step: from `in` into the room that is left in `out`. The libraries themselves rather than
 * libarchive's filters, because those let a wrong CRC of gzip pass and decode xz with one thread.
 */
#include <bzlib.h>
#include <lzma.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "core/io.h"
#include "images/store/unpack.h"

#define XZ_MEMORY_MIN  (256ull << 20) /* bytes: what the presets of xz need has room in it */
#define XZ_THREADS     16
#define WINDOW_LOG_MIN 27 /* of zstd: what each of its decoders takes */
#define WINDOW_LOG_MAX 30
#define IDLE_MAX       3 /* steps that neither take nor give anything */

struct unpacker {
	enum content content;
	unpack_sink sink;
	void *data;
	uint8_t *out; /* UNPACK_PIECE bytes */
	size_t fill;
	bool whole;   /* between two members or frames: the stream may end here */
	bool padding; /* zeros after the last member of gzip, as tapes have them */
	z_stream gzip;
	bz_stream bzip2;
	lzma_stream xz;
	ZSTD_DStream *zstd;
	unsigned window_log; /* the largest that it takes */
};

struct input {
	const uint8_t *p;
	size_t len;
};

static int damaged(const struct unpacker *u, const char *why, struct err *err)
{
	return err_set(err, EBADMSG, "the %s stream is damaged: %s", content_name(u->content), why);
}

static int step_gzip(struct unpacker *u, struct input *in, struct err *err)
{
	z_stream *z = &u->gzip;
	int r;

	if (u->whole) {
		if (u->padding || in->p[0] == 0) {
			u->padding = true;
			for (; in->len; in->p++, in->len--)
				if (in->p[0])
					return damaged(u, "something else follows its end", err);
			return 0;
		}
		inflateReset(z);
		u->whole = false;
	}
	z->next_in = (Bytef *)in->p;
	z->avail_in = (uInt)in->len;
	z->next_out = u->out + u->fill;
	z->avail_out = (uInt)(UNPACK_PIECE - u->fill);
	r = inflate(z, Z_NO_FLUSH);
	in->p = z->next_in;
	in->len = z->avail_in;
	u->fill = UNPACK_PIECE - z->avail_out;
	if (r == Z_STREAM_END)
		u->whole = true;
	else if (r == Z_MEM_ERROR)
		return err_set(err, ENOMEM, "no memory for gzip");
	else if (r != Z_OK && r != Z_BUF_ERROR)
		return damaged(u, z->msg ? z->msg : "it needs a dictionary", err);
	return 0;
}

static int step_bzip2(struct unpacker *u, struct input *in, struct err *err)
{
	bz_stream *bz = &u->bzip2;
	int r;

	if (u->whole) {
		BZ2_bzDecompressEnd(bz);
		*bz = (bz_stream){0};
		if (BZ2_bzDecompressInit(bz, 0, 0) != BZ_OK)
			return err_set(err, ENOMEM, "no memory for bzip2");
		u->whole = false;
	}
	bz->next_in = (char *)in->p;
	bz->avail_in = (unsigned)in->len;
	bz->next_out = (char *)u->out + u->fill;
	bz->avail_out = (unsigned)(UNPACK_PIECE - u->fill);
	r = BZ2_bzDecompress(bz);
	in->p = (const uint8_t *)bz->next_in;
	in->len = bz->avail_in;
	u->fill = UNPACK_PIECE - bz->avail_out;
	if (r == BZ_STREAM_END)
		u->whole = true;
	else if (r == BZ_MEM_ERROR)
		return err_set(err, ENOMEM, "no memory for bzip2");
	else if (r != BZ_OK)
		return damaged(u, r == BZ_DATA_ERROR ? "its CRC is wrong" : "this is no bzip2", err);
	return 0;
}

static int judge_xz(struct unpacker *u, lzma_ret r, struct err *err)
{
	switch (r) {
	case LZMA_OK:
		return 0;
	case LZMA_STREAM_END:
		u->whole = true;
		return 0;
	case LZMA_BUF_ERROR: /* no progress is possible: at its end this means that it is cut short */
		return 0;
	case LZMA_MEM_ERROR:
	case LZMA_MEMLIMIT_ERROR:
		return err_set(err, ENOMEM, "the xz stream needs more memory than half of this machine's");
	case LZMA_OPTIONS_ERROR:
		return err_set(err, ENOTSUP, "the xz stream uses filters that are not known here");
	case LZMA_FORMAT_ERROR:
		return damaged(u, "this is no xz", err);
	default:
		return damaged(u, "its check is wrong", err);
	}
}

static int step_xz(struct unpacker *u, struct input *in, struct err *err)
{
	lzma_stream *xz = &u->xz;
	lzma_ret r;

	xz->next_in = in->p;
	xz->avail_in = in->len;
	xz->next_out = u->out + u->fill;
	xz->avail_out = UNPACK_PIECE - u->fill;
	r = lzma_code(xz, LZMA_RUN);
	in->p = xz->next_in;
	in->len = xz->avail_in;
	u->fill = UNPACK_PIECE - xz->avail_out;
	return judge_xz(u, r, err);
}

static int step_zstd(struct unpacker *u, struct input *in, struct err *err)
{
	ZSTD_inBuffer from = {in->p, in->len, 0};
	ZSTD_outBuffer to = {u->out, UNPACK_PIECE, u->fill};
	size_t r = ZSTD_decompressStream(u->zstd, &to, &from);

	if (ZSTD_isError(r) && ZSTD_getErrorCode(r) == ZSTD_error_frameParameter_windowTooLarge)
		return err_set(err, ENOTSUP,
			       "the zstd stream needs a window of more than %u MiB: decompress it by zstd -d "
			       "--long=31 first",
			       (1u << u->window_log) >> 20);
	if (ZSTD_isError(r))
		return damaged(u, ZSTD_getErrorName(r), err);
	in->p += from.pos;
	in->len -= from.pos;
	u->fill = to.pos;
	u->whole = r == 0;
	return 0;
}

static int step_plain(struct unpacker *u, struct input *in)
{
	size_t room = UNPACK_PIECE - u->fill, n = in->len < room ? in->len : room;

	memcpy(u->out + u->fill, in->p, n);
	u->fill += n;
	in->p += n;
	in->len -= n;
	u->whole = true;
	return 0;
}

static int step(struct unpacker *u, struct input *in, struct err *err)
{
	switch (u->content) {
	case CONTENT_GZIP:
		return step_gzip(u, in, err);
	case CONTENT_BZIP2:
		return step_bzip2(u, in, err);
	case CONTENT_XZ:
		return step_xz(u, in, err);
	case CONTENT_ZSTD:
		return step_zstd(u, in, err);
	default:
		return step_plain(u, in);
	}
}

static int flush(struct unpacker *u, struct err *err)
{
	int r = u->fill ? u->sink(u->data, u->out, u->fill, err) : 0;

	u->fill = 0;
	return r;
}

int unpacker_add(struct unpacker *u, const void *buf, size_t len, struct err *err)
{
	struct input in = {buf, len};
	bool full = false;
	unsigned idle = 0;
	int r;

	/* a full output buffer may hide more output of input that is used up */
	while (in.len || (full && !u->whole)) {
		size_t had = in.len, fill = u->fill;

		if ((r = step(u, &in, err)) < 0)
			return r;
		full = u->fill == UNPACK_PIECE;
		idle = in.len == had && u->fill == fill ? idle + 1 : 0;
		if (idle && !in.len)
			break;
		if (idle > IDLE_MAX)
			return damaged(u, "it does not go on", err);
		if (full && (r = flush(u, err)) < 0)
			return r;
	}
	return 0;
}

/* xz decodes in threads: what they have not handed over yet comes now. */
static int end_xz(struct unpacker *u, struct err *err)
{
	int r;

	u->whole = false;
	u->xz.avail_in = 0;
	while (!u->whole) {
		lzma_ret end;

		u->xz.next_out = u->out + u->fill;
		u->xz.avail_out = UNPACK_PIECE - u->fill;
		end = lzma_code(&u->xz, LZMA_FINISH);
		if (end == LZMA_BUF_ERROR && u->xz.avail_out)
			return 0;
		u->fill = UNPACK_PIECE - u->xz.avail_out;
		if ((r = judge_xz(u, end, err)) < 0 || (u->fill == UNPACK_PIECE && (r = flush(u, err)) < 0))
			return r;
	}
	return 0;
}

int unpacker_end(struct unpacker *u, struct err *err)
{
	int r;

	if (u->content == CONTENT_XZ && (r = end_xz(u, err)) < 0)
		return r;
	if (!u->whole)
		return err_set(err, EBADMSG, "the %s stream is cut short", content_name(u->content));
	return flush(u, err);
}

static int begin_xz(struct unpacker *u, struct err *err)
{
	cpu_set_t cpus;
	uint64_t memory = lzma_physmem() / 2;
	lzma_mt mt = {.flags = LZMA_CONCATENATED, .threads = 1};

	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		mt.threads = CPU_COUNT(&cpus) < XZ_THREADS ? (uint32_t)CPU_COUNT(&cpus) : XZ_THREADS;
	mt.memlimit_stop = memory < XZ_MEMORY_MIN ? XZ_MEMORY_MIN : memory;
	mt.memlimit_threading = mt.memlimit_stop / 2;
	return lzma_stream_decoder_mt(&u->xz, &mt) == LZMA_OK ? 0 : err_set(err, ENOMEM, "no memory for xz");
}

/* By itself it takes windows of 128 MiB at most; `zstd --long=30` has one of 1 GiB. */
static int begin_zstd(struct unpacker *u, struct err *err)
{
	u->zstd = ZSTD_createDStream();
	if (!u->zstd)
		return err_set(err, ENOMEM, "no memory for zstd");
	u->window_log = WINDOW_LOG_MAX;
	while (u->window_log > WINDOW_LOG_MIN && 1ull << u->window_log > lzma_physmem() / 2)
		u->window_log--;
	(void)ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax, (int)u->window_log);
	return 0;
}

static int begin(struct unpacker *u, struct err *err)
{
	switch (u->content) {
	case CONTENT_GZIP:
		return inflateInit2(&u->gzip, 15 + 16) == Z_OK ? 0
							       : err_set(err, ENOMEM, "no memory for gzip");
	case CONTENT_BZIP2:
		return BZ2_bzDecompressInit(&u->bzip2, 0, 0) == BZ_OK
			       ? 0
			       : err_set(err, ENOMEM, "no memory for bzip2");
	case CONTENT_XZ:
		return begin_xz(u, err);
	case CONTENT_ZSTD:
		return begin_zstd(u, err);
	default:
		return 0;
	}
}

int unpacker_new(enum content content, unpack_sink sink, void *data, struct unpacker **ret, struct err *err)
{
	_cleanup_(unpacker_freep) struct unpacker *u = xcalloc(1, sizeof(*u));
	int r;

	*u = (struct unpacker){.content = content, .sink = sink, .data = data, .xz = LZMA_STREAM_INIT};
	u->out = xcalloc(1, UNPACK_PIECE);
	if ((r = begin(u, err)) < 0)
		return r;
	*ret = TAKE_PTR(u);
	return 0;
}

void unpacker_free(struct unpacker *u)
{
	if (!u)
		return;
	if (u->content == CONTENT_GZIP)
		inflateEnd(&u->gzip);
	if (u->content == CONTENT_BZIP2)
		BZ2_bzDecompressEnd(&u->bzip2);
	lzma_end(&u->xz);
	ZSTD_freeDStream(u->zstd);
	free(u->out);
	free(u);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "core/http_easy.h"
#include "core/http_upload.h"
#include "core/io.h"
#include "images/manifest.h"
#include "images/qcow2.h"
#include "images/store/import.h"
#include "images/store/scratch.h"
#include "images/store/unpack.h"

#define READ_SIZE (1u << 20)
#define TRIES     5 /* without a single byte between them */

/* The source on its way: hashed, then unpacked into the scratch. */
struct inflow {
	const struct import_options *o;
	struct import_disk *disk;
	struct sha256_stream *hash;
	struct unpacker *unpacker;   /* NULL until the content is known */
	uint8_t head[CONTENT_HEAD];  /* of the source */
	uint8_t plain[CONTENT_HEAD]; /* of the disk */
	size_t n_head, n_plain;
	uint64_t done, total; /* bytes of the source */
	bool hash_only;
	struct err damage; /* code not 0: unpacking has failed, and only the digest goes on, to tell why */
};

static bool is_url(const char *source)
{
	return !strncasecmp(source, "http://", 7) || !strncasecmp(source, "https://", 8);
}

void import_disk_clear(struct import_disk *disk)
{
	free(disk->path);
	scratch_free(disk->scratch);
	*disk = (struct import_disk){0};
}

static int to_scratch(void *data, const void *buf, size_t len, struct err *err)
{
	struct inflow *f = data;
	size_t n = CONTENT_HEAD - f->n_plain < len ? CONTENT_HEAD - f->n_plain : len;

	memcpy(f->plain + f->n_plain, buf, n);
	f->n_plain += n;
	return scratch_add(f->disk->scratch, buf, len, err);
}

static int begin_unpacking(struct inflow *f, struct err *err)
{
	int r = content_detect(f->head, f->n_head, &f->disk->content, err);

	if (r == 0)
		r = unpacker_new(f->disk->content, to_scratch, f, &f->unpacker, err);
	if (r == 0 && f->o->note && f->disk->content > CONTENT_QCOW2) {
		_cleanup_free_ char *text = str_printf("decompressing %s", content_name(f->disk->content));

		f->o->note(f->o->data, text);
	}
	return r == 0 ? unpacker_add(f->unpacker, f->head, f->n_head, err) : r;
}

/* The head is gathered until it can be judged; then all goes to the unpacker. */
static int unpack(struct inflow *f, const uint8_t *p, size_t len, struct err *err)
{
	if (!f->unpacker) {
		size_t n = CONTENT_HEAD - f->n_head < len ? CONTENT_HEAD - f->n_head : len;
		int r;

		memcpy(f->head + f->n_head, p, n);
		f->n_head += n;
		p += n;
		len -= n;
		if (f->n_head < CONTENT_HEAD)
			return 0;
		if ((r = begin_unpacking(f, err)) < 0)
			return r;
	}
	return len ? unpacker_add(f->unpacker, p, len, err) : 0;
}

static int check_cancelled(const struct import_options *o, struct err *err)
{
	return o->cancelled && o->cancelled(o->data) ? err_set(err, ECANCELED, "cancelled") : 0;
}

static int take(void *data, const void *buf, size_t len, struct err *err)
{
	struct inflow *f = data;
	int r = check_cancelled(f->o, err);

	if (r < 0)
		return r;
	sha256_stream_add(f->hash, buf, len);
	f->done += len;
	if (f->o->progress)
		f->o->progress(f->o->data, f->done, f->total);
	if (f->damage.code || f->hash_only)
		return 0;
	r = unpack(f, buf, len, err);
	if (r != -EBADMSG || !f->o->sha256)
		return r;
	f->damage = *err;
	return 0;
}

static int check_digest(const struct import_options *o, struct import_disk *disk, struct err *err)
{
	char hex[SHA256_HEX_SIZE];

	disk->digest_known = true;
	hex_encode(disk->digest, SHA256_SIZE, hex);
	if (o->sha256 && strcasecmp(o->sha256, hex) != 0)
		return err_set(err, EBADMSG, "its SHA-256 is %s, and --sha256 says %s: nothing was taken in",
			       hex, o->sha256);
	return 0;
}

static int read_file(struct inflow *f, int fd, struct err *err)
{
	_cleanup_free_ uint8_t *buf = xcalloc(1, READ_SIZE);
	int r = 0;

	while (r == 0) {
		ssize_t n = read(fd, buf, READ_SIZE);

		if (n < 0 && errno == EINTR && !(f->o->cancelled && f->o->cancelled(f->o->data)))
			continue;
		if (n < 0)
			return err_sys(err, errno, "read");
		if (n == 0)
			return 0;
		r = take(f, buf, (size_t)n, err);
	}
	return r;
}

static void note_again(const struct import_options *o, unsigned seconds, const struct err *err)
{
	_cleanup_free_ char *text = str_printf("%s: trying again in %u s", err->text, seconds);

	if (o->note)
		o->note(o->data, text);
}

/* A transfer that breaks off goes on where it stood, when the digest will tell whether the rest belongs to it. */
static int read_url(struct inflow *f, struct err *err)
{
	_cleanup_(http_freep) struct http *http = NULL;
	struct http_options options = {
		.ca_file = f->o->tls_ca, .cancelled = f->o->cancelled, .cancelled_data = f->o->data};
	unsigned tries = 0;
	int r = http_new(&options, &http, err);

	if (r < 0)
		return r;
	for (;;) {
		uint64_t before = f->done;

		r = http_download(http, f->o->source, f->done, take, f, &f->total, err);
		if (r == 0 && f->total && f->done != f->total)
			r = err_set(err, ECONNRESET, "ended after %" PRIu64 " of %" PRIu64 " bytes", f->done,
				    f->total);
		tries = f->done > before ? 0 : tries + 1;
		if (r == 0 || !http_transient(r) || tries == TRIES || (f->done && !f->o->sha256))
			return r;
		note_again(f->o, 1u << tries, err);
		sleep(1u << tries);
	}
}

static int convert(struct inflow *f, struct err *err)
{
	_cleanup_(scratch_freep) struct scratch *raw = NULL;
	struct import_disk *disk = f->disk;
	const struct qcow2_stop stop = {f->o->cancelled, f->o->data};
	int r;

	if ((r = content_check_qcow2(f->plain, f->n_plain, err)) < 0 ||
	    (r = scratch_new(f->o->dir, IMAGE_SIZE_MAX, &raw, err)) < 0)
		return r;
	if (f->o->note)
		f->o->note(f->o->data, "converting from qcow2");
	if ((r = qcow2_convert(scratch_path(disk->scratch), scratch_path(raw), &stop, err)) < 0)
		return r;
	scratch_free(disk->scratch);
	disk->scratch = TAKE_PTR(raw);
	return 0;
}

/* The disk that came out, as a path that packing can open. */
static int name_disk(struct inflow *f, struct err *err)
{
	struct import_disk *disk = f->disk;
	enum content inner;
	int r;

	if ((r = content_detect(f->plain, f->n_plain, &inner, err)) < 0)
		return r;
	if ((r = content_check_tail(scratch_fd(disk->scratch), scratch_size(disk->scratch), err)) < 0)
		return r;
	if (inner > CONTENT_QCOW2)
		return err_set(err, ENOTSUP, "it is compressed twice (%s in %s): unpack the outer one first",
			       content_name(inner), content_name(disk->content));
	if (inner == CONTENT_QCOW2 && (r = convert(f, err)) < 0)
		return r;
	disk->path = xstrdup(scratch_path(disk->scratch));
	return 0;
}

static int finish(struct inflow *f, struct err *err)
{
	int r;

	sha256_stream_end(f->hash, f->disk->digest);
	/* the digest first: it tells a source that is damaged from one that was made so */
	r = check_digest(f->o, f->disk, err);
	if (r == 0 && f->damage.code) {
		*err = f->damage;
		r = -err->code;
	}
	if (r == 0 && !f->unpacker)
		r = begin_unpacking(f, err);
	if (r == 0)
		r = unpacker_end(f->unpacker, err);
	if (r == 0)
		r = scratch_end(f->disk->scratch, err);
	return r == 0 ? name_disk(f, err) : r;
}

static int bring_in(const struct import_options *o, int fd, uint64_t total, struct import_disk *disk,
		    struct err *err)
{
	_cleanup_(sha256_stream_freep) struct sha256_stream *hash = sha256_stream_new();
	struct inflow f = {.o = o, .disk = disk, .hash = hash, .total = total};
	int r = scratch_new(o->dir, o->limit ? o->limit : IMAGE_SIZE_MAX, &disk->scratch, err);

	if (r == 0)
		r = fd >= 0 ? read_file(&f, fd, err) : read_url(&f, err);
	if (r == 0)
		r = finish(&f, err);
	unpacker_free(f.unpacker);
	return r;
}

/* A disk that is not compressed is packed from where it lies. */
static int use_as_it_is(const struct import_options *o, int fd, uint64_t total, struct import_disk *disk,
			struct err *err)
{
	_cleanup_(sha256_stream_freep) struct sha256_stream *hash = sha256_stream_new();
	struct inflow f = {.o = o, .disk = disk, .hash = hash, .total = total, .hash_only = true};
	int r;

	if (o->sha256) {
		if ((r = read_file(&f, fd, err)) < 0)
			return r;
		sha256_stream_end(hash, disk->digest);
		if ((r = check_digest(o, disk, err)) < 0)
			return r;
	}
	disk->path = xstrdup(o->source);
	return 0;
}

static int open_file(const struct import_options *o, struct import_disk *disk, struct err *err)
{
	_cleanup_close_ int fd =
		open(o->source, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a FIFO must not block */
	uint8_t head[CONTENT_HEAD];
	struct stat st;
	ssize_t n;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno, "cannot be opened");
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return err_set(err, EINVAL, "neither a file nor a block device");
	n = pread(fd, head, sizeof(head), 0);
	if (n < 0)
		return err_sys(err, errno, "read");
	if ((r = content_detect(head, (size_t)n, &disk->content, err)) < 0)
		return r;
	if (disk->content == CONTENT_QCOW2 && (r = content_check_qcow2(head, (size_t)n, err)) < 0)
		return r;
	if (S_ISREG(st.st_mode) && (r = content_check_tail(fd, (uint64_t)st.st_size, err)) < 0)
		return r;
	if (disk->content <= CONTENT_QCOW2)
		return use_as_it_is(o, fd, (uint64_t)st.st_size, disk, err);
	return bring_in(o, fd, (uint64_t)st.st_size, disk, err);
}

int import_open(const struct import_options *o, struct import_disk *ret, struct err *err)
{
	_cleanup_(import_disk_clear) struct import_disk disk = {0};
	_cleanup_free_ char *shown = is_url(o->source) ? http_shown_url(o->source) : xstrdup(o->source);
	uint8_t digest[SHA256_SIZE];
	int r;

	if (o->sha256 && hex_decode(o->sha256, digest, sizeof(digest)) < 0)
		return err_set(err, EINVAL, "--sha256 is 64 hexadecimal digits, not '%s'", o->sha256);
	if (is_url(o->source) && !o->sha256 && !o->no_digest)
		return err_set(
			err, EINVAL,
			"%s: what comes from elsewhere must be known: give --sha256 as its maker publishes "
			"it, or --no-digest to take whatever comes",
			shown);
	r = is_url(o->source) ? bring_in(o, -EBADF, 0, &disk, err) : open_file(o, &disk, err);
	if (r == 0)
		r = check_cancelled(o, err);
	/* what went wrong on the way says so itself */
	if (r < 0)
		return strncmp(err->text, shown, strlen(shown)) != 0 ? err_prepend(err, "%s", shown) : r;
	*ret = disk;
	disk = (struct import_disk){0};
	return 0;
}

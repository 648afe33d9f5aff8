/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/statvfs.h>

#include "core/io.h"
#include "images/store/scratch.h"
#include "images/zeros.h"

#define HOLE        (64u << 10)   /* bytes: a run of zeros of that length and alignment is left out */
#define CHECK_EVERY (4ull << 20)  /* bytes written between looks at what is free */
#define LEFT_FREE   (64ull << 20) /* bytes of the file system that others keep */

struct scratch {
	char *was; /* the name that it had, for messages */
	char *path;
	int fd;
	uint64_t size, limit;
	uint64_t written, check_at; /* bytes that are no holes */
};

static char *beside(const char *dir)
{
	size_t len = strlen(dir);

	while (len > 1 && dir[len - 1] == '/')
		len--;
	return str_printf("%.*s.import-XXXXXX", (int)len, dir);
}

static int make_parent(const char *path, struct err *err)
{
	_cleanup_free_ char *parent = xstrdup(path);
	char *slash = strrchr(parent, '/');

	if (!slash || slash == parent)
		return 0;
	*slash = '\0';
	return make_dirs(parent, 0755, err);
}

int scratch_new(const char *dir, uint64_t limit, struct scratch **ret, struct err *err)
{
	_cleanup_free_ char *name = beside(dir);
	_cleanup_close_ int fd = -EBADF;
	struct scratch *s;
	int r;

	if ((r = make_parent(name, err)) < 0)
		return r;
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0 || unlink(name) < 0)
		return err_sys(err, errno, "%s", name);
	s = xcalloc(1, sizeof(*s));
	*s = (struct scratch){.was = TAKE_PTR(name), .limit = limit};
	s->path = str_printf("/proc/%d/fd/%d", (int)getpid(), fd);
	s->fd = TAKE_FD(fd);
	*ret = s;
	return 0;
}

static int check_free(struct scratch *s, struct err *err)
{
	struct statvfs fs;

	if (s->written < s->check_at)
		return 0;
	s->check_at = s->written + CHECK_EVERY;
	if (fstatvfs(s->fd, &fs) < 0)
		return err_sys(err, errno, "%s", s->was);
	if ((uint64_t)fs.f_bavail * fs.f_frsize >= LEFT_FREE + CHECK_EVERY)
		return 0;
	return err_set(err, ENOSPC,
		       "%s: the disk needs more room than there is (%" PRIu64
		       " bytes of it are written, and 64 MiB are left alone): free some, or put the image "
		       "elsewhere",
		       s->was, s->written);
}

static int write_data(struct scratch *s, const uint8_t *buf, size_t len, uint64_t at, struct err *err)
{
	int r = check_free(s, err);

	if (r < 0)
		return r;
	s->written += len;
	r = pwrite_full(s->fd, buf, len, at, err);
	return r < 0 ? err_prepend(err, "%s", s->was) : 0;
}

/* Up to the next multiple of HOLE in the file. */
static size_t piece_len(uint64_t at, size_t left)
{
	size_t n = HOLE - (size_t)(at % HOLE);

	return n < left ? n : left;
}

int scratch_add(struct scratch *s, const void *buf, size_t len, struct err *err)
{
	const uint8_t *p = buf;
	size_t begin = 0, at = 0;
	int r = 0;

	if (len > s->limit - s->size)
		return err_set(err, EFBIG,
			       "the disk has more than the %" PRIu64 " bytes that an image may have",
			       s->limit);
	while (r == 0 && at < len) {
		size_t n = piece_len(s->size + at, len - at);

		if (zeros_only(p + at, n)) {
			if (at > begin)
				r = write_data(s, p + begin, at - begin, s->size + begin, err);
			begin = at + n;
		}
		at += n;
	}
	if (r == 0 && len > begin)
		r = write_data(s, p + begin, len - begin, s->size + begin, err);
	s->size += len;
	return r;
}

int scratch_end(struct scratch *s, struct err *err)
{
	return ftruncate(s->fd, (off_t)s->size) < 0 ? err_sys(err, errno, "%s", s->was) : 0;
}

int scratch_fd(const struct scratch *s)
{
	return s->fd;
}

const char *scratch_path(const struct scratch *s)
{
	return s->path;
}

uint64_t scratch_size(const struct scratch *s)
{
	return s->size;
}

void scratch_free(struct scratch *s)
{
	if (!s)
		return;
	close(s->fd);
	free(s->was);
	free(s->path);
	free(s);
}

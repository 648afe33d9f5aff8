/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of this machine: it appears whole or not at all (images/outdir.h). */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"
#include "images/outdir.h"
#include "images/store/copy.h"
#include "images/store/dest_kind.h"

struct folder {
	char *path;
	bool force;
	struct outdir *out; /* from begin to commit */
	bool (*cancelled)(void *data);
	void *data;
};

int dest_folder_open(const struct dest_options *o, void **ret, struct err *err)
{
	struct folder *f;

	if (o->token_file || o->endpoint || o->region || o->credentials_file)
		return err_set(err, EINVAL,
			       "%s is a folder: it takes no token, endpoint, region or credentials",
			       o->where);
	f = xcalloc(1, sizeof(*f));
	*f = (struct folder){
		.path = xstrdup(o->where), .force = o->force, .cancelled = o->cancelled, .data = o->data};
	*ret = f;
	return 0;
}

static void folder_free(void *self)
{
	struct folder *f = self;

	outdir_free(f->out);
	free(f->path);
	free(f);
}

static int folder_read(void *self, const char *name, size_t limit, char **ret, size_t *ret_len,
		       struct err *err)
{
	struct folder *f = self;
	_cleanup_free_ char *path = path_join(f->path, name);

	return file_read(path, limit, ret, ret_len, err);
}

static int folder_size(void *self, const char *name, uint64_t *ret, struct err *err)
{
	struct folder *f = self;
	_cleanup_free_ char *path = path_join(f->path, name);
	struct stat st;

	if (lstat(path, &st) < 0)
		return err_sys(err, errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ENOENT, "%s: not a file", path);
	*ret = (uint64_t)st.st_size;
	return 0;
}

static int folder_has(void *self, const struct dest_file *file, bool *ret, struct err *err)
{
	struct folder *f = self;
	_cleanup_free_ char *path = path_join(f->path, file->name);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	*ret = false;
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != file->size)
		return 0;
	return copy_equal(fd, file->fd, file->body, file->size, ret, err);
}

/* What differs is replaced as a whole: dest.h's caller has found out whether it may be. */
static int folder_begin(void *self, const char *manifest, struct err *err)
{
	struct folder *f = self;
	bool there = access(f->path, F_OK) == 0;

	(void)manifest;
	return outdir_begin(f->path, there, &f->out, err);
}

static int folder_put(void *self, const struct dest_file *file, struct dest_progress *progress,
		      struct err *err)
{
	struct folder *f = self;
	struct copy copy = {.from = file->fd,
			    .len = file->size,
			    .cancelled = f->cancelled,
			    .cancelled_data = f->data,
			    .progress = progress->show,
			    .data = progress->data};
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (file->body)
		return outdir_write(f->out, file->name, file->body, file->size, err);
	if ((r = outdir_create(f->out, file->name, &fd, err)) < 0)
		return r;
	copy.to = fd;
	if (copy_run(&copy, err) < 0)
		return err_prepend(err, "%s/%s", outdir_path(f->out), file->name);
	return fsync(fd) < 0 ? err_sys(err, errno, "%s/%s: flush", outdir_path(f->out), file->name) : 0;
}

static int folder_commit(void *self, struct err *err)
{
	struct folder *f = self;
	int r = outdir_commit(f->out, err);

	if (r == 0)
		outdir_free(TAKE_PTR(f->out));
	return r;
}

const struct dest_kind dest_folder = {
	.free = folder_free,
	.read = folder_read,
	.has = folder_has,
	.size = folder_size,
	.begin = folder_begin,
	.put = folder_put,
	.commit = folder_commit,
};

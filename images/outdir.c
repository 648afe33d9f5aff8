/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "core/io.h"
#include "images/manifest.h"
#include "images/outdir.h"

static const struct {
	const char *name;
	enum outdir_name is;
} names[] = {
	{MANIFEST_FILE, OUTDIR_NAME_IMAGE},    {MANIFEST_SIG_FILE, OUTDIR_NAME_IMAGE},
	{OUTDIR_INDEX, OUTDIR_NAME_IMAGE},     {OUTDIR_PAYLOAD, OUTDIR_NAME_IMAGE},
	{OUTDIR_KERNEL, OUTDIR_NAME_KEXEC},    {OUTDIR_INITRD, OUTDIR_NAME_KEXEC},
	{OUTDIR_SCRATCH, OUTDIR_NAME_SCRATCH},
};
#define N_NAMES (sizeof(names) / sizeof(names[0]))

struct outdir {
	char *dir, *parent, *partial;
	int fd;       /* of partial, locked */
	bool replace; /* dir exists and is an image */
	bool keep;    /* on failure it is left */
};

DEFINE_CLEANUP(DIR *, closedir);

enum outdir_name outdir_name(const char *name)
{
	for (size_t i = 0; i < N_NAMES; i++)
		if (!strcmp(names[i].name, name))
			return names[i].is;
	return OUTDIR_NAME_OTHER;
}

/* Only what an image consists of may be replaced. */
static int check_replaceable(const char *dir, struct err *err)
{
	_cleanup_(closedirp) DIR *d = opendir(dir);
	bool image = false, kexec = false;
	struct dirent *e;

	if (!d)
		return err_sys(err, errno, "%s", dir);
	while ((errno = 0, e = readdir(d))) {
		enum outdir_name is = outdir_name(e->d_name);

		image = image || is == OUTDIR_NAME_IMAGE;
		kexec = kexec || is == OUTDIR_NAME_KEXEC;
		if (is == OUTDIR_NAME_OTHER && strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			return err_set(err, ENOTEMPTY,
				       "%s: holds %s, which is no part of an image: not replaced", dir,
				       e->d_name);
	}
	if (errno)
		return err_sys(err, errno, "%s", dir);
	if (kexec && !image)
		return err_set(err, ENOTEMPTY, "%s: holds a kernel, and no image: not replaced", dir);
	return 0;
}

static int check_target(struct outdir *out, bool force, struct err *err)
{
	struct stat st;

	if (lstat(out->dir, &st) < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "%s", out->dir);
	if (!force)
		return err_set(err, EEXIST, "%s: exists already; --force replaces an image", out->dir);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ENOTDIR, "%s: not a folder", out->dir);
	out->replace = true;
	return check_replaceable(out->dir, err);
}

static void remove_files(int fd, bool keep_payload)
{
	for (size_t i = 0; i < N_NAMES; i++)
		if (!keep_payload || strcmp(names[i].name, OUTDIR_PAYLOAD) != 0)
			unlinkat(fd, names[i].name, 0);
}

static int open_partial(struct outdir *out, bool keep_payload, struct err *err)
{
	struct stat held, there;

	if (mkdir(out->partial, 0755) < 0 && errno != EEXIST)
		return err_sys(err, errno, "%s", out->partial);
	out->fd = open(out->partial, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out->fd < 0)
		return err_sys(err, errno, "%s", out->partial);
	if (flock(out->fd, LOCK_EX | LOCK_NB) < 0) {
		int r = errno == EWOULDBLOCK
				? err_set(err, EBUSY, "%s: another process packs into it", out->partial)
				: err_sys(err, errno, "%s: lock", out->partial);

		close(TAKE_FD(out->fd)); /* it is the other's: outdir_free() must leave it alone */
		return r;
	}
	/* between open and lock the other may have renamed it: then what we hold is a finished image */
	if (fstat(out->fd, &held) < 0 || lstat(out->partial, &there) < 0 || held.st_ino != there.st_ino ||
	    held.st_dev != there.st_dev) {
		close(TAKE_FD(out->fd));
		return err_set(err, EBUSY, "%s: another process has just packed into it", out->partial);
	}
	remove_files(out->fd, keep_payload);
	return 0;
}

static int split_path(const char *dir, struct outdir *out, struct err *err)
{
	size_t len = strlen(dir);
	const char *slash;

	while (len > 1 && dir[len - 1] == '/')
		len--;
	out->dir = str_printf("%.*s", (int)len, dir);
	slash = strrchr(out->dir, '/');
	if (!strcmp(slash ? slash + 1 : out->dir, "") || !strcmp(slash ? slash + 1 : out->dir, ".") ||
	    !strcmp(slash ? slash + 1 : out->dir, ".."))
		return err_set(err, EINVAL, "\"%s\" is no name for a new folder", dir);
	out->parent = !slash              ? xstrdup(".")
		      : slash == out->dir ? xstrdup("/")
					  : str_printf("%.*s", (int)(slash - out->dir), out->dir);
	out->partial = str_printf("%s.partial", out->dir);
	return 0;
}

int outdir_check(const char *dir, bool force, struct err *err)
{
	_cleanup_(outdir_freep) struct outdir *out = xcalloc(1, sizeof(*out));
	int r;

	out->fd = -EBADF;
	r = split_path(dir, out, err);
	return r < 0 ? r : check_target(out, force, err);
}

static int begin(const char *dir, bool force, bool keep_payload, struct outdir **ret, struct err *err)
{
	_cleanup_(outdir_freep) struct outdir *out = xcalloc(1, sizeof(*out));
	int r;

	out->fd = -EBADF;
	if ((r = split_path(dir, out, err)) < 0 || (r = check_target(out, force, err)) < 0 ||
	    (r = make_dirs(out->parent, 0755, err)) < 0 || (r = open_partial(out, keep_payload, err)) < 0)
		return r;
	*ret = TAKE_PTR(out);
	return 0;
}

int outdir_begin(const char *dir, bool force, struct outdir **ret, struct err *err)
{
	return begin(dir, force, false, ret, err);
}

int outdir_begin_again(const char *dir, bool force, struct outdir **ret, struct err *err)
{
	return begin(dir, force, true, ret, err);
}

void outdir_keep(struct outdir *out)
{
	out->keep = true;
}

int outdir_fd(const struct outdir *out)
{
	return out->fd;
}

const char *outdir_path(const struct outdir *out)
{
	return out->partial;
}

int outdir_create(const struct outdir *out, const char *name, int *ret_fd, struct err *err)
{
	int fd = openat(out->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0)
		return err_sys(err, errno, "%s/%s", out->partial, name);
	*ret_fd = fd;
	return 0;
}

int outdir_open(const struct outdir *out, const char *name, int *ret_fd, struct err *err)
{
	int fd = openat(out->fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close_fdp(&fd);
		return err_set(err, EIO, "%s/%s: cannot be opened as a file", out->partial, name);
	}
	*ret_fd = fd;
	return 0;
}

int outdir_write(const struct outdir *out, const char *name, const void *buf, size_t len, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	int r;

	if ((r = outdir_create(out, name, &fd, err)) < 0)
		return r;
	if (write_full(fd, buf, len, err) < 0)
		return err_prepend(err, "%s/%s", out->partial, name);
	if (fsync(fd) < 0)
		return err_sys(err, errno, "%s/%s: flush", out->partial, name);
	return 0;
}

static int sync_folder(const char *path, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return err_sys(err, errno, "%s: flush", path);
	return 0;
}

int outdir_commit(struct outdir *out, struct err *err)
{
	if (fsync(out->fd) < 0)
		return err_sys(err, errno, "%s: flush", out->partial);
	if (!out->replace) {
		if (rename(out->partial, out->dir) < 0)
			return err_sys(err, errno, "%s: rename to %s", out->partial, out->dir);
		close(TAKE_FD(out->fd)); /* it is no longer ours to remove */
		return sync_folder(out->parent, err);
	}
	if (renameat2(AT_FDCWD, out->partial, AT_FDCWD, out->dir, RENAME_EXCHANGE) < 0)
		return err_sys(err, errno, "%s: exchange with %s (remove that first)", out->partial,
			       out->dir);
	/* partial is the former image now: outdir_free() removes it */
	out->keep = false;
	close(out->fd);
	out->fd = open(out->partial, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return sync_folder(out->parent, err);
}

void outdir_free(struct outdir *out)
{
	if (!out)
		return;
	if (out->fd >= 0 && !out->keep) {
		remove_files(out->fd, false);
		rmdir(out->partial);
	}
	close_fdp(&out->fd);
	free(out->dir);
	free(out->parent);
	free(out->partial);
	free(out);
}

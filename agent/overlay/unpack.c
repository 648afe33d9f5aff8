/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/overlay/unpack.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "core/beneath.h"
#include "core/io.h"

/* What is under way. */
struct unpacking {
	int root;
	const struct overlay *overlay;
	const struct overlay_input *input;
	struct archive *archive;
	struct archive_entry *entry; /* the one that is being made */
	uint64_t files, bytes;       /* so far, as the declaration counts them */
};

/* Where an entry goes. */
struct place {
	int folder; /* open, O_PATH */
	const char *name;
};

/* The folders above have been made by earlier entries: an archive that names them later, or never, is refused. */
static int find_place(const struct unpacking *u, char *clean, struct place *ret, struct err *err)
{
	char *slash = strrchr(clean, '/');
	int fd;

	if (slash)
		*slash = '\0';
	fd = beneath_open(u->root, slash ? clean : "", O_PATH | O_DIRECTORY, 0);
	if (slash)
		*slash = '/';
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return err_set(err, EBADMSG, "it lies in no folder of the archive before it");
	if (fd < 0)
		return err_sys(err, errno, "the folder that it lies in");
	*ret = (struct place){fd, slash ? slash + 1 : clean};
	return 0;
}

static int not_made(struct err *err)
{
	if (errno == EEXIST)
		return err_set(err, EBADMSG, "it stands twice in the archive");
	return err_sys(err, errno, "making it");
}

/* ---- contents ---- */

static int take_bytes(struct unpacking *u, uint64_t bytes, struct err *err)
{
	if (bytes > u->overlay->size - u->bytes)
		return err_set(err, EFBIG,
			       "the archive has more than the %" PRIu64 " bytes that are declared",
			       u->overlay->size);
	u->bytes += bytes;
	return 0;
}

static int copy_content(const struct unpacking *u, int fd, uint64_t size, struct err *err)
{
	const void *buf;
	int64_t offset;
	size_t len;
	int r;

	while ((r = archive_read_data_block(u->archive, &buf, &len, &offset)) == ARCHIVE_OK) {
		if (u->input->cancelled(u->input->data))
			return err_set(err, ECANCELED, "cancelled");
		if (offset < 0 || (uint64_t)offset > size || len > size - (uint64_t)offset)
			return err_set(err, EBADMSG, "it has more than the %" PRIu64 " bytes of its header",
				       size);
		if ((r = pwrite_full(fd, buf, len, (uint64_t)offset, err)) < 0)
			return r;
	}
	if (r != ARCHIVE_EOF)
		return tar_read_failed(u->archive, err);
	return ftruncate(fd, (off_t)size) < 0 ? err_sys(err, errno, "its size") : 0;
}

static int make_regular(struct unpacking *u, const struct place *at, mode_t mode, struct err *err)
{
	int64_t size = archive_entry_size(u->entry);
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (size < 0 || (uint64_t)size > OVERLAY_SIZE_MAX)
		return err_set(err, EFBIG, "its size is %" PRId64 " bytes", size);
	if ((r = take_bytes(u, overlay_takes((uint64_t)size), err)) < 0)
		return r;
	fd = beneath_open(at->folder, at->name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		return not_made(err);
	if ((r = copy_content(u, fd, (uint64_t)size, err)) < 0)
		return r;
	return fchmod(fd, mode & 0777) < 0 ? err_sys(err, errno, "its mode") : 0;
}

/* ---- names ---- */

static int make_link(struct unpacking *u, const struct place *at, const char *clean, struct err *err)
{
	const char *to = archive_entry_symlink(u->entry);
	int r;

	if (!to || !overlay_link_valid(clean, to))
		return err_set(err, EBADMSG, "a symbolic link to %.300s, which may lead out of the overlay",
			       to ?: "nothing");
	if ((r = take_bytes(u, OVERLAY_BLOCK, err)) < 0)
		return r;
	if (symlinkat(to, at->folder, at->name) < 0)
		return not_made(err);
	return 0;
}

/* Another name of a regular file that the archive has had before. */
static int make_hardlink(struct unpacking *u, const struct place *at, const char *to, struct err *err)
{
	struct place from = {.folder = -EBADF, .name = ""};
	char clean[PATH_MAX];
	struct stat st;
	int r = beneath_clean(to, clean, err);

	if (r == 0 && !*clean)
		r = err_set(err, EBADMSG, "it is the root");
	if (r == 0)
		r = find_place(u, clean, &from, err);
	if (r < 0)
		return err_prepend(err, "a hard link to %.300s", to);
	if (fstatat(from.folder, from.name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		r = err_set(err, EBADMSG, "a hard link to %.300s, which is no file of the archive before it",
			    to);
	else if (linkat(from.folder, from.name, at->folder, at->name, 0) < 0)
		r = not_made(err);
	close(from.folder);
	return r;
}

static int make_folder(const struct place *at, mode_t mode, struct err *err)
{
	if (mkdirat(at->folder, at->name, 0700) < 0)
		return not_made(err);
	if (fchmodat(at->folder, at->name, mode & 0777, 0) < 0)
		return err_sys(err, errno, "its mode");
	return 0;
}

/* ---- entries ---- */

static int make(struct unpacking *u, const struct place *at, const char *clean, struct err *err)
{
	const char *hardlink = archive_entry_hardlink(u->entry);
	mode_t mode = archive_entry_mode(u->entry);

	if (hardlink)
		return make_hardlink(u, at, hardlink, err);
	if (mode & (S_ISUID | S_ISGID))
		return err_set(err, EBADMSG, "its mode %o sets the user or group, which no overlay may",
			       mode & 07777u);
	switch (mode & S_IFMT) {
	case S_IFREG:
		return make_regular(u, at, mode, err);
	case S_IFLNK:
		return make_link(u, at, clean, err);
	case S_IFDIR:
		return make_folder(at, mode, err);
	default:
		return err_set(err, EBADMSG,
			       "it is a device node, a FIFO or a socket, which no overlay may bring");
	}
}

static int unpack_entry(struct unpacking *u, const char *path, struct err *err)
{
	struct place at = {.folder = -EBADF, .name = ""};
	char clean[PATH_MAX];
	int r = beneath_clean(path, clean, err);

	if (r < 0)
		return r;
	if (!*clean && (!S_ISDIR(archive_entry_mode(u->entry)) || archive_entry_hardlink(u->entry)))
		return err_set(err, EBADMSG, "the root is no folder");
	if (!*clean) /* it is there, and what it is is ours to say */
		return 0;
	if (!overlay_place_valid(clean,
				 S_ISDIR(archive_entry_mode(u->entry)) && !archive_entry_hardlink(u->entry)))
		return err_set(err, EBADMSG, "nothing may lie there but an empty folder");
	if ((r = find_place(u, clean, &at, err)) < 0)
		return r;
	r = make(u, &at, clean, err);
	close(at.folder);
	return r;
}

static int next_entry(struct unpacking *u, struct err *err)
{
	const char *path = archive_entry_pathname(u->entry);

	if (u->input->cancelled(u->input->data))
		return err_set(err, ECANCELED, "cancelled");
	if (++u->files > u->overlay->files)
		return err_set(err, EFBIG,
			       "the archive has more than the %" PRIu64 " entries that are declared",
			       u->overlay->files);
	if (!path)
		return err_set(err, EBADMSG, "an entry without a name");
	if (unpack_entry(u, path, err) < 0)
		return err->code == ECANCELED ? -ECANCELED : err_prepend(err, "%.300s", path);
	return 0;
}

/* Those that the archive has left out. */
static int make_mount_points(int root, struct err *err)
{
	for (const char *const *p = overlay_mount_points; *p; p++)
		if (mkdirat(root, *p, 0755) < 0 && errno != EEXIST)
			return err_sys(err, errno, "making the folder %s", *p);
	return 0;
}

int overlay_unpack_into(int root, const struct overlay *overlay, const struct overlay_input *input,
			struct err *err)
{
	_cleanup_(tar_read_closep) struct archive *archive = NULL;
	struct unpacking u = {.root = root, .overlay = overlay, .input = input};
	int r = tar_read_open(&input->source, &archive, err);

	u.archive = archive;
	while (r == 0 && (r = tar_read_next(archive, &u.entry, err)) == 0 && u.entry)
		r = next_entry(&u, err);
	if (r == 0 && u.files != overlay->files)
		r = err_set(err, EBADMSG,
			    "the archive ends after %" PRIu64 " of the %" PRIu64 " entries that are declared",
			    u.files, overlay->files);
	return r < 0 ? r : make_mount_points(root, err);
}

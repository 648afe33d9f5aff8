/* SPDX-License-Identifier: Apache-2.0 */
/* What lies in an images folder. Symbolic links are neither followed nor touched: the station does not serve them. */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"
#include "images/manifest.h"
#include "images/outdir.h"
#include "images/store/gc.h"

#define ENTRIES_MAX 100000

DEFINE_CLEANUP(DIR *, closedir);

void gc_entry_clear(struct gc_entry *e)
{
	free(e->folder);
	free(e->name);
	free(e->version);
	for (unsigned i = 0; i < e->n_files; i++)
		free(e->files[i]);
	*e = (struct gc_entry){0};
}

void gc_clear(struct gc *gc)
{
	for (unsigned i = 0; i < gc->n_entries; i++)
		gc_entry_clear(&gc->entries[i]);
	free(gc->entries);
	*gc = (struct gc){0};
}

static void other(struct gc_entry *e, const char *why, const char *what)
{
	e->kind = GC_OTHER;
	snprintf(e->reason, sizeof(e->reason), why, what);
}

static int read_manifest(int fd, struct gc_entry *e)
{
	const struct manifest_file *files[MANIFEST_FILES_MAX];
	_cleanup_(manifest_freep) struct manifest *m = NULL;
	_cleanup_free_ char *text = NULL;
	struct err err;
	size_t len;
	struct stat st;

	if (fstatat(fd, MANIFEST_FILE, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -ENOENT;
	e->kind = GC_IMAGE;
	if (!S_ISREG(st.st_mode) || file_read_at(fd, MANIFEST_FILE, MANIFEST_MAX, &text, &len, &err) < 0 ||
	    manifest_parse(text, len, &m, &err) < 0) {
		other(e, "left alone: its %s is not one", MANIFEST_FILE);
		return 0;
	}
	e->name = xstrdup(m->name);
	e->version = xstrdup(m->version);
	e->serial = m->serial;
	for (unsigned i = 0, n = manifest_files(m, files); i < n; i++)
		e->files[e->n_files++] = xstrdup(files[i]->file);
	e->files[e->n_files++] = xstrdup(m->index_file);
	e->files[e->n_files++] = xstrdup(m->payload_file);
	hex_encode(m->sha256, SHA256_SIZE, e->sha256);
	return 0;
}

static bool named(const struct gc_entry *e, const char *file)
{
	for (unsigned i = 0; i < e->n_files; i++)
		if (!strcmp(e->files[i], file))
			return true;
	return false;
}

/* A kernel that no manifest names is part of an image's remains, if that: with a manifest it is somebody else's. */
static bool known(const struct gc_entry *e, const char *file)
{
	enum outdir_name is = outdir_name(file);

	return named(e, file) || (is == OUTDIR_NAME_KEXEC ? e->kind == GC_REMAINS : is != OUTDIR_NAME_OTHER);
}

static void count_file(int fd, const char *file, struct gc_entry *e)
{
	struct stat st;

	if (!known(e, file)) {
		other(e, "left alone: holds %.60s, which is no part of an image", file);
		return;
	}
	if (fstatat(fd, file, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (!S_ISREG(st.st_mode)) {
		other(e, "left alone: %.60s is not a file", file);
		return;
	}
	e->bytes += (uint64_t)st.st_blocks * 512;
	if (st.st_mtime > e->touched)
		e->touched = st.st_mtime;
}

/* Remains of an image have something that no boot folder has. */
static int count_files(DIR *d, struct gc_entry *e)
{
	bool image = false, kexec = false;
	struct dirent *entry;

	while ((errno = 0, entry = readdir(d)) && e->kind != GC_OTHER) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		image = image || outdir_name(entry->d_name) == OUTDIR_NAME_IMAGE;
		kexec = kexec || outdir_name(entry->d_name) == OUTDIR_NAME_KEXEC;
		count_file(dirfd(d), entry->d_name, e);
	}
	if (errno)
		return -errno;
	if (e->kind == GC_REMAINS && kexec && !image)
		other(e, "left alone: holds %s", "a kernel, and no image");
	return 0;
}

int gc_look(int dir_fd, const char *folder, struct gc_entry *e, struct err *err)
{
	int fd = openat(dir_fd, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), r;
	_cleanup_(closedirp) DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct stat st;

	if (!d || fstat(fd, &st) < 0) {
		int e_no = errno;

		if (!d)
			close_fdp(&fd);
		return err_sys(err, e_no, "%s", folder);
	}
	e->touched = st.st_mtime;
	if (read_manifest(fd, e) == -ENOENT)
		e->kind = GC_REMAINS;
	r = count_files(d, e);
	return r < 0 ? err_sys(err, -r, "%s", folder) : 0;
}

static bool is_folder(int dir_fd, const struct dirent *entry)
{
	struct stat st;

	return entry->d_name[0] != '.' && fstatat(dir_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(st.st_mode);
}

static int by_name_and_serial(const void *a, const void *b)
{
	const struct gc_entry *x = a, *y = b;
	int c = strcmp(x->name ? x->name : x->folder, y->name ? y->name : y->folder);

	if (c)
		return c;
	if (x->serial != y->serial)
		return x->serial < y->serial ? 1 : -1;
	return strcmp(x->folder, y->folder);
}

int gc_scan(const char *dir, struct gc *ret, struct err *err)
{
	_cleanup_(closedirp) DIR *d = opendir(dir);
	_cleanup_(gc_clear) struct gc gc = {0};
	struct dirent *entry;

	if (!d)
		return err_sys(err, errno, "%s", dir);
	while ((errno = 0, entry = readdir(d))) {
		struct gc_entry *grown;

		if (!is_folder(dirfd(d), entry))
			continue;
		if (gc.n_entries == ENTRIES_MAX)
			return err_set(err, EFBIG, "%s: more than %d folders", dir, ENTRIES_MAX);
		grown = reallocarray(gc.entries, gc.n_entries + 1, sizeof(*grown));
		if (!grown)
			return err_sys(err, ENOMEM, "%s", dir);
		gc.entries = grown;
		grown[gc.n_entries] = (struct gc_entry){.folder = xstrdup(entry->d_name)};
		if (gc_look(dirfd(d), entry->d_name, &grown[gc.n_entries++], err) < 0)
			return err_prepend(err, "%s", dir);
	}
	if (errno)
		return err_sys(err, errno, "%s", dir);
	if (gc.n_entries)
		qsort(gc.entries, gc.n_entries, sizeof(*gc.entries), by_name_and_serial);
	*ret = gc;
	memset(&gc, 0, sizeof(gc));
	return 0;
}

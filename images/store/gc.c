/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>

#include "core/io.h"
#include "images/manifest.h"
#include "images/outdir.h"
#include "images/store/gc.h"

#define REMAINS_AGE 86400 /* seconds: a copy by other tools may bring the manifest last */

static void say(struct gc_entry *e, bool remove, const char *reason)
{
	e->remove = remove;
	snprintf(e->reason, sizeof(e->reason), "%s", reason);
}

static void say_used(struct gc_entry *e, int used)
{
	say(e, false, used == GC_USED_BY_RUN ? "a run that is not over uses it" : "an open order uses it");
}

static bool young(const struct gc_entry *e, time_t now, time_t age)
{
	return age && e->touched > now - age;
}

/* newer: how many higher serials of its name there are. */
static int decide_image(const struct gc_options *o, struct gc_entry *e, uint64_t newer, struct err *err)
{
	int used;

	if (newer < o->keep) {
		say(e, false, newer ? "among the newest" : "the newest");
		return 0;
	}
	if (young(e, o->now, o->min_age)) {
		say(e, false, "younger than --min-age");
		return 0;
	}
	used = o->used ? o->used(o->data, e, err) : 0;
	if (used < 0)
		return used;
	if (used)
		say_used(e, used);
	else
		say(e, true, "old");
	return 0;
}

static void decide_remains(const struct gc_options *o, struct gc_entry *e)
{
	if (young(e, o->now, REMAINS_AGE))
		say(e, false, "unfinished, and touched within a day");
	else
		say(e, true, "unfinished, and left for more than a day");
}

/* Entries of one name follow each other, newest first; two folders may hold the same serial. */
static int decide(const struct gc_options *o, struct gc *gc, struct err *err)
{
	const struct gc_entry *before = NULL;
	uint64_t newer = 0;
	int r;

	for (unsigned i = 0; i < gc->n_entries; i++) {
		struct gc_entry *e = &gc->entries[i];

		if (e->kind == GC_REMAINS)
			decide_remains(o, e);
		if (e->kind != GC_IMAGE)
			continue;
		if (!before || strcmp(before->name, e->name) != 0)
			newer = 0;
		else if (before->serial != e->serial)
			newer++;
		before = e;
		if ((r = decide_image(o, e, newer, err)) < 0)
			return r;
	}
	return 0;
}

int gc_plan(const struct gc_options *o, struct gc *ret, struct err *err)
{
	_cleanup_(gc_clear) struct gc gc = {0};
	int r;

	if ((r = gc_scan(o->dir, &gc, err)) < 0 || (r = decide(o, &gc, err)) < 0)
		return r;
	*ret = gc;
	gc = (struct gc){0};
	return 0;
}

/* Is it still what the plan was made for? */
static bool unchanged(int dir_fd, struct gc_entry *e)
{
	struct gc_entry now = {0};
	struct err err;
	bool same = gc_look(dir_fd, e->folder, &now, &err) == 0 && now.kind == e->kind &&
		    !strcmp(now.sha256, e->sha256) && now.touched == e->touched;

	gc_entry_clear(&now);
	return same;
}

static int remove_file(int fd, const char *folder, const char *file, struct err *err)
{
	if (unlinkat(fd, file, 0) < 0 && errno != ENOENT)
		return err_sys(err, errno, "%s/%s", folder, file);
	return 0;
}

static int remove_files(int dir_fd, int fd, const struct gc_entry *e, struct err *err)
{
	static const char *const rest[] = {OUTDIR_KERNEL, OUTDIR_INITRD,  MANIFEST_SIG_FILE,
					   OUTDIR_INDEX,  OUTDIR_PAYLOAD, OUTDIR_SCRATCH};
	int r = remove_file(fd, e->folder, MANIFEST_FILE, err);

	if (r == 0 && fsync(fd) < 0)
		r = err_sys(err, errno, "%s: flush", e->folder);
	/* kernel and initramfs first: without the others nobody could tell whose they are */
	for (unsigned i = 0; r == 0 && i < e->n_files; i++)
		r = remove_file(fd, e->folder, e->files[i], err);
	for (unsigned i = 0; r == 0 && i < sizeof(rest) / sizeof(rest[0]); i++)
		r = remove_file(fd, e->folder, rest[i], err);
	if (r == 0 && unlinkat(dir_fd, e->folder, AT_REMOVEDIR) < 0)
		r = err_sys(err, errno, "%s", e->folder);
	return r;
}

static int remove_entry(const struct gc_options *o, int dir_fd, struct gc_entry *e, struct err *err)
{
	_cleanup_close_ int fd = openat(dir_fd, e->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int used, r;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "%s", e->folder);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		say(e, false, "another process works in it");
		return 0;
	}
	if (!unchanged(dir_fd, e)) {
		say(e, false, "has changed since it was looked at");
		return 0;
	}
	used = o->used && e->kind == GC_IMAGE ? o->used(o->data, e, err) : 0;
	if (used < 0)
		return used;
	if (used) {
		say_used(e, used);
		return 0;
	}
	r = remove_files(dir_fd, fd, e, err);
	e->removed = r == 0;
	return r;
}

int gc_run(const struct gc_options *o, struct gc *gc, struct err *err)
{
	_cleanup_close_ int dir_fd = open(o->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir_fd < 0)
		return err_sys(err, errno, "%s", o->dir);
	for (unsigned i = 0; i < gc->n_entries; i++)
		if (gc->entries[i].remove && remove_entry(o, dir_fd, &gc->entries[i], err) < 0)
			return err_prepend(err, "%s", o->dir);
	return fsync(dir_fd) < 0 ? err_sys(err, errno, "%s: flush", o->dir) : 0;
}

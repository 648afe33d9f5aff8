/* SPDX-License-Identifier: Apache-2.0 */
/* The pipeline decodes in its own threads; one more unpacks, and the calling one keeps asking whether to go on. */
#include "agent/steps/tree/fill.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "agent/steps/tree/feed.h"
#include "agent/steps/tree/unpack.h"
#include "core/io.h"
#include "core/log.h"
#include "core/time.h"
#include "images/layout_check.h"

#define FLUSH_LIMIT_S 1800u /* for what is still in memory when the last byte has come */

struct fill {
	struct rig *rig;
	struct filled *filled;
	struct unpack tree, esp;
	struct tree_feed *feed;
	_Atomic bool stop;     /* by the calling thread */
	_Atomic bool finished; /* by the unpacking one; err and disk_failed are its own before that */
	struct err err;
	const struct pipeline_job *outer;
};

void filled_clear(struct filled *filled)
{
	tree_list_free(filled->tree);
	tree_list_free(filled->esp);
	pipeline_result_clear(&filled->result);
	*filled = (struct filled){0};
}

bool fill_is_disk_error(int code)
{
	switch (code) {
	case EIO:
	case ENXIO:
	case ENODEV:
	case EROFS: /* what a file system makes of an error below it */
	case ESHUTDOWN:
	case EUCLEAN:
	case ESTALE:
	case ENOMEDIUM:
	case ETIME:
		return true;
	default:
		return false;
	}
}

/* ---- the unpacking thread ---- */

static ssize_t read_feed(void *data, const void **ret)
{
	struct fill *fill = data;

	return tree_feed_get(fill->feed, ret);
}

static bool is_stopped(void *data)
{
	struct fill *fill = data;

	return atomic_load(&fill->stop) || tree_feed_is_cut(fill->feed);
}

/* "\EFI\BOOT\BOOTX64.EFI" */
static char *path_on_esp(const char *loader, const char *mount)
{
	char *path = str_printf("%s/%s", mount ? mount : ".", loader + strspn(loader, "\\"));

	for (char *p = path; *p; p++)
		if (*p == '\\')
			*p = '/';
	memmove(path, path + strspn(path, "/"), strlen(path + strspn(path, "/")) + 1);
	return path;
}

static int copy_loaders(struct fill *fill, struct err *err)
{
	const struct layout *layout = fill->rig->layout;
	const char *mount = layout_esp(layout)->mount;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < layout->n_copies; i++) {
		_cleanup_free_ char *to = path_on_esp(layout->copies[i].to, mount);

		r = unpack_copy(&fill->tree, layout->copies[i].from, mount ? &fill->tree : &fill->esp, to,
				err);
	}
	return r < 0 && r != -ECANCELED ? err_prepend(err, "boot loader") : r;
}

static int flush_all(const struct fill *fill, struct err *err)
{
	for (unsigned i = 0; i < fill->rig->n_mounts; i++) {
		_cleanup_close_ int fd = open(fill->rig->mounts[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0 || syncfs(fd) < 0)
			return err_sys(err, errno, "writing out %s", fill->rig->mounts[i]);
	}
	return 0;
}

static void *unpack_thread(void *data)
{
	struct fill *fill = data;
	int r = unpack_tar(&fill->tree, &fill->err);

	tree_feed_leave(fill->feed, &fill->err);
	if (!r)
		r = copy_loaders(fill, &fill->err);
	if (!r)
		r = flush_all(fill, &fill->err);
	if (r < 0)
		log_info("unpacking: %s", fill->err.text);
	atomic_store(&fill->finished, true);
	return NULL;
}

/* ---- the calling thread ---- */

static int sink(void *data, const void *plain, size_t len, struct err *err)
{
	struct fill *fill = data;

	return tree_feed_put(fill->feed, plain, len, err);
}

/* Cutting the feed wakes the pipeline's thread that waits in it. */
static bool cancelled(void *data)
{
	struct fill *fill = data;
	struct job *job = fill->rig->job;

	if (!job->ops->cancelled(job))
		return false;
	atomic_store(&fill->stop, true);
	tree_feed_end(fill->feed, false);
	return true;
}

static void progress(void *data, uint64_t done, uint64_t total)
{
	struct fill *fill = data;

	fill->rig->job->ops->progress(fill->rig->job, done, total);
}

static void note(void *data, const char *text)
{
	struct fill *fill = data;

	fill->rig->job->ops->note(fill->rig->job, text);
}

static int wait_finished(struct fill *fill, struct err *err)
{
	const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
	uint64_t until = monotonic_ns() + FLUSH_LIMIT_S * 1000000000ull;

	while (!atomic_load(&fill->finished)) {
		(void)cancelled(fill);
		if (monotonic_ns() >= until)
			return err_set(err, ETIME, "unpacking does not end: the disk does not answer");
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* The first cause is the unpacker's when it has one of its own. */
static int settle(struct fill *fill, int r, bool *ret_disk_failed, struct err *err)
{
	if (fill->err.code && fill->err.code != ECANCELED) {
		*err = fill->err;
		*ret_disk_failed = fill_is_disk_error(err->code);
		return err_prepend(err, "unpacking");
	}
	if (r == 0 && fill->err.code)
		*err = fill->err;
	return r ? r : -err->code;
}

static int run(struct fill *fill, bool *ret_disk_failed, bool *ret_stuck, struct err *err)
{
	struct pipeline_job p = *fill->outer;
	pthread_t thread;
	struct err stuck;
	int r;

	p.n_targets = 0;
	p.sink = sink;
	p.cancelled = cancelled;
	p.progress = progress;
	p.note = note;
	p.data = fill;
	r = pthread_create(&thread, NULL, unpack_thread, fill);
	if (r)
		return err_sys(err, r, "a thread that unpacks");
	r = pipeline_run(&p, &fill->filled->result, err);
	if (r < 0)
		atomic_store(&fill->stop, true);
	tree_feed_end(fill->feed, r == 0);
	if (wait_finished(fill, &stuck) < 0) {
		pthread_detach(thread);
		*ret_stuck = *ret_disk_failed = true;
		*err = stuck;
		return -err->code;
	}
	pthread_join(thread, NULL);
	fill->filled->bytes = fill->tree.bytes;
	return settle(fill, r, ret_disk_failed, err);
}

/* ---- mounting, with the list's knowledge of it ---- */

static uint32_t flags_of(const struct fill *fill, unsigned partition)
{
	return TREE_MOUNT | (fill->rig->layout->partitions[partition].fs == LAYOUT_VFAT ? TREE_BARE : 0);
}

static int open_folder(const char *path, int *ret, struct err *err)
{
	*ret = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret < 0 ? err_sys(err, errno, "%s", path) : 0;
}

static int before_mount(void *data, unsigned partition, const char *where, struct err *err)
{
	struct fill *fill = data;

	(void)partition;
	return unpack_folder(&fill->tree, where, 0, err);
}

static int after_mount(void *data, unsigned partition, const char *where, struct err *err)
{
	struct fill *fill = data;
	uint32_t flags = flags_of(fill, partition);
	int r;

	if (where && *where)
		return unpack_folder_again(&fill->tree, where, flags, err);
	if (where) {
		if ((r = open_folder(RIG_TREE, &fill->tree.root, err)) < 0)
			return r;
		return unpack_folder_again(&fill->tree, ".", flags, err);
	}
	if ((r = open_folder(RIG_ESP, &fill->esp.root, err)) < 0)
		return r;
	fill->esp.list = fill->filled->esp = tree_list_new(TREE_LIST_MAX);
	return unpack_folder_again(&fill->esp, ".", flags, err);
}

static struct fill *fill_new(struct rig *rig, unsigned disk, const struct pipeline_job *pipeline,
			     struct filled *filled)
{
	struct fill *fill = xcalloc(1, sizeof(*fill));

	fill->rig = rig;
	fill->filled = filled;
	fill->outer = pipeline;
	fill->feed = tree_feed_new();
	fill->tree = (struct unpack){
		.root = -EBADF,
		.file_max = rig->disks[disk].root->size,
		.read = read_feed,
		.cancelled = is_stopped,
		.data = fill,
	};
	fill->esp = fill->tree;
	fill->tree.list = filled->tree = tree_list_new(TREE_LIST_MAX);
	return fill;
}

int fill_tree(struct rig *rig, unsigned disk, const struct pipeline_job *pipeline, struct filled *ret,
	      bool *ret_disk_failed, struct err *err)
{
	struct fill *fill;
	bool stuck = false;
	int r;

	filled_clear(ret);
	*ret_disk_failed = false;
	fill = fill_new(rig, disk, pipeline, ret);
	r = rig_mount(rig, disk, false, &(struct rig_hooks){before_mount, after_mount, fill}, err);
	if (r < 0)
		*ret_disk_failed = fill_is_disk_error(err->code);
	else
		r = run(fill, ret_disk_failed, &stuck, err);
	if (stuck) { /* the thread that does not come back still uses all of it */
		ret->tree = ret->esp = NULL;
		return r;
	}
	close_fdp(&fill->tree.root);
	close_fdp(&fill->esp.root);
	tree_feed_free(fill->feed);
	free(fill);
	return r;
}

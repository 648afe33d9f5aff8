/* SPDX-License-Identifier: Apache-2.0 */
/* Mounted read-only, every file compared, and all taken down again. */
#include "agent/steps/tree/read_back.h"

#include <fcntl.h>

#include "agent/steps/tree/compare.h"

static bool cancelled(void *data)
{
	struct read_back *back = data;

	return back->job->ops->cancelled(back->job);
}

static void progress(void *data, uint64_t bytes)
{
	struct read_back *back = data;

	back->job->ops->progress(back->job, back->bytes + bytes, back->filled->bytes);
}

static int compare(struct read_back *back, const char *folder, struct tree_list *list, struct err *err)
{
	_cleanup_close_ int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct compare c = {
		.root = fd,
		.list = list,
		.sampled = back->job->order->verify == ORDER_VERIFY_SAMPLED,
		.cancelled = cancelled,
		.progress = progress,
		.data = back,
	};
	int r;

	if (fd < 0)
		return err_sys(err, errno, "%s", folder);
	r = compare_tree(&c, err);
	back->files += c.files_read;
	back->bytes += c.bytes;
	return r;
}

static int check_swaps(struct read_back *back, struct err *err)
{
	int r = 0;

	for (unsigned p = 0; r == 0 && p < back->rig->layout->n_partitions; p++) {
		if (back->swaps[p].fs != LAYOUT_SWAP)
			continue;
		back->swaps[p].device = rig_device(back->rig, back->disk, p);
		r = mkfs_check_swap(&back->swaps[p], err);
	}
	return r;
}

static int read_up(struct read_back *back, struct err *err)
{
	int r;

	if ((r = rig_disk_up(back->rig, back->disk, err)) < 0 ||
	    (r = rig_mount(back->rig, back->disk, true, NULL, err)) < 0 ||
	    (r = compare(back, RIG_TREE, back->filled->tree, err)) < 0)
		return r;
	if (back->filled->esp && compare(back, RIG_ESP, back->filled->esp, err) < 0)
		return err_prepend(err, "EFI system partition");
	return check_swaps(back, err);
}

int read_back_disk(struct read_back *back, struct err *err)
{
	struct err down = {0};
	int r = read_up(back, err);

	if (rig_down(back->rig, &down) < 0 && r == 0) {
		*err = down;
		r = -down.code;
	}
	return r < 0 && r != -ECANCELED ? err_prepend(err, "reading back") : r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The choice of the root disks. */
#include "agent/steps/root_disk.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agent/hw/block/md.h"
#include "agent/steps/roots.h"
#include "core/io.h"

/* What is asked of a disk. */
struct wanted {
	const struct order *order;
	const struct manifest *manifest;
	bool one_array; /* its last bytes belong to the RAID */
};

/* Bytes for partitions. */
static uint64_t usable(const struct wanted *wanted, uint64_t disk_size)
{
	return wanted->one_array ? md_array_size(disk_size) : disk_size;
}

/* Image and, behind it, what personalise adds. */
static int check_size(const struct block *disk, const struct wanted *wanted, struct err *why)
{
	uint64_t size = usable(wanted, disk->size), needs = image_needs(wanted->manifest);
	struct gpt_tail tail;

	if (size < needs)
		return err_set(why, ENOSPC, "%" PRIu64 " bytes, and the image needs %" PRIu64, size, needs);
	if (!IS_ENABLED(CONFIG_STEP_PERSONALISE) && wanted->manifest->kind == IMAGE_DISK)
		return 0;
	return root_tail(size, wanted->manifest, &tail, why);
}

static int check_block_size(const struct block *disk, const struct manifest *manifest, struct err *why)
{
	uint32_t block = disk->logical_block_size;

	if (manifest->any_block_size ? block == 512 || block == 4096 : block == manifest->logical_block_size)
		return 0;
	if (manifest->any_block_size)
		return err_set(why, ENOSPC, "logical blocks of %u bytes, and the image is for 512 and 4096",
			       block);
	return err_set(why, ENOSPC, "logical blocks of %u bytes, and the image is for %u", block,
		       manifest->logical_block_size);
}

/* Can it be a root disk? If not, why says why. */
static int check_fit(const struct block *disk, const struct wanted *wanted, struct err *why)
{
	const struct order *order = wanted->order;
	bool wiped = !order->wipe.n_disks;
	const char *untouchable = block_untouchable(disk);
	int r;

	for (unsigned i = 0; i < order->wipe.n_disks; i++)
		wiped |= block_is(disk, order->wipe.disks[i]);
	if (untouchable)
		return err_set(why, ENOSPC, "%s", untouchable);
	if (!wiped)
		return err_set(why, ENOSPC, "not among the disks that the order wipes");
	r = check_block_size(disk, wanted->manifest, why);
	return r < 0 ? r : check_size(disk, wanted, why);
}

static int by_worth(const void *left, const void *right)
{
	const struct block *a = *(const struct block *const *)left, *b = *(const struct block *const *)right;
	bool a_nvme = a->transport == BLOCK_NVME, b_nvme = b->transport == BLOCK_NVME;

	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	if (a_nvme != b_nvme)
		return a_nvme ? -1 : 1;
	return strcmp(a->name, b->name);
}

static int find_named(const struct block *disks, unsigned n, const char *name, const struct block **ret,
		      struct err *err)
{
	const struct block *found = NULL;

	for (unsigned i = 0; i < n; i++) {
		if (!block_is(&disks[i], name))
			continue;
		if (found)
			return err_set(err, ENOENT, "root disk %s: two disks answer to this name", name);
		found = &disks[i];
	}
	if (!found)
		return err_set(err, ENOENT, "root disk %s: this machine has no such disk", name);
	*ret = found;
	return 0;
}

static int choose_named(const struct block *disks, unsigned n, const struct wanted *wanted,
			struct root ret[ORDER_ROOTS_MAX], unsigned *ret_n, struct err *err)
{
	const struct order *order = wanted->order;
	int r;

	for (unsigned i = 0; i < order->n_root_disks; i++) {
		const char *name = order->root_disks[i];

		if ((r = find_named(disks, n, name, &ret[i].block, err)) < 0)
			return r;
		if ((r = check_fit(ret[i].block, wanted, err)) < 0) {
			(void)err_prepend(err, "root disk %s", name);
			return r;
		}
		for (unsigned k = 0; k < i; k++)
			if (ret[k].block == ret[i].block)
				return err_set(err, ENOENT, "root disk %s is also named as %s", name,
					       order->root_disks[k]);
		*ret_n = i + 1;
	}
	return 0;
}

/* The best two of equal size, else the best two. */
static bool find_pair(const struct block *const *fit, unsigned n, struct root ret[ORDER_ROOTS_MAX])
{
	bool found = false;

	for (unsigned i = 0; i < n; i++)
		for (unsigned j = i + 1; j < n; j++) {
			bool equal = fit[i]->size == fit[j]->size;

			if (fit[i]->logical_block_size != fit[j]->logical_block_size || (found && !equal))
				continue;
			ret[0].block = fit[i];
			ret[1].block = fit[j];
			if (equal)
				return true;
			found = true;
		}
	return found;
}

static int choose(const struct block *disks, unsigned n, const struct wanted *wanted,
		  struct root ret[ORDER_ROOTS_MAX], unsigned *ret_n, struct err *err)
{
	_cleanup_free_ const struct block **fit = xcalloc(n ? n : 1, sizeof(const struct block *));
	bool pair = wanted->order->redundancy != ORDER_SINGLE;
	char reasons[768] = "";
	struct err why;
	unsigned n_fit = 0;
	size_t len = 0;

	for (unsigned i = 0; i < n; i++) {
		if (check_fit(&disks[i], wanted, &why) == 0)
			fit[n_fit++] = &disks[i];
		else if (len < sizeof(reasons))
			len += (size_t)snprintf(reasons + len, sizeof(reasons) - len, "; %s: %s",
						disks[i].name, why.text);
	}
	qsort(fit, n_fit, sizeof(const struct block *), by_worth);
	if (!pair && n_fit) {
		ret[0].block = fit[0];
		*ret_n = 1;
		return 0;
	}
	if (pair && find_pair(fit, n_fit, ret)) {
		*ret_n = 2;
		return 0;
	}
	if (n_fit > 1)
		return err_set(
			err, ENOSPC,
			"no two disks fit %s: those with room have logical blocks of different sizes%s",
			wanted->manifest->name, reasons);
	return err_set(err, ENOSPC, "%s %s%s%s%s", pair ? "no two disks fit" : "no disk fits",
		       wanted->manifest->name, n_fit ? "; it would fit on " : "", n_fit ? fit[0]->name : "",
		       n ? reasons : "; this machine has no disk");
}

/* One RAID, one size: the smallest member's. */
static int settle_sizes(const struct wanted *wanted, struct root *roots, unsigned n, struct err *err)
{
	uint64_t smallest = UINT64_MAX;

	for (unsigned i = 0; i < n; i++)
		smallest = roots[i].block->size < smallest ? roots[i].block->size : smallest;
	for (unsigned i = 0; i < n; i++)
		roots[i].size = wanted->one_array ? usable(wanted, smallest) : roots[i].block->size;
	for (unsigned i = 1; wanted->order->redundancy == ORDER_MIRROR && i < n; i++)
		if (roots[i].block->logical_block_size != roots[0].block->logical_block_size)
			return err_set(
				err, ENOSPC,
				"root disks %s and %s: logical blocks of %u and %u bytes cannot be one "
				"RAID",
				roots[0].block->name, roots[i].block->name,
				roots[0].block->logical_block_size, roots[i].block->logical_block_size);
	return 0;
}

int disks_choose_roots(const struct block *disks, unsigned n, const struct order *order,
		       const struct manifest *manifest, struct root ret[ORDER_ROOTS_MAX], unsigned *ret_n,
		       struct err *err)
{
	const struct wanted wanted = {.order = order,
				      .manifest = manifest,
				      .one_array = order->redundancy == ORDER_MIRROR &&
						   manifest->kind == IMAGE_DISK};
	struct root roots[ORDER_ROOTS_MAX] = {0};
	unsigned count = 0;
	int r = order->n_root_disks ? choose_named(disks, n, &wanted, roots, &count, err)
				    : choose(disks, n, &wanted, roots, &count, err);

	if (r == 0)
		r = settle_sizes(&wanted, roots, count, err);
	if (r < 0)
		return r;
	memcpy(ret, roots, sizeof(roots));
	*ret_n = count;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The choice of the root disk. */
#include "agent/steps/root_disk.h"

#include <inttypes.h>
#include <string.h>

#include "agent/steps/gpt.h"
#include "agent/steps/seed.h"

/* Image and, behind it, what personalise adds. */
static int check_size(const struct block *disk, const struct manifest *manifest, struct err *why)
{
	struct gpt_tail tail;

	if (disk->size < manifest->size)
		return err_set(why, ENOSPC, "%" PRIu64 " bytes, and the image needs %" PRIu64, disk->size,
			       manifest->size);
	if (!IS_ENABLED(CONFIG_STEP_PERSONALISE))
		return 0;
	return gpt_tail_place(disk->size, manifest->size, SEED_SIZE, &tail, why);
}

/* Can it be the root disk? If not, why says why. */
static int check_fit(const struct block *disk, const struct order *order, const struct manifest *manifest,
		     struct err *why)
{
	bool wiped = !order->n_wipe_disks;
	const char *untouchable = block_untouchable(disk);

	for (unsigned i = 0; i < order->n_wipe_disks; i++)
		wiped |= block_is(disk, order->wipe_disks[i]);
	if (untouchable)
		return err_set(why, ENOSPC, "%s", untouchable);
	if (!wiped)
		return err_set(why, ENOSPC, "not among the disks that the order wipes");
	if (disk->logical_block_size != manifest->logical_block_size)
		return err_set(why, ENOSPC, "logical blocks of %u bytes, and the image is for %u",
			       disk->logical_block_size, manifest->logical_block_size);
	return check_size(disk, manifest, why);
}

static bool is_better(const struct block *a, const struct block *b)
{
	bool a_nvme = a->transport == BLOCK_NVME, b_nvme = b->transport == BLOCK_NVME;
	if (a->size != b->size)
		return a->size < b->size;
	if (a_nvme != b_nvme)
		return a_nvme;
	return strcmp(a->name, b->name) < 0;
}

static int choose_named(const struct block *disks, unsigned n, const struct order *order,
			const struct manifest *manifest, const struct block **ret, struct err *err)
{
	const struct block *found = NULL;

	for (unsigned i = 0; i < n; i++) {
		if (!block_is(&disks[i], order->root_disk))
			continue;
		if (found)
			return err_set(err, ENOENT, "root disk %s: two disks answer to this name",
				       order->root_disk);
		found = &disks[i];
	}
	if (!found)
		return err_set(err, ENOENT, "root disk %s: this machine has no such disk", order->root_disk);
	if (check_fit(found, order, manifest, err) < 0)
		return err_prepend(err, "root disk %s", order->root_disk);
	*ret = found;
	return 0;
}

int disks_choose_root(const struct block *disks, unsigned n, const struct order *order,
		      const struct manifest *manifest, const struct block **ret, struct err *err)
{
	const struct block *best = NULL;
	char reasons[768] = "";
	struct err why;
	size_t len = 0;

	if (order->root_disk)
		return choose_named(disks, n, order, manifest, ret, err);
	for (unsigned i = 0; i < n; i++) {
		if (check_fit(&disks[i], order, manifest, &why) == 0) {
			if (!best || is_better(&disks[i], best))
				best = &disks[i];
		} else if (len < sizeof(reasons)) {
			len += (size_t)snprintf(reasons + len, sizeof(reasons) - len, "; %s: %s",
						disks[i].name, why.text);
		}
	}
	if (!best)
		return err_set(err, ENOSPC, "no disk fits %s%s", manifest->name,
			       n ? reasons : "; this machine has no disk");
	*ret = best;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/steps/wipe/single.h"

#include <string.h>

#include "agent/hw/nvme/nvme.h"

enum {
	SPARE_SHARE = 20
}; /* a part in this many of the capacity may stay unused: a namespace's size has its granularity */

/* A drive whose every namespace was erased has no data left to lose. */
static bool is_erased(const struct nvme_controller *c, const struct nvme_caps *caps,
		      const struct block *const *drives, unsigned n)
{
	unsigned erased = 0;

	for (unsigned i = 0; i < n; i++)
		erased += drives[i]->transport == BLOCK_NVME && *c->subsystem &&
			  !strcmp(drives[i]->subsystem, c->subsystem);
	return erased > 0 && erased >= caps->n_active && erased >= caps->n_allocated;
}

static bool is_single(const struct nvme_caps *caps)
{
	return caps->n_allocated == 1 && caps->unvmcap <= caps->tnvmcap / SPARE_SHARE;
}

static int make_single(struct job *job, const struct nvme_controller *c, const struct block *const *drives,
		       unsigned n, bool *ret_changed, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	struct nvme_caps caps = {0};
	uint32_t nsid;
	char note[300];
	int r = nvme_controller_open(c, &fd, err);

	if (r == 0)
		r = nvme_identify(fd, &caps, err);
	if (r < 0 || !is_erased(c, &caps, drives, n) || is_single(&caps))
		return r;
	if ((r = nvme_recreate_single(fd, &caps, &nsid, err)) < 0)
		return r;
	snprintf(note, sizeof(note), "drive %s: has one namespace of its whole capacity now", c->serial);
	job->ops->note(job, note);
	*ret_changed = true;
	return 0;
}

int wipe_single(struct job *job, const struct block *const *drives, unsigned n, bool *ret_changed,
		struct err *err)
{
	_cleanup_free_ struct nvme_controller *list = NULL;
	unsigned n_controllers = 0;
	int r = 0;

	*ret_changed = false;
	if (!IS_ENABLED(CONFIG_HW_NVME) || !job->order->wipe.single_namespace)
		return 0;
	r = nvme_controllers("", &list, &n_controllers, err);
	for (unsigned i = 0; r == 0 && i < n_controllers; i++)
		if ((r = make_single(job, &list[i], drives, n, ret_changed, err)) < 0)
			err_prepend(err, "drive %s: one namespace of its whole capacity", list[i].serial);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What a look at the cards needs: devlink, fresh from the kernel, and where the makers' tools are. */
#include <dirent.h>
#include <linux/devlink.h>
#include <string.h>

#include "agent/hw/net/devlink.h"
#include "agent/overlay/unpack.h"
#include "agent/steps/nic/card.h"
#include "core/io.h"
#include "core/log.h"

#define OVERLAYS_MAX 16
#define LIMIT_S      600 /* a card that makes hundreds of virtual functions takes minutes */

static bool cancelled(void *data)
{
	struct nic_work *work = data;

	return work->job->ops->cancelled(work->job);
}

static void find_overlays(struct nic_work *work)
{
	DIR *folder = opendir(OVERLAY_FOLDER);
	const struct dirent *entry;

	work->overlays = xcalloc(OVERLAYS_MAX + 1, sizeof(*work->overlays));
	while (folder && work->n_overlays < OVERLAYS_MAX && (entry = readdir(folder)))
		if (*entry->d_name != '.')
			work->overlays[work->n_overlays++] = path_join(OVERLAY_FOLDER, entry->d_name);
	if (folder)
		closedir(folder);
}

void nic_work_open(struct nic_work *work, struct job *job, enum nic_mode mode)
{
	struct err err;

	*work = (struct nic_work){
		.job = job, .mode = mode, .root = "", .limit_s = LIMIT_S, .devlink = {.fd = -EBADF}};
	if (genl_open(DEVLINK_GENL_NAME, &work->devlink, &err) < 0 ||
	    devlink_inventory(&work->info, &err) < 0)
		log_info("network cards: %s", err.text);
	find_overlays(work);
	work->mst =
		(struct mst){.roots = (const char *const *)work->overlays, .alive = cancelled, .data = work};
}

void nic_work_close(struct nic_work *work)
{
	genl_close(&work->devlink);
	json_decref(work->info);
	for (unsigned i = 0; i < work->n_overlays; i++)
		free(work->overlays[i]);
	free(work->overlays);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/alone_drives.h"

#include <string.h>

#include "core/io.h"

static bool names(const struct order_alone *alone, const struct block *drive)
{
	for (unsigned i = 0; i < alone->n_serials; i++)
		if (!strcmp(alone->serials[i], drive->serial))
			return true;
	return false;
}

int alone_drives_match(const struct order_alone *alone, const struct wipe_targets *targets, struct err *err)
{
	for (unsigned i = 0; i < targets->n; i++)
		if (!names(alone, targets->drives[i]))
			return err_set(
				err, EPERM,
				"not the machine that the order means: it does not name the drive %s (%s)",
				targets->drives[i]->name, targets->drives[i]->dev);
	for (unsigned i = 0; i < alone->n_serials; i++) {
		bool found = false;

		for (unsigned k = 0; k < targets->n; k++)
			found |= !strcmp(alone->serials[i], targets->drives[k]->serial);
		if (!found)
			return err_set(
				err, EPERM,
				"not the machine that the order means: it has no drive with the serial "
				"number %s that would be erased",
				alone->serials[i]);
	}
	return 0;
}

void alone_drives_fix(struct order *order, const struct wipe_targets *targets)
{
	char **list = xcalloc(targets->n ? targets->n : 1, sizeof(*list));

	for (unsigned i = 0; i < order->wipe.n_disks; i++)
		free(order->wipe.disks[i]);
	free(order->wipe.disks);
	for (unsigned i = 0; i < targets->n; i++)
		list[i] = xstrdup(targets->drives[i]->name);
	order->wipe.disks = list;
	order->wipe.n_disks = targets->n;
}

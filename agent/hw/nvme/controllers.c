/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's own NVMe controllers, from sysfs: those without any namespace too, which no list of drives shows. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "agent/hw/nvme/nvme.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"

#define FOLDER "%s/sys/class/nvme"

/* False for one that is reached over a network, or does not say how it is attached. */
static bool read_one(const char *root, const char *name, struct nvme_controller *ret)
{
	char transport[16];

	if (strlen(name) >= sizeof(ret->dev) ||
	    !sysfs_text(transport, sizeof(transport), FOLDER "/%s/transport", root, name) ||
	    strcmp(transport, "pcie") != 0)
		return false;
	*ret = (struct nvme_controller){0};
	snprintf(ret->dev, sizeof(ret->dev), "%s", name);
	snprintf(ret->path, sizeof(ret->path), "/dev/%s", ret->dev);
	sysfs_text(ret->subsystem, sizeof(ret->subsystem), FOLDER "/%s/subsysnqn", root, name);
	sysfs_text(ret->serial, sizeof(ret->serial), FOLDER "/%s/serial", root, name);
	return true;
}

int nvme_controllers(const char *root, struct nvme_controller **ret, unsigned *ret_n, struct err *err)
{
	char folder[SYSFS_PATH_MAX], **names;
	struct nvme_controller *list;
	unsigned n_names, n = 0;

	snprintf(folder, sizeof(folder), FOLDER, root);
	*ret = NULL;
	*ret_n = 0;
	if (!sysfs_exists(FOLDER, root))
		return 0; /* a kernel without NVMe, or no such drive */
	if (sysfs_names(folder, &names, &n_names, err) < 0)
		return err_prepend(err, "list NVMe controllers");
	list = xcalloc(n_names + 1, sizeof(*list));
	for (unsigned i = 0; i < n_names; i++)
		n += read_one(root, names[i], &list[n]);
	sysfs_names_free(names, n_names);
	*ret = list;
	*ret_n = n;
	return 0;
}

int nvme_controller_open(const struct nvme_controller *controller, int *ret_fd, struct err *err)
{
	int fd = open(controller->path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, errno, "open %s", controller->path);
	*ret_fd = fd;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The seam between NVMe commands and what carries them: the kernel's passthrough, or a model of a drive
 * in tests. */
#ifndef AGENT_HW_NVME_TRANSPORT_H
#define AGENT_HW_NVME_TRANSPORT_H

#include <linux/nvme_ioctl.h>

struct nvme_transport {
	int (*nsid)(int fd); /* NSID of the open namespace, or a negative errno */
	/* 0; above 0: NVMe status (figure 92 without phase); below 0: negative errno, the command may
	 * not have reached the drive. */
	int (*admin)(int fd, struct nvme_admin_cmd *cmd);
};

/* Puts another transport in place; NULL is the kernel's. Returns the one before. Not while commands are
 * under way. */
const struct nvme_transport *nvme_transport_replace(const struct nvme_transport *transport);

#endif

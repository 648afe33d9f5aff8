/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware written by the card's own driver: DEVLINK_CMD_FLASH_UPDATE (Documentation/networking/devlink/devlink-flash.rst). The kernel reads the file itself, from where it
 * looks for firmware, and the request returns when the driver is done: it is sent from a child process, which can be left behind.
 */
#ifndef AGENT_HW_DEVLINK_FLASH_H
#define AGENT_HW_DEVLINK_FLASH_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/hw/net/genl.h"

#define DEVLINK_FLASH_FILE_MAX 255 /* bytes of the file's name */

/* How far the driver says that it is. */
struct devlink_flash_status {
	char pci[16];
	char message[64], component[64]; /* "" where it says none */
	uint64_t done, total;            /* in a unit of the driver's; total 0: it does not know */
	uint64_t timeout_s;              /* of what it does now, by its own word; 0: it says none */
	bool ended;                      /* a notification of the end has come */
};

struct devlink_flash {
	const char *pci;
	const char *file; /* "mellanox/fw-ConnectX5.bin", below where the kernel looks for firmware */
	unsigned quiet_s; /* the driver may say nothing for so long, besides a timeout of its own */
	unsigned limit_s; /* in all */
	void (*progress)(void *data, const struct devlink_flash_status *status); /* may be NULL */
	bool (*alive)(
		void *data); /* asked several times a second; what it says is not heeded: nobody stops a flash half done */
	void *data;
};

/* The driver says that it was written. -ETIMEDOUT: it has not said so in time, and may still write. */
int devlink_flash(const struct devlink_flash *flash, struct err *err) _must_check_;

/* Does the kernel find such a file where it looks for firmware (Documentation/driver-api/firmware/fw_search_path.rst)? -ENOENT. */
int devlink_flash_find(const char *root, const char *file, struct err *err) _must_check_;

/* One notification. False: it is none of a flash of that function. Pure. */
bool devlink_flash_take(const struct nlmsghdr *message, struct devlink_flash_status *status);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A card behind devlink, for tests that wrap genl_open, genl_join, genl_exchange and netlink_hear: it answers DEVLINK_CMD_INFO_GET, PARAM_GET, PARAM_SET and FLASH_UPDATE with
 * messages as the kernel makes them. Its state lies in memory that child processes share.
 */
#ifndef TESTS_FAKES_DEVLINK_H
#define TESTS_FAKES_DEVLINK_H

#include <stdbool.h>

#include "agent/hw/net/netlink.h"

struct devlink_fake_param {
	char name[32];
	unsigned type; /* enum devlink_param_type */
	bool permanent, driverinit;
	unsigned number; /* also of a bool */
	char text[32];
	char refuses[64]; /* the driver's words when it is set; "": it takes it */
	bool lies;        /* takes it, and keeps what it had */
	bool hangs;       /* never comes back from it */
};

struct devlink_fake_status {
	char message[32], component[32];
	uint64_t done, total, timeout_s;
};

struct devlink_fake {
	bool none; /* this kernel has no devlink */
	char pci[16], psid[32], running[32], stored[32];
	struct devlink_fake_param params[4];
	unsigned n_params;
	/* of a flash */
	char file[64];     /* the last that was asked for */
	char version[32];  /* what lies in the card after it */
	char refuses[64];  /* the driver's words; "": it takes it */
	unsigned flash_ms; /* so long it takes */
	bool dies;         /* the process that asked ends without a word */
	unsigned flashes, sets;
	struct devlink_fake_status status[4];
	unsigned n_status, told;
};

/* Fresh: a ConnectX-6 Dx at 0000:3b:00.0 with firmware 22.31.1014 and the parameters enable_sriov (permanent), msix (u32, permanent), enable_roce (driverinit alone). */
struct devlink_fake *devlink_fake_reset(void);

int devlink_fake_exchange(struct nlmsghdr *request, netlink_fn each, void *data, struct err *err);
int devlink_fake_hear(unsigned timeout_ms, netlink_fn each, void *data, struct err *err);

#endif

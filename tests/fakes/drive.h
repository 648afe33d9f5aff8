/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drives made of ordinary files, honest and otherwise: they stand behind agent/hw/block.h and agent/hw/nvme.h in place of the
 * room that talks to the kernel. A child process that was forked after fake_drive_add() sees them too.
 */
#ifndef TESTS_FAKES_DRIVE_H
#define TESTS_FAKES_DRIVE_H

#include "agent/hw/block.h"
#include "agent/hw/nvme.h"

enum fake_erase {
	ERASE_ZEROES,  /* as it should be */
	ERASE_RANDOM,  /* erased, and reads random from then on */
	ERASE_NOTHING, /* success, and everything is still there */
	ERASE_HALF,    /* success, and the second half is still there */
	ERASE_FAILS,   /* says so */
	ERASE_KILLS,   /* the process is killed in the middle */
	ERASE_HANGS,   /* never returns */
};

struct fake_drive {
	struct block block; /* path: a file's; "" fields as wanted */
	struct nvme_caps caps;
	enum fake_erase format, discard;
	bool writes_fail;
	bool cannot_open;
	const char *untouchable; /* NULL: it may be erased */
};

void fake_drive_add(const struct fake_drive *drive); /* copied; at most 16 */
void fake_drives_clear(void);

/* How often Format was issued to any drive, and with which SES last; across processes. */
unsigned fake_drive_formats(void);
unsigned fake_drive_last_ses(void);

#endif

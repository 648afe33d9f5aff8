/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drives made of ordinary files, for steps that only read and write them: they stand behind agent/hw/block/block.h in place of the room that talks
 * to the kernel. Drives that take commands are models (model.h).
 */
#ifndef TESTS_FAKES_DRIVE_H
#define TESTS_FAKES_DRIVE_H

#include "agent/hw/block/block.h"

struct fake_drive {
	struct block block; /* path: a file's; "" fields as wanted */
	bool writes_fail;
	bool cannot_open;
	const char *untouchable; /* NULL: it may be erased */
};

void fake_drive_add(const struct fake_drive *drive); /* copied; at most 16 */
void fake_drives_clear(void);

#endif

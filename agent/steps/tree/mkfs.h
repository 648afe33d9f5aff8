/* SPDX-License-Identifier: Apache-2.0 */
/* Making file systems: by the mkfs programs of the boot image, as children without a shell; a swap area's header is written here. */
#ifndef AGENT_STEPS_TREE_MKFS_H
#define AGENT_STEPS_TREE_MKFS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "images/layout.h"

#define MKFS_ARGS_MAX 24

struct mkfs {
	enum layout_fs fs;
	const char *device;          /* a partition or an array */
	const char *label;           /* NULL: none */
	const char *uuid;            /* as blkid prints it */
	uint64_t size;               /* bytes of the device */
	uint32_t logical_block_size; /* of the disk */
};

/* Is all there that it takes: a program, a driver, enough room? Nothing is changed. */
int mkfs_check(const struct mkfs *m, struct err *err) _must_check_;
/* `cancelled` is asked several times a second. -ECANCELED; -ETIME; -EIO with the end of what the program said. */
int mkfs_run(const struct mkfs *m, bool (*cancelled)(void *data), void *data, struct err *err) _must_check_;

/* Reads a swap area's header back: is it the one that mkfs_run() wrote? */
int mkfs_check_swap(const struct mkfs *m, struct err *err) _must_check_;

/* Its arguments, NULL at the end, for a program of this name; the texts live as long as *m and text, which needs 64 bytes. NULL: no program
 * is needed. */
const char *mkfs_arguments(const struct mkfs *m, char text[64], const char *ret[MKFS_ARGS_MAX]);

#endif

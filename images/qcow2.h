/* SPDX-License-Identifier: Apache-2.0 */
/* Disks in qcow2, which QEMU's own tool turns into raw ones. */
#ifndef IMAGES_QCOW2_H
#define IMAGES_QCOW2_H

#include <stdbool.h>

#include "core/err.h"

/* Is it to end? Asked every second. */
struct qcow2_stop {
	bool (*cancelled)(void *data); /* NULL: never */
	void *data;
};

/*
 * Checks the disk, and writes it as a sparse raw file, which must not exist or be empty. -ENOENT says that qemu-img is missing, -EBADMSG that parts of
 * the disk are.
 */
int qcow2_convert(const char *qcow2, const char *raw, const struct qcow2_stop *stop,
		  struct err *err) _must_check_;

#endif

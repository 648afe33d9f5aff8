/* SPDX-License-Identifier: Apache-2.0 */
/* The running kernel's messages (/dev/kmsg, Documentation/ABI/testing/dev-kmsg): what drivers tell nowhere else. */
#ifndef AGENT_HW_KMSG_H
#define AGENT_HW_KMSG_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

#define KMSG_XIDS_MAX 256

/* An error that NVIDIA's driver has logged of a GPU: "NVRM: Xid (PCI:0000:18:00): 79, ..." */
struct kmsg_xid {
	char pci[16];    /* "0000:18:00": without a function */
	unsigned number; /* of the kind of error: 1 to 65535 */
	unsigned count;  /* how often */
	char text[160];  /* what it said the first time, printable ASCII, cut */
};

struct kmsg_xids {
	struct kmsg_xid at[KMSG_XIDS_MAX]; /* each kind of each GPU once */
	unsigned n;
	bool lost; /* older messages are gone, or there were more kinds: not all can be told */
};

/* Pure: takes what is in whole records. Only the kernel's own records count: a process may write others. */
void kmsg_take(struct kmsg_xids *xids, const char *records, size_t len);
/* Reads all that the kernel still has, without waiting for more. `root` as in block/block.h. */
int kmsg_read(const char *root, struct kmsg_xids *ret, struct err *err) _must_check_;

#endif

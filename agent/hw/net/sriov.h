/* SPDX-License-Identifier: Apache-2.0 */
/* Virtual functions of a PCI function, as the running kernel makes them (Documentation/PCI/pci-iov-howto.rst). None of it outlasts the kernel. */
#ifndef AGENT_HW_SRIOV_H
#define AGENT_HW_SRIOV_H

#include "core/err.h"

#define SRIOV_VFS_MAX 65535 /* TotalVFs has 16 bits (PCIe, 9.3.3.6) */

struct sriov {
	unsigned total; /* as many can be made */
	unsigned vfs;   /* are there */
};

/* Of the function at `address` ("0000:3b:00.0"); root as in block.h. -ENOENT: it has no such capability. */
int sriov_read(const char *root, const char *address, struct sriov *ret, struct err *err) _must_check_;
/*
 * Removes what is there, makes n of them, and reads that back. No driver takes them meanwhile, so that no further network interface comes up here. Blocks for as long
 * as the card's driver needs.
 */
int sriov_set(const char *root, const char *address, unsigned n, struct err *err) _must_check_;

#endif

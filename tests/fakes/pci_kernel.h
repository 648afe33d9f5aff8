/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel does when somebody writes to the sysfs attributes of PCI functions and drivers, on a tree of tests/fakes/machine_tree.h in which each function is a
 * folder of /sys/bus/pci/devices. It takes sysfs_write() over in a test that says "wraps: sysfs_write". It brings a clock of its own, by agent/hw/transport.h.
 */
#ifndef TESTS_FAKES_PCI_KERNEL_H
#define TESTS_FAKES_PCI_KERNEL_H

#include <stdint.h>

#include "core/err.h"

enum pci_fault {
	PCI_NO_FAULT,
	PCI_DRIVER_KEEPS,   /* the driver refuses to let go */
	PCI_DRIVER_LINGERS, /* it says that it has let go, and has not */
	PCI_DRIVER_IS_GONE, /* it does not take the function again */
	PCI_DRIVER_IDLE,    /* it says that it has taken it, and has not */
	PCI_RESET_REFUSED,
	PCI_DEAD_AFTER,    /* all ones after the reset */
	PCI_OTHER_AFTER,   /* another device answers after the reset */
	PCI_SLOW_AFTER,    /* all ones for 3 s after the reset */
	PCI_METHODS_STICK, /* the list of methods cannot be put back */
};

/* A fault is that of one function; the others are sound. */
void pci_kernel_start(const char *root, enum pci_fault fault, const char *of);
void pci_kernel_stop(void);
/* A function of the tree, 10de:2330, with that driver ("": none) and those methods of reset (NULL: the kernel shows no such attribute). */
void pci_kernel_add(const char *root, const char *address, const char *driver, const char *methods);
/* What was done, a word a line: "unbind 0000:01:00.0 nvidia", "reset 0000:01:00.0 flr", "bind 0000:01:00.0 nvidia", "override 0000:01:00.0 vfio-pci". */
const char *pci_kernel_log(void);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which driver a PCI function has: taken away, and given back. `root` as in block.h, addresses as "0000:3b:00.0". Private to agent/hw.
 * The kernel answers a write to sysfs after the driver has let go or taken over: there is nothing to wait for, and each is read back.
 */
#ifndef AGENT_HW_PCI_DRIVER_H
#define AGENT_HW_PCI_DRIVER_H

#include <stdbool.h>

#include "core/err.h"

#define PCI_SLOT_FUNCTIONS 8 /* of one device */
#define PCI_DRIVER_MAX     32

/* Functions of one slot that a driver was taken from, in their order. Zeros: none. */
struct pci_taken {
	struct {
		char address[16], driver[PCI_DRIVER_MAX];
	} at[PCI_SLOT_FUNCTIONS];
	unsigned n;
};

bool pci_exists(const char *root, const char *address);
/* The bound driver's name; false, and "", where there is none. */
bool pci_driver(const char *root, const char *address, char ret[PCI_DRIVER_MAX]);
int pci_driver_unbind(const char *root, const char *address, struct err *err) _must_check_;
/* Binds that driver, which must be loaded. -EIO where the kernel took the write and the driver is not there. */
int pci_driver_bind(const char *root, const char *address, const char *driver, struct err *err) _must_check_;

/* Takes the driver of the function, or of all functions of its slot. What was taken is in *taken, on failure too. */
int pci_take(const char *root, const char *address, bool slot, struct pci_taken *taken,
	     struct err *err) _must_check_;
/* Binds them all again, the others too where one fails; the first error counts. */
int pci_give_back(const char *root, const struct pci_taken *taken, struct err *err) _must_check_;

#endif

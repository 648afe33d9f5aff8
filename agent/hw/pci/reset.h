/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resetting a PCI function through the kernel (Documentation/ABI/testing/sysfs-bus-pci: reset, reset_method). Allowed under lockdown: the kernel saves
 * and restores the configuration space itself.
 */
#ifndef AGENT_HW_PCI_RESET_H
#define AGENT_HW_PCI_RESET_H

#include "core/err.h"

/* What was done. */
struct pci_reset {
	char method[20]; /* the kernel's word: "flr", "af_flr", "bus", "device_specific" */
	double seconds;  /* the kernel's reset, until the function answered again */
	char driver[32]; /* that was taken from the function and has it again; "": there was none */
	unsigned
		others; /* functions of the same slot whose drivers were taken and given back as well: a bus reset takes them too */
};

/*
 * Takes the driver from the function, resets it by the first of function-level reset, bus reset and, where the kernel knows no other, the device's own way;
 * waits until its configuration space answers with the vendor and device that it had, and gives the driver back.
 * -ENODEV: no such function, or it does not answer; -ENOTSUP: the kernel offers no reset that does; -ETIMEDOUT: it does not answer after the reset.
 * A driver that does not let go, or does not come back, is an error. On failure all drivers that can be are bound again.
 */
int pci_reset(const char *root, const char *address, struct pci_reset *ret, struct err *err) _must_check_;

#endif

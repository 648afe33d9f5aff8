/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCI functions by sysfs; no driver is needed. pci_inventory() (machine.h) lists them all, and these say more of one. `root` as in block.h,
 * `device` is the function's folder: "<root>/sys/bus/pci/devices/0000:3b:00.0".
 */
#ifndef AGENT_HW_PCI_H
#define AGENT_HW_PCI_H

#include <jansson.h>
#include <stdbool.h>

#include "core/err.h"

#define PCI_DEPTH_MAX 32 /* functions from a root port down; deeper ones are left out */

/* The functions from the root port down to the device itself. */
struct pci_path {
	char at[PCI_DEPTH_MAX][16];
	unsigned n; /* at least 1 */
};

/* A link with its two ends: the port above, and what is below. */
struct pci_link {
	char above[16], below[16];
	unsigned speed, width;         /* MT/s, lanes; 0 unknown */
	unsigned max_speed, max_width; /* what both ends can */
};

int pci_path_read(const char *root, const char *address, struct pci_path *ret, struct err *err) _must_check_;
/* The links on that path, from the root port down, at most PCI_DEPTH_MAX / 2; returns how many. */
unsigned pci_path_links(const char *root, const struct pci_path *path, struct pci_link *ret);

bool pci_link_degraded(const struct pci_link *link); /* it runs below what both ends can */
unsigned pci_link_rate(const struct pci_link *link); /* Mbit/s of payload's line code; 0 unknown */
/* The link that limits the path: the slowest; of equals one that is degraded, then the one nearest the device. NULL without links. */
const struct pci_link *pci_limit(const struct pci_link *links, unsigned n);

/* "16.0 GT/s PCIe" as MT/s; 0 for what is no speed. */
unsigned pci_speed_parse(const char *text);

/* Adds "links" and "limited_by" where the path carries less than the device can take. */
void pci_add_links(json_t *to, const char *root, const struct pci_path *path);
void pci_add_aer(json_t *to, const char *device);       /* "aer": errors that the function has counted */
void pci_add_resources(json_t *to, const char *device); /* "bars", "option_rom" */
void pci_add_firmware(json_t *to, const char *device);  /* "firmware", where the driver tells it */

/* Slots as SMBIOS and the kernel name them. */
struct pci_slots;
struct pci_slots *pci_slots_read(const char *root); /* pci_slots_free() */
void pci_slots_free(struct pci_slots *slots);
DEFINE_CLEANUP(struct pci_slots *, pci_slots_free);
/* The slot that the device is in: its own, else the nearest above it; NULL: none that is known. */
const char *pci_slots_find(const struct pci_slots *slots, const struct pci_path *path);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PCI function's registers through vfio-pci (Documentation/driver-api/vfio.rst): the one way to map a BAR that kernel lockdown leaves. An IOMMU keeps the
 * function's own transfers out of our memory, for which the kernel asks; where there is none the function is not mapped. Never vfio's "noiommu" mode, which
 * lockdown is there to forbid.
 *
 * Linux resets a function when it is opened by vfio-pci and when it is closed, where it can.
 */
#ifndef AGENT_HW_VFIO_H
#define AGENT_HW_VFIO_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct vfio;

/*
 * Takes the drivers of the function and of its slot's others, binds it to vfio-pci, and maps one of its memory regions (0 to 5). root as in block.h: it stands in front of
 * /sys and /dev. *ret: vfio_close().
 * -ENODEV: no such function; -ENOTSUP: it cannot be mapped on this machine, with the reason (no IOMMU, others in its group that have drivers, ...).
 * On failure all is as it was before, as far as the kernel lets it be.
 */
int vfio_open(const char *root, const char *address, unsigned region, struct vfio **ret,
	      struct err *err) _must_check_;
/* A register, little-endian as PCI's are. Offsets beyond the region, or that are no multiple of 4, read as all ones, as they do of hardware that is not there. */
uint32_t vfio_read32(const struct vfio *vfio, uint32_t offset);
size_t vfio_size(const struct vfio *vfio); /* bytes that are mapped */
/* Gives the function back: unmapped, unbound, no override, its former drivers bound again. Frees vfio in any case; NULL is allowed. */
int vfio_close(struct vfio *vfio, struct err *err) _must_check_;

#endif

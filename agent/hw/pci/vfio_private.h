/* SPDX-License-Identifier: Apache-2.0 */
/* Within vfio: a function's group. */
#ifndef AGENT_HW_VFIO_PRIVATE_H
#define AGENT_HW_VFIO_PRIVATE_H

#include "core/err.h"

#define VFIO_DRIVER "vfio-pci"

/* The function's IOMMU group. -ENOTSUP where it has none. */
int vfio_group_of(const char *root, const char *address, unsigned *ret, struct err *err) _must_check_;
/* -ENOTSUP where a driver holds a function of the group that is in another slot; it is named. */
int vfio_group_check(const char *root, unsigned group, const char *address, struct err *err) _must_check_;

/* vfio-pci and what it needs, where they are not there yet. */
int vfio_modules(const char *root, struct err *err) _must_check_;
/* To vfio-pci, by driver_override; and back to none. */
int vfio_bind(const char *root, const char *address, struct err *err) _must_check_;
int vfio_unbind(const char *root, const char *address, struct err *err) _must_check_;

#endif

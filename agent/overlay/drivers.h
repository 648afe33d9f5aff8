/* SPDX-License-Identifier: Apache-2.0 */
/* The drivers that an unpacked overlay brings: into the running kernel, and out of it again. docs/overlays.md, "Drivers" */
#ifndef AGENT_OVERLAY_DRIVERS_H
#define AGENT_OVERLAY_DRIVERS_H

#include "core/cleanup.h"
#include "core/err.h"
#include "images/overlay.h"

struct overlay_drivers; /* what has been loaded out of all overlays */

struct overlay_drivers *overlay_drivers_new(void) _must_check_;
/* Does it fit the running kernel? Asks nothing of its tree: before it is unpacked. -ENOEXEC. */
int overlay_drivers_fit(const struct overlay *overlay, struct err *err) _must_check_;
/*
 * Loads overlay->modules out of <tree>/lib/modules, with what they depend on, there or in the boot image, and has the kernel look for firmware in
 * <tree>/lib/firmware, where there is one. What was loaded is in *drivers, whatever is returned.
 */
int overlay_drivers_load(const char *tree, const struct overlay *overlay, struct overlay_drivers *drivers,
			 struct err *err) _must_check_;
/* In the reverse order, after the services. -EBUSY names the one that something still uses. Nothing loaded is no error. */
int overlay_drivers_unload(struct overlay_drivers *drivers, struct err *err) _must_check_;
/* None of them is in the kernel any more; else -EBUSY. */
int overlay_drivers_gone(const struct overlay_drivers *drivers, struct err *err) _must_check_;
/* Leaves them in the kernel. */
void overlay_drivers_free(struct overlay_drivers *drivers);
DEFINE_CLEANUP(struct overlay_drivers *, overlay_drivers_free);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* vfio-pci takes no function of itself: driver_override names it (Documentation/ABI/testing/sysfs-bus-pci). */
#include <string.h>

#include "agent/hw/modules.h"
#include "agent/hw/pci/driver.h"
#include "agent/hw/pci/vfio_private.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"

/* As modules; the kernel writes an underscore in /sys/module. */
static const char *const needed[] = {"vfio_iommu_type1", "vfio_pci"};

int vfio_modules(const char *root, struct err *err)
{
	for (unsigned i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		if (sysfs_exists("%s/sys/module/%s", root, needed[i]))
			continue;
		if (module_load(needed[i], err) < 0) {
			struct err why = *err;

			return err_set(err, ENOTSUP, "%s (the boot image's BOOT_VFIO brings it)", why.text);
		}
	}
	return 0;
}

static int override(const char *root, const char *address, const char *driver, struct err *err)
{
	return sysfs_write(driver, err, "%s/sys/bus/pci/devices/%s/driver_override", root, address);
}

int vfio_bind(const char *root, const char *address, struct err *err)
{
	struct err none;
	int r = override(root, address, VFIO_DRIVER, err);

	if (r < 0)
		return r;
	r = pci_driver_bind(root, address, VFIO_DRIVER, err);
	if (r < 0)
		(void)!override(root, address, "\n", &none);
	return r;
}

int vfio_unbind(const char *root, const char *address, struct err *err)
{
	struct err second;
	int r = pci_driver_unbind(root, address, err);

	/* Without the override's end no other driver would ever take it. */
	if (override(root, address, "\n", r ? &second : err) < 0 && !r)
		r = -err->code;
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/pci/driver.h"

#include <string.h>

#include "agent/hw/sysfs.h"
#include "core/io.h"

#define DEVICES "/sys/bus/pci/devices"

bool pci_exists(const char *root, const char *address)
{
	char pci[16];

	/* An address is a part of paths here: nothing else may stand in for one. */
	return sysfs_pci_address(address, pci) && !strcmp(pci, address) &&
	       sysfs_exists("%s" DEVICES "/%s", root, address);
}

bool pci_driver(const char *root, const char *address, char ret[PCI_DRIVER_MAX])
{
	return sysfs_link(ret, PCI_DRIVER_MAX, "%s" DEVICES "/%s/driver", root, address);
}

int pci_driver_unbind(const char *root, const char *address, struct err *err)
{
	char driver[PCI_DRIVER_MAX];
	int r;

	if (!pci_driver(root, address, driver))
		return 0;
	r = sysfs_write(address, err, "%s" DEVICES "/%s/driver/unbind", root, address);
	if (r < 0)
		return err_prepend(err, "%s: the driver %s does not let go", address, driver);
	if (pci_driver(root, address, driver))
		return err_set(err, EBUSY, "%s: the driver %s is still there after it was told to let go",
			       address, driver);
	return 0;
}

int pci_driver_bind(const char *root, const char *address, const char *driver, struct err *err)
{
	char bound[PCI_DRIVER_MAX];
	int r = sysfs_write(address, err, "%s/sys/bus/pci/drivers/%s/bind", root, driver);

	/* Another may have bound it already: the kernel's own probe of a driver that was just loaded. */
	if (pci_driver(root, address, bound) && !strcmp(bound, driver))
		return 0;
	if (r < 0)
		return err_prepend(err, "%s: the driver %s does not take it", address, driver);
	return err_set(err, EIO, "%s: the driver %s did not come to it%s%s", address, driver,
		       *bound ? "; what is there is " : "", bound);
}

static int take_one(const char *root, const char *address, struct pci_taken *taken, struct err *err)
{
	char driver[PCI_DRIVER_MAX];
	int r;

	if (!pci_driver(root, address, driver))
		return 0;
	r = pci_driver_unbind(root, address, err);
	if (r < 0)
		return r;
	snprintf(taken->at[taken->n].address, sizeof(taken->at[0].address), "%s", address);
	memcpy(taken->at[taken->n++].driver, driver, sizeof(driver));
	return 0;
}

int pci_take(const char *root, const char *address, bool slot, struct pci_taken *taken, struct err *err)
{
	int place = (int)strcspn(address, ".");
	char function[32];
	int r = 0;

	taken->n = 0;
	if (!slot)
		return take_one(root, address, taken, err);
	for (unsigned i = 0; i < PCI_SLOT_FUNCTIONS && !r; i++) {
		snprintf(function, sizeof(function), "%.*s.%u", place, address, i);
		r = take_one(root, function, taken, err);
	}
	return r;
}

int pci_give_back(const char *root, const struct pci_taken *taken, struct err *err)
{
	struct err other;
	int first = 0;

	for (unsigned i = 0; i < taken->n; i++) {
		int r = pci_driver_bind(root, taken->at[i].address, taken->at[i].driver,
					first ? &other : err);

		if (r < 0 && !first)
			first = r;
	}
	return first;
}

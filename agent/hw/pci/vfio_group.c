/* SPDX-License-Identifier: Apache-2.0 */
/* What an IOMMU can keep apart: a function's group, and who else is in it. */
#include <stdlib.h>
#include <string.h>

#include "agent/hw/pci/driver.h"
#include "agent/hw/pci/vfio_private.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"

#define GROUP_MAX 1000000

/* They move no data of their own: the kernel lets them stay in a group that somebody else owns. */
static const char *const harmless[] = {"pcieport", "pci-stub", VFIO_DRIVER};

int vfio_group_of(const char *root, const char *address, unsigned *ret, struct err *err)
{
	char name[16], *end;
	unsigned long number;

	if (!sysfs_link(name, sizeof(name), "%s/sys/bus/pci/devices/%s/iommu_group", root, address))
		return err_set(
			err, ENOTSUP,
			"%s: no IOMMU covers it: switch it on in the firmware's setup (Intel VT-d, AMD-Vi). "
			"Kernel lockdown forbids other ways to its registers",
			address);
	number = strtoul(name, &end, 10);
	if (*end || end == name || number > GROUP_MAX)
		return err_set(err, EBADMSG, "%s: \"%s\" is no IOMMU group", address, name);
	*ret = (unsigned)number;
	return 0;
}

static bool is_harmless(const char *driver)
{
	for (unsigned i = 0; i < sizeof(harmless) / sizeof(*harmless); i++)
		if (!strcmp(driver, harmless[i]))
			return true;
	return false;
}

static bool same_slot(const char *a, const char *b)
{
	size_t place = strcspn(a, ".");

	return place == strcspn(b, ".") && !strncmp(a, b, place);
}

/* Adds " 0000:01:00.1 (snd_hda_intel)" for each function of another slot that a driver holds; text is cut where it is full. */
static void list_held(const char *root, char **names, unsigned n, const char *address, char *text,
		      size_t size)
{
	char driver[PCI_DRIVER_MAX];
	size_t at = 0;

	*text = '\0';
	for (unsigned i = 0; i < n; i++) {
		if (same_slot(names[i], address) || !pci_driver(root, names[i], driver) ||
		    is_harmless(driver))
			continue;
		if (at < size)
			at += (size_t)snprintf(text + at, size - at, " %s (%s)", names[i], driver);
	}
}

int vfio_group_check(const char *root, unsigned group, const char *address, struct err *err)
{
	_cleanup_free_ char *folder = str_printf("%s/sys/kernel/iommu_groups/%u/devices", root, group);
	char **names, held[256];
	unsigned n;
	int r = sysfs_names(folder, &names, &n, err);

	if (r < 0)
		return err_prepend(err, "%s: IOMMU group %u", address, group);
	list_held(root, names, n, address, held, sizeof(held));
	sysfs_names_free(names, n);
	if (!*held)
		return 0;
	return err_set(
		err, ENOTSUP,
		"%s: IOMMU group %u has others in it that drivers hold, and no IOMMU can keep them apart:%s. "
		"Switch on access control services (ACS) in the firmware's setup, or put the card into "
		"another slot",
		address, group, held);
}

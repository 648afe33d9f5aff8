/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI or BIOS: the kernel has EFI's runtime services or has not. */
#include "agent/hw/machine.h"
#include "agent/hw/sysfs.h"

bool firmware_is_uefi(const char *root)
{
	return sysfs_exists("%s/sys/firmware/efi", root);
}

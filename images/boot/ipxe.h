/* SPDX-License-Identifier: Apache-2.0 */
/* iPXE for firmware that boots by PXE: copies for the station's TFTP server, the UEFI one signed for Secure Boot where asked for. docs/netboot.md */
#ifndef IMAGES_BOOT_IPXE_H
#define IMAGES_BOOT_IPXE_H

#include "core/err.h"

#define IPXE_EFI  "ipxe.efi"      /* in the output: an EFI application for x86-64 */
#define IPXE_BIOS "undionly.kpxe" /* a network bootstrap program for BIOS */

/* Of the package ipxe. snponly.efi takes the firmware's own driver; ipxe.efi of 2019 hangs when it hands a machine back to the firmware (seen with OVMF). */
#define IPXE_DEBIAN_EFI  "/usr/lib/ipxe/snponly.efi"
#define IPXE_DEBIAN_BIOS "/usr/lib/ipxe/undionly.kpxe"

#define IPXE_EFI_MAX  (16u << 20)
#define IPXE_BIOS_MAX (480u << 10) /* what lies below 640 KiB, without what firmware needs itself */

/*
 * Copies `file`, an iPXE of either kind, into the folder; *ret_name is IPXE_EFI or IPXE_BIOS. key and cert for sbsign(1), both or neither: with them the EFI one is signed,
 * and none is left when that fails. -EBADMSG: the file is neither.
 */
int ipxe_copy(const char *file, const char *folder, const char *key, const char *cert, const char **ret_name,
	      struct err *err) _must_check_;

#endif

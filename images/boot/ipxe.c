/* SPDX-License-Identifier: Apache-2.0 */
#include "images/boot/ipxe.h"

#include <stdbool.h>
#include <string.h>

#include "core/io.h"
#include "images/boot/pe.h"
#include "images/boot/sign.h"

/* An EFI application of the architecture that option 93 says 7 for. */
static bool is_efi(const char *bytes, size_t len)
{
	struct err ignored = {0};
	struct pe_file pe;

	return pe_read(bytes, len, &pe, &ignored) == 0 && pe.machine == IMAGE_FILE_MACHINE_AMD64 &&
	       pe.subsystem == IMAGE_SUBSYSTEM_EFI_APP;
}

/* Such a program has no header; but whatever runs under PXE looks for the signature of its services (PXE 2.1, 3.2), which is text in it. */
static bool is_bios(const char *bytes, size_t len)
{
	return len >= 4 && len <= IPXE_BIOS_MAX && memcmp(bytes, "MZ", 2) != 0 &&
	       memmem(bytes, len, "!PXE", 4);
}

int ipxe_copy(const char *file, const char *folder, const char *key, const char *cert, const char **ret_name,
	      struct err *err)
{
	_cleanup_free_ char *bytes = NULL, *path = NULL;
	const char *name = IPXE_EFI;
	size_t len = 0;
	int r = file_read(file, IPXE_EFI_MAX, &bytes, &len, err);

	if (r < 0)
		return r;
	if (!is_efi(bytes, len)) {
		name = IPXE_BIOS;
		if (!is_bios(bytes, len))
			return err_set(
				err, EBADMSG,
				"%s: neither an EFI application for x86-64 nor a network bootstrap "
				"program for BIOS: take iPXE's ipxe.efi or snponly.efi, and undionly.kpxe",
				file);
	}
	path = path_join(folder, name);
	r = sign_efi_write(path, bytes, len, strcmp(name, IPXE_EFI) ? NULL : key, cert, err);
	if (r == 0)
		*ret_name = name;
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "images/boot/ipxe.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "core/io.h"
#include "images/boot/pe_spec.h"
#include "images/boot/sign.h"

/* An EFI application of the architecture that option 93 says 7 for. */
static bool is_efi(const char *bytes, size_t len)
{
	struct pe_optional_header optional;
	struct pe_file_header file;
	uint32_t at;

	if (len < PE_LFANEW_OFFSET + sizeof(at) || memcmp(bytes, "MZ", 2) != 0)
		return false;
	memcpy(&at, bytes + PE_LFANEW_OFFSET, sizeof(at));
	if (at > len || len - at < 4 + sizeof(file) + sizeof(optional) ||
	    memcmp(bytes + at, PE_SIGNATURE, 4) != 0)
		return false;
	memcpy(&file, bytes + at + 4, sizeof(file));
	memcpy(&optional, bytes + at + 4 + sizeof(file), sizeof(optional));
	return file.Machine == IMAGE_FILE_MACHINE_AMD64 && optional.Magic == IMAGE_NT_OPTIONAL_HDR64_MAGIC &&
	       optional.Subsystem == IMAGE_SUBSYSTEM_EFI_APP;
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
	r = file_write_atomic(path, bytes, len, 0644, err);
	if (r == 0 && key && !strcmp(name, IPXE_EFI)) {
		r = sign_efi(path, key, cert, err);
		if (r < 0)
			unlink(path);
	}
	if (r == 0)
		*ret_name = name;
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "images/boot/uki_section.h"

#include <stdint.h>
#include <string.h>

#include "images/boot/pe_spec.h"

struct headers {
	struct pe_file_header file;
	struct pe_optional_header optional;
	size_t table; /* of the sections, bytes from the file's beginning */
};

static int read_headers(const uint8_t *bytes, size_t len, struct headers *ret, struct err *err)
{
	uint32_t lfanew = 0;
	uint64_t at;

	if (len >= PE_LFANEW_OFFSET + 4 && !memcmp(bytes, "MZ", 2))
		memcpy(&lfanew, bytes + PE_LFANEW_OFFSET, sizeof(lfanew));
	at = (uint64_t)lfanew + 4;
	if (!lfanew || at + sizeof(ret->file) + sizeof(ret->optional) > len ||
	    memcmp(bytes + lfanew, PE_SIGNATURE, 4) != 0)
		return err_set(err, EBADMSG, "not an EFI program");
	memcpy(&ret->file, bytes + at, sizeof(ret->file));
	memcpy(&ret->optional, bytes + at + sizeof(ret->file), sizeof(ret->optional));
	ret->table = (size_t)at + sizeof(ret->file) + sizeof(ret->optional);
	if (ret->file.SizeOfOptionalHeader != sizeof(ret->optional) ||
	    ret->optional.Magic != IMAGE_NT_OPTIONAL_HDR64_MAGIC ||
	    ret->file.NumberOfSections > (len - ret->table) / sizeof(struct pe_section_header))
		return err_set(err, EBADMSG, "not a PE32+ program");
	return 0;
}

int uki_section(const void *uki, size_t len, const char *name, const void **ret, size_t *ret_len,
		struct err *err)
{
	const uint8_t *bytes = uki;
	struct headers h;
	int r = read_headers(bytes, len, &h, err);

	if (r < 0)
		return r;
	*ret = NULL;
	*ret_len = 0;
	for (unsigned i = 0; i < h.file.NumberOfSections; i++) {
		struct pe_section_header s;
		uint32_t used;

		memcpy(&s, bytes + h.table + i * sizeof(s), sizeof(s));
		if (strncmp(s.Name, name, sizeof(s.Name)) != 0)
			continue;
		used = s.VirtualSize < s.SizeOfRawData ? s.VirtualSize : s.SizeOfRawData;
		if ((uint64_t)s.PointerToRawData + used > len)
			return err_set(err, EBADMSG, "its section %s reaches beyond its end", name);
		*ret = bytes + s.PointerToRawData;
		*ret_len = used;
		return 0;
	}
	return 0;
}

int uki_is_signed(const void *uki, size_t len, bool *ret, struct err *err)
{
	struct headers h;
	int r = read_headers(uki, len, &h, err);

	if (r == 0)
		*ret = h.optional.DataDirectory[PE_DIRECTORY_SECURITY].Size != 0;
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "images/boot/pe.h"

#include <string.h>

/* The optional header may have fewer directories than our struct has room for. */
static int read_optional(const uint8_t *bytes, size_t at, size_t size, struct pe_file *pe, struct err *err)
{
	const size_t fixed = offsetof(struct pe_optional_header, DataDirectory);
	struct pe_optional_header o = {0};
	struct pe_data_directory security = {0};

	if (size < fixed)
		return err_set(err, EBADMSG, "its headers are too short");
	memcpy(&o, bytes + at, size < sizeof(o) ? size : sizeof(o));
	if (o.Magic != IMAGE_NT_OPTIONAL_HDR64_MAGIC)
		return err_set(err, EBADMSG, "not a PE32+ program");
	if (o.NumberOfRvaAndSizes > PE_DIRECTORIES || fixed + o.NumberOfRvaAndSizes * sizeof(security) > size)
		return err_set(err, EBADMSG, "its data directories do not fit its headers");
	pe->checksum_at = at + offsetof(struct pe_optional_header, CheckSum);
	pe->headers_len = o.SizeOfHeaders;
	pe->subsystem = o.Subsystem;
	if (o.NumberOfRvaAndSizes > PE_DIRECTORY_SECURITY) {
		pe->security_at = at + fixed + PE_DIRECTORY_SECURITY * sizeof(security);
		security = o.DataDirectory[PE_DIRECTORY_SECURITY];
	}
	/* "Certificate Table": its address is an offset in the file; it is the last thing there. */
	if (security.Size && (security.Size > pe->len || security.VirtualAddress != pe->len - security.Size))
		return err_set(err, EBADMSG, "its certificate table is not at its end");
	pe->security_len = security.Size;
	return 0;
}

static int check_sections(const struct pe_file *pe, size_t table, struct err *err)
{
	if (pe->n_sections > PE_SECTIONS_MAX || pe->headers_len > pe->len - pe->security_len ||
	    table + pe->n_sections * sizeof(*pe->sections) > pe->headers_len)
		return err_set(err, EBADMSG, "its section table does not fit its headers");
	for (unsigned i = 0; i < pe->n_sections; i++) {
		const struct pe_section_header *s = &pe->sections[i];

		if (s->SizeOfRawData &&
		    (uint64_t)s->PointerToRawData + s->SizeOfRawData > pe->len - pe->security_len)
			return err_set(err, EBADMSG, "section %.8s reaches beyond the program's end",
				       s->Name);
	}
	return 0;
}

int pe_read(const void *data, size_t len, struct pe_file *ret, struct err *err)
{
	const uint8_t *bytes = data;
	struct pe_file pe = {.bytes = bytes, .len = len};
	struct pe_file_header file;
	uint32_t lfanew;
	uint64_t at;
	int r;

	if (len < PE_LFANEW_OFFSET + 4 || memcmp(bytes, "MZ", 2) != 0)
		return err_set(err, EBADMSG, "not an EFI program");
	memcpy(&lfanew, bytes + PE_LFANEW_OFFSET, sizeof(lfanew));
	at = (uint64_t)lfanew + 4 + sizeof(file);
	if (at > len || memcmp(bytes + lfanew, PE_SIGNATURE, 4) != 0)
		return err_set(err, EBADMSG, "not an EFI program");
	memcpy(&file, bytes + lfanew + 4, sizeof(file));
	if (at + file.SizeOfOptionalHeader > len)
		return err_set(err, EBADMSG, "its headers are cut off");
	r = read_optional(bytes, (size_t)at, file.SizeOfOptionalHeader, &pe, err);
	if (r < 0)
		return r;
	at += file.SizeOfOptionalHeader;
	pe.sections = (const void *)(bytes + at);
	pe.n_sections = file.NumberOfSections;
	pe.machine = file.Machine;
	r = check_sections(&pe, (size_t)at, err);
	if (r == 0)
		*ret = pe;
	return r;
}

const void *pe_section(const struct pe_file *pe, const char *name, size_t *ret_len)
{
	for (unsigned i = 0; i < pe->n_sections; i++) {
		const struct pe_section_header *s = &pe->sections[i];

		if (strncmp(s->Name, name, sizeof(s->Name)) != 0 || s->VirtualSize > s->SizeOfRawData)
			continue;
		*ret_len = s->VirtualSize;
		return pe->bytes + s->PointerToRawData;
	}
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "images/boot/uki.h"

#include <stdbool.h>
#include <string.h>

#include "core/io.h"
#include "images/boot/pe_spec.h"

#define PAGE          4096u
#define ALIGNMENT_MAX (1u << 16)
#define SECTIONS_MAX  96u
/* Keeps every sum below 4 GiB, so that the fields of 32 bits hold. */
#define STUB_MEMORY_MAX (64u << 20)

/* A copy of the stub that has room for the sections behind it, and where things stand in it. */
struct pe {
	uint8_t *bytes;
	size_t len;
	struct pe_file_header *file;
	struct pe_optional_header *optional;
	struct pe_section_header *sections;
	uint64_t headers_end; /* of the section table, bytes from the file's beginning */
	uint64_t raw_end;     /* of the last section in the file */
	uint64_t memory_end;  /* of the last section in memory, relative to ImageBase */
};

static uint64_t align(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

static bool alignment_valid(uint32_t n)
{
	return n >= 16 && n <= ALIGNMENT_MAX && (n & (n - 1)) == 0;
}

static int find_headers(struct pe *pe, struct err *err)
{
	uint32_t at;
	uint64_t table;

	if (pe->len < PE_LFANEW_OFFSET + 4 || memcmp(pe->bytes, "MZ", 2) != 0)
		return err_set(err, EBADMSG, "not an EFI program");
	memcpy(&at, pe->bytes + PE_LFANEW_OFFSET, sizeof(at));
	table = (uint64_t)at + 4 + sizeof(*pe->file) + sizeof(*pe->optional);
	if (table > pe->len || memcmp(pe->bytes + at, PE_SIGNATURE, 4) != 0)
		return err_set(err, EBADMSG, "not an EFI program");
	pe->file = (void *)(pe->bytes + at + 4);
	pe->optional = (void *)(pe->file + 1);
	pe->sections = (void *)(pe->optional + 1);
	pe->headers_end = table + (uint64_t)pe->file->NumberOfSections * sizeof(*pe->sections);
	if (pe->headers_end > pe->optional->SizeOfHeaders || pe->optional->SizeOfHeaders > pe->len)
		return err_set(err, EBADMSG, "its section table does not fit its headers");
	return 0;
}

static int check_headers(const struct pe *pe, struct err *err)
{
	const struct pe_optional_header *o = pe->optional;

	if (pe->file->Machine != IMAGE_FILE_MACHINE_AMD64 && pe->file->Machine != IMAGE_FILE_MACHINE_ARM64)
		return err_set(err, EBADMSG, "machine type 0x%x is neither AMD64 nor ARM64",
			       pe->file->Machine);
	if (pe->file->SizeOfOptionalHeader != sizeof(*o) || o->Magic != IMAGE_NT_OPTIONAL_HDR64_MAGIC ||
	    o->NumberOfRvaAndSizes != PE_DIRECTORIES)
		return err_set(err, EBADMSG, "not a PE32+ program");
	if (o->Subsystem != IMAGE_SUBSYSTEM_EFI_APP)
		return err_set(err, EBADMSG, "not an EFI application (subsystem %u)", o->Subsystem);
	if (!alignment_valid(o->SectionAlignment) || !alignment_valid(o->FileAlignment) ||
	    o->FileAlignment > o->SectionAlignment)
		return err_set(err, EBADMSG, "its alignments are not in order");
	if (o->SizeOfImage > STUB_MEMORY_MAX)
		return err_set(err, EBADMSG, "it takes %u bytes of memory, which is no stub", o->SizeOfImage);
	if (o->DataDirectory[PE_DIRECTORY_SECURITY].Size)
		return err_set(err, EBADMSG, "it is signed already");
	return 0;
}

static int check_sections(struct pe *pe, struct err *err)
{
	pe->raw_end = pe->optional->SizeOfHeaders;
	pe->memory_end = pe->optional->SizeOfHeaders;
	for (unsigned i = 0; i < pe->file->NumberOfSections; i++) {
		const struct pe_section_header *s = &pe->sections[i];

		if (s->Name[0] == '/')
			return err_set(err, EBADMSG, "section %u has its name in the symbol table", i);
		if (s->VirtualAddress < pe->memory_end)
			return err_set(err, EBADMSG, "section %.8s overlaps the one before", s->Name);
		if (s->SizeOfRawData && s->PointerToRawData < pe->raw_end)
			return err_set(err, EBADMSG, "section %.8s overlaps the one before in the file",
				       s->Name);
		if (s->SizeOfRawData)
			pe->raw_end = (uint64_t)s->PointerToRawData + s->SizeOfRawData;
		pe->memory_end = (uint64_t)s->VirtualAddress + s->VirtualSize;
		if (pe->raw_end > pe->len || pe->memory_end > pe->optional->SizeOfImage)
			return err_set(err, EBADMSG, "section %.8s reaches beyond the program's end",
				       s->Name);
	}
	return 0;
}

/* What a signature would cover, or not, without belonging to a section. */
static int drop_symbols(struct pe *pe, struct err *err)
{
	bool symbols = pe->file->NumberOfSymbols && pe->file->PointerToSymbolTable == pe->raw_end;

	if (pe->len > pe->raw_end && !symbols)
		return err_set(err, EBADMSG, "there is something behind its last section");
	pe->file->PointerToSymbolTable = 0;
	pe->file->NumberOfSymbols = 0;
	return 0;
}

static bool has_section(const struct pe *pe, const char *name)
{
	for (unsigned i = 0; i < pe->file->NumberOfSections; i++)
		if (!strncmp(pe->sections[i].Name, name, sizeof(pe->sections[i].Name)))
			return true;
	return false;
}

/* New section headers may only take bytes that are zero and belong to no section. */
static int check_room(const struct pe *pe, unsigned n, struct err *err)
{
	uint64_t end = pe->headers_end + n * sizeof(*pe->sections);

	if (pe->file->NumberOfSections + n > SECTIONS_MAX || end > pe->optional->SizeOfHeaders)
		return err_set(err, ENOSPC, "its headers have no room for %u more sections", n);
	for (uint64_t i = pe->headers_end; i < end; i++)
		if (pe->bytes[i])
			return err_set(err, ENOSPC, "its headers have no room for %u more sections", n);
	return 0;
}

static int parse_stub(struct pe *pe, struct err *err)
{
	int r = find_headers(pe, err);

	if (r < 0 || !pe->optional)
		return r;
	r = check_headers(pe, err);
	if (r == 0)
		r = check_sections(pe, err);
	return r < 0 ? r : drop_symbols(pe, err);
}

/* The stub's bytes up to its last section's end, zeros behind. */
static void append(struct pe *pe, const struct uki_section *section)
{
	struct pe_optional_header *o = pe->optional;
	uint64_t raw = align(pe->raw_end, o->FileAlignment);
	uint64_t address = align(pe->memory_end, o->SectionAlignment > PAGE ? o->SectionAlignment : PAGE);
	uint64_t raw_len = align(section->len, o->FileAlignment);
	struct pe_section_header *header = &pe->sections[pe->file->NumberOfSections++];

	*header = (struct pe_section_header){
		.VirtualSize = (uint32_t)section->len,
		.VirtualAddress = (uint32_t)address,
		.SizeOfRawData = (uint32_t)raw_len,
		.PointerToRawData = (uint32_t)raw,
		.Characteristics = IMAGE_SCN_CNT_INITIALIZED_DATA | IMAGE_SCN_MEM_READ,
	};
	memcpy(header->Name, section->name, strnlen(section->name, sizeof(header->Name)));
	memcpy(pe->bytes + raw, section->data, section->len);
	pe->raw_end = raw + raw_len;
	pe->memory_end = address + section->len;
	o->SizeOfInitializedData += (uint32_t)raw_len;
	o->SizeOfImage = (uint32_t)align(pe->memory_end, o->SectionAlignment);
	o->CheckSum = 0; /* firmware checks it for drivers of other systems alone */
}

/* Bytes of the whole, with the most that alignment can cost; 0: more than UKI_MAX. */
static size_t room_for(size_t stub_len, const struct uki_section *sections, unsigned n)
{
	uint64_t room = stub_len;

	for (unsigned i = 0; i < n; i++) {
		if (sections[i].len > UKI_MAX)
			return 0;
		room += sections[i].len + 2 * (uint64_t)ALIGNMENT_MAX;
	}
	return room <= UKI_MAX ? (size_t)room : 0;
}

static int check_wanted(const struct pe *pe, const struct uki_section *sections, unsigned n, struct err *err)
{
	for (unsigned i = 0; i < n; i++) {
		if (!sections[i].len || strlen(sections[i].name) > 8)
			return err_set(err, EINVAL, "section %s is empty, or its name too long",
				       sections[i].name);
		if (has_section(pe, sections[i].name))
			return err_set(err, EBADMSG, "it has a section %s already", sections[i].name);
	}
	return check_room(pe, n, err);
}

int uki_build(const void *stub, size_t stub_len, const struct uki_section *sections, unsigned n_sections,
	      void **ret, size_t *ret_len, struct err *err)
{
	size_t room = room_for(stub_len, sections, n_sections);
	_cleanup_free_ uint8_t *bytes = room ? calloc(1, room) : NULL;
	struct pe pe = {.bytes = bytes, .len = stub_len};
	int r;

	if (!room)
		return err_set(err, EFBIG, "a unified kernel image of more than %u MiB", UKI_MAX >> 20);
	if (!bytes)
		return err_set(err, ENOMEM, "out of memory");
	memcpy(bytes, stub, stub_len);
	r = parse_stub(&pe, err);
	if (r == 0 && pe.optional)
		r = check_wanted(&pe, sections, n_sections, err);
	if (r < 0 ||
	    !pe.optional) /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): bytes is freed by its attribute */
		return err_prepend(err, "stub");
	memset(bytes + pe.raw_end, 0, stub_len - pe.raw_end);
	for (unsigned i = 0; i < n_sections; i++)
		append(&pe, &sections[i]);
	*ret = TAKE_PTR(bytes);
	*ret_len = pe.raw_end;
	return 0;
}

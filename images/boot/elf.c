/* SPDX-License-Identifier: Apache-2.0 */
#include "images/boot/elf.h"

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct elf {
	const uint8_t *bytes;
	size_t len;
	const Elf64_Ehdr *header;
	const Elf64_Phdr *segments;
};

static const void *at(const struct elf *elf, uint64_t offset, uint64_t len)
{
	return offset <= elf->len && len <= elf->len - offset && offset % 8 == 0 ? elf->bytes + offset : NULL;
}

static const char *string_at(const struct elf *elf, uint64_t offset)
{
	return offset < elf->len && memchr(elf->bytes + offset, '\0', elf->len - offset)
		       ? (const char *)elf->bytes + offset
		       : NULL;
}

static const Elf64_Phdr *segment(const struct elf *elf, uint32_t type)
{
	for (unsigned i = 0; i < elf->header->e_phnum; i++)
		if (elf->segments[i].p_type == type)
			return &elf->segments[i];
	return NULL;
}

/* Where an address lies in the file; UINT64_MAX: in no segment. */
static uint64_t file_offset(const struct elf *elf, uint64_t address)
{
	for (unsigned i = 0; i < elf->header->e_phnum; i++) {
		const Elf64_Phdr *s = &elf->segments[i];

		if (s->p_type == PT_LOAD && address >= s->p_vaddr && address - s->p_vaddr < s->p_filesz)
			return s->p_offset + (address - s->p_vaddr);
	}
	return UINT64_MAX;
}

static int read_header(struct elf *elf, struct err *err)
{
	elf->header = at(elf, 0, sizeof(*elf->header));
	if (!elf->header || memcmp(elf->header->e_ident, ELFMAG, SELFMAG) != 0 ||
	    elf->header->e_ident[EI_CLASS] != ELFCLASS64 || elf->header->e_ident[EI_DATA] != ELFDATA2LSB ||
	    elf->header->e_phentsize != sizeof(Elf64_Phdr))
		return err_set(err, EBADMSG, "not a 64-bit little-endian ELF file");
	elf->segments = at(elf, elf->header->e_phoff, (uint64_t)elf->header->e_phnum * sizeof(Elf64_Phdr));
	return elf->segments ? 0 : err_set(err, EBADMSG, "its program headers lie outside the file");
}

static int read_dynamic(const struct elf *elf, const Elf64_Dyn *dynamic, size_t n, struct elf_needs *needs,
			struct err *err)
{
	uint64_t strings = UINT64_MAX;

	for (size_t i = 0; i < n && dynamic[i].d_tag != DT_NULL; i++) {
		if (dynamic[i].d_tag == DT_STRTAB)
			strings = file_offset(elf, dynamic[i].d_un.d_ptr);
		if (dynamic[i].d_tag == DT_RPATH || dynamic[i].d_tag == DT_RUNPATH)
			return err_set(err, ENOTSUP, "it names a library path of its own (DT_RUNPATH)");
	}
	for (size_t i = 0; i < n && dynamic[i].d_tag != DT_NULL; i++) {
		const char *name;

		if (dynamic[i].d_tag != DT_NEEDED)
			continue;
		name = strings < elf->len && dynamic[i].d_un.d_val < elf->len
			       ? string_at(elf, strings + dynamic[i].d_un.d_val)
			       : NULL;
		if (!name || !*name || strchr(name, '/') ||
		    needs->n_needed == sizeof(needs->needed) / sizeof(needs->needed[0]))
			return err_set(err, EBADMSG, "its list of libraries is not in order");
		needs->needed[needs->n_needed++] = name;
	}
	return 0;
}

int elf_needs(const void *file, size_t len, struct elf_needs *ret, struct err *err)
{
	struct elf elf = {.bytes = file, .len = len};
	struct elf_needs needs = {0};
	const Elf64_Phdr *interpreter, *dynamic;
	const Elf64_Dyn *entries;
	int r = read_header(&elf, err);

	if (r < 0 || !elf.segments)
		return r;
	interpreter = segment(&elf, PT_INTERP);
	if (interpreter) {
		needs.interpreter = string_at(&elf, interpreter->p_offset);
		if (!needs.interpreter)
			return err_set(err, EBADMSG, "its interpreter's name lies outside the file");
	}
	dynamic = segment(&elf, PT_DYNAMIC);
	if (dynamic) {
		entries = at(&elf, dynamic->p_offset, dynamic->p_filesz);
		if (!entries)
			return err_set(err, EBADMSG, "its dynamic section lies outside the file");
		r = read_dynamic(&elf, entries, dynamic->p_filesz / sizeof(*entries), &needs, err);
		if (r < 0)
			return r;
	}
	*ret = needs;
	return 0;
}

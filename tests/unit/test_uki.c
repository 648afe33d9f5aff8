/* rooms: images/boot protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Sections appended to systemd's own stub, and stubs that are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/io.h"
#include "images/boot/pe_spec.h"
#include "images/boot/uki.h"

static uint8_t *stub;
static size_t stub_len;

static int read_stub(void **state)
{
	struct err err = {0};

	(void)state;
	return file_read(UKI_STUB, UKI_STUB_MAX, (char **)&stub, &stub_len, &err);
}

static int drop_stub(void **state)
{
	(void)state;
	free(stub);
	return 0;
}

static struct pe_file_header *file_header(uint8_t *bytes)
{
	uint32_t at;

	memcpy(&at, bytes + PE_LFANEW_OFFSET, 4);
	assert_memory_equal(bytes + at, PE_SIGNATURE, 4);
	return (void *)(bytes + at + 4);
}

static struct pe_optional_header *optional_header(uint8_t *bytes)
{
	return (void *)(file_header(bytes) + 1);
}

static struct pe_section_header *section_headers(uint8_t *bytes)
{
	return (void *)(optional_header(bytes) + 1);
}

static struct uki_section three[] = {
	{".osrel", "ID=x\n", 5}, {".linux", NULL, 70000}, {".initrd", NULL, 4097}};

static uint8_t *build(size_t *ret_len)
{
	static uint8_t kernel[70000], initrd[4097];
	struct err err = {0};
	void *uki = NULL;

	memset(kernel, 'K', sizeof(kernel));
	memset(initrd, 'I', sizeof(initrd));
	three[1].data = kernel;
	three[2].data = initrd;
	assert_int_equal(uki_build(stub, stub_len, three, 3, &uki, ret_len, &err), 0);
	return uki;
}

/* What the firmware's loader relies on: sections in order, aligned, without overlap, within file and image. */
static void test_layout(void **state)
{
	size_t len;
	_cleanup_free_ uint8_t *uki = build(&len);
	const struct pe_optional_header *o = optional_header(uki);
	const struct pe_section_header *s = section_headers(uki);
	unsigned n = file_header(uki)->NumberOfSections, old = file_header(stub)->NumberOfSections;
	uint64_t raw = o->SizeOfHeaders, memory = o->SizeOfHeaders;

	(void)state;
	assert_int_equal(n, old + 3);
	for (unsigned i = 0; i < n; i++) {
		assert_true(s[i].PointerToRawData >= raw && s[i].VirtualAddress >= memory);
		assert_int_equal(s[i].PointerToRawData % o->FileAlignment, 0);
		if (i >= old)
			assert_int_equal(s[i].VirtualAddress % 4096, 0);
		raw = (uint64_t)s[i].PointerToRawData + s[i].SizeOfRawData;
		memory = (uint64_t)s[i].VirtualAddress + s[i].VirtualSize;
	}
	assert_int_equal(raw, len);
	assert_true(o->SizeOfImage >= memory && o->SizeOfImage % o->SectionAlignment == 0);
	assert_int_equal(o->AddressOfEntryPoint, optional_header(stub)->AddressOfEntryPoint);
}

static void test_contents(void **state)
{
	size_t len;
	_cleanup_free_ uint8_t *uki = build(&len);
	const struct pe_section_header *s = section_headers(uki) + file_header(stub)->NumberOfSections;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(strncmp(s[i].Name, three[i].name, 8), 0);
		assert_int_equal(s[i].VirtualSize, three[i].len);
		assert_memory_equal(uki + s[i].PointerToRawData, three[i].data, three[i].len);
		for (size_t pad = three[i].len; pad < s[i].SizeOfRawData; pad++)
			assert_int_equal(uki[s[i].PointerToRawData + pad], 0);
	}
	/* the stub's code is untouched */
	s = section_headers(uki);
	assert_memory_equal(uki + s->PointerToRawData, stub + s->PointerToRawData, s->SizeOfRawData);
}

static void expect_refused(int code, const char *says)
{
	struct err err = {0};
	void *uki = NULL;
	size_t len;

	assert_int_equal(uki_build(stub, stub_len, three, 3, &uki, &len, &err), -code);
	assert_null(uki);
	assert_non_null(strstr(err.text, says));
}

static void test_stub_of_stub(void **state)
{
	size_t len;
	uint8_t *uki = build(&len);

	(void)state;
	free(stub);
	stub = uki;
	stub_len = len;
	expect_refused(EBADMSG, "has a section .osrel already");
}

static void test_signed_stub(void **state)
{
	(void)state;
	optional_header(stub)->DataDirectory[PE_DIRECTORY_SECURITY].Size = 8;
	expect_refused(EBADMSG, "signed already");
}

static void test_no_room_for_headers(void **state)
{
	struct pe_section_header *s = section_headers(stub) + file_header(stub)->NumberOfSections;

	(void)state;
	((uint8_t *)(s + 2))[39] = 1;
	expect_refused(ENOSPC, "no room");
}

static void test_overlapping_sections(void **state)
{
	(void)state;
	section_headers(stub)[1].VirtualAddress = section_headers(stub)[0].VirtualAddress;
	expect_refused(EBADMSG, "overlaps");
}

static void test_cut_and_other_files(void **state)
{
	(void)state;
	stub_len = 60000;
	expect_refused(EBADMSG, "beyond the program's end");
	stub_len = 300;
	expect_refused(EBADMSG, "EFI program");
	stub_len = 63;
	expect_refused(EBADMSG, "EFI program");
}

static void test_other_subsystem(void **state)
{
	(void)state;
	optional_header(stub)->Subsystem = 3;
	expect_refused(EBADMSG, "not an EFI application");
}

/* Every byte of the headers set to 0xff, in turn: refused or built, never beyond the buffers. */
static void test_damaged_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < 0x400; i++) {
		struct err err = {0};
		void *uki = NULL;
		uint8_t was = stub[i];
		size_t len;

		stub[i] = 0xff;
		if (uki_build(stub, stub_len, three, 1, &uki, &len, &err) == 0)
			free(uki);
		stub[i] = was;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_layout, read_stub, drop_stub),
		cmocka_unit_test_setup_teardown(test_contents, read_stub, drop_stub),
		cmocka_unit_test_setup_teardown(test_stub_of_stub, read_stub, drop_stub),
		cmocka_unit_test_setup_teardown(test_signed_stub, read_stub, drop_stub),
		cmocka_unit_test_setup_teardown(test_no_room_for_headers, read_stub, drop_stub),
		cmocka_unit_test_setup_teardown(test_overlapping_sections, read_stub, drop_stub),
		cmocka_unit_test_setup_teardown(test_cut_and_other_files, read_stub, drop_stub),
		cmocka_unit_test_setup_teardown(test_other_subsystem, read_stub, drop_stub),
		cmocka_unit_test_setup_teardown(test_damaged_headers, read_stub, drop_stub),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* rooms: efi core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Boot entries as OVMF made them (tests/machines/ovmf-efivars: 4 bytes of attributes, then the variable), and as a former
 * tenant might have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/io.h"
#include "efi/bootorder.h"

#define FOLDER "tests/machines/ovmf-efivars/"
#define GLOBAL "-8be4df61-93ca-11d2-aa0d-00e098032b8c"

static uint8_t *captured(unsigned number, size_t *ret_len)
{
	_cleanup_free_ char *path = str_printf(FOLDER "Boot%04X" GLOBAL, number);
	struct err err = {0};
	char *file;
	size_t len;

	assert_int_equal(file_read(path, 4096, &file, &len, &err), 0);
	memmove(file, file + 4, len - 4);
	*ret_len = len - 4;
	return (uint8_t *)file;
}

static const struct {
	enum efi_entry_kind kind;
	const char *description, *path;
} expected[] = {
	{EFI_ENTRY_FIRMWARE, "UiApp",
	 "FvVol(7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1)/FvFile(462caa21-7614-4503-836e-8ab6f4662331)"},
	{EFI_ENTRY_DEVICE, "UEFI QEMU DVD-ROM QM00005 ", "PciRoot(0x0)/Pci(0x1f,0x2)/Sata(2,65535,0)"},
	{EFI_ENTRY_DEVICE, "UEFI QEMU NVMe Ctrl S1 1",
	 "PciRoot(0x0)/Pci(0x2,0x0)/NVMe(0x1,00-00-00-00-00-00-00-00)"},
	{EFI_ENTRY_DEVICE, "UEFI Misc Device", "PciRoot(0x0)/Pci(0x4,0x0)"},
	{EFI_ENTRY_NETWORK, "UEFI PXEv4 (MAC:525400123456)", "PciRoot(0x0)/Pci(0x3,0x0)/MAC(525400123456,1)"},
	{EFI_ENTRY_NETWORK, "UEFI PXEv4 (MAC:525400123456) 2", NULL},
	{EFI_ENTRY_NETWORK, "UEFI PXEv6 (MAC:525400123456)", NULL},
	{EFI_ENTRY_NETWORK, "UEFI HTTPv4 (MAC:525400123456)", NULL},
	{EFI_ENTRY_NETWORK, "UEFI HTTPv6 (MAC:525400123456)", NULL},
	{EFI_ENTRY_FIRMWARE, "EFI Internal Shell", NULL},
};

static void test_captured(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		struct efi_entry entry;
		struct err err = {0};
		size_t len;
		_cleanup_free_ uint8_t *option = captured(i, &len);

		assert_int_equal(efi_entry_parse((uint16_t)i, option, len, &entry, &err), 0);
		assert_int_equal(entry.number, i);
		assert_int_equal(entry.kind, expected[i].kind);
		assert_int_equal(entry.attributes & 1, 1);
		assert_string_equal(entry.description, expected[i].description);
		assert_string_not_equal(entry.path, "");
		if (expected[i].path)
			assert_string_equal(entry.path, expected[i].path);
		assert_string_equal(entry.partition, "");
		assert_memory_equal(entry.option, option, len);
		efi_entry_clear(&entry);
	}
}

/* HD(1,GPT,...)/File(\a) with a description that holds a control character and a lone surrogate. */
static const uint8_t disk_file[] = {1, 0, 0, 0, 56, 0, 'D', 0, 0x1b, 0, 0x00, 0xd8, 0xe4, 0, 0, 0,
				    /* partition */
				    4, 1, 42, 0, 1, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0,
				    0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0,
				    0xc9, 0x3e, 0xc9, 0x3b, 2, 2,
				    /* file path, end */
				    4, 4, 10, 0, '\\', 0, 'a', 0, 0, 0, 0x7f, 0xff, 4, 0};

static void test_disk_file(void **state)
{
	struct efi_entry entry;
	struct err err = {0};

	(void)state;
	assert_int_equal(efi_entry_parse(7, disk_file, sizeof(disk_file), &entry, &err), 0);
	assert_int_equal(entry.kind, EFI_ENTRY_DISK_FILE);
	assert_string_equal(entry.partition, "c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
	assert_string_equal(entry.description, "D?\xef\xbf\xbd\xc3\xa4");
	assert_string_equal(entry.path,
			    "HD(1,GPT,c12a7328-f81f-11d2-ba4b-00a0c93ec93b,0x800,0x1000)/File(\\a)");
	efi_entry_clear(&entry);
}

/* A device path cut short, in its own copy so that a read beyond is found. */
static void test_every_prefix(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(disk_file); len++) {
		_cleanup_free_ uint8_t *copy = malloc(len + !len);
		struct efi_entry entry;
		struct err err = {0};

		memcpy(copy, disk_file, len);
		assert_int_equal(efi_entry_parse(7, copy, len, &entry, &err), -EBADMSG);
		assert_string_not_equal(err.text, "");
	}
}

static void expect_bad(size_t at, uint8_t value)
{
	uint8_t copy[sizeof(disk_file)];
	struct efi_entry entry;
	struct err err = {0};

	memcpy(copy, disk_file, sizeof(copy));
	copy[at] = value;
	assert_int_equal(efi_entry_parse(7, copy, sizeof(copy), &entry, &err), -EBADMSG);
}

static void test_hostile_lengths(void **state)
{
	(void)state;
	expect_bad(4, 57);  /* paths beyond the option */
	expect_bad(4, 55);  /* end node cut */
	expect_bad(18, 3);  /* a node shorter than its header: would not advance */
	expect_bad(18, 0);  /* */
	expect_bad(19, 1);  /* a node beyond the path */
	expect_bad(60, 14); /* file path that swallows the end */
}

/* A file name without its NUL, an HD node of another length: still a disk's, but shown to nobody. */
static void test_no_text_for_unsound_nodes(void **state)
{
	uint8_t copy[sizeof(disk_file)];
	struct efi_entry entry;
	struct err err = {0};

	(void)state;
	memcpy(copy, disk_file, sizeof(copy));
	copy[66] = 'b';
	assert_int_equal(efi_entry_parse(7, copy, sizeof(copy), &entry, &err), 0);
	assert_int_equal(entry.kind, EFI_ENTRY_DISK_FILE);
	assert_string_equal(entry.path, "");
	efi_entry_clear(&entry);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captured),
		cmocka_unit_test(test_disk_file),
		cmocka_unit_test(test_every_prefix),
		cmocka_unit_test(test_hostile_lengths),
		cmocka_unit_test(test_no_text_for_unsound_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

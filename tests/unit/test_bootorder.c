/* rooms: efi tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Plans on invented entries, and their application to a folder of variables that OVMF made, in which a former tenant has
 * left entries of his own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <efivar/efivar.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"
#include "core/json.h"
#include "efi/boot_next.h"
#include "efi/bootorder.h"
#include "efi/fate.h"
#include "tests/fakes/efivars.h"

#define CAPTURED "tests/machines/ovmf-efivars/"
#define GLOBAL   "-8be4df61-93ca-11d2-aa0d-00e098032b8c"

static const struct efi_wish wish = {
	.label = "remint debian-12 12.8",
	.disk_path = "/dev/nvme0n1",
	.partition = "0f3c1a52-90ab-4cde-8f01-23456789abcd",
	.partition_number = 1,
	.partition_start = 2048,
	.partition_size = 131072,
	.loader = "\\EFI\\BOOT\\BOOTX64.EFI",
};

/* ---- the plan ---- */

static struct efi_entry entry(uint16_t number, enum efi_entry_kind kind)
{
	return (struct efi_entry){.number = number, .attributes = 1, .kind = kind};
}

static void expect_order(const struct efi_plan *plan, const uint16_t *order, unsigned n)
{
	assert_int_equal(plan->n_order, n);
	assert_memory_equal(plan->order, order, n * sizeof(*order));
}

static struct efi_entry invented[7];
static uint16_t invented_order[] = {3, 1, 9, 5, 1, 0, 4};
static struct efi_boot invented_boot = {invented, 7, invented_order, 7, 3, 3};

static int invent(void **state)
{
	(void)state;
	invented[0] = entry(0, EFI_ENTRY_FIRMWARE);
	invented[1] = entry(1, EFI_ENTRY_DISK_FILE);
	invented[2] = entry(2, EFI_ENTRY_NETWORK);
	invented[3] = entry(3, EFI_ENTRY_DISK_FILE);
	invented[4] = entry(4, EFI_ENTRY_UNKNOWN);
	invented[5] = entry(5, EFI_ENTRY_NETWORK);
	invented[6] = entry(6, EFI_ENTRY_DEVICE);
	return 0;
}

/* 9 dangles, 1 stands there twice, 6 was not in the order and stays out of it. */
static void test_disk_first(void **state)
{
	static const uint16_t order[] = {1, 5, 0}, removed[] = {1, 3, 4};
	_cleanup_(efi_plan_freep) struct efi_plan *plan = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(efi_plan_make(&invented_boot, NULL, &wish, &plan, &err), 0);
	assert_int_equal(plan->n_remove, 3);
	assert_memory_equal(plan->remove, removed, sizeof(removed));
	assert_int_equal(plan->add, 1);
	expect_order(plan, order, 3);
}

/* 2 is a network entry that somebody had left out of the order. */
static void test_network_first(void **state)
{
	static const uint16_t order[] = {5, 2, 1, 0};
	_cleanup_(efi_plan_freep) struct efi_plan *plan = NULL;
	struct efi_wish network = wish;
	struct err err = {0};

	(void)state;
	network.network_first = true;
	assert_int_equal(efi_plan_make(&invented_boot, NULL, &network, &plan, &err), 0);
	expect_order(plan, order, 4);
}

static void test_network_first_without_network(void **state)
{
	_cleanup_(efi_plan_freep) struct efi_plan *plan = NULL;
	struct efi_wish network = wish;
	struct err err = {0};

	(void)state;
	network.network_first = true;
	invented[2].attributes = 0;
	invented[5].kind = EFI_ENTRY_DEVICE;
	assert_int_equal(efi_plan_make(&invented_boot, NULL, &network, &plan, &err), -ENODEV);
	assert_null(plan);
}

static void test_no_variables_at_all(void **state)
{
	static const uint16_t order[] = {0};
	_cleanup_(efi_plan_freep) struct efi_plan *plan = NULL;
	struct efi_boot empty = {.current = -1, .next = -1};
	struct err err = {0};

	(void)state;
	assert_int_equal(efi_plan_make(&empty, NULL, &wish, &plan, &err), 0);
	assert_int_equal(plan->n_remove, 0);
	expect_order(plan, order, 1);
}

/* ---- applying it ---- */

static void var_path(char path[256], const char *name)
{
	snprintf(path, 256, "%s%s" GLOBAL, getenv("EFIVARFS_PATH"), name);
}

static bool room_after_removals; /* the store is full until something has been deleted */
static unsigned n_deleted;
static const char *locked; /* the firmware protects this one */

/* Stands before libefivar's: efivarfs replaces a variable whole, whereas an ordinary file would keep its old tail. */
int efi_set_variable(efi_guid_t guid, const char *name, uint8_t *data, size_t len, uint32_t attributes,
		     mode_t mode)
{
	int (*real)(efi_guid_t, const char *, uint8_t *, size_t, uint32_t, mode_t) =
		(__typeof__(real))dlsym(RTLD_NEXT, "efi_set_variable");
	char path[256];

	var_path(path, name);
	if (room_after_removals && !n_deleted) {
		errno = ENOSPC;
		return -1;
	}
	if (access(path, F_OK) == 0)
		assert_int_equal(truncate(path, 0), 0);
	return real(guid, name, data, len, attributes, mode);
}

int efi_del_variable(efi_guid_t guid, const char *name)
{
	int (*real)(efi_guid_t, const char *) = (__typeof__(real))dlsym(RTLD_NEXT, "efi_del_variable");

	if (locked && !strcmp(name, locked)) {
		errno = EROFS;
		return -1;
	}
	n_deleted++;
	return real(guid, name);
}

static void put_var(const char *name, const void *data, size_t len)
{
	_cleanup_free_ uint8_t *bytes = xcalloc(1, len + 4);
	struct err err = {0};
	char path[256];

	bytes[0] = 7;
	memcpy(bytes + 4, data, len);
	var_path(path, name);
	assert_int_equal(file_write_atomic(path, bytes, len + 4, 0644, &err), 0);
}

static int refused; /* efi_plan_apply()'s */

static bool there_is(const char *name)
{
	char path[256];

	var_path(path, name);
	return access(path, F_OK) == 0;
}

static void expect_var(const char *name, const void *data, size_t len)
{
	_cleanup_free_ char *there = NULL;
	struct err err = {0};
	char path[256];
	size_t n;

	var_path(path, name);
	assert_int_equal(file_read(path, 4096, &there, &n, &err), 0);
	assert_int_equal(n, len + 4);
	assert_memory_equal(there, "\7\0\0\0", 4);
	assert_memory_equal(there + 4, data, len);
}

static int empty_folder(void **state)
{
	(void)state;
	efivars_fill(NULL);
	return 0;
}

/* HD(1,GPT,...)/File(\a), of a former installation */
static const uint8_t stale[] = {
	1,    0,    0,    0,    56,   0,    'x',  0,    0,    0,    4,    1,    42,   0,    1,    0,    0,
	0,    0,    8,    0,    0,    0,    0,    0,    0,    0,    16,   0,    0,    0,    0,    0,    0,
	0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b, 2,
	2,    4,    4,    10,   0,    '\\', 0,    'a',  0,    0,    0,    0x7f, 0xff, 4,    0};

static int former_tenant(void **state)
{
	static const uint8_t order[] = {0x0b, 0, 0x0a, 0, 0, 0, 1, 0, 2, 0, 4, 0, 7, 0, 9, 0, 0x77, 0, 3};

	empty_folder(state);
	efivars_fill(CAPTURED);
	put_var("Boot000A", stale, sizeof(stale));
	put_var("Boot000B", stale, sizeof(stale));
	put_var("Boot00AF", "nonsense", 8);
	put_var("BootOrder", order, sizeof(order));
	put_var("BootNext", "\x0a", 2);
	put_var("BootCurrent", "\4", 2);
	return 0;
}

/* UEFI 2.10, 3.1.3 and 10.3.5, by hand */
static const uint8_t wanted_entry[] = {
	1,    0,    0,    0,    94,   0,    'r',  0,    'e',  0,    'm',  0,    'i',  0,    'n',  0,
	't',  0,    ' ',  0,    'd',  0,    'e',  0,    'b',  0,    'i',  0,    'a',  0,    'n',  0,
	'-',  0,    '1',  0,    '2',  0,    ' ',  0,    '1',  0,    '2',  0,    '.',  0,    '8',  0,
	0,    0,    4,    1,    42,   0,    1,    0,    0,    0,    0,    8,    0,    0,    0,    0,
	0,    0,    0,    0,    2,    0,    0,    0,    0,    0,    0x52, 0x1a, 0x3c, 0x0f, 0xab, 0x90,
	0xde, 0x4c, 0x8f, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 2,    2,    4,    4,    48,   0,
	'\\', 0,    'E',  0,    'F',  0,    'I',  0,    '\\', 0,    'B',  0,    'O',  0,    'O',  0,
	'T',  0,    '\\', 0,    'B',  0,    'O',  0,    'O',  0,    'T',  0,    'X',  0,    '6',  0,
	'4',  0,    '.',  0,    'E',  0,    'F',  0,    'I',  0,    0,    0,    0x7f, 0xff, 4,    0};

static void read_and_plan(const struct efi_wish *w, struct efi_boot **boot, struct efi_plan **plan)
{
	struct err err = {0};

	assert_int_equal(efi_boot_read(boot, &err), 0);
	assert_int_equal(efi_plan_make(*boot, NULL, w, plan, &err), 0);
}

static void test_read(void **state)
{
	_cleanup_(efi_boot_freep) struct efi_boot *boot = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(efi_boot_read(&boot, &err), 0);
	assert_int_equal(boot->n_entries, 13);
	assert_int_equal(boot->n_order, 9);
	assert_int_equal(boot->next, 0x0a);
	assert_int_equal(boot->current, 4);
	assert_int_equal(boot->entries[10].kind, EFI_ENTRY_DISK_FILE);
	assert_int_equal(boot->entries[12].kind, EFI_ENTRY_UNKNOWN);
	assert_int_equal(boot->entries[12].number, 0xaf);
}

/* The numbers of a list of the report, in its order. */
static void expect_list(const json_t *report, const char *key, const char *numbers)
{
	const json_t *list = json_object_get(report, key);
	char text[256] = "";

	assert_true(json_is_array(list));
	for (size_t i = 0; i < json_array_size(list); i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			 json_string_value(json_object_get(json_array_get(list, i), "number")));
	assert_string_equal(text, numbers);
}

static void expect_text(const json_t *item, const char *key, const char *text)
{
	assert_string_equal(json_string_value(json_object_get(item, key)), text);
}

static void test_apply(void **state)
{
	static const uint8_t order[] = {0x0a, 0, 0, 0, 1, 0, 2, 0, 4, 0, 7, 0, 9, 0};
	_cleanup_(efi_boot_freep) struct efi_boot *boot = NULL;
	_cleanup_(efi_plan_freep) struct efi_plan *plan = NULL;
	_cleanup_json_ json_t *report = NULL;
	const json_t *added, *first;
	struct err err = {0};

	(void)state;
	read_and_plan(&wish, &boot, &plan);
	assert_int_equal(efi_plan_apply(plan, boot, &wish, &report, &refused, &err), 0);
	expect_var("Boot000A", wanted_entry, sizeof(wanted_entry));
	expect_var("BootOrder", order, sizeof(order));
	assert_false(there_is("Boot000B"));
	assert_false(there_is("BootNext"));
	assert_false(there_is("Boot00AF"));
	assert_int_equal(efi_plan_check(plan, boot, &wish, &err), 0);
	expect_list(report, "removed", "000A 000B 00AF");
	expect_list(report, "kept", "0000 0001 0002 0003 0004 0005 0006 0007 0008 0009");
	expect_list(report, "cleaned", "");
	expect_list(report, "not_removed", "");
	added = json_object_get(report, "added");
	expect_text(added, "number", "000A");
	expect_text(added, "description", "remint debian-12 12.8");
	expect_text(added, "kind", "disk-file");
	expect_text(added, "path",
		    "HD(1,GPT,0f3c1a52-90ab-4cde-8f01-23456789abcd,0x800,0x20000)/"
		    "File(\\EFI\\BOOT\\BOOTX64.EFI)");
	first = json_array_get(json_object_get(report, "removed"), 0);
	expect_text(first, "path", "HD(1,GPT,c12a7328-f81f-11d2-ba4b-00a0c93ec93b,0x800,0x1000)/File(\\a)");
	expect_text(first, "why", "a file or a partition of a disk");
	assert_int_equal(strlen(json_string_value(json_object_get(first, "sha256"))), 64);
	assert_true(json_is_null(json_object_get(report, "boot_next")));
}

/* As after a power cut: what is done again changes nothing. */
static void test_apply_again(void **state)
{
	struct stat before, after;
	char path[256];

	for (int i = 0; i < 2; i++) {
		_cleanup_(efi_boot_freep) struct efi_boot *boot = NULL;
		_cleanup_(efi_plan_freep) struct efi_plan *plan = NULL;
		_cleanup_json_ json_t *report = NULL;
		struct err err = {0};

		read_and_plan(&wish, &boot, &plan);
		assert_int_equal(plan->add, 0x0a);
		assert_int_equal(efi_plan_apply(plan, boot, &wish, &report, &refused, &err), 0);
		var_path(path, "Boot000A");
		assert_int_equal(stat(path, i ? &after : &before), 0);
	}
	(void)state;
	assert_int_equal(before.st_ino, after.st_ino);
	assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof(before.st_mtim));
}

static void expect_difference(const struct efi_plan *plan, const struct efi_boot *boot, const char *says)
{
	struct err err = {0};

	assert_int_equal(efi_plan_check(plan, boot, &wish, &err), -EIO);
	assert_non_null(strstr(err.text, says));
}

static void test_check_finds_differences(void **state)
{
	_cleanup_(efi_boot_freep) struct efi_boot *boot = NULL;
	_cleanup_(efi_plan_freep) struct efi_plan *plan = NULL;
	_cleanup_json_ json_t *report = NULL;
	struct err err = {0};

	(void)state;
	read_and_plan(&wish, &boot, &plan);
	expect_difference(plan, boot, "Boot000A is not as it was written");
	assert_int_equal(efi_plan_apply(plan, boot, &wish, &report, &refused, &err), 0);
	put_var("BootNext", "\4", 2);
	expect_difference(plan, boot, "BootNext");
	put_var("BootOrder", "\4\0\12", 4);
	expect_difference(plan, boot, "BootOrder is 0004,000A and was set to 000A,0000");
	put_var("Boot000B", stale, sizeof(stale));
	expect_difference(plan, boot, "Boot000B was removed and is there again");
}

/* What goes makes room for what comes. */
static void test_full_store(void **state)
{
	_cleanup_(efi_boot_freep) struct efi_boot *boot = NULL;
	_cleanup_(efi_plan_freep) struct efi_plan *plan = NULL;
	_cleanup_json_ json_t *report = NULL;
	struct err err = {0};

	(void)state;
	read_and_plan(&wish, &boot, &plan);
	room_after_removals = true;
	n_deleted = 0;
	assert_int_equal(efi_plan_apply(plan, boot, &wish, &report, &refused, &err), 0);
	expect_list(report, "removed", "000A 000B 00AF");
	assert_int_equal(efi_plan_check(plan, boot, &wish, &err), 0);
	room_after_removals = false;
}

static void test_full_without_anything_to_remove(void **state)
{
	_cleanup_(efi_boot_freep) struct efi_boot *boot = NULL;
	_cleanup_(efi_plan_freep) struct efi_plan *plan = NULL;
	json_t *report = NULL;
	struct err err = {0};

	(void)state;
	empty_folder(NULL);
	efivars_fill(CAPTURED);
	read_and_plan(&wish, &boot, &plan);
	room_after_removals = true;
	n_deleted = 0;
	assert_int_equal(efi_plan_apply(plan, boot, &wish, &report, &refused, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "the firmware's store is full: 11 variables with "));
	room_after_removals = false;
}

/* An entry that the firmware does not let go stays out of the order, and is told. */
static void test_protected_entry(void **state)
{
	static const uint16_t number = 0x0b;
	const struct efi_policy policy = {.protected_ = &number, .n_protected = 1};
	_cleanup_(efi_boot_freep) struct efi_boot *boot = NULL;
	_cleanup_(efi_plan_freep) struct efi_plan *plan = NULL, *second = NULL;
	_cleanup_json_ json_t *report = NULL;
	struct err err = {0};

	(void)state;
	read_and_plan(&wish, &boot, &plan);
	locked = "Boot000B";
	assert_int_equal(efi_plan_apply(plan, boot, &wish, &report, &refused, &err), -EROFS);
	assert_int_equal(refused, 0x0b);
	assert_non_null(strstr(err.text, "deleting UEFI variable Boot000B: the firmware does not allow it"));
	assert_int_equal(efi_plan_make(boot, &policy, &wish, &second, &err), 0);
	assert_int_equal(efi_plan_apply(second, boot, &wish, &report, &refused, &err), 0);
	expect_list(report, "not_removed", "000B");
	expect_list(report, "removed", "000A 00AF");
	locked = NULL;
}

/* Without a wish: only what goes. */
static void test_no_wish(void **state)
{
	static const uint8_t order[] = {0, 0, 1, 0, 2, 0, 4, 0, 7, 0, 9, 0};
	_cleanup_(efi_boot_freep) struct efi_boot *boot = NULL;
	_cleanup_(efi_plan_freep) struct efi_plan *plan = NULL;
	_cleanup_json_ json_t *report = NULL;
	struct err err = {0};

	(void)state;
	read_and_plan(NULL, &boot, &plan);
	assert_int_equal(efi_plan_apply(plan, boot, NULL, &report, &refused, &err), 0);
	expect_list(report, "removed", "000A 000B 00AF");
	assert_true(json_is_null(json_object_get(report, "added")));
	expect_var("BootOrder", order, sizeof(order));
	assert_false(there_is("Boot000A"));
}

static void test_come_back(void **state)
{
	_cleanup_(efi_boot_freep) struct efi_boot *boot = NULL, *again = NULL;
	struct err err = {0};
	int next = -1;

	(void)state;
	assert_int_equal(efi_boot_read(&boot, &err), 0);
	assert_int_equal(efi_come_back(boot, &next, &err), 0);
	assert_int_equal(next, 4); /* BootCurrent */
	expect_var("BootNext", "\4", 2);
	put_var("BootCurrent", "\x77", 2);
	assert_int_equal(efi_boot_read(&again, &err), 0);
	assert_int_equal(efi_come_back(again, &next, &err), 0);
	assert_int_equal(next, 4); /* the first network entry of the order */
}

static void test_wrong_partition(void **state)
{
	_cleanup_(efi_boot_freep) struct efi_boot *boot = NULL;
	_cleanup_(efi_plan_freep) struct efi_plan *plan = NULL;
	struct efi_wish wrong = wish;
	json_t *report = NULL;
	struct err err = {0};

	(void)state;
	wrong.partition = "not-a-guid";
	read_and_plan(&wrong, &boot, &plan);
	assert_int_equal(efi_plan_apply(plan, boot, &wrong, &report, &refused, &err), -EINVAL);
	assert_true(there_is("Boot000B"));
}

static int tests(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test_setup(test_disk_first, invent),
		cmocka_unit_test_setup(test_network_first, invent),
		cmocka_unit_test_setup(test_network_first_without_network, invent),
		cmocka_unit_test(test_no_variables_at_all),
		cmocka_unit_test_setup_teardown(test_read, former_tenant, empty_folder),
		cmocka_unit_test_setup_teardown(test_apply, former_tenant, empty_folder),
		cmocka_unit_test_setup_teardown(test_apply_again, former_tenant, empty_folder),
		cmocka_unit_test_setup_teardown(test_check_finds_differences, former_tenant, empty_folder),
		cmocka_unit_test_setup_teardown(test_full_store, former_tenant, empty_folder),
		cmocka_unit_test_setup_teardown(test_full_without_anything_to_remove, former_tenant,
						empty_folder),
		cmocka_unit_test_setup_teardown(test_protected_entry, former_tenant, empty_folder),
		cmocka_unit_test_setup_teardown(test_no_wish, former_tenant, empty_folder),
		cmocka_unit_test_setup_teardown(test_come_back, former_tenant, empty_folder),
		cmocka_unit_test_setup_teardown(test_wrong_partition, former_tenant, empty_folder),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}

int main(int argc, char **argv)
{
	(void)argc;
	return efivars_run(argv, tests);
}

/* rooms: efi core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Which boot entry starts the disk once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "efi/boot_next.h"

#define ACTIVE 1

static struct efi_entry entries[] = {
	{.number = 0, .attributes = ACTIVE, .kind = EFI_ENTRY_FIRMWARE},
	{.number = 1, .attributes = ACTIVE, .kind = EFI_ENTRY_NETWORK},
	{.number = 2, .attributes = ACTIVE, .kind = EFI_ENTRY_DEVICE},
	{.number = 3, .attributes = ACTIVE, .kind = EFI_ENTRY_DISK_FILE},
	{.number = 4, .attributes = 0, .kind = EFI_ENTRY_DISK_FILE},
	{.number = 5, .attributes = ACTIVE, .kind = EFI_ENTRY_UNKNOWN},
	{.number = 6, .attributes = ACTIVE, .kind = EFI_ENTRY_DEVICE},
};

/* The number that is chosen, -1: none. 9 dangles. */
static int choose(int current, unsigned n, const uint16_t *order)
{
	const struct efi_boot boot = {.entries = entries,
				      .n_entries = 7,
				      .order = (uint16_t *)order,
				      .n_order = n,
				      .current = current};
	const struct efi_entry *entry = NULL;
	struct err err = {0};
	int r = efi_disk_entry(&boot, &entry, &err);

	assert_int_equal(r, entry ? 0 : -ENOENT);
	return entry ? entry->number : -1;
}

static void a_system_that_is_installed_comes_before_a_device(void **state)
{
	static const uint16_t all[] = {1, 9, 4, 2, 5, 6, 3, 0}, devices[] = {1, 6, 2, 0};

	(void)state;
	assert_int_equal(choose(1, 8, all), 3);
	assert_int_equal(choose(1, 4, devices), 6);
}

/* A boot medium has started us: it would only do so again. */
static void never_the_entry_that_has_started_us(void **state)
{
	static const uint16_t order[] = {6, 1, 2};

	(void)state;
	assert_int_equal(choose(6, 3, order), 2);
	assert_int_equal(choose(-1, 3, order), 6);
}

static void none(void **state)
{
	static const uint16_t order[] = {1, 4, 5, 0, 9};

	(void)state;
	assert_int_equal(choose(1, 5, order), -1);
	assert_int_equal(choose(1, 0, order), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_system_that_is_installed_comes_before_a_device),
		cmocka_unit_test(never_the_entry_that_has_started_us),
		cmocka_unit_test(none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

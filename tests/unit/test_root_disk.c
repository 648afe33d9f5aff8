/* rooms: agent/steps agent/hw images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "agent/steps/root_disk.h"

#define GIB (1ull << 30)

static const struct manifest image = {
	.name = (char *)"debian-12", .size = 2 * GIB, .logical_block_size = 512};

static struct block disk(const char *serial, uint64_t gib, enum block_transport transport)
{
	struct block b = {.size = gib * GIB, .logical_block_size = 512, .transport = transport};
	snprintf(b.serial, sizeof(b.serial), "%s", serial);
	snprintf(b.name, sizeof(b.name), "serial:%s", serial);
	return b;
}

/* The serial of the chosen disk, or NULL. */
static const char *choose(const struct block *disks, unsigned n, const struct order *order, struct err *err)
{
	const struct block *root = NULL;
	*err = (struct err){0};
	int r = disks_choose_root(disks, n, order, &image, &root, err);
	assert_int_equal(!r, root != NULL);
	return root ? root->serial : NULL;
}

static void the_smallest_that_fits(void **state)
{
	const struct block disks[] = {disk("A", 8, BLOCK_NVME), disk("B", 1, BLOCK_NVME),
				      disk("C", 4, BLOCK_ATA)};
	const struct order order = {0};
	struct err err;
	(void)state;
	assert_string_equal(choose(disks, 3, &order, &err), "C");
}

static void of_equal_ones_nvme_then_the_name(void **state)
{
	const struct block disks[] = {disk("A", 4, BLOCK_ATA), disk("C", 4, BLOCK_NVME),
				      disk("B", 4, BLOCK_NVME)};
	const struct order order = {0};
	struct err err;
	(void)state;
	assert_string_equal(choose(disks, 3, &order, &err), "B");
	assert_string_equal(choose(disks, 1, &order, &err), "A");
}

static void only_disks_that_are_wiped_and_may_be_touched(void **state)
{
	struct block disks[] = {disk("A", 4, BLOCK_ATA), disk("B", 5, BLOCK_ATA), disk("C", 6, BLOCK_ATA),
				disk("D", 7, BLOCK_ATA)};
	char *wiped[] = {(char *)"B", (char *)"D"};
	struct order order = {.wipe_disks = wiped, .n_wipe_disks = 2};
	struct err err;
	(void)state;
	assert_string_equal(choose(disks, 4, &order, &err), "B");
	disks[1].removable = true;
	assert_string_equal(choose(disks, 4, &order, &err), "D");
	order.root_disk = (char *)"A";
	assert_null(choose(disks, 4, &order, &err));
	assert_non_null(strstr(err.text, "root disk A"));
	assert_non_null(strstr(err.text, "wipes"));
	order.root_disk = (char *)"B";
	assert_null(choose(disks, 4, &order, &err));
	order.root_disk = (char *)"D";
	assert_string_equal(choose(disks, 4, &order, &err), "D");
}

static void the_reason_names_every_disk(void **state)
{
	struct block disks[] = {disk("A", 1, BLOCK_ATA), disk("B", 4, BLOCK_ATA)};
	const struct order order = {0};
	struct err err;
	(void)state;
	disks[1].logical_block_size = 4096;
	assert_null(choose(disks, 2, &order, &err));
	assert_int_equal(err.code, ENOSPC);
	assert_non_null(strstr(err.text, "serial:A: 1073741824 bytes, and the image needs 2147483648"));
	assert_non_null(strstr(err.text, "serial:B: logical blocks of 4096 bytes, and the image is for 512"));
	assert_null(choose(disks, 0, &order, &err));
	assert_non_null(strstr(err.text, "no disk"));
}

static void the_seed_and_the_backup_table_need_room(void **state)
{
	struct block disks[] = {disk("A", 2, BLOCK_NVME), disk("B", 3, BLOCK_ATA)};
	struct order order = {0};
	struct err err;
	(void)state;
	assert_string_equal(choose(disks, 2, &order, &err), "B");
	order.root_disk = (char *)"A";
	assert_null(choose(disks, 2, &order, &err));
	assert_non_null(strstr(err.text, "behind it"));
}

static void a_name_must_mean_one_disk(void **state)
{
	const struct block disks[] = {disk("A", 4, BLOCK_ATA), disk("A", 4, BLOCK_ATA)};
	struct order order = {.root_disk = (char *)"A"};
	struct err err;
	(void)state;
	assert_null(choose(disks, 2, &order, &err));
	assert_non_null(strstr(err.text, "two disks"));
	order.root_disk = (char *)"Z";
	assert_null(choose(disks, 2, &order, &err));
	assert_int_equal(err.code, ENOENT);
}

static void many_disks_do_not_overflow_the_reason(void **state)
{
	struct block disks[64];
	const struct order order = {0};
	struct err err;
	(void)state;
	for (unsigned i = 0; i < 64; i++)
		disks[i] = disk("0123456789012345678901234567890123456789", 1, BLOCK_ATA);
	assert_null(choose(disks, 64, &order, &err));
	assert_int_equal(err.code, ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_smallest_that_fits),
		cmocka_unit_test(of_equal_ones_nvme_then_the_name),
		cmocka_unit_test(only_disks_that_are_wiped_and_may_be_touched),
		cmocka_unit_test(the_reason_names_every_disk),
		cmocka_unit_test(the_seed_and_the_backup_table_need_room),
		cmocka_unit_test(a_name_must_mean_one_disk),
		cmocka_unit_test(many_disks_do_not_overflow_the_reason),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

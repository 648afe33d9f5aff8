/* rooms: agent/steps agent/hw images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "agent/hw/block/md.h"
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

static struct root roots[ORDER_ROOTS_MAX];
static unsigned n_roots;

static int choose_roots(const struct block *disks, unsigned n, const struct order *order,
			const struct manifest *manifest, struct err *err)
{
	*err = (struct err){0};
	memset(roots, 0, sizeof(roots));
	n_roots = 0;
	return disks_choose_roots(disks, n, order, manifest, roots, &n_roots, err);
}

/* The serial of the only chosen disk, or NULL. */
static const char *choose(const struct block *disks, unsigned n, const struct order *order, struct err *err)
{
	int r = choose_roots(disks, n, order, &image, err);

	assert_int_equal(!r, n_roots == 1);
	if (r == 0)
		assert_int_equal(roots[0].size, roots[0].block->size);
	return r == 0 ? roots[0].block->serial : NULL;
}

/* Two serials, one after the other; "" when none were chosen. */
static const char *choose_two(const struct block *disks, unsigned n, const struct order *order,
			      struct err *err)
{
	static char both[128];

	if (choose_roots(disks, n, order, &image, err) < 0)
		return "";
	assert_int_equal(n_roots, 2);
	snprintf(both, sizeof(both), "%s%s", roots[0].block->serial, roots[1].block->serial);
	return both;
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
	char *names[1];
	struct order order = {.wipe = {.disks = wiped, .n_disks = 2}, .root_disks = names};
	struct err err;
	(void)state;
	assert_string_equal(choose(disks, 4, &order, &err), "B");
	disks[1].removable = true;
	assert_string_equal(choose(disks, 4, &order, &err), "D");
	order.n_root_disks = 1;
	names[0] = (char *)"A";
	assert_null(choose(disks, 4, &order, &err));
	assert_non_null(strstr(err.text, "root disk A"));
	assert_non_null(strstr(err.text, "wipes"));
	names[0] = (char *)"B";
	assert_null(choose(disks, 4, &order, &err));
	names[0] = (char *)"D";
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
	char *names[1];
	struct order order = {.root_disks = names};
	struct err err;
	(void)state;
	assert_string_equal(choose(disks, 2, &order, &err), "B");
	order.n_root_disks = 1;
	names[0] = (char *)"A";
	assert_null(choose(disks, 2, &order, &err));
	assert_non_null(strstr(err.text, "behind it"));
}

static void a_name_must_mean_one_disk(void **state)
{
	const struct block disks[] = {disk("A", 4, BLOCK_ATA), disk("A", 4, BLOCK_ATA)};
	char *names[2] = {(char *)"A", (char *)"serial:B"};
	struct order order = {.root_disks = names, .n_root_disks = 1};
	struct err err;
	(void)state;
	assert_null(choose(disks, 2, &order, &err));
	assert_non_null(strstr(err.text, "two disks"));
	names[0] = (char *)"Z";
	assert_null(choose(disks, 2, &order, &err));
	assert_int_equal(err.code, ENOENT);
}

static void one_disk_is_not_two(void **state)
{
	const struct block disks[] = {disk("A", 4, BLOCK_ATA), disk("B", 4, BLOCK_ATA)};
	char *names[2] = {(char *)"B", (char *)"serial:B"};
	struct order order = {.root_disks = names, .n_root_disks = 2, .redundancy = ORDER_COPIES};
	struct err err;
	(void)state;
	assert_string_equal(choose_two(disks, 2, &order, &err), "");
	assert_non_null(strstr(err.text, "root disk serial:B is also named as B"));
	names[1] = (char *)"A";
	assert_string_equal(choose_two(disks, 2, &order, &err), "BA"); /* as the order has them */
}

static void a_pair_is_of_equal_size_if_it_can_be(void **state)
{
	struct block disks[] = {disk("A", 4, BLOCK_ATA), disk("B", 5, BLOCK_NVME), disk("C", 8, BLOCK_ATA),
				disk("D", 8, BLOCK_ATA), disk("E", 8, BLOCK_NVME)};
	struct order order = {.redundancy = ORDER_COPIES};
	struct err err;
	(void)state;
	assert_string_equal(choose_two(disks, 5, &order, &err), "EC");
	assert_string_equal(choose_two(disks, 3, &order, &err), "AB");
	assert_string_equal(choose_two(disks, 1, &order, &err), "");
	assert_int_equal(err.code, ENOSPC);
	assert_non_null(strstr(err.text, "no two disks fit debian-12; it would fit on serial:A"));
	assert_string_equal(choose_two(disks, 0, &order, &err), "");
	assert_non_null(strstr(err.text, "this machine has no disk"));
}

static void a_pair_has_one_block_size(void **state)
{
	const struct manifest any = {
		.name = (char *)"any", .size = 2 * GIB, .logical_block_size = 512, .any_block_size = true};
	struct block disks[] = {disk("A", 4, BLOCK_ATA), disk("B", 4, BLOCK_ATA), disk("C", 9, BLOCK_ATA)};
	char *names[2] = {(char *)"A", (char *)"B"};
	struct order order = {.redundancy = ORDER_MIRROR, .root_disks = names};
	struct err err;
	(void)state;
	disks[1].logical_block_size = 4096;
	assert_int_equal(choose_roots(disks, 3, &order, &any, &err), 0);
	assert_string_equal(roots[1].block->serial, "C");
	assert_int_equal(choose_roots(disks, 2, &order, &any, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "of different sizes"));
	order.n_root_disks = 2;
	assert_int_equal(choose_roots(disks, 3, &order, &any, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "cannot be one RAID"));
	order.redundancy = ORDER_COPIES; /* each by itself */
	assert_int_equal(choose_roots(disks, 3, &order, &any, &err), 0);
	disks[1].logical_block_size = 520;
	assert_int_equal(choose_roots(disks, 3, &order, &any, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "is for 512 and 4096"));
}

/* The superblock at the members' end takes room, and the smaller member sets the size. */
static void a_mirror_is_as_large_as_its_smaller_disk(void **state)
{
	const struct manifest full = {
		.name = (char *)"full", .size = 4 * GIB - (5 << 20), .logical_block_size = 512};
	struct block disks[] = {disk("A", 4, BLOCK_ATA), disk("B", 8, BLOCK_ATA)};
	struct order order = {.redundancy = ORDER_MIRROR};
	struct err err;
	(void)state;
	assert_string_equal(choose_two(disks, 2, &order, &err), "AB");
	assert_int_equal(roots[0].size, md_array_size(4 * GIB));
	assert_int_equal(roots[1].size, roots[0].size);
	assert_true(roots[0].size < 4 * GIB && roots[0].size > 3 * GIB);
	assert_int_equal(choose_roots(disks, 2, &order, &full, &err), -ENOSPC);
	order.redundancy = ORDER_COPIES;
	assert_int_equal(choose_roots(disks, 2, &order, &full, &err), 0);
	assert_int_equal(roots[0].size, 4 * GIB);
	assert_int_equal(roots[1].size, 8 * GIB);
}

/* An image of kind root asks for its partitions, and has no block size of its own. */
static void a_layout_needs_room(void **state)
{
	struct layout layout = {.n_partitions = 2, .partitions = {{.size = 1 * GIB}, {.size = 3 * GIB}}};
	const struct manifest tree = {.kind = IMAGE_ROOT,
				      .name = (char *)"tree",
				      .size = 64 * GIB, /* of the archive */
				      .any_block_size = true,
				      .layout = &layout};
	struct block disks[] = {disk("A", 4, BLOCK_ATA), disk("B", 5, BLOCK_ATA)};
	const struct order order = {0};
	struct err err;
	(void)state;
	disks[1].logical_block_size = 4096;
	assert_int_equal(choose_roots(disks, 2, &order, &tree, &err), 0);
	assert_string_equal(roots[0].block->serial, "B");
	assert_int_equal(choose_roots(disks, 1, &order, &tree, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "serial:A"));
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
		cmocka_unit_test(one_disk_is_not_two),
		cmocka_unit_test(a_pair_is_of_equal_size_if_it_can_be),
		cmocka_unit_test(a_pair_has_one_block_size),
		cmocka_unit_test(a_mirror_is_as_large_as_its_smaller_disk),
		cmocka_unit_test(a_layout_needs_room),
		cmocka_unit_test(many_disks_do_not_overflow_the_reason),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* rooms: agent/steps agent/hw images efi core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Where a layout's partitions go, the table that says so, what they are called, and with which arguments their file systems are made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "agent/hw/block/partition.h"
#include "agent/steps/tree/mkfs.h"
#include "agent/steps/tree/plan.h"
#include "agent/steps/tree/swap_spec.h"
#include "core/io.h"
#include "efi/gpt.h"
#include "images/layout_check.h"

#define MIB (UINT64_C(1) << 20)

static char esp_name[] = "esp", root_name[] = "root";
static const struct layout layout = {
	.n_partitions = 2,
	.partitions =
		{
			{.name = esp_name,
			 .type_guid = LAYOUT_TYPE_ESP,
			 .size = 100 * MIB,
			 .fs = LAYOUT_VFAT},
			{.name = root_name,
			 .type_guid = "0fc63daf-8483-4772-8e79-3d69d8477de4",
			 .guid = "11111111-2222-4333-8444-555555555555",
			 .fs = LAYOUT_EXT4},
		},
};

static void test_names(void **state)
{
	_cleanup_free_ char *sda = partition_name("sda", 1), *nvme = partition_name("nvme0n1", 12);

	(void)state;
	assert_string_equal(sda, "sda1");
	assert_string_equal(nvme, "nvme0n1p12");
}

static void test_plan(void **state)
{
	struct plan plan, second;
	struct err err;

	(void)state;
	assert_int_equal(plan_make(&layout, 1000 * MIB + 4096, false, &plan, &err), 0);
	assert_int_equal(plan.partitions[0].offset, MIB);
	assert_int_equal(plan.partitions[0].size, 100 * MIB);
	assert_int_equal(plan.partitions[1].offset, 101 * MIB);
	assert_int_equal(plan.partitions[1].size, 899 * MIB);
	assert_string_equal(plan.partitions[1].guid, layout.partitions[1].guid);
	assert_int_equal(plan_make(&layout, 1000 * MIB, true, &second, &err), 0);
	assert_string_not_equal(second.partitions[1].guid, layout.partitions[1].guid);
	assert_string_not_equal(second.disk_guid, plan.disk_guid);
	assert_int_equal(plan_make(&layout, 101 * MIB, false, &plan, &err), -ENOSPC);
	assert_int_equal(plan_make(&layout, 50 * MIB, false, &plan, &err), -ENOSPC);
	assert_int_equal(plan_make(&layout, 0, false, &plan, &err), -ENOSPC);
}

static void check_table(uint32_t block)
{
	_cleanup_(gpt_freep) struct gpt *gpt = NULL;
	_cleanup_free_ void *first = NULL;
	struct plan plan;
	struct err err;

	assert_int_equal(plan_make(&layout, 1000 * MIB, false, &plan, &err), 0);
	if (plan_table(&plan, 1010 * MIB, block, &first, &err) < 0)
		fail_msg("%s", err.text);
	if (gpt_read(first, MIB, block, &gpt, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(gpt->n_partitions, 2);
	assert_int_equal(gpt->partitions[1].start * block, 101 * MIB);
	assert_string_equal(gpt->partitions[1].guid, layout.partitions[1].guid);
}

static void test_table(void **state)
{
	(void)state;
	check_table(512);
	check_table(4096);
}

static void test_uuids(void **state)
{
	char a[PLAN_GUID_SIZE], b[PLAN_GUID_SIZE];
	uint8_t bytes[16];

	(void)state;
	plan_random_guid(a);
	plan_random_guid(b);
	assert_string_not_equal(a, b);
	assert_true(plan_uuid_bytes(a, bytes) && a[14] == '4');
	assert_true(plan_uuid_bytes("00112233-4455-6677-8899-aabbccddeeff", bytes));
	assert_int_equal(bytes[1], 0x11);
	assert_false(plan_uuid_bytes("00112233-4455-6677-8899aabbccddeeff-", bytes));
	assert_false(plan_uuid_bytes("1234-ABCD", bytes));
	plan_fs_uuid(&layout.partitions[0], a);
	assert_true(strlen(a) == 9 && a[4] == '-');
}

/* Texts of the layout never stand where an option could. */
static void test_arguments(void **state)
{
	struct mkfs m = {.fs = LAYOUT_VFAT,
			 .device = "/dev/sda1",
			 .label = "--help",
			 .uuid = "1234-ABCD",
			 .size = 100 * MIB,
			 .logical_block_size = 512};
	const char *a[MKFS_ARGS_MAX];
	char text[64];

	(void)state;
	assert_string_equal(mkfs_arguments(&m, text, a), "mkfs.vfat");
	assert_string_equal(a[1], "-i");
	assert_string_equal(a[2], "1234ABCD");
	assert_string_equal(a[4], "512");
	assert_string_equal(a[7], "-n");
	assert_string_equal(a[8], "--help");
	assert_string_equal(a[9], "/dev/sda1");
	assert_null(a[10]);
	m.fs = LAYOUT_SWAP;
	assert_null(mkfs_arguments(&m, text, a));
}

static void test_swap(void **state)
{
	struct mkfs m = {.fs = LAYOUT_SWAP,
			 .label = "swap",
			 .uuid = "00112233-4455-6677-8899-aabbccddeeff",
			 .size = 16 * MIB};
	_cleanup_free_ char *command = NULL, *text = xcalloc(1, 4096);
	char path[] = "/tmp/remint-swap-XXXXXX";
	_cleanup_close_ int fd = mkstemp(path);
	struct err err;
	FILE *out;

	(void)state;
	assert_int_equal(ftruncate(fd, 16 * MIB), 0);
	m.device = path;
	assert_int_equal(mkfs_run(&m, NULL, NULL, &err), 0);
	assert_int_equal(mkfs_check_swap(&m, &err), 0);
	command = str_printf("/usr/sbin/blkid -p -o export %s", path);
	out = popen(command, "r");
	assert_true(out && fread(text, 1, 4095, out) > 0);
	pclose(out);
	assert_non_null(strstr(text, "TYPE=swap\n"));
	assert_non_null(strstr(text, "LABEL=swap\n"));
	assert_non_null(strstr(text, "UUID=00112233-4455-6677-8899-aabbccddeeff\n"));
	assert_int_equal(pwrite(fd, "x", 1, 1040), 1);
	assert_int_equal(mkfs_check_swap(&m, &err), -EIO);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names), cmocka_unit_test(test_plan),      cmocka_unit_test(test_table),
		cmocka_unit_test(test_uuids), cmocka_unit_test(test_arguments), cmocka_unit_test(test_swap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

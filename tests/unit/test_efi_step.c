/* rooms: agent/steps efi images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The efi step on variables that OVMF made (tests/machines/ovmf-efivars) and a partition table of sfdisk's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <string.h>

#include "agent/hw/machine.h"
#include "agent/step.h"
#include "core/io.h"
#include "core/json.h"

#define CAPTURED "tests/machines/ovmf-efivars/"
#define TABLE    "tests/fuzz/corpus/gpt/two-partitions"
#define ESP      "fa853b6e-fbc5-a741-839f-bae673b5519f"

static bool uefi; /* what the machine is */

/* Stands in for agent/hw's. */
bool firmware_is_uefi(const char *root)
{
	assert_string_equal(root, "");
	return uefi;
}

static struct manifest manifest;
static struct order order;
static struct block root;
static struct job job;

/* Fills the folder of variables but for `without`; with NULL, empties it. */
static void fill(const char *without)
{
	const char *to = getenv("EFIVARFS_PATH"), *from = without ? CAPTURED : to;
	DIR *dir = opendir(from);
	struct dirent *found;

	assert_non_null(dir);
	while ((found = readdir(dir))) {
		_cleanup_free_ char *source = path_join(from, found->d_name),
				    *target = path_join(to, found->d_name);
		_cleanup_free_ char *data = NULL;
		struct err err = {0};
		size_t len;

		if (found->d_name[0] == '.' ||
		    (without && *without && strspn(found->d_name + 7, without) > 0))
			continue;
		if (!without) {
			assert_int_equal(unlink(source), 0);
			continue;
		}
		assert_int_equal(file_read(source, 4096, &data, &len, &err), 0);
		assert_int_equal(file_write_atomic(target, data, len, 0644, &err), 0);
	}
	closedir(dir);
}

static int setup(void **state)
{
	struct err err = {0};
	size_t len;

	(void)state;
	fill("");
	uefi = true;
	manifest = (struct manifest){.name = (char *)"debian-12",
				     .version = (char *)"12.8",
				     .logical_block_size = 512,
				     .boots_uefi = true,
				     .efi_loader = (char *)"\\EFI\\BOOT\\BOOTX64.EFI",
				     .efi_partition = (char *)ESP};
	order = (struct order){.boot = ORDER_BOOT_DISK_FIRST};
	root = (struct block){.path = "/dev/vda"};
	job = (struct job){.order = &order, .facts = {.manifest = &manifest, .root = &root}};
	assert_int_equal(file_read(TABLE, 65536, (char **)&job.facts.first_chunk, &len, &err), 0);
	job.facts.first_chunk_len = (uint32_t)len;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fill(NULL);
	free(job.facts.first_chunk);
	json_decref(job.facts.efi);
	return 0;
}

static void test_uefi(void **state)
{
	const json_t *added;
	struct err err = {0};

	(void)state;
	assert_int_equal(step_efi.check(&job, &err), 0);
	assert_int_equal(step_efi.run(&job, &err), STEP_DONE);
	assert_int_equal(step_efi.verify(&job, &err), 0);
	added = json_object_get(job.facts.efi, "added");
	assert_string_equal(json_string_value(json_object_get(added, "number")), "000A");
	assert_string_equal(json_string_value(json_object_get(added, "description")),
			    "remint debian-12 12.8");
	assert_string_equal(json_string_value(json_object_get(added, "path")),
			    "HD(1,GPT," ESP ",0x22,0xc8)/File(\\EFI\\BOOT\\BOOTX64.EFI)");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(job.facts.efi, "boot_order"), 0)), "000A");
}

static void test_network_first(void **state)
{
	struct err err = {0};

	(void)state;
	order.boot = ORDER_BOOT_NETWORK_FIRST;
	assert_int_equal(step_efi.check(&job, &err), 0);
	assert_int_equal(step_efi.run(&job, &err), STEP_DONE);
	assert_int_equal(step_efi.verify(&job, &err), 0);
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(job.facts.efi, "boot_order"), 0)), "0004");
}

static void test_no_network_entry_is_found_before(void **state)
{
	struct err err = {0};

	(void)state;
	fill(NULL);
	fill("45678");
	assert_int_equal(step_efi.check(&job, &err), 0);
	order.boot = ORDER_BOOT_NETWORK_FIRST;
	assert_int_equal(step_efi.check(&job, &err), -ENODEV);
}

static void test_bios(void **state)
{
	struct err err = {0};

	(void)state;
	uefi = false;
	assert_int_equal(step_efi.check(&job, &err), -EINVAL);
	manifest.boots_bios = true;
	assert_int_equal(step_efi.check(&job, &err), 0);
	assert_int_equal(step_efi.run(&job, &err), STEP_SKIPPED);
	assert_int_equal(step_efi.verify(&job, &err), 0);
	assert_null(job.facts.efi);
}

static void test_image_for_bios_alone(void **state)
{
	struct err err = {0};

	(void)state;
	manifest.boots_uefi = false;
	manifest.boots_bios = true;
	assert_int_equal(step_efi.check(&job, &err), -EINVAL);
}

static void test_no_such_partition(void **state)
{
	struct err err = {0};

	(void)state;
	manifest.efi_partition = (char *)"0f3c1a52-90ab-4cde-8f01-23456789abcd";
	assert_int_equal(step_efi.run(&job, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "has no partition 0f3c1a52"));
	assert_null(job.facts.efi);
}

/* libefivar chooses where it reads when it is loaded: the folder must be in the environment before that. */
static int run_in_folder(char **argv)
{
	char folder[] = "/tmp/efivars.XXXXXX", path[sizeof(folder) + 1];

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/", folder);
	setenv("EFIVARFS_PATH", path, 1);
	setenv("LIBEFIVAR_OPS", "efivarfs", 1);
	execv("/proc/self/exe", argv);
	return 1;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_uefi, setup, teardown),
		cmocka_unit_test_setup_teardown(test_network_first, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_network_entry_is_found_before, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bios, setup, teardown),
		cmocka_unit_test_setup_teardown(test_image_for_bios_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_such_partition, setup, teardown),
	};
	int failed;

	(void)argc;
	if (!getenv("EFIVARFS_PATH"))
		return run_in_folder(argv);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(getenv("EFIVARFS_PATH"));
	return failed;
}

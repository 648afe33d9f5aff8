/* rooms: agent/steps efi images protocol tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The efi step on variables that OVMF made (tests/machines/ovmf-efivars) and a partition table of sfdisk's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <endian.h>
#include <string.h>
#include <zlib.h>

#include "agent/hw/machine.h"
#include "agent/step.h"
#include "core/io.h"
#include "core/json.h"
#include "tests/fakes/efivars.h"

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
static struct block blocks[2];
static struct job job;

static unsigned n_said; /* journal entries */

static int take_entry(struct job *j, const struct journal_entry *entry, struct err *err)
{
	(void)j;
	(void)err;
	assert_string_equal(entry->method, "entries");
	n_said++;
	return 0;
}

static const struct job_ops ops = {.journal = take_entry};

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
	order = (struct order){.manifest_url = (char *)"http://10.0.0.1/manifest.json"};
	job = (struct job){.order = &order, .ops = &ops, .facts = {.manifest = &manifest, .n_roots = 1}};
	for (unsigned i = 0; i < 2; i++) {
		struct root *root = &job.facts.roots[i];

		blocks[i] = (struct block){.path = "/dev/vda", .logical_block_size = 512};
		root->block = &blocks[i];
		assert_int_equal(file_read(TABLE, 65536, (char **)&root->first_chunk, &len, &err), 0);
		root->first_chunk_len = (uint32_t)len;
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fill(NULL);
	for (unsigned i = 0; i < 2; i++)
		free(job.facts.roots[i].first_chunk);
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

static unsigned n_added(void)
{
	return 1 + (unsigned)json_array_size(json_object_get(job.facts.efi, "also_added"));
}

static const char *in_order(unsigned i)
{
	return json_string_value(json_array_get(json_object_get(job.facts.efi, "boot_order"), i));
}

/* Copies of one image have the same GUIDs: one entry finds whichever disk is there. */
static void test_copies_need_one_entry(void **state)
{
	struct err err = {0};

	(void)state;
	job.facts.n_roots = 2;
	assert_int_equal(step_efi.run(&job, &err), STEP_DONE);
	assert_int_equal(n_added(), 1);
	assert_int_equal(step_efi.verify(&job, &err), 0);
}

/* Gives the second disk a table of its own: another GUID for its first partition, and the sums to match. */
static void change_guid(void)
{
	uint8_t *disk = job.facts.roots[1].first_chunk, *header = disk + 512, *entries = disk + 1024;
	uint32_t crc;

	entries[16] ^= 0xff;
	crc = htole32((uint32_t)crc32(0, entries, 128 * 128));
	memcpy(header + 88, &crc, 4);
	memset(header + 16, 0, 4);
	crc = htole32((uint32_t)crc32(0, header, 92));
	memcpy(header + 16, &crc, 4);
}

static void test_an_entry_a_disk_where_they_differ(void **state)
{
	const json_t *also;
	struct err err = {0};

	(void)state;
	job.facts.n_roots = 2;
	manifest.kind = IMAGE_ROOT;
	manifest.efi_partition = NULL;
	change_guid();
	assert_int_equal(step_efi.run(&job, &err), STEP_DONE);
	assert_int_equal(n_added(), 2);
	also = json_array_get(json_object_get(job.facts.efi, "also_added"), 0);
	assert_string_equal(json_string_value(json_object_get(also, "description")),
			    "remint debian-12 12.8 (2)");
	assert_string_equal(in_order(0), "000A");
	assert_string_equal(in_order(1), json_string_value(json_object_get(also, "number")));
	assert_null(strstr(json_string_value(json_object_get(also, "path")), ESP));
	assert_int_equal(step_efi.verify(&job, &err), 0);
	/* a disk that is lost afterwards keeps its entry, which the firmware passes over */
	job.facts.roots[1].lost.code = EIO;
	assert_int_equal(step_efi.verify(&job, &err), 0);
	/* the same again, as after a power cut, finds both and makes both anew */
	job.facts.roots[1].lost.code = 0;
	json_decref(job.facts.efi);
	job.facts.efi = NULL;
	assert_int_equal(step_efi.run(&job, &err), STEP_DONE);
	assert_int_equal(n_added(), 2);
	assert_int_equal(json_array_size(json_object_get(job.facts.efi, "removed")), 0);
	assert_int_equal(step_efi.verify(&job, &err), 0);
}

static void test_a_lost_disk_has_no_entry(void **state)
{
	struct err err = {0};

	(void)state;
	job.facts.n_roots = 2;
	manifest.kind = IMAGE_ROOT;
	manifest.efi_partition = NULL;
	change_guid();
	job.facts.roots[0].lost.code = EIO;
	assert_int_equal(step_efi.run(&job, &err), STEP_DONE);
	assert_int_equal(n_added(), 1);
	assert_null(strstr(
		json_string_value(json_object_get(json_object_get(job.facts.efi, "added"), "path")), ESP));
	job.facts.roots[1].lost.code = EIO;
	assert_int_equal(step_efi.run(&job, &err), -EINVAL);
}

static void test_network_first(void **state)
{
	struct err err = {0};

	(void)state;
	order.efi.boot = ORDER_BOOT_NETWORK_FIRST;
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
	order.efi.boot = ORDER_BOOT_NETWORK_FIRST;
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

static int tests(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test_setup_teardown(test_uefi, setup, teardown),
		cmocka_unit_test_setup_teardown(test_copies_need_one_entry, setup, teardown),
		cmocka_unit_test_setup_teardown(test_an_entry_a_disk_where_they_differ, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_lost_disk_has_no_entry, setup, teardown),
		cmocka_unit_test_setup_teardown(test_network_first, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_network_entry_is_found_before, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bios, setup, teardown),
		cmocka_unit_test_setup_teardown(test_image_for_bios_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_such_partition, setup, teardown),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}

int main(int argc, char **argv)
{
	(void)argc;
	return efivars_run(argv, tests);
}

/* rooms: agent/hw tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Names and properties of drives from captured and made-up trees; opening and probing of files that stand in for drives. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "agent/hw/block/block.h"
#include "core/io.h"
#include "tests/fakes/machine_tree.h"

static struct block *list;
static unsigned n;
static struct err err;

static void read_tree(const char *text, const char *file)
{
	char *root = machine_tree_new();

	free(list);
	list = NULL;
	if (file)
		machine_tree_add_file(root, file);
	else
		machine_tree_add(root, text);
	assert_int_equal(block_list(root, &list, &n, &err), 0);
	machine_tree_free(root);
}

static const struct block *by_name(const char *name)
{
	for (unsigned i = 0; i < n; i++)
		if (!strcmp(list[i].name, name))
			return &list[i];
	fail_msg("no drive %s among %u", name, n);
	return NULL;
}

static int free_list(void **state)
{
	(void)state;
	free(list);
	list = NULL;
	return 0;
}

static void test_captured_machine(void **state)
{
	static const char *const names[] = {
		"path:0000:00:06.0",
		"path:0000:00:07.0-scsi0:3:0",
		"path:0000:00:08.0-scsi0:0:0",
		"serial:ATASERIAL5",
		"serial:NVME1",
		"serial:NVME1-ns2",
		"serial:SCSI6",
		"serial:VBLK3",
	};
	const struct block *b;

	(void)state;
	read_tree(NULL, "tests/machines/qemu-q35.tree");
	assert_int_equal(n, 8); /* the CD-ROM drive and the partition are none */
	for (unsigned i = 0; i < n; i++) {
		assert_string_equal(list[i].name, names[i]);
		assert_int_equal(list[i].size, 64 << 20);
		assert_int_equal(list[i].logical_block_size, 512);
		assert_false(list[i].fabrics);
	}
	b = by_name("serial:ATASERIAL5");
	assert_string_equal(b->model,
			    "REMINT-LONG-ATA-MODEL-NAME-1234"); /* INQUIRY would have 16 characters of it */
	assert_string_equal(b->wwn, "naa.5000c50012345678");
	assert_int_equal(b->transport, BLOCK_ATA);
	b = by_name("serial:NVME1-ns2");
	assert_string_equal(b->path, "/dev/nvme0n2");
	assert_string_equal(b->firmware, "7.2.22");
	assert_string_equal(b->wwn, ""); /* made up by the kernel */
	assert_int_equal(b->transport, BLOCK_NVME);
	b = by_name("serial:SCSI6");
	assert_string_equal(b->model, "QEMU SCSIDISK");
	assert_int_equal(b->transport, BLOCK_SCSI);
	assert_true(b->rotational);
	b = by_name("path:0000:00:08.0-scsi0:0:0");
	assert_true(b->virtual_media);
	assert_non_null(block_untouchable(b));
	assert_null(block_untouchable(by_name("serial:VBLK3")));
}

#define DISK(dev, where)                                                      \
	"/sys/class/block/" dev " -> ../../devices/" where "/block/" dev "\n" \
	"/sys/devices/" where "/block/" dev "/size = 2048\n"                  \
	"/sys/devices/" where "/block/" dev "/device -> ../..\n"

#define PCI "pci0000:00/0000:3b:00.0"
/* One SAS drive on two ports: the page 80h serial "SAS1". */
#define SAS(dev, target, serial_hex, wwn)                                                                 \
	DISK(dev, PCI "/host0/target0:0:" target "/0:0:" target ":0")                                     \
	"/sys/devices/" PCI "/host0/target0:0:" target "/0:0:" target ":0/vpd_pg80 : 00800004" serial_hex \
	"\n"                                                                                              \
	"/sys/devices/" PCI "/host0/target0:0:" target "/0:0:" target ":0/wwid = " wwn "\n"

static void test_two_paths_are_one_drive(void **state)
{
	(void)state;
	read_tree(SAS("sda", "0", "53415331", "naa.5000c500000000a1")
			  SAS("sdb", "1", "53415331", "naa.5000c500000000a1"),
		  NULL);
	assert_int_equal(n, 1);
	assert_string_equal(list[0].name, "serial:SAS1");
}

static void test_one_serial_for_two_drives(void **state)
{
	(void)state;
	read_tree(SAS("sda", "0", "53415331", "naa.5000c500000000a1")
			  SAS("sdb", "1", "53415331", "naa.5000c500000000a2"),
		  NULL);
	assert_int_equal(n, 2);
	assert_string_equal(list[0].name, "serial:SAS1-naa.5000c500000000a1");
	assert_string_equal(list[1].name, "serial:SAS1-naa.5000c500000000a2");
	assert_string_equal(list[1].dev, "sdb");
	/* Neither serial nor WWN tells these apart: they must not be taken for one. */
	read_tree(SAS("sda", "0", "53415331", "t10.whatever") SAS("sdb", "1", "53415331", "t10.whatever"),
		  NULL);
	assert_int_equal(n, 2);
	assert_string_equal(list[0].name, "serial:SAS1-0000:3b:00.0-scsi0:0:0");
	assert_string_equal(list[1].name, "serial:SAS1-0000:3b:00.0-scsi0:1:0");
}

static void test_filler_serials_name_nothing(void **state)
{
	(void)state;
	read_tree(SAS("sda", "0", "30303030", "naa.5000c500000000a1") SAS("sdb", "1", "20202020", "t10.x"),
		  NULL);
	assert_int_equal(n, 2);
	assert_string_equal(list[0].name, "path:0000:3b:00.0-scsi0:1:0");
	assert_string_equal(list[1].name, "wwn:naa.5000c500000000a1");
}

#define NVME_DISK(dev, where, nsid)                                     \
	"/sys/class/block/" dev " -> ../../devices/" where "/" dev "\n" \
	"/sys/devices/" where "/" dev "/size = 2048\n"                  \
	"/sys/devices/" where "/" dev "/nsid = " nsid "\n"              \
	"/sys/devices/" where "/" dev "/device -> ..\n"

static void test_nvme_behind_a_subsystem_and_over_fabrics(void **state)
{
	(void)state;
	read_tree(
		"/sys/devices/virtual/nvme-subsystem/nvme-subsys0/serial = PM1\n"
		"/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0/transport = pcie\n"
		"/sys/devices/virtual/nvme-fabrics/ctl/nvme1/serial = FAB1\n"
		"/sys/devices/virtual/nvme-fabrics/ctl/nvme1/transport = tcp\n" NVME_DISK(
			"nvme0n1", "virtual/nvme-subsystem/nvme-subsys0", "1")
			NVME_DISK("nvme0c0n1", "virtual/nvme-subsystem/nvme-subsys0",
				  "1") "/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0c0n1/hidden = "
				       "1\n" NVME_DISK("nvme1n10", "virtual/nvme-fabrics/ctl/nvme1", "10"),
		NULL);
	assert_int_equal(n, 2);
	assert_null(block_untouchable(by_name("serial:PM1")));
	assert_true(by_name("serial:FAB1-ns10")->fabrics);
	assert_non_null(block_untouchable(by_name("serial:FAB1-ns10")));
}

static void test_what_is_no_drive_is_left_out(void **state)
{
	static const char *const none[] = {"loop0", "ram0", "zram0", "dm-0", "md127", "sr0", "fd0"};
	char text[4096] = "";
	size_t at = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       "/sys/class/block/%s -> ../../devices/virtual/block/%s\n"
				       "/sys/devices/virtual/block/%s/size = 100\n",
				       none[i], none[i], none[i]);
	snprintf(text + at, sizeof(text) - at,
		 DISK("sda", PCI "/usb1/1-1/host1/target1:0:0/1:0:0:0") /* an empty card reader ... */
		 DISK("sdb", PCI "/ata1/host2/target2:0:0/2:0:0:0") /* ... and a broken drive */);
	at = strlen(text);
	snprintf(text + at, sizeof(text) - at,
		 "/sys/class/block/sda/removable = 1\n/sys/class/block/sda/size = "
		 "0\n/sys/class/block/sdb/size = 0\n");
	read_tree(text, NULL);
	assert_int_equal(n, 1);
	assert_string_equal(list[0].dev, "sdb");
	assert_int_equal(list[0].size, 0);
}

static void test_no_tree_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(block_list("/nonexistent", &list, &n, &err), -ENOENT);
}

static void test_orders_name_drives(void **state)
{
	const struct block b = {.name = "serial:S6", .serial = "S6", .wwn = "naa.5000C500A1B2C3D4"};
	const struct block bare = {.name = "path:0000:00:06.0"};

	(void)state;
	assert_true(block_is(&b, "S6") && block_is(&b, "serial:S6") && block_is(&b, "0x5000c500a1b2c3d4"));
	assert_true(block_is(&b, "naa.5000c500a1b2c3d4") && block_is(&b, "wwn:naa.5000c500a1b2c3d4"));
	assert_false(block_is(&b, "") || block_is(&b, "S") || block_is(&b, "s6") || block_is(&b, "sda"));
	assert_true(block_is(&bare, "path:0000:00:06.0"));
	assert_false(block_is(&bare, "") || block_is(&bare, "wwn:") || block_is(&bare, "0x"));
}

static char *make_file(size_t size)
{
	char *path = xstrdup("/tmp/remint-block-XXXXXX");
	int fd = mkstemp(path);

	assert_true(fd >= 0 && !ftruncate(fd, (off_t)size));
	close(fd);
	return path;
}

static void test_open_checks_the_size(void **state)
{
	struct block b = {.name = "serial:X", .size = 1 << 20};
	char *path = make_file(1 << 20);
	int fd;

	(void)state;
	snprintf(b.path, sizeof(b.path), "%s", path);
	assert_int_equal(block_open(&b, true, &fd, &err), 0);
	assert_int_equal(block_flush(fd, &err), 0);
	assert_int_equal(block_discard(fd, 0, 4096, &err), -EOPNOTSUPP);
	close(fd);
	b.size = 2 << 20;
	assert_int_equal(block_open(&b, false, &fd, &err), -ESTALE);
	assert_non_null(strstr(err.text, "serial:X"));
	assert_false(truncate(path, 0));
	assert_int_equal(block_open(&b, false, &fd, &err), -ENOMEDIUM);
	unlink(path);
	assert_int_equal(block_open(&b, false, &fd, &err), -ENOENT);
	free(path);
}

static void write_at(const char *path, off_t at, const void *buf, size_t len)
{
	FILE *f = fopen(path, "r+");

	assert_non_null(f);
	assert_false(fseeko(f, at, SEEK_SET));
	assert_int_equal(fwrite(buf, 1, len, f), len);
	fclose(f);
}

/* A swap area with a hostile label behind an MBR with one partition. */
static void test_all_signatures_are_found(void **state)
{
	static const uint8_t partition[16] = {0, 0, 2, 0, 0x83, 0, 3, 0, 1, 0, 0, 0, 0x00, 4};
	static const uint8_t version_and_last_page[8] = {1, 0, 0, 0, 255};
	struct block b = {.name = "serial:X", .size = 1 << 20};
	char *path = make_file(b.size);
	bool swap = false, dos = false;
	json_t *found;
	int fd;

	(void)state;
	snprintf(b.path, sizeof(b.path), "%s", path);
	assert_int_equal(block_open(&b, false, &fd, &err), 0);
	assert_int_equal(block_signatures(fd, &found, &err), 0);
	assert_int_equal(json_array_size(found), 0);
	json_decref(found);
	write_at(path, 446, partition, sizeof(partition));
	write_at(path, 510, "\x55\xaa", 2);
	write_at(path, 1024, version_and_last_page, 8);
	write_at(path, 1024 + 28, "\xff\x1b[31m", 6);
	write_at(path, 4086, "SWAPSPACE2", 10);
	assert_int_equal(block_signatures(fd, &found, &err), 0);
	for (size_t i = 0; i < json_array_size(found); i++) {
		const char *type = json_string_value(json_object_get(json_array_get(found, i), "type"));

		assert_non_null(type);
		swap |= !strcmp(type, "swap");
		dos |= !strcmp(type, "dos");
	}
	assert_true(swap && dos);
	json_decref(found);
	close(fd);
	unlink(path);
	free(path);
}

static void test_json_is_whole(void **state)
{
	struct block b = {.name = "serial:X", .transport = BLOCK_NVME, .size = 8ull << 40, .zoned = 2};
	json_t *json = block_to_json(&b);

	(void)state;
	assert_int_equal(json_integer_value(json_object_get(json, "size")), 8ll << 40);
	assert_string_equal(json_string_value(json_object_get(json, "transport")), "nvme");
	assert_string_equal(json_string_value(json_object_get(json, "zoned")), "host-managed");
	assert_string_equal(json_string_value(json_object_get(json, "untouchable")), "it is zoned");
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captured_machine),
		cmocka_unit_test(test_two_paths_are_one_drive),
		cmocka_unit_test(test_one_serial_for_two_drives),
		cmocka_unit_test(test_filler_serials_name_nothing),
		cmocka_unit_test(test_nvme_behind_a_subsystem_and_over_fabrics),
		cmocka_unit_test(test_what_is_no_drive_is_left_out),
		cmocka_unit_test(test_no_tree_is_an_error),
		cmocka_unit_test(test_orders_name_drives),
		cmocka_unit_test(test_open_checks_the_size),
		cmocka_unit_test(test_all_signatures_are_found),
		cmocka_unit_test(test_json_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, free_list);
}

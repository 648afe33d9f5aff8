/* rooms: agent/hw tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* CPUs, memory, PCI, cards, TPM and firmware from captured and made-up trees; drivers of a tree without modules. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/block/media.h"
#include "agent/hw/machine.h"
#include "agent/hw/modules.h"
#include "core/io.h"
#include "tests/fakes/machine_tree.h"

static char *root;
static struct err err;
static json_t *json;

static int setup(void **state)
{
	(void)state;
	root = machine_tree_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	machine_tree_free(root);
	json_decref(json);
	json = NULL;
	return 0;
}

static json_int_t number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "(none)";
}

static const json_t *find(const char *key, const char *value)
{
	for (size_t i = 0; i < json_array_size(json); i++)
		if (!strcmp(text(json_array_get(json, i), key), value))
			return json_array_get(json, i);
	fail_msg("nothing has %s %s", key, value);
	return NULL;
}

static void test_captured_cards_and_functions(void **state)
{
	(void)state;
	machine_tree_add_file(root, "tests/machines/qemu-q35.tree");
	assert_int_equal(netif_inventory(root, &json, &err), 0);
	assert_int_equal(json_array_size(json), 2); /* lo has no device */
	const json_t *nic = find("mac", "52:54:00:00:00:01");
	assert_string_equal(text(nic, "driver"), "e1000");
	assert_string_equal(text(nic, "pci"), "0000:00:02.0");
	assert_int_equal(number(nic, "speed"), 1000);
	assert_true(json_is_true(json_object_get(nic, "link")));
	assert_true(json_is_null(json_object_get(find("name", "eth0"), "speed")));
	json_decref(json);
	assert_int_equal(pci_inventory(root, &json, &err), 0);
	const json_t *nvme = find("driver", "nvme");
	assert_string_equal(text(nvme, "vendor"), "1b36");
	assert_string_equal(text(nvme, "class"), "010802");
	assert_string_equal(text(nvme, "address"), "0000:00:04.0");
}

static void test_pci_links(void **state)
{
	(void)state;
	machine_tree_add(root, "/sys/bus/pci/devices/10000:e1:00.0/vendor = 0x10de\n"
			       "/sys/bus/pci/devices/10000:e1:00.0/numa_node = 1\n"
			       "/sys/bus/pci/devices/10000:e1:00.0/current_link_width = 8\n"
			       "/sys/bus/pci/devices/10000:e1:00.0/max_link_width = 16\n"
			       "/sys/bus/pci/devices/10000:e1:00.0/max_link_speed = 32.0 GT/s PCIe\n"
			       "/sys/bus/pci/devices/0000:00:1f.0/max_link_width = 255\n"
			       "/sys/bus/pci/devices/0000:00:1f.0/numa_node = -1\n");
	assert_int_equal(pci_inventory(root, &json, &err), 0);
	const json_t *gpu = find("address", "10000:e1:00.0"), *bridge = find("address", "0000:00:1f.0");
	assert_int_equal(number(gpu, "numa_node"), 1);
	assert_int_equal(number(gpu, "link_width"), 8);
	assert_int_equal(number(gpu, "max_link_width"), 16);
	assert_string_equal(text(gpu, "max_link_speed"), "32.0 GT/s PCIe");
	assert_null(json_object_get(bridge, "max_link_width"));
	assert_null(json_object_get(bridge, "numa_node"));
}

static void test_two_sockets_with_threads(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		char *line = str_printf("/sys/devices/system/cpu/cpu%u/topology/physical_package_id = %u\n"
					"/sys/devices/system/cpu/cpu%u/topology/core_id = %u\n",
					i, i / 4, i, i % 2);
		machine_tree_add(root, line);
		free(line);
	}
	machine_tree_add(root,
			 "/sys/devices/system/cpu/cpufreq/x = 1\n/sys/devices/system/cpu/cpu9/online = 0\n"
			 "/proc/cpuinfo = model name\t: Some  CPU @ 2 GHz\n");
	assert_int_equal(cpu_inventory(root, &json, &err), 0);
	assert_int_equal(number(json, "threads"), 8);
	assert_int_equal(number(json, "cores"), 4);
	assert_int_equal(number(json, "sockets"), 2);
	assert_string_equal(text(json, "model"), "Some  CPU @ 2 GHz");
	assert_string_equal(text(json, "vendor"), "");
}

static void test_memory(void **state)
{
	(void)state;
	machine_tree_add(root, "/sys/devices/system/node/node0/x = 1\n/sys/devices/system/node/node1/x = 1\n"
			       "/proc/meminfo = MemTotal:       527862864 kB\n");
	assert_int_equal(memory_inventory(root, &json, &err), 0);
	assert_int_equal(number(json, "total"), 527862864ll * 1024);
	assert_int_equal(number(json, "numa_nodes"), 2);
}

static void test_memory_without_a_total(void **state)
{
	(void)state;
	machine_tree_add(root, "/proc/meminfo = MemFree: 1 kB\n");
	assert_int_equal(memory_inventory(root, &json, &err), -EBADMSG);
	assert_int_equal(cpu_inventory(root, &json, &err), -ENOENT);
	assert_int_equal(pci_inventory(root, &json, &err), -ENOENT);
}

static void test_tpm_and_firmware(void **state)
{
	(void)state;
	assert_false(firmware_is_uefi(root));
	assert_int_equal(tpm_inventory(root, &json, &err), 0);
	assert_true(json_is_false(json_object_get(json, "present")));
	json_decref(json);
	machine_tree_add(
		root, "/sys/firmware/efi/fw_platform_size = 64\n/sys/class/tpm/tpm0/tpm_version_major = 2\n");
	assert_true(firmware_is_uefi(root));
	assert_int_equal(tpm_inventory(root, &json, &err), 0);
	assert_true(json_is_true(json_object_get(json, "present")));
	assert_string_equal(text(json, "version"), "2.0");
}

/* No module is in such a tree; that devices have none is no error, and waiting ends. */
static void test_devices_without_modules(void **state)
{
	(void)state;
	assert_int_equal(modules_load_all(root, 1000, &err), -ENOENT);
	machine_tree_add(
		root,
		"/sys/devices/pci0000:00/0000:00:1f.2/modalias = pci:v0000FFFFd0000FFFFsv0sd0bc01sc06i01\n"
		"/sys/devices/loop -> .\n");
	assert_int_equal(modules_load_all(root, 2000, &err), 0);
	assert_int_equal(module_load("remint-no-such-module", &err), -ENOENT);
	assert_non_null(strstr(err.text, "remint-no-such-module"));
}

static void test_a_closed_kernel(void **state)
{
	(void)state;
	assert_int_equal(kernel_inventory(root, &json, &err), -ENOENT);
	machine_tree_add(root, "/proc/sys/kernel/osrelease = 6.1.0-56-amd64\n");
	assert_int_equal(kernel_inventory(root, &json, &err), 0);
	assert_string_equal(text(json, "release"), "6.1.0-56-amd64");
	assert_true(json_is_null(json_object_get(json, "lockdown")));
	assert_true(json_is_null(json_object_get(json, "module_signatures_enforced")));
	json_decref(json);
	kernel_close(root); /* which has nothing to close */
	machine_tree_add(root, "/sys/kernel/security/lockdown = none [integrity] confidentiality\n"
			       "/sys/module/module/parameters/sig_enforce = Y\n");
	assert_int_equal(kernel_inventory(root, &json, &err), 0);
	assert_string_equal(text(json, "lockdown"), "integrity");
	assert_true(json_is_true(json_object_get(json, "module_signatures_enforced")));
}

/* A disk on SATA, one on USB, an optical drive, and what only begins with the same letters. */
static void test_boot_media(void **state)
{
	char **paths;
	unsigned n;

	(void)state;
	machine_tree_add(root,
			 "/sys/class/block/sda -> ../../devices/pci0000:00/0000:00:1f.2/ata1/block/sda\n"
			 "/sys/devices/pci0000:00/0000:00:1f.2/ata1/block/sda/size = 2048\n"
			 "/sys/class/block/sdb -> ../../devices/pci0000:00/0000:00:14.0/usb1/block/sdb\n"
			 "/sys/devices/pci0000:00/0000:00:14.0/usb1/block/sdb/size = 2048\n"
			 "/sys/class/block/sr0/size = 100\n/sys/class/block/sr10/size = 0\n"
			 "/sys/class/block/srx/size = 100\n/sys/class/block/sr/size = 100\n");
	assert_int_equal(media_list(root, &paths, &n, &err), 0);
	assert_int_equal(n, 3);
	assert_string_equal(paths[0], "/dev/sr0");
	assert_string_equal(paths[1], "/dev/sr10");
	assert_string_equal(paths[2], "/dev/sdb");
	media_free(paths, n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_captured_cards_and_functions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pci_links, setup, teardown),
		cmocka_unit_test_setup_teardown(test_two_sockets_with_threads, setup, teardown),
		cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_memory_without_a_total, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tpm_and_firmware, setup, teardown),
		cmocka_unit_test_setup_teardown(test_devices_without_modules, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_closed_kernel, setup, teardown),
		cmocka_unit_test_setup_teardown(test_boot_media, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

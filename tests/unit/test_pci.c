/* rooms: agent/hw tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The way to a device, slots, errors, BARs: on a made-up server with GPUs (tests/machines/README.md), and on trees that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/machine.h"
#include "agent/hw/pci/pci.h"
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

static int server(void **state)
{
	setup(state);
	machine_tree_add_file(root, "tests/machines/gpu-server.tree");
	return pci_inventory(root, &json, &err);
}

/* Captured: tests/machines/README.md. */
static int h100(void **state)
{
	setup(state);
	machine_tree_add_file(root, "tests/machines/h100-vm.tree");
	return pci_inventory(root, &json, &err);
}

static int teardown(void **state)
{
	(void)state;
	machine_tree_free(root);
	json_decref(json);
	json = NULL;
	return 0;
}

static const json_t *function(const char *address)
{
	for (size_t i = 0; i < json_array_size(json); i++)
		if (!strcmp(json_string_value(json_object_get(json_array_get(json, i), "address")), address))
			return json_array_get(json, i);
	fail_msg("no function %s", address);
	return NULL;
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

static void test_a_healthy_gpu(void **state)
{
	const json_t *gpu = function("0000:1b:00.0"), *links = json_object_get(gpu, "links"), *bars;

	(void)state;
	assert_string_equal(text(gpu, "slot"), "PCIe Slot 1");
	assert_string_equal(text(gpu, "iommu_group"), "41");
	assert_int_equal(json_array_size(links), 2);
	assert_string_equal(text(json_array_get(links, 0), "above"), "0000:15:01.0");
	assert_string_equal(text(json_array_get(links, 0), "below"), "0000:16:00.0");
	assert_string_equal(text(json_array_get(links, 1), "above"), "0000:17:01.0");
	assert_string_equal(text(json_array_get(links, 1), "below"), "0000:1b:00.0");
	assert_int_equal(number(json_array_get(links, 1), "speed"), 32000);
	assert_int_equal(number(json_array_get(links, 1), "max_width"), 16);
	assert_null(json_object_get(gpu, "limited_by"));
	assert_true(json_is_false(json_object_get(gpu, "option_rom")));
	bars = json_object_get(gpu, "bars");
	assert_int_equal(json_array_size(bars), 3);
	assert_int_equal(number(json_array_get(bars, 1), "index"), 2);
	assert_int_equal(number(json_array_get(bars, 1), "size"), 128ll << 30);
	assert_true(json_is_true(json_object_get(json_array_get(bars, 1), "prefetchable")));
	assert_null(json_object_get(json_array_get(bars, 1), "unassigned"));
	assert_int_equal(number(json_object_get(gpu, "aer"), "correctable"), 0);
	assert_null(json_object_get(json_object_get(gpu, "aer"), "kinds"));
}

static void test_the_hop_that_limits_is_named(void **state)
{
	const json_t *gpu = function("0000:2a:00.0"), *limit = json_object_get(gpu, "limited_by");
	const json_t *riser = json_array_get(json_object_get(gpu, "links"), 0);

	(void)state;
	/* Both links carry half; the card's own is the nearer. */
	assert_string_equal(text(limit, "above"), "0000:28:01.0");
	assert_string_equal(text(limit, "below"), "0000:2a:00.0");
	assert_int_equal(number(limit, "width"), 8);
	assert_int_equal(number(limit, "max_width"), 16);
	assert_true(json_is_true(json_object_get(riser, "degraded")));
	assert_int_equal(number(riser, "speed"), 16000);
	assert_int_equal(number(riser, "max_speed"), 32000);
	assert_string_equal(text(gpu, "slot"),
			    "7"); /* the kernel's: nearer than the riser's name in SMBIOS */
	assert_true(
		json_is_true(json_object_get(json_array_get(json_object_get(gpu, "bars"), 1), "unassigned")));
}

/* What runs as fast as it can is not limited, and not degraded for a port that could do more. */
static void test_a_slow_device_is_not_limited(void **state)
{
	const json_t *nvswitch = function("0000:2c:00.0"), *nvme = function("10000:01:00.0"), *link;

	(void)state;
	assert_null(json_object_get(nvswitch, "limited_by"));
	assert_int_equal(json_array_size(json_object_get(nvswitch, "links")), 2);
	assert_string_equal(text(nvswitch, "slot"), "Riser 2");
	/* VMD: a root of its own. */
	assert_int_equal(json_array_size(json_object_get(nvme, "links")), 1);
	link = json_array_get(json_object_get(nvme, "links"), 0);
	assert_string_equal(text(link, "above"), "10000:00:02.0");
	assert_true(json_is_false(json_object_get(link, "degraded")));
	assert_string_equal(text(nvme, "firmware"), "GDC7302Q");
	assert_string_equal(text(nvme, "slot"), "9");
	assert_null(json_object_get(nvme, "aer"));
	assert_null(json_object_get(function("0000:37:00.5"), "links"));
	assert_null(json_object_get(function("0000:00:1f.0"), "option_rom")); /* not of interest */
}

static void test_counted_errors(void **state)
{
	const json_t *nic = function("0000:18:00.0"), *aer = json_object_get(nic, "aer"), *kinds;

	(void)state;
	assert_int_equal(number(aer, "correctable"), 5);
	assert_int_equal(number(aer, "nonfatal"), 1);
	assert_int_equal(number(aer, "fatal"), 0);
	kinds = json_object_get(aer, "kinds");
	assert_int_equal(json_object_size(kinds), 2);
	assert_int_equal(number(json_object_get(kinds, "correctable"), "BadTLP"), 3);
	assert_int_equal(number(json_object_get(kinds, "nonfatal"), "UnsupReq"), 1);
	assert_string_equal(text(nic, "firmware"), "28.39.1002");
	assert_string_equal(text(nic, "slot"), "OCP 3.0");
	assert_true(json_is_true(json_object_get(nic, "option_rom")));
}

static void test_infiniband(void **state)
{
	const json_t *port;

	(void)state;
	json_decref(json);
	assert_int_equal(infiniband_inventory(root, &json, &err), 0);
	assert_int_equal(json_array_size(json), 1);
	port = json_array_get(json, 0);
	assert_string_equal(text(port, "device"), "mlx5_0");
	assert_string_equal(text(port, "pci"), "0000:18:00.0");
	assert_string_equal(text(port, "port"), "1");
	assert_string_equal(text(port, "port_guid"), "9c63:c003:00aa:1122");
	assert_string_equal(text(port, "link_layer"), "InfiniBand");
	assert_string_equal(text(port, "state"), "active");
	assert_string_equal(text(port, "physical_state"), "linkup");
	assert_string_equal(text(port, "rate"), "400 Gb/sec (4X NDR)");
	assert_string_equal(text(port, "psid"), "MT_0000000838");
}

static void test_no_infiniband(void **state)
{
	(void)state;
	assert_int_equal(infiniband_inventory(root, &json, &err), 0);
	assert_int_equal(json_array_size(json), 0);
}

static void test_speeds(void **state)
{
	(void)state;
	assert_int_equal(pci_speed_parse("2.5 GT/s PCIe"), 2500);
	assert_int_equal(pci_speed_parse("8 GT/s"), 8000);
	assert_int_equal(pci_speed_parse("64.0 GT/s PCIe"), 64000);
	assert_int_equal(pci_speed_parse("Unknown"), 0);
	assert_int_equal(pci_speed_parse("16.0"), 0);
	assert_int_equal(pci_speed_parse(". GT/s"), 0);
	assert_int_equal(pci_speed_parse("99999999999 GT/s"), 0);
	assert_int_equal(pci_speed_parse(""), 0);
}

static void test_which_of_equals_limits(void **state)
{
	struct pci_link links[3] = {
		{"a", "b", 16000, 8, 16000, 16},
		{"c", "d", 16000, 8, 16000, 8},
		{"e", "f", 0, 0, 16000, 16}, /* unknown: no rate to compare */
	};

	(void)state;
	assert_ptr_equal(pci_limit(links, 3), &links[0]); /* the one that could do more */
	links[1].max_speed = 32000;
	assert_ptr_equal(pci_limit(links, 3), &links[1]); /* then the nearest the device */
	assert_null(pci_limit(links, 0));
	assert_null(pci_limit(&links[2], 1));
	/* 8 of 10 bits up to 5 GT/s: twice the lanes at 2.5 are less than one at 8. */
	links[0] = (struct pci_link){"a", "b", 2500, 2, 2500, 2};
	links[1] = (struct pci_link){"c", "d", 8000, 1, 8000, 1};
	assert_ptr_equal(pci_limit(links, 2), &links[0]);
	assert_int_equal(pci_link_rate(&links[0]), 4000);
	assert_int_equal(pci_link_rate(&links[1]), 7876);
}

/* Attributes that are malformed say nothing; nothing is read past their end. */
static void test_trees_that_lie(void **state)
{
	const json_t *f;

	(void)state;
	machine_tree_add(root, "/sys/bus/pci/devices/0000:01:00.0/class = 0x030000\n"
			       "/sys/bus/pci/devices/0000:01:00.0/resource = 0x10 0x0 0x200\n"
			       "/sys/bus/pci/devices/0000:01:00.0/aer_dev_fatal = DLP -1\n"
			       "/sys/bus/pci/devices/0000:01:00.0/aer_dev_nonfatal = TOTAL_ERR_NONFATAL "
			       "99999999999999999999999\n"
			       "/sys/bus/pci/devices/0000:01:00.0/aer_dev_correctable : 00ff00ff\n"
			       "/sys/bus/pci/devices/0000:02:00.0/class = 0x020000\n"
			       "/sys/bus/pci/devices/0000:02:00.0/max_link_width = 4096\n"
			       "/sys/bus/pci/slots/3/address = 0000:0\n");
	assert_int_equal(pci_inventory(root, &json, &err), 0);
	f = function("0000:01:00.0");
	assert_int_equal(json_array_size(json_object_get(f, "bars")), 0);
	assert_true(json_is_null(json_object_get(json_object_get(f, "aer"), "fatal")));
	assert_true(json_is_null(json_object_get(json_object_get(f, "aer"), "nonfatal")));
	assert_true(json_is_null(json_object_get(json_object_get(f, "aer"), "correctable")));
	assert_null(json_object_get(f, "slot"));
	assert_null(json_object_get(function("0000:02:00.0"), "links"));
}

static void test_a_path_that_is_too_deep(void **state)
{
	char path[1024];
	struct pci_path found;
	size_t n = (size_t)snprintf(path, sizeof(path), "/sys/devices/pci0000:00");

	(void)state;
	for (unsigned i = 0; i < 34; i++)
		n += (size_t)snprintf(path + n, sizeof(path) - n, "/0000:%02x:00.0", i);
	machine_tree_add(root, "/sys/bus/pci/devices/x/y = 1\n");
	char *line = str_printf("%s/class = 0x030000\n/sys/bus/pci/devices/0000:21:00.0 -> ../../../..%s\n",
				path, path);
	machine_tree_add(root, line);
	free(line);
	assert_int_equal(pci_path_read(root, "0000:21:00.0", &found, &err), -ELOOP);
	assert_non_null(strstr(err.text, "more than 32"));
	assert_int_equal(pci_path_read(root, "0000:99:00.0", &found, &err), -ENODEV);
}

/* Passed through to a virtual machine: the way to it is not to be seen, and nothing is made up about it. */
static void test_a_real_h100(void **state)
{
	const json_t *gpu = function("0000:00:06.0"), *bars = json_object_get(gpu, "bars");

	(void)state;
	assert_string_equal(text(gpu, "vendor"), "10de");
	assert_string_equal(text(gpu, "device"), "2330");
	assert_string_equal(text(gpu, "driver"), "nvidia");
	assert_string_equal(text(gpu, "link_speed"), "32.0 GT/s PCIe");
	assert_int_equal(number(gpu, "link_width"), 16);
	assert_int_equal(json_array_size(bars), 3);
	assert_int_equal(number(json_array_get(bars, 0), "size"), 16 << 20);
	assert_int_equal(number(json_array_get(bars, 1), "size"), 128ll << 30);
	assert_int_equal(json_array_size(json_object_get(gpu, "links")), 0);
	assert_null(json_object_get(gpu, "limited_by"));
	assert_null(json_object_get(gpu, "iommu_group"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_healthy_gpu, server, teardown),
		cmocka_unit_test_setup_teardown(test_the_hop_that_limits_is_named, server, teardown),
		cmocka_unit_test_setup_teardown(test_a_slow_device_is_not_limited, server, teardown),
		cmocka_unit_test_setup_teardown(test_counted_errors, server, teardown),
		cmocka_unit_test_setup_teardown(test_infiniband, server, teardown),
		cmocka_unit_test_setup_teardown(test_no_infiniband, setup, teardown),
		cmocka_unit_test(test_speeds),
		cmocka_unit_test(test_which_of_equals_limits),
		cmocka_unit_test_setup_teardown(test_a_real_h100, h100, teardown),
		cmocka_unit_test_setup_teardown(test_trees_that_lie, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_path_that_is_too_deep, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

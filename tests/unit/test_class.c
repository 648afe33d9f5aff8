/* rooms: agent/hw protocol tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Machine classes: reading, capturing, and every kind of difference in words. The machines: tests/machines/README.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/machine.h"
#include "agent/hw/smbios/smbios.h"
#include "core/glob.h"
#include "core/io.h"
#include "core/json.h"
#include "protocol/class/class.h"
#include "tests/fakes/machine_tree.h"

static struct err err;
static json_t *inventory, *found;
static struct class *class;

static json_t *parsed(const char *text)
{
	json_error_t error;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (!json)
		fail_msg("%s: %s", error.text, text);
	return json;
}

static int teardown(void **state)
{
	(void)state;
	class_free(class);
	json_decref(inventory);
	json_decref(found);
	class = NULL;
	inventory = found = NULL;
	return 0;
}

/* Sound, as far as this test is concerned, but for one riser. */
static void gpu_server(void)
{
	char *root = machine_tree_new();
	json_t *part;

	machine_tree_add_file(root, "tests/machines/gpu-server.tree");
	inventory = parsed("{\"disks\": [], \"nics\": []}");
	assert_int_equal(pci_inventory(root, &part, &err), 0);
	json_object_set_new(inventory, "pci", part);
	assert_int_equal(smbios_read(root, &part, &err), 0);
	json_object_set_new(inventory, "smbios", part);
	assert_int_equal(infiniband_inventory(root, &part, &err), 0);
	json_object_set_new(inventory, "infiniband", part);
	machine_tree_free(root);
}

static void use(const char *text)
{
	json_t *json = parsed(text);

	class_free(class);
	class = NULL;
	if (class_from_json(json, &class, &err) < 0)
		fail_msg("%s", err.text);
	json_decref(json);
}

static void compare(void)
{
	json_decref(found);
	found = class_compare(class, inventory);
}

static const char *said(size_t i)
{
	const char *text = json_string_value(json_object_get(json_array_get(found, i), "text"));

	return text ? text : "(none)";
}

/* The one difference that has these words. */
static bool has(const char *words)
{
	for (size_t i = 0; i < json_array_size(found); i++)
		if (strstr(said(i), words))
			return json_is_true(json_object_get(json_array_get(found, i), "required"));
	for (size_t i = 0; i < json_array_size(found); i++)
		print_message("%s\n", said(i));
	fail_msg("no difference says \"%s\"", words);
	return false;
}

static void test_what_is_captured_does_not_differ(void **state)
{
	json_t *json;

	(void)state;
	assert_int_equal(
		json_read_file("tests/machines/inventory-qemu.json", CLASS_FILE_MAX, &inventory, &err), 0);
	assert_int_equal(class_capture(inventory, "qemu", &json, &err), 0);
	assert_int_equal(json_array_size(json_object_get(json, "drives")) > 0, 1);
	assert_int_equal(class_from_json(json, &class, &err), 0);
	json_decref(json);
	compare();
	if (json_array_size(found))
		fail_msg("%s", said(0));
	class_free(class);
	class = NULL;
	json_decref(inventory);
	gpu_server();
	/* One channel in three has errors: an honest capture asks for none, and says so. */
	assert_int_equal(class_capture(inventory, "hgx", &json, &err), 0);
	assert_int_equal(class_from_json(json, &class, &err), 0);
	json_decref(json);
	compare();
	assert_int_equal(json_array_size(found), 1);
	assert_true(has(
		"PCI function 0000:18:00.0 (15b3:1021): 1 nonfatal errors since boot, at most 0 expected"));
}

static void test_a_degraded_riser(void **state)
{
	(void)state;
	gpu_server();
	use("{\"class\": 1, \"name\": \"hgx\", \"pci\": [{\"what\": \"H100\", \"vendor\": \"10de\", "
	    "\"device\": \"2330\", "
	    "\"count\": 3, \"speed\": 32000, \"width\": 16, \"slots\": [\"PCIe Slot 1\", \"7\", \"PCIe Slot "
	    "8\"]}]}");
	compare();
	assert_int_equal(json_array_size(found), 4);
	assert_true(has("H100 (10de:2330) at 0000:2a:00.0 in \"7\": the link between 0000:28:01.0 and "
			"0000:2a:00.0 runs at 32.0 GT/s x8, "
			"expected 32.0 GT/s x16; both ends can: reseat"));
	assert_true(has("the link between 0000:26:01.0 and 0000:27:00.0 runs at 16.0 GT/s x16, expected 32.0 "
			"GT/s x16"));
	assert_true(has("H100 (10de:2330): 2 of them, expected 3"));
	assert_true(has("slot \"PCIe Slot 8\": no H100 (10de:2330), expected one"));
	use("{\"class\": 1, \"name\": \"hgx\", \"pci\": [{\"vendor\": \"144d\", \"device\": \"a824\", "
	    "\"count\": 1, \"width\": 8, "
	    "\"firmware\": [\"GDC7402Q\", \"GDC7502Q\"], \"required\": false}]}");
	compare();
	assert_false(has("runs at 16.0 GT/s x4, expected 16.0 GT/s x8; its ends cannot: it is the wrong "
			 "slot, riser or card"));
	assert_false(has("firmware \"GDC7302Q\", expected GDC7402Q or GDC7502Q"));
}

static void test_shares_of_gpus(void **state)
{
	const struct class_gpu *gpu;

	(void)state;
	use("{\"class\": 1, \"name\": \"hgx\", \"gpus\": [{\"vendor\": \"10de\", \"device\": \"2330\", "
	    "\"share\": 0.8}, "
	    "{\"vendor\": \"1002\", \"device\": \"74a1\", \"share\": 1, \"required\": false}]}");
	gpu = class_gpu_find(class, 0x10de, 0x2330);
	assert_true(gpu && gpu->required && gpu->share > 0.79 && gpu->share < 0.81);
	gpu = class_gpu_find(class, 0x1002, 0x74a1);
	assert_true(gpu && !gpu->required);
	assert_null(class_gpu_find(class, 0x10de, 0x2331));
}

static void test_a_kind_by_its_subsystem(void **state)
{
	(void)state;
	gpu_server();
	use("{\"class\": 1, \"name\": \"x\", \"pci\": [{\"vendor\": \"10de\", \"device\": \"2330\", "
	    "\"subsystem_vendor\": \"10de\", "
	    "\"subsystem_device\": \"0001\", \"count\": 0}], \"errors\": {\"correctable\": 4, \"fatal\": "
	    "0}}");
	compare();
	assert_int_equal(json_array_size(found), 1);
	assert_true(has("5 correctable errors since boot, at most 4 expected"));
}

static const char machine[] =
	"{\"disks\": [{\"name\": \"serial:A\", \"model\": \"NVMe X\", \"size\": 1000, \"firmware\": \"1\"},"
	"{\"name\": \"serial:B\", \"model\": \"NVMe X\", \"size\": 2000, \"firmware\": \"2\"},"
	"{\"name\": \"serial:U\", \"model\": \"Stick\", \"size\": 5, \"untouchable\": \"it is on USB\"}],"
	"\"smbios\": {\"system\": {\"manufacturer\": \"ACME\", \"product\": \"R1\"}, \"bios\": {\"version\": "
	"\"2.1\"},"
	"\"memory\": [{\"locator\": \"A1\", \"size\": 1073741824}, {\"locator\": \"A2\", \"size\": "
	"2147483648}]},"
	"\"cpus\": {\"model\": \"CPU\", \"sockets\": 1, \"cores\": 8, \"threads\": 16}, \"pci\": [],"
	"\"nics\": [{\"name\": \"eth0\", \"mac\": \"52:54:00:00:00:01\", \"driver\": \"mlx5_core\", \"pci\": "
	"\"0000:3b:00.0\", \"link\": true,"
	"\"speed\": 25000, \"fec\": {\"active\": \"RS\"}, \"firmware\": \"28.1\"},"
	"{\"name\": \"eth1\", \"mac\": \"52:54:00:00:00:02\", \"permanent_mac\": \"52:54:00:00:00:09\", "
	"\"driver\": \"mlx5_core\", "
	"\"pci\": \"0000:3b:00.1\", \"link\": false, \"speed\": null, \"link_fault\": \"no cable\"}],"
	"\"infiniband\": [{\"device\": \"mlx5_2\", \"port\": \"1\", \"pci\": \"0000:5b:00.0\", "
	"\"link_layer\": \"InfiniBand\", "
	"\"state\": \"down\", \"port_guid\": \"9c63:c003:00aa:1122\"}],"
	"\"neighbours\": {\"listened\": 31, \"ports\": [{\"name\": \"eth0\", \"heard\": [{\"system_name\": "
	"\"leaf-3\", "
	"\"port\": {\"type\": \"interface-name\", \"id\": \"Ethernet1/7\"}}]}, {\"name\": \"eth1\", "
	"\"heard\": [], "
	"\"not_seen\": \"no carrier\"}]}}";

static void test_every_other_part(void **state)
{
	(void)state;
	inventory = parsed(machine);
	use("{\"class\": 1, \"name\": \"r\", \"system\": {\"manufacturer\": \"ACME\", \"product\": \"R2\", "
	    "\"bios\": [\"2.2\"]},"
	    "\"cpus\": {\"model\": \"CPU\", \"cores\": 16, \"required\": false},"
	    "\"memory\": [{\"locator\": \"A1\", \"size\": 2147483648}, {\"locator\": \"A3\", \"size\": "
	    "1073741824}],"
	    "\"drives\": [{\"model\": \"NVMe X\", \"size\": 1000, \"count\": 2, \"firmware\": [\"9\"]}],"
	    "\"nics\": [{\"driver\": \"mlx5_core\", \"count\": 3, \"speed\": 100000, \"fec\": \"BASER\", "
	    "\"firmware\": [\"28.2\"]}]}");
	compare();
	assert_int_equal(json_array_size(found), 15);
	assert_true(has("system product: \"R1\", expected \"R2\""));
	assert_true(has("firmware of the machine: version \"2.1\", expected 2.2"));
	assert_false(has("cpus: 8 cores, expected 16"));
	assert_true(has("memory A1: 1024 MiB, expected 2048 MiB"));
	assert_true(has("memory A3: empty or not recognised, expected 1024 MiB"));
	assert_true(has("drive serial:A (NVMe X): firmware \"1\", expected 9"));
	assert_true(has("drives: 1 of model \"NVMe X\" with 1000 bytes, expected 2"));
	assert_true(has("drive serial:B: \"NVMe X\" with 2000 bytes is none that the class has"));
	assert_true(has("network cards of driver mlx5_core: 2, expected 3"));
	assert_true(has("network card eth0 (52:54:00:00:00:01): 25000 Mbit/s, expected 100000"));
	assert_true(has("network card eth1 (52:54:00:00:00:09): no link (no cable), expected 100000 Mbit/s"));
	assert_true(has("FEC \"RS\", expected \"BASER\""));
	assert_true(has("firmware \"28.1\", expected 28.2"));
}

static void test_rails(void **state)
{
	(void)state;
	inventory = parsed(machine);
	use("{\"class\": 1, \"name\": \"r\", \"rails\": [{\"pci\": \"0000:3b:00.0\", \"system\": \"leaf-*\", "
	    "\"port\": \"*/7\"}]}");
	compare();
	assert_int_equal(json_array_size(found), 0);
	use("{\"class\": 1, \"name\": \"r\", \"rails\": [{\"pci\": \"0000:3b:00.0\", \"system\": \"leaf-4\"},"
	    "{\"pci\": \"0000:3b:00.1\", \"system\": \"leaf-4\", \"port\": \"Ethernet1/7\"},"
	    "{\"pci\": \"0000:99:00.0\", \"required\": false}, {\"pci\": \"0000:5b:00.0\"}]}");
	compare();
	assert_int_equal(json_array_size(found), 5);
	assert_true(has("eth0 (52:54:00:00:00:01): its cable leads to port Ethernet1/7 of leaf-3, expected "
			"port (any) of leaf-4"));
	assert_true(has("could not be seen (no carrier), expected port Ethernet1/7 of leaf-4"));
	assert_false(has("rail at 0000:99:00.0: there is no network card"));
	assert_true(has("InfiniBand port 1 of mlx5_2 (0000:5b:00.0): it is \"down\", expected \"active\""));
	assert_false(has("GUID 9c63:c003:00aa:1122): where its cable leads cannot be seen without LLDP"));
	json_object_del(inventory, "neighbours");
	compare();
	assert_true(has("could not be seen (nobody listened)"));
}

/* What others say of themselves: no line end, nothing that a terminal obeys, and not without an end. */
static void test_a_difference_is_one_line(void **state)
{
	char model[CLASS_TEXT_MAX + 1], other[1024];

	(void)state;
	memset(model, 'M', sizeof(model) - 1);
	model[sizeof(model) - 1] = '\0';
	memset(other, 'x', sizeof(other) - 1);
	other[sizeof(other) - 1] = '\0';
	memcpy(other, "a\n\x1b[2J\x7f\xc3\xa9", 9);
	for (size_t i = 9; i + 2 < sizeof(other); i += 2) /* so that the cut goes through a character */
		memcpy(other + i, "\xc3\xa9", 2);
	inventory = json_pack("{s{ss} s[{ss ss}]}", "cpus", "model", "a\n\x1b\xc3\xa9", "disks", "name", "n",
			      "model", other);
	assert_non_null(inventory);
	use("{\"class\": 1, \"name\": \"l\", \"cpus\": {\"model\": \"b\"}, \"drives\": []}");
	compare();
	assert_string_equal(said(0), "cpus model: \"a??\xc3\xa9\", expected \"b\"");
	assert_int_equal(strlen(said(1)), CLASS_DIFFERENCE_MAX);
	assert_non_null(strstr(said(1), "\"a??[2J?"));
}

static void test_who_is_waited_for(void **state)
{
	json_t *nic;

	(void)state;
	inventory = parsed(
		"{\"nics\": [{\"name\": \"eth1\", \"pci\": \"0000:18:00.0\"}, {\"name\": \"eth2\", \"pci\": "
		"\"0000:19:00.0\"}], \"neighbours\": {\"ports\": [{\"name\": \"eth1\", \"heard\": []}, "
		"{\"name\": \"eth2\", \"heard\": [{\"system_name\": \"another\"}]}]}}");
	use("{\"class\": 1, \"name\": \"l\", \"cpus\": {\"cores\": 8}}");
	assert_false(class_awaits_neighbours(class, inventory));
	/* Somebody was heard, if not the right one; nobody can be heard where there is no card. */
	use("{\"class\": 1, \"name\": \"l\", \"rails\": [{\"pci\": \"0000:19:00.0\", \"system\": \"leaf\"}, "
	    "{\"pci\": \"0000:20:00.0\"}]}");
	assert_false(class_awaits_neighbours(class, inventory));
	use("{\"class\": 1, \"name\": \"l\", \"rails\": [{\"pci\": \"0000:18:00.0\"}]}");
	assert_true(class_awaits_neighbours(class, inventory));
	nic = json_array_get(json_object_get(inventory, "nics"), 0);
	json_object_set_new(nic, "firmware_lldp", json_true());
	assert_false(class_awaits_neighbours(class, inventory));
	json_object_del(nic, "firmware_lldp");
	json_object_del(inventory, "neighbours");
	assert_false(class_awaits_neighbours(class, inventory));
}

static void test_an_empty_inventory_differs_in_all(void **state)
{
	json_t *json;

	(void)state;
	inventory = parsed("{\"pci\": {\"error\": \"PCI: no\"}, \"smbios\": 7, \"disks\": [3, null, []], "
			   "\"nics\": \"x\"}");
	use("{\"class\": 1, \"name\": \"r\", \"system\": {\"product\": \"R\"}, \"cpus\": {\"threads\": 2},"
	    "\"memory\": [{\"locator\": \"A\", \"size\": 1}], \"drives\": [{\"model\": \"m\", \"count\": 1}],"
	    "\"pci\": [{\"vendor\": \"10de\", \"device\": \"2330\", \"count\": 1}], \"nics\": [{\"driver\": "
	    "\"d\", \"count\": 1}]}");
	compare();
	assert_int_equal(json_array_size(found), 9); /* with the three drives that are none */
	assert_int_equal(class_capture(inventory, "x", &json, &err), -ENODATA);
}

static void test_what_is_no_class(void **state)
{
	static const struct {
		const char *text, *says;
	} wrong[] = {
		{"[]", "machine class must be an object"},
		{"{\"class\": 2, \"name\": \"x\"}", "class"},
		{"{\"class\": 1}", "name"},
		{"{\"class\": 1, \"name\": \"x\", \"gpus\": 8}", "gpus"},
		{"{\"class\": 1, \"name\": \"x\", \"pci\": {}}", "pci must be an array"},
		{"{\"class\": 1, \"name\": \"x\", \"pci\": [{\"vendor\": \"10DE\", \"device\": \"2330\", "
		 "\"count\": 1}]}",
		 "machine class x: entry 1 of pci: pci: vendor must be four hexadecimal digits"},
		{"{\"class\": 1, \"name\": \"x\", \"pci\": [{\"vendor\": \"10de\", \"device\": \"2330\", "
		 "\"count\": -1}]}",
		 "count"},
		{"{\"class\": 1, \"name\": \"x\", \"drives\": [{\"model\": \"m\", \"count\": 1, "
		 "\"firmware\": []}]}",
		 "firmware must be an array of 1 to 32 texts"},
		{"{\"class\": 1, \"name\": \"x\", \"drives\": [{\"model\": \"m\", \"count\": 1, "
		 "\"firmware\": [1]}]}",
		 "entry 1 of firmware"},
		{"{\"class\": 1, \"name\": \"x\", \"cpus\": {\"required\": \"no\"}}", "required"},
		{"{\"class\": 1, \"name\": \"x\", \"memory\": [{\"locator\": \"A\", \"size\": 0}]}", "size"},
		{"{\"class\": 1, \"name\": \"x\", \"gpus\": [{\"vendor\": \"10de\", \"device\": \"2330\", "
		 "\"share\": 1.5}]}",
		 "share must be a number above 0"},
		{"{\"class\": 1, \"name\": \"x\", \"gpus\": [{\"vendor\": \"10de\", \"device\": \"2330\"}]}",
		 "share"},
		{"{\"class\": 1, \"name\": \"x\", \"gpus\": [{\"vendor\": \"10de\", \"device\": \"2330\", "
		 "\"share\": 1, "
		 "\"count\": 8}]}",
		 "count"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		json_t *json = parsed(wrong[i].text);

		assert_int_equal(class_from_json(json, &class, &err), -EBADMSG);
		if (!strstr(err.text, wrong[i].says))
			fail_msg("\"%s\" does not say \"%s\"", err.text, wrong[i].says);
		json_decref(json);
	}
}

static void test_glob(void **state)
{
	(void)state;
	assert_true(glob_matches("leaf-3", "leaf-3"));
	assert_false(glob_matches("leaf-3", "leaf-33"));
	assert_true(glob_matches("*", ""));
	assert_true(glob_matches("leaf-*-b*", "leaf-1-a-b7"));
	assert_false(glob_matches("leaf-*-b", "leaf-1-b7"));
	assert_false(glob_matches("", "x"));
	assert_true(glob_matches("a**c", "abc"));
	assert_false(glob_matches("*a*a*a*a*a*a*a*a*b",
				  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_what_is_captured_does_not_differ, teardown),
		cmocka_unit_test_teardown(test_a_degraded_riser, teardown),
		cmocka_unit_test_teardown(test_shares_of_gpus, teardown),
		cmocka_unit_test_teardown(test_a_kind_by_its_subsystem, teardown),
		cmocka_unit_test_teardown(test_every_other_part, teardown),
		cmocka_unit_test_teardown(test_rails, teardown),
		cmocka_unit_test_teardown(test_a_difference_is_one_line, teardown),
		cmocka_unit_test_teardown(test_who_is_waited_for, teardown),
		cmocka_unit_test_teardown(test_an_empty_inventory_differs_in_all, teardown),
		cmocka_unit_test_teardown(test_what_is_no_class, teardown),
		cmocka_unit_test(test_glob),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

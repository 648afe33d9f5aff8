/* rooms: agent/hw core */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's answers by generic netlink, made by hand: ethtool, devlink, a transceiver's EEPROM; then this kernel's own for lo, which need no
 * rights.
 * usage: test_nic INTERFACE    prints what ethtool says of it: for tests/net
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <linux/devlink.h>
#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>
#include <net/if.h>

#include "agent/hw/machine.h"
#include "agent/hw/net/devlink.h"
#include "agent/hw/net/ethtool.h"
#include "agent/hw/net/nic.h"
#include "core/io.h"
#include "core/json.h"

static char buf[4096] __attribute__((aligned(8)));
static struct genl family = {.fd = -EBADF, .family = 0x20, .version = 1};
static struct err err;
static json_t *json;

static int setup(void **state)
{
	(void)state;
	json = json_object();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	json_decref(json);
	return 0;
}

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "(none)";
}

static json_int_t number(const json_t *object, const char *key)
{
	return json_is_integer(json_object_get(object, key))
		       ? json_integer_value(json_object_get(object, key))
		       : -1;
}

/* An exact copy on the heap, so that the sanitizer sees a read past the end. */
static void take(const struct nlmsghdr *message, void (*reader)(const struct nlmsghdr *, json_t *))
{
	void *copy = malloc(message->nlmsg_len);

	assert_non_null(copy);
	memcpy(copy, message, message->nlmsg_len);
	reader(copy, json);
	free(copy);
}

static struct nlmsghdr *answer(uint8_t command)
{
	memset(buf, 0, sizeof(buf));
	return genl_request(&family, buf, command, 0);
}

static void put_bit(struct nlmsghdr *m, const char *name, bool set)
{
	struct nlattr *bit = mnl_attr_nest_start(m, ETHTOOL_A_BITSET_BITS_BIT);

	mnl_attr_put_strz(m, ETHTOOL_A_BITSET_BIT_NAME, name);
	if (set)
		mnl_attr_put(m, ETHTOOL_A_BITSET_BIT_VALUE, 0, NULL);
	mnl_attr_nest_end(m, bit);
}

static void test_link(void **state)
{
	struct nlmsghdr *m = answer(ETHTOOL_MSG_LINKMODES_GET_REPLY);

	(void)state;
	mnl_attr_put_u8(m, ETHTOOL_A_LINKMODES_AUTONEG, AUTONEG_ENABLE);
	mnl_attr_put_u8(m, ETHTOOL_A_LINKMODES_DUPLEX, DUPLEX_FULL);
	mnl_attr_put_u32(m, ETHTOOL_A_LINKMODES_LANES, 4);
	take(m, ethtool_take);
	m = answer(ETHTOOL_MSG_LINKINFO_GET_REPLY);
	mnl_attr_put_u8(m, ETHTOOL_A_LINKINFO_PORT, PORT_DA);
	take(m, ethtool_take);
	m = answer(ETHTOOL_MSG_LINKSTATE_GET_REPLY);
	mnl_attr_put_u8(m, ETHTOOL_A_LINKSTATE_LINK, 0);
	mnl_attr_put_u8(m, ETHTOOL_A_LINKSTATE_EXT_STATE, ETHTOOL_LINK_EXT_STATE_NO_CABLE);
	take(m, ethtool_take);
	assert_string_equal(text(json, "duplex"), "full");
	assert_true(json_is_true(json_object_get(json, "autoneg")));
	assert_int_equal(number(json, "lanes"), 4);
	assert_string_equal(text(json, "port"), "direct-attach");
	assert_string_equal(text(json, "link_fault"), "no cable");
	mnl_attr_put_u8(m, ETHTOOL_A_LINKSTATE_EXT_STATE, 0xee); /* the last of a type counts */
	take(m, ethtool_take);
	assert_string_equal(text(json, "link_fault"), "other");
}

static void test_fec(void **state)
{
	struct nlmsghdr *m = answer(ETHTOOL_MSG_FEC_GET_REPLY);
	struct nlattr *set = mnl_attr_nest_start(m, ETHTOOL_A_FEC_MODES), *bits;
	json_t *fec;

	(void)state;
	mnl_attr_put(m, ETHTOOL_A_BITSET_NOMASK, 0, NULL);
	mnl_attr_put_u32(m, ETHTOOL_A_BITSET_SIZE, 92);
	bits = mnl_attr_nest_start(m, ETHTOOL_A_BITSET_BITS);
	put_bit(m, "RS", false); /* of a list, all that are there are set */
	put_bit(m, "BASER", false);
	mnl_attr_nest_end(m, bits);
	mnl_attr_nest_end(m, set);
	mnl_attr_put_u8(m, ETHTOOL_A_FEC_AUTO, 1);
	mnl_attr_put_u32(m, ETHTOOL_A_FEC_ACTIVE, ETHTOOL_LINK_MODE_FEC_RS_BIT);
	take(m, ethtool_take);
	fec = json_object_get(json, "fec");
	assert_string_equal(text(fec, "active"), "RS");
	assert_int_equal(json_array_size(json_object_get(fec, "modes")), 2);
	assert_true(json_is_true(json_object_get(fec, "auto")));
}

static void put_flags(const char *first, bool first_on, const char *second)
{
	struct nlmsghdr *m = answer(ETHTOOL_MSG_PRIVFLAGS_GET_REPLY);
	struct nlattr *set = mnl_attr_nest_start(m, ETHTOOL_A_PRIVFLAGS_FLAGS), *bits;

	bits = mnl_attr_nest_start(m, ETHTOOL_A_BITSET_BITS);
	put_bit(m, first, first_on);
	put_bit(m, second, true);
	mnl_attr_nest_end(m, bits);
	mnl_attr_nest_end(m, set);
	take(m, ethtool_take);
}

static void test_firmware_that_keeps_lldp(void **state)
{
	(void)state;
	put_flags("fw-lldp-agent", true, "other");
	assert_true(json_is_true(json_object_get(json, "firmware_lldp")));
	assert_int_equal(json_array_size(json_object_get(json, "private_flags")), 2);
	put_flags("fw-lldp-agent", false, "other");
	assert_true(json_is_false(json_object_get(json, "firmware_lldp")));
	assert_int_equal(json_array_size(json_object_get(json, "private_flags")), 1);
	put_flags("disable-fw-lldp", false, "other");
	assert_true(json_is_true(json_object_get(json, "firmware_lldp")));
	put_flags("disable-fw-lldp", true, "\x01\xff");
	assert_true(json_is_false(json_object_get(json, "firmware_lldp")));
}

static void test_rings_and_channels(void **state)
{
	struct nlmsghdr *m = answer(ETHTOOL_MSG_RINGS_GET_REPLY);

	(void)state;
	mnl_attr_put_u32(m, ETHTOOL_A_RINGS_RX_MAX, 8192);
	mnl_attr_put_u32(m, ETHTOOL_A_RINGS_RX, 1024);
	mnl_attr_put_u8(m, ETHTOOL_A_RINGS_TX, 1); /* of the wrong size */
	take(m, ethtool_take);
	m = answer(ETHTOOL_MSG_CHANNELS_GET_REPLY);
	mnl_attr_put_u32(m, ETHTOOL_A_CHANNELS_COMBINED_MAX, 63);
	mnl_attr_put_u32(m, ETHTOOL_A_CHANNELS_COMBINED_COUNT, 32);
	take(m, ethtool_take);
	assert_int_equal(number(json_object_get(json, "rings"), "rx"), 1024);
	assert_int_equal(number(json_object_get(json, "rings"), "rx_max"), 8192);
	assert_null(json_object_get(json_object_get(json, "rings"), "tx"));
	assert_int_equal(number(json_object_get(json, "channels"), "combined"), 32);
	assert_int_equal(number(json_object_get(json, "channels"), "combined_max"), 63);
}

static void put_version(struct nlmsghdr *m, uint16_t kind, const char *name, const char *value)
{
	struct nlattr *nest = mnl_attr_nest_start(m, kind);

	if (name)
		mnl_attr_put_strz(m, DEVLINK_ATTR_INFO_VERSION_NAME, name);
	mnl_attr_put_strz(m, DEVLINK_ATTR_INFO_VERSION_VALUE, value);
	mnl_attr_nest_end(m, nest);
}

static struct nlmsghdr *devlink_answer(const char *bus, const char *name)
{
	struct nlmsghdr *m = answer(DEVLINK_CMD_INFO_GET);

	mnl_attr_put_strz(m, DEVLINK_ATTR_BUS_NAME, bus);
	mnl_attr_put_strz(m, DEVLINK_ATTR_DEV_NAME, name);
	return m;
}

static void test_devlink(void **state)
{
	struct nlmsghdr *m = devlink_answer("pci", "0000:3b:00.0");
	const json_t *device;

	(void)state;
	mnl_attr_put_strz(m, DEVLINK_ATTR_INFO_DRIVER_NAME, "mlx5_core");
	mnl_attr_put_strz(m, DEVLINK_ATTR_INFO_SERIAL_NUMBER, "MT2241\xff");
	put_version(m, DEVLINK_ATTR_INFO_VERSION_FIXED, "fw.psid", "MT_0000000838");
	put_version(m, DEVLINK_ATTR_INFO_VERSION_RUNNING, "fw.version", "28.39.1002");
	put_version(m, DEVLINK_ATTR_INFO_VERSION_RUNNING, "fw", "28.39.1002");
	put_version(m, DEVLINK_ATTR_INFO_VERSION_STORED, "fw", "28.40.1000");
	put_version(m, DEVLINK_ATTR_INFO_VERSION_STORED, NULL, "of nothing");
	take(m, devlink_take);
	take(devlink_answer("pci", "nonsense"), devlink_take);
	take(devlink_answer("netdevsim", "netdevsim1"), devlink_take);
	assert_int_equal(json_object_size(json), 1);
	device = json_object_get(json, "0000:3b:00.0");
	assert_string_equal(text(device, "driver"), "mlx5_core");
	assert_string_equal(text(device, "serial"), "MT2241?");
	assert_string_equal(text(json_object_get(device, "fixed"), "fw.psid"), "MT_0000000838");
	assert_int_equal(json_object_size(json_object_get(device, "running")), 2);
	assert_int_equal(json_object_size(json_object_get(device, "stored")), 1);
	assert_string_equal(text(json_object_get(device, "stored"), "fw"), "28.40.1000");
}

/* Nothing of another command, and nothing of an answer that is cut. */
static void test_messages_that_are_not_meant(void **state)
{
	struct nlmsghdr *m = answer(ETHTOOL_MSG_LINKMODES_NTF);

	(void)state;
	mnl_attr_put_u8(m, ETHTOOL_A_LINKMODES_DUPLEX, DUPLEX_FULL);
	take(m, ethtool_take);
	m = answer(ETHTOOL_MSG_LINKMODES_GET_REPLY);
	mnl_attr_put_u8(m, ETHTOOL_A_LINKMODES_DUPLEX, DUPLEX_FULL);
	m->nlmsg_len = sizeof(*m) + 2;
	take(m, ethtool_take);
	assert_int_equal(json_object_size(json), 0);
}

static void write_text(uint8_t *at, const char *value, size_t size)
{
	memset(at, ' ', size);
	memcpy(at, value, strlen(value));
}

static void test_module_identity(void **state)
{
	uint8_t bytes[256] = {0x03};
	json_t *module;

	(void)state;
	write_text(bytes + 20, "FINISAR CORP.", 16);
	write_text(bytes + 40, "FTLX8574D3BCL", 16);
	write_text(bytes + 68, "AQF1234", 16);
	module = ethtool_module_identity(bytes);
	assert_string_equal(text(module, "vendor"), "FINISAR CORP.");
	assert_string_equal(text(module, "part"), "FTLX8574D3BCL");
	assert_string_equal(text(module, "serial"), "AQF1234");
	json_decref(module);
	bytes[0] = 0x11;
	write_text(bytes + 148, "Mellanox", 16);
	write_text(bytes + 196, "MT1903VS\x01", 16);
	module = ethtool_module_identity(bytes);
	assert_string_equal(text(module, "vendor"), "Mellanox");
	assert_string_equal(text(module, "serial"), "MT1903VS?");
	json_decref(module);
	bytes[0] = 0x19;
	write_text(bytes + 129, "NVIDIA", 16);
	write_text(bytes + 148, "MCP4Y10-N001", 16);
	module = ethtool_module_identity(bytes);
	assert_string_equal(text(module, "part"), "MCP4Y10-N001");
	json_decref(module);
	bytes[0] = 0x7f;
	assert_null(ethtool_module_identity(bytes));
	bytes[0] = 0; /* nothing plugged in */
	assert_null(ethtool_module_identity(bytes));
}

/* ---- this kernel ---- */

static bool lists(const json_t *list, const char *word)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!strcmp(json_string_value(json_array_get(list, i)), word))
			return true;
	return false;
}

static void test_a_family_that_is_not_there(void **state)
{
	struct genl genl;

	(void)state;
	assert_int_equal(genl_open("remint-none", &genl, &err), -ENOENT);
	assert_string_equal(err.text, "this kernel has no remint-none");
}

static void test_the_loopback(void **state)
{
	_cleanup_json_ json_t *unsupported = json_array();
	char room[GENL_REQUEST_MAX] __attribute__((aligned(8)));
	struct genl ethtool;
	int r = genl_open(ETHTOOL_GENL_NAME, &ethtool, &err);

	(void)state;
	if (r == -ENOENT)
		skip(); /* a kernel without ethtool's netlink */
	assert_int_equal(r, 0);
	ethtool_describe(&ethtool, (int)if_nametoindex("lo"), json, unsupported);
	assert_true(lists(unsupported, "fec"));
	assert_true(lists(unsupported, "module"));
	assert_false(lists(unsupported, "link-state"));
	/* A device that is not there, in the kernel's own words. */
	assert_int_equal(genl_exchange(&ethtool,
				       ethtool_request(&ethtool, room, ETHTOOL_MSG_FEC_GET,
						       ETHTOOL_A_FEC_HEADER, 0x7ffffff0),
				       NULL, NULL, &err),
			 -ENODEV);
	assert_string_equal(err.text, "ethtool: no device matches ifindex");
	genl_close(&ethtool);
}

static void test_this_machine(void **state)
{
	json_t *found = NULL;
	int r;

	(void)state;
	r = devlink_inventory(&found, &err);
	assert_true(r == -ENOENT || (r == 0 && json_is_object(found)));
	json_decref(found);
	assert_int_equal(nic_inventory("", &found, &err), 0);
	for (size_t i = 0; i < json_array_size(found); i++)
		assert_true(json_is_string(json_object_get(json_array_get(found, i), "mac")));
	json_decref(found);
}

static int print(const char *interface)
{
	_cleanup_json_ json_t *to = json_object(), *unsupported = json_array();
	_cleanup_free_ char *said = NULL;
	struct genl ethtool;

	if (genl_open(ETHTOOL_GENL_NAME, &ethtool, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	ethtool_describe(&ethtool, (int)if_nametoindex(interface), to, unsupported);
	genl_close(&ethtool);
	json_object_set(to, "unsupported", unsupported);
	said = json_pretty(to, NULL);
	fputs(said, stdout);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_link, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fec, setup, teardown),
		cmocka_unit_test_setup_teardown(test_firmware_that_keeps_lldp, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rings_and_channels, setup, teardown),
		cmocka_unit_test_setup_teardown(test_devlink, setup, teardown),
		cmocka_unit_test_setup_teardown(test_messages_that_are_not_meant, setup, teardown),
		cmocka_unit_test(test_module_identity),
		cmocka_unit_test(test_a_family_that_is_not_there),
		cmocka_unit_test_setup_teardown(test_the_loopback, setup, teardown),
		cmocka_unit_test_setup_teardown(test_this_machine, setup, teardown),
	};

	if (argc > 1)
		return print(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

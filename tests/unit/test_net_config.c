/* rooms: agent/hw protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The network part of the kernel command line, and the small parsers beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/net/netif.h"
#include "protocol/cmdline.h"

static struct cmdline line;
static struct err err;

static int parse(const char *text)
{
	return cmdline_parse(text, &line, &err);
}

static void test_all_keys(void **state)
{
	(void)state;
	assert_int_equal(
		parse("BOOT_IMAGE=x console=ttyS0,115200 quiet remint.hint=0123456789abcdef "
		      "remint.mac=52-54-00-AB-cd-01 "
		      "remint.ip=10.0.0.5/24 remint.ip=2001:db8::5/64 remint.gw=fe80::1 remint.gw=10.0.0.1 "
		      "remint.dns=\"10.0.0.1\" \"remint.dns=2001:db8::1\" remint.vlan=4094 remint.dhcp=0\n"),
		0);
	assert_string_equal(line.net.mac, "52:54:00:ab:cd:01");
	assert_string_equal(line.net.address[0], "10.0.0.5/24");
	assert_string_equal(line.net.address[1], "2001:db8::5/64");
	assert_string_equal(line.net.gateway[0], "10.0.0.1");
	assert_string_equal(line.net.gateway[1], "fe80::1");
	assert_string_equal(line.net.dns[0], "10.0.0.1");
	assert_string_equal(line.net.dns[1], "2001:db8::1");
	assert_int_equal(line.net.vlan, 4094);
	assert_true(line.net.no_dhcp);
}

static void test_nothing_means_dhcp(void **state)
{
	(void)state;
	assert_int_equal(parse(""), 0);
	assert_string_equal(line.net.mac, "");
	assert_false(line.net.no_dhcp);
	assert_int_equal(parse("console=ttyS0 remint other=\"a b\" xremint.vlan=x -- remint.vlan=x"), 0);
	/* Others' values may be long. */
	char text[3000];
	memset(text, 'a', sizeof(text));
	memcpy(text, "root=", 5);
	memcpy(text + 2000, " remint.vlan=7", 15);
	assert_int_equal(parse(text), 0);
	assert_int_equal(line.net.vlan, 7);
}

static void test_malformed_values_are_errors(void **state)
{
	static const char *const bad[] = {
		"remint.mac=",
		"remint.mac=52:54:00:12:34",
		"remint.mac=52:54:00:12:34:5g",
		"remint.mac=525400123456",
		"remint.mac=52:54:00:12:34:56 remint.mac=52:54:00:12:34:56",
		"remint.ip=10.0.0.5",
		"remint.ip=10.0.0.5/33",
		"remint.ip=10.0.0.5/",
		"remint.ip=10.0.0.5/024",
		"remint.ip=10.0.0/24",
		"remint.ip=2001:db8::5/129",
		"remint.ip=10.0.0.5/0",
		"remint.ip=10.0.0.5/24 remint.ip=10.0.0.6/24",
		"remint.gw=10.0.0.1",
		"remint.ip=10.0.0.5/24 remint.gw=::1",
		"remint.ip=10.0.0.5/24 remint.gw=10.0.0.1/24",
		"remint.ip=127.0.0.1/8",
		"remint.ip=0.0.0.0/8",
		"remint.ip=255.255.255.255/32",
		"remint.ip=ff02::1/64",
		"remint.ip=::/64",
		"remint.ip=10.0.0.5/24 remint.gw=224.0.0.1",
		"remint.dns=ns1",
		"remint.dns=1.1.1.1 remint.dns=1.1.1.2 remint.dns=1.1.1.3",
		"remint.vlan=0",
		"remint.vlan=4095",
		"remint.vlan=1x",
		"remint.vlan=",
		"remint.vlan=01",
		"remint.dhcp=yes",
		"remint.dhcp=",
		"remint.dhcp=0",
		"remint.dns="
		"1111111111111111111111111111111111111111111111111111111111111111111111111111111111111111",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (parse(bad[i]) != -EINVAL)
			fail_msg("%s was taken", bad[i]);
		assert_non_null(strstr(err.text, "kernel command line: "));
	}
}

static void test_addresses(void **state)
{
	struct netif_address a;
	char text[64];

	(void)state;
	assert_int_equal(netif_address_parse("2001:db8::5", &a), 0);
	assert_int_equal(a.prefix, 128);
	netif_address_format(&a, text);
	assert_string_equal(text, "2001:db8::5/128");
	assert_int_equal(netif_address_parse("10.0.0.1/8", &a), 0);
	netif_address_format(&a, text);
	assert_string_equal(text, "10.0.0.1/8");
	assert_int_equal(netif_address_parse("", &a), -EINVAL);
	assert_int_equal(netif_address_parse("1234567890123456789012345678901234567890123456789", &a),
			 -EINVAL);
}

/* RFC 8106: type 25, 5 units of 8 bytes: two servers; behind it one that has expired, and one whose length lies. */
static void test_dns_by_router_advertisement(void **state)
{
	uint8_t options[96] = {25,   5,        0,         0,    0,         0,           0, 60,
			       0x20, 1,        0xd,       0xb8, [23] = 1,  [24] = 0x20, 1, 0xd,
			       0xb8, [39] = 2, [40] = 25, 3,    [64] = 25, 200};
	char servers[4][46];

	(void)state;
	assert_int_equal(netif_rdnss_parse(options, sizeof(options), servers, 4), 2);
	assert_string_equal(servers[0], "2001:db8::1");
	assert_string_equal(servers[1], "2001:db8::2");
	assert_int_equal(netif_rdnss_parse(options, sizeof(options), servers, 1), 1);
	for (size_t cut = 0; cut < 40; cut++)
		assert_int_equal(netif_rdnss_parse(options, cut, servers, 4), 0);
	options[1] = 0;
	assert_int_equal(netif_rdnss_parse(options, sizeof(options), servers, 4), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_keys),
		cmocka_unit_test(test_nothing_means_dhcp),
		cmocka_unit_test(test_malformed_values_are_errors),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_dns_by_router_advertisement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The network part of an order: each rule of its reader, what is rendered, and which ports of a machine it means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/network/network.h"

static struct err err;

static json_t *parsed(const char *text)
{
	json_t *json = NULL;

	if (json_parse(text, strlen(text), &json, &err) < 0)
		fail_msg("%s: %s", err.text, text);
	return json;
}

static int try(const char *text, struct network **ret)
{
	_cleanup_json_ json_t *json = parsed(text);

	err = (struct err){0};
	*ret = NULL;
	return network_from_json(json, ret, &err);
}

static struct network *taken(const char *text)
{
	struct network *network;

	if (try(text, &network) < 0)
		fail_msg("%s: %s", err.text, text);
	return network;
}

static void takes(const char *text)
{
	network_free(taken(text));
}

/* Refused, and the message has these words. */
static void refused(const char *text, const char *words)
{
	struct network *network;

	assert_int_equal(try(text, &network), -EBADMSG);
	assert_null(network);
	if (!strstr(err.text, words))
		fail_msg("\"%s\" does not say \"%s\": %s", err.text, words, text);
}

/* One port with more of its own; two of them in a bond with more of its own; a port and a VLAN on it. */
#define A           "{\"name\":\"rail0\",\"mac\":\"52:54:00:00:00:01\""
#define B           "{\"name\":\"rail1\",\"mac\":\"52:54:00:00:00:02\""
#define PORT(more)  "{\"ethernets\":[" A more "}]}"
#define PORTS(more) "{\"ethernets\":[" A "}," B "}]" more "}"
#define BOND(more)  PORTS(",\"bonds\":[{\"name\":\"bond0\",\"interfaces\":[\"rail0\",\"rail1\"]" more "}]")
#define VLAN(port, more)                                                                                     \
	"{\"ethernets\":[" A port "}],\"vlans\":[{\"name\":\"v100\",\"id\":100,\"link\":\"rail0\"" more "}]" \
	"}"

static void test_the_least(void **state)
{
	(void)state;
	takes(PORT(""));
	takes(BOND(",\"mode\":\"802.3ad\""));
	takes(VLAN("", ""));
	takes(PORT(",\"mtu\":null,\"dhcp4\":null,\"addresses\":null,\"routes\":[],\"nameservers\":null"));
	takes("{\"ethernets\":[{\"name\":\"rail0\",\"mac\":\"52-54-00-AB-CD-EF\"}],\"bonds\":null,\"vlans\":["
	      "]}");
}

static void test_shape(void **state)
{
	(void)state;
	refused("[]", "network must be an object");
	refused("{}", "network.ethernets: at least one port is needed");
	refused("{\"ethernets\":[]}", "network.ethernets: at least one port is needed");
	refused("{\"ethernets\":{}}", "network.ethernets must be an array");
	refused("{\"ethernets\":[1]}", "network.ethernets[0] must be an object");
	refused("{\"ethernets\":[" A "}],\"bridges\":[]}", "unknown key \"bridges\"");
	refused(PORT(",\"wifi\":true"), "network.ethernets[0]: unknown key \"wifi\"");
	refused(PORT(",\"dhcp4\":\"no\""), "network.ethernets[0].dhcp4 must be true or false");
	refused(VLAN("", ",\"mac\":\"52:54:00:00:00:03\""), "network.vlans[0]: unknown key \"mac\"");
}

static void test_names(void **state)
{
	static const char *const good[] = {"a",     "rail0",         "enp1s0f0np0",    "bond0.100",
					   "A-b_c", "123456789012x", "12345678901234x"},
				 *const bad[] = {"",
						 "1234567890123456",
						 "a b",
						 "a/b",
						 "a:b",
						 "0",
						 "42",
						 ".",
						 "..",
						 "-a",
						 ".a",
						 "lo",
						 "all",
						 "default",
						 "eth%d",
						 "ra*il",
						 "a\"b",
						 "a\\b",
						 "r\xc3\xa4il",
						 "bonding_masters"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(network_name_valid(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(network_name_valid(bad[i]));
	refused("{\"ethernets\":[{\"name\":\"a b\",\"mac\":\"52:54:00:00:00:01\"}]}",
		"network.ethernets[0].name: \"a b\" is no name for an interface");
	refused("{\"ethernets\":[{\"mac\":\"52:54:00:00:00:01\"}]}", "network.ethernets[0].name is missing");
	refused("{\"ethernets\":[" A "},{\"name\":\"rail0\",\"mac\":\"52:54:00:00:00:02\"}]}",
		"network.ethernets[1].name: \"rail0\" is the name of network.ethernets[0] too");
	refused(PORTS(",\"bonds\":[{\"name\":\"rail1\",\"mode\":\"802.3ad\",\"interfaces\":[\"rail0\"]}]"),
		"network.bonds[0].name: \"rail1\" is the name of network.ethernets[1] too");
}

static void test_macs(void **state)
{
	(void)state;
	refused("{\"ethernets\":[{\"name\":\"rail0\"}]}", "network.ethernets[0].mac is missing");
	refused("{\"ethernets\":[{\"name\":\"rail0\",\"mac\":\"52:54:00\"}]}",
		"network.ethernets[0].mac: \"52:54:00\"");
	refused("{\"ethernets\":[" A "},{\"name\":\"rail1\",\"mac\":\"52-54-00-00-00-01\"}]}",
		"network.ethernets[1].mac: 52:54:00:00:00:01 is that of network.ethernets[0] too");
}

static void test_addresses(void **state)
{
	static const char *const bad[] = {"10.0.0.2",
					  "10.0.0.2/33",
					  "10.0.0.2/0",
					  "10.0.0.2/024",
					  "0.0.0.0/24",
					  "127.0.0.1/8",
					  "224.0.0.1/24",
					  "255.255.255.255/32",
					  "10.0.0/24",
					  "2001:db8::1",
					  "2001:db8::1/129",
					  "::/64",
					  "::1/128",
					  "ff02::1/64",
					  "fe80::1%eth0/64",
					  " 10.0.0.2/24",
					  "10.0.0.2/24 ",
					  "rail0",
					  "",
					  "10.0.0.2/24\n"};

	(void)state;
	takes(PORT(",\"addresses\":[\"10.0.0.2/24\",\"2001:db8::2/64\",\"10.1.0.0/31\",\"10.2.0.0/32\"]"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		_cleanup_json_ json_t *json = json_pack("{s[{ss ss s[s]}]}", "ethernets", "name", "rail0",
							"mac", "52:54:00:00:00:01", "addresses", bad[i]);
		struct network *network = NULL;

		assert_int_equal(network_from_json(json, &network, &err), -EBADMSG);
		assert_non_null(strstr(err.text, "network.ethernets[0].addresses[0] must be an address"));
	}
	refused(PORT(",\"addresses\":[3]"), "network.ethernets[0].addresses[0] must be an address");
	refused(PORT(",\"addresses\":\"10.0.0.2/24\""), "network.ethernets[0].addresses must be an array");
	refused(PORT(",\"addresses\":[\"10.0.0.255/24\"]"), "the first or the last address of its network");
	refused(PORT(",\"addresses\":[\"10.0.0.0/24\"]"), "the first or the last address of its network");
	refused("{\"ethernets\":[" A ",\"addresses\":[\"10.0.0.2/24\"]}," B
		",\"addresses\":[\"10.0.0.3/24\",\"10.0.0.2/16\"]}]}",
		"network.ethernets[1].addresses[1]: 10.0.0.2 is an address of \"rail0\" already");
	refused(PORT(",\"addresses\":[\"2001:db8::2/64\",\"2001:0db8::0002/64\"]"),
		"2001:db8::2 is an address of \"rail0\"");
}

#define ROUTE(more) PORT(",\"addresses\":[\"10.0.0.2/24\",\"2001:db8::2/64\"],\"routes\":[" more "]")

static void test_routes(void **state)
{
	(void)state;
	takes(ROUTE("{\"to\":\"default\",\"via\":\"10.0.0.1\"},{\"to\":\"default\",\"via\":\"2001:db8::1\"},"
		    "{\"to\":\"10.1.0.0/16\",\"via\":\"10.0.0.9\",\"metric\":4294967295},"
		    "{\"to\":\"::/0\",\"via\":\"fe80::1\",\"metric\":7,\"on_link\":false}"));
}

static void test_routes_that_are_refused(void **state)
{
	(void)state;
	refused(ROUTE("1"), "network.ethernets[0].routes[0] must be an object");
	refused(ROUTE("{\"to\":\"default\"}"), "network.ethernets[0].routes[0].via is missing");
	refused(ROUTE("{\"via\":\"10.0.0.1\"}"), "network.ethernets[0].routes[0].to is missing");
	refused(ROUTE("{\"to\":\"default\",\"via\":\"10.0.0.1\",\"table\":7}"), "unknown key \"table\"");
	refused(ROUTE("{\"to\":\"default\",\"via\":\"10.0.0.1/24\"}"), "routes[0].via must be an address");
	refused(ROUTE("{\"to\":\"10.1.0.1/16\",\"via\":\"10.0.0.1\"}"),
		"routes[0].to must be \"default\" or a network");
	refused(ROUTE("{\"to\":\"10.1.0.0\",\"via\":\"10.0.0.1\"}"),
		"routes[0].to must be \"default\" or a network");
	refused(ROUTE("{\"to\":\"::/0\",\"via\":\"10.0.0.1\"}"), "must both be IPv4 or both IPv6");
	refused(ROUTE("{\"to\":\"default\",\"via\":\"10.0.0.1\",\"metric\":4294967296}"),
		"routes[0].metric is 4294967296");
	refused(ROUTE("{\"to\":\"default\",\"via\":\"10.0.1.1\"}"),
		"routes[0].via: 10.0.1.1 is in no network of \"rail0\": add an address of its network, or "
		"\"on_link\": true");
	refused(ROUTE("{\"to\":\"default\",\"via\":\"2001:db8:1::1\"}"), "is in no network of \"rail0\"");
	refused(ROUTE("{\"to\":\"default\",\"via\":\"10.0.0.2\"}"),
		"10.0.0.2 is the interface's own address");
	refused(ROUTE("{\"to\":\"default\",\"via\":\"10.0.0.1\"},{\"to\":\"0.0.0.0/"
		      "0\",\"via\":\"10.0.0.9\",\"metric\":0}"),
		"routes[1]: \"rail0\" has a route to 0.0.0.0/0 with the metric 0 already: give one of them "
		"another metric");
	refused("{\"ethernets\":[" A
		",\"addresses\":[\"10.0.0.2/24\"],\"routes\":[{\"to\":\"default\",\"via\":\"10.0.0.1\"}]}," B
		",\"addresses\":[\"10.0.1.2/24\"],\"routes\":[{\"to\":\"default\",\"via\":\"10.0.1.1\"}]}]}",
		"network.ethernets[1].routes[0]: \"rail0\" has a route to 0.0.0.0/0");
}

/* Where its networks are not known, the gateway is taken as it is. */
static void test_gateways_of_networks_not_known(void **state)
{
	(void)state;
	takes(PORT(",\"routes\":[{\"to\":\"default\",\"via\":\"10.0.0.1\",\"on_link\":true}]"));
	takes(PORT(",\"dhcp4\":true,\"routes\":[{\"to\":\"10.1.0.0/16\",\"via\":\"10.0.0.1\"}]"));
	takes(PORT(",\"accept_ra\":true,\"routes\":[{\"to\":\"default\",\"via\":\"2001:db8::1\"}]"));
	takes(PORT(",\"routes\":[{\"to\":\"default\",\"via\":\"fe80::1\"}]"));
	refused(PORT(",\"dhcp4\":true,\"routes\":[{\"to\":\"default\",\"via\":\"2001:db8::1\"}]"),
		"is in no network");
	refused(PORT(",\"dhcp6\":true,\"routes\":[{\"to\":\"default\",\"via\":\"10.0.0.1\"}]"),
		"is in no network");
}

static void test_nameservers(void **state)
{
	(void)state;
	takes(PORT(",\"nameservers\":{\"addresses\":[\"10.0.0.1\",\"2001:db8::1\"],\"search\":[\"rack1."
		   "example.org\",\"a.\"]}"));
	refused(PORT(",\"nameservers\":[\"10.0.0.1\"]"),
		"network.ethernets[0].nameservers must be an object");
	refused(PORT(",\"nameservers\":{\"domains\":[]}"), "network.ethernets[0].nameservers: unknown key");
	refused(PORT(",\"nameservers\":{\"addresses\":[\"10.0.0.1/24\"]}"),
		"nameservers.addresses[0] must be an address");
	refused(PORT(",\"nameservers\":{\"search\":[\"a..b\"]}"), "nameservers.search[0] must be a domain");
	refused(PORT(",\"nameservers\":{\"search\":[\"\"]}"), "nameservers.search[0] must be a domain");
	refused(PORT(",\"nameservers\":{\"search\":[\"a\\\"b\"]}"), "nameservers.search[0] must be a domain");
	refused(PORT(",\"nameservers\":{\"search\":[\"a: b\"]}"), "nameservers.search[0] must be a domain");
	refused(PORT(",\"nameservers\":{\"search\":[\"\xc3\xa4.example\"]}"),
		"nameservers.search[0] must be a domain");
}

static void test_bonds(void **state)
{
	(void)state;
	takes(BOND(",\"mode\":\"802.3ad\",\"lacp_rate\":\"fast\",\"transmit_hash_policy\":\"layer3+4\",\"mii_"
		   "monitor_interval\":50"));
	takes(BOND(",\"mode\":\"active-backup\",\"primary\":\"rail1\",\"addresses\":[\"10.0.0.2/24\"]"));
	refused(BOND(""), "network.bonds[0].mode is missing");
	refused(BOND(",\"mode\":\"lacp\""),
		"network.bonds[0].mode: \"lacp\" is none of 802.3ad, active-backup, ");
	refused(BOND(",\"mode\":\"active-backup\",\"lacp_rate\":\"fast\""),
		"network.bonds[0].lacp_rate: a bond of mode active-backup");
	refused(BOND(",\"mode\":\"active-backup\",\"transmit_hash_policy\":\"layer2\""),
		"network.bonds[0].transmit_hash_policy: a bond of mode");
	refused(BOND(",\"mode\":\"802.3ad\",\"primary\":\"rail0\""),
		"network.bonds[0].primary: a bond of mode 802.3ad");
	refused(BOND(",\"mode\":\"active-backup\",\"primary\":\"rail2\""),
		"network.bonds[0].primary: no interface here is called \"rail2\"");
	refused(BOND(",\"mode\":\"active-backup\",\"primary\":\"bond0\""),
		"network.bonds[0].primary: \"bond0\" is none of its interfaces");
	refused(BOND(",\"mode\":\"802.3ad\",\"mii_monitor_interval\":0"),
		"network.bonds[0].mii_monitor_interval is 0");
	refused(PORTS(",\"bonds\":[{\"name\":\"bond0\",\"mode\":\"802.3ad\"}]"),
		"network.bonds[0].interfaces is missing");
	refused(PORTS(",\"bonds\":[{\"name\":\"bond0\",\"mode\":\"802.3ad\",\"interfaces\":[]}]"),
		"at least one port is needed");
	refused(PORTS(",\"bonds\":[{\"name\":\"bond0\",\"mode\":\"802.3ad\",\"interfaces\":[1]}]"),
		"network.bonds[0].interfaces[0]: no interface here");
	refused(PORTS(",\"bonds\":[{\"name\":\"bond0\",\"mode\":\"802.3ad\",\"interfaces\":[\"rail0\","
		      "\"rail9\"]}]"),
		"network.bonds[0].interfaces[1]: no interface here is called \"rail9\"");
	refused(PORTS(",\"bonds\":[{\"name\":\"bond0\",\"mode\":\"802.3ad\",\"interfaces\":[\"bond0\"]}]"),
		"\"bond0\" is a bond, and a bond is made of");
	refused(PORTS(",\"bonds\":[{\"name\":\"bond0\",\"mode\":\"802.3ad\",\"interfaces\":[\"rail0\"]},"
		      "{\"name\":\"bond1\",\"mode\":\"802.3ad\",\"interfaces\":[\"rail1\",\"rail0\"]}]"),
		"network.bonds[1].interfaces[1]: \"rail0\" is in bond0 already");
	refused(PORTS(",\"bonds\":[{\"name\":\"bond0\",\"mode\":\"802.3ad\",\"interfaces\":[\"rail0\","
		      "\"rail0\"]}]"),
		"\"rail0\" is in bond0 already");
}

#define MEMBER(more)              \
	"{\"ethernets\":[" A more \
	"}],\"bonds\":[{\"name\":\"bond0\",\"mode\":\"802.3ad\",\"interfaces\":[\"rail0\"]}]}"

static void test_members_have_nothing_of_their_own(void **state)
{
	(void)state;
	takes(MEMBER(",\"mtu\":9000,\"wakeonlan\":true,\"optional\":true,\"dhcp4\":false"));
	refused(MEMBER(",\"addresses\":[\"10.0.0.2/24\"]"),
		"network.ethernets[0].addresses: \"rail0\" is in the bond \"bond0\": say it there");
	refused(MEMBER(",\"dhcp4\":true"), "network.ethernets[0].dhcp4: ");
	refused(MEMBER(",\"dhcp6\":true"), "network.ethernets[0].dhcp6: ");
	refused(MEMBER(",\"accept_ra\":false"), "network.ethernets[0].accept_ra: ");
	refused(MEMBER(",\"routes\":[{\"to\":\"default\",\"via\":\"fe80::1\"}]"),
		"network.ethernets[0].routes: ");
	refused(MEMBER(",\"nameservers\":{\"search\":[\"a\"]}"), "network.ethernets[0].nameservers: ");
}

static void test_vlans(void **state)
{
	(void)state;
	takes(BOND(",\"mode\":\"802.3ad\"}],\"vlans\":[{\"name\":\"outer\",\"id\":100,\"link\":\"inner\"},{"
		   "\"name\":\"inner\",\"id\":100,\"link\":\"bond0\""));
	refused(PORTS(",\"vlans\":[{\"name\":\"v\",\"link\":\"rail0\"}]"), "network.vlans[0].id is missing");
	refused(PORTS(",\"vlans\":[{\"name\":\"v\",\"id\":0,\"link\":\"rail0\"}]"),
		"network.vlans[0].id is 0; it must be 1 to 4094");
	refused(PORTS(",\"vlans\":[{\"name\":\"v\",\"id\":4095,\"link\":\"rail0\"}]"),
		"network.vlans[0].id is 4095");
	refused(PORTS(",\"vlans\":[{\"name\":\"v\",\"id\":1}]"), "network.vlans[0].link is missing");
	refused(PORTS(",\"vlans\":[{\"name\":\"v\",\"id\":1,\"link\":\"rail7\"}]"),
		"network.vlans[0].link: no interface here is called \"rail7\"");
	refused(PORTS(",\"vlans\":[{\"name\":\"v\",\"id\":1,\"link\":\"rail0\"},{\"name\":\"w\",\"id\":1,"
		      "\"link\":\"rail0\"}]"),
		"network.vlans[1]: VLAN 1 of \"rail0\" is network.vlans[0] already");
	refused(PORTS(",\"vlans\":[{\"name\":\"v\",\"id\":1,\"link\":\"v\"}]"),
		"the links go round in a circle");
	refused(PORTS(",\"vlans\":[{\"name\":\"u\",\"id\":1,\"link\":\"v\"},{\"name\":\"v\",\"id\":1,"
		      "\"link\":\"w\"},{\"name\":\"w\",\"id\":1,\"link\":\"v\"}]"),
		"network.vlans[0].link: from \"v\" on the links go round in a circle");
	refused(BOND(",\"mode\":\"802.3ad\"}],\"vlans\":[{\"name\":\"v\",\"id\":1,\"link\":\"rail1\""),
		"network.vlans[0].link: \"rail1\" is in the bond \"bond0\": put the VLAN on that");
}

static void test_mtus(void **state)
{
	(void)state;
	takes(PORT(",\"mtu\":576,\"addresses\":[\"10.0.0.2/24\"]"));
	takes(PORT(",\"mtu\":1280,\"addresses\":[\"2001:db8::2/64\"]"));
	takes(VLAN(",\"mtu\":9000", ",\"mtu\":9000"));
	takes(VLAN(",\"mtu\":9000", ""));
	takes(BOND(",\"mode\":\"802.3ad\",\"mtu\":9000"));
	refused(PORT(",\"mtu\":575"), "network.ethernets[0].mtu is 575; it must be 576 to 9216");
	refused(PORT(",\"mtu\":9217"), "network.ethernets[0].mtu is 9217");
	refused(PORT(",\"mtu\":1279,\"addresses\":[\"2001:db8::2/64\"]"),
		"network.ethernets[0].mtu is 1279, and IPv6 needs at least 1280");
	refused(PORT(",\"mtu\":1279,\"dhcp6\":true"), "IPv6 needs at least 1280");
	refused(PORT(",\"mtu\":1279,\"accept_ra\":true"), "IPv6 needs at least 1280");
	refused(VLAN(",\"mtu\":1000", ",\"addresses\":[\"2001:db8::2/64\"]"),
		"network.vlans[0].mtu is 1000, and IPv6");
	refused(VLAN(",\"mtu\":1500", ",\"mtu\":1501"),
		"network.vlans[0].mtu is 1501, and its link \"rail0\" has 1500: raise that first");
	refused(VLAN("", ",\"mtu\":9000"), "network.vlans[0].mtu is 9000, and its link \"rail0\" has 1500");
	refused("{\"ethernets\":[" A ",\"mtu\":1500}],\"bonds\":[{\"name\":\"bond0\",\"mode\":\"802.3ad\","
		"\"mtu\":9000,\"interfaces\":[\"rail0\"]}]}",
		"network.ethernets[0].mtu is 1500, and the bond \"bond0\" has 9000");
	refused(MEMBER(",\"mtu\":1400"), "network.ethernets[0].mtu is 1400, and the bond \"bond0\" has 1500");
}

static json_t *many_ports(unsigned n)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < n; i++) {
		char name[16], mac[24];

		snprintf(name, sizeof(name), "rail%u", i);
		snprintf(mac, sizeof(mac), "52:54:00:00:%02x:%02x", i >> 8, i & 0xff);
		json_array_append_new(list, json_pack("{ss ss}", "name", name, "mac", mac));
	}
	return json_pack("{so}", "ethernets", list);
}

/* `n` addresses, or routes, for port i. */
static void give(json_t *json, unsigned i, unsigned n)
{
	json_t *list = json_array(), *port = json_array_get(json_object_get(json, "ethernets"), i);

	for (unsigned k = 0; k < n; k++) {
		char text[64];

		snprintf(text, sizeof(text), "10.%u.%u.%u/32", i + 1, k >> 8, k & 0xff);
		json_array_append_new(list, json_string(text));
	}
	json_object_set_new(port, "addresses", list);
}

static void test_bounds(void **state)
{
	_cleanup_json_ json_t *most = many_ports(256), *more = many_ports(257);
	_cleanup_(network_freep) struct network *network = NULL;
	struct network *none = NULL;

	(void)state;
	assert_int_equal(network_from_json(most, &network, &err), 0);
	assert_int_equal(network->n, 256);
	assert_int_equal(network_from_json(more, &none, &err), -EBADMSG);
	assert_string_equal(err.text, "network has 257 interfaces; at most 256 are allowed");

	give(most, 0, 257);
	assert_int_equal(network_from_json(most, &none, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "network.ethernets[0].addresses has 257 members; at most 256"));
	for (unsigned i = 0; i < 5; i++)
		give(most, i, i < 4 ? 256 : 1);
	assert_int_equal(network_from_json(most, &none, &err), -EBADMSG);
	assert_string_equal(err.text, "network has more than 1024 addresses");
	json_object_del(json_array_get(json_object_get(most, "ethernets"), 4), "addresses");
	network_free(network);
	assert_int_equal(network_from_json(most, &network, &err), 0);
}

/* Search domains are the longest that there may be. */
static void test_rendered_text_is_bounded(void **state)
{
	_cleanup_json_ json_t *json = many_ports(128), *search = json_array();
	struct network *network = NULL;
	char domain[251];
	size_t i;
	json_t *port;

	(void)state;
	for (unsigned k = 0; k < 250; k++)
		domain[k] = k % 50 == 49 ? '.' : 'a';
	domain[250] = '\0';
	for (unsigned k = 0; k < 16; k++)
		json_array_append_new(search, json_string(domain));
	json_array_foreach(json_object_get(json, "ethernets"), i, port)
		json_object_set_new(port, "nameservers", json_pack("{sO}", "search", search));
	assert_int_equal(network_from_json(json, &network, &err), -EFBIG);
	assert_non_null(strstr(err.text, "at most 262144 are allowed"));
}

static void renders(const char *text, const char *expected)
{
	_cleanup_(network_freep) struct network *network = taken(text);
	_cleanup_free_ char *rendered = NULL;
	size_t len = 0;

	assert_int_equal(network_render(network, &rendered, &len, &err), 0);
	assert_string_equal(rendered, expected);
	assert_int_equal(len, strlen(expected));
}

#define HEAD                                        \
	"version: 2\n"                              \
	"ethernets:\n"                              \
	"  \"rail0\":\n"                            \
	"    match:\n"                              \
	"      macaddress: \"52:54:00:00:00:01\"\n" \
	"    set-name: \"rail0\"\n"

static void test_rendered(void **state)
{
	(void)state;
	renders(PORT(",\"dhcp4\":true,\"dhcp6\":false"), "version: 2\n"
							 "ethernets:\n"
							 "  \"rail0\":\n"
							 "    match:\n"
							 "      macaddress: \"52:54:00:00:00:01\"\n"
							 "    set-name: \"rail0\"\n"
							 "    dhcp4: true\n");
	renders(PORT(",\"wakeonlan\":true,\"optional\":true,\"mtu\":9000,\"dhcp6\":true,\"accept_ra\":false,"
		     "\"addresses\":[\"10.0.0.2/24\",\"2001:0DB8::0002/"
		     "64\"],\"routes\":[{\"to\":\"default\",\"via\":\"10.0.0.1\"},"
		     "{\"to\":\"default\",\"via\":\"2001:db8::1\",\"metric\":100},{\"to\":\"10.9.0.0/"
		     "16\",\"via\":\"10.8.0.1\",\"on_link\":true}],"
		     "\"nameservers\":{\"addresses\":[\"10.0.0.1\"],\"search\":[\"no\",\"example.org\"]}"),
		"version: 2\n"
		"ethernets:\n"
		"  \"rail0\":\n"
		"    match:\n"
		"      macaddress: \"52:54:00:00:00:01\"\n"
		"    set-name: \"rail0\"\n"
		"    wakeonlan: true\n"
		"    optional: true\n"
		"    mtu: 9000\n"
		"    dhcp6: true\n"
		"    accept-ra: false\n"
		"    addresses:\n"
		"      - \"10.0.0.2/24\"\n"
		"      - \"2001:db8::2/64\"\n"
		"    gateway4: \"10.0.0.1\"\n"
		"    routes:\n"
		"      - to: \"::/0\"\n"
		"        via: \"2001:db8::1\"\n"
		"        metric: 100\n"
		"      - to: \"10.9.0.0/16\"\n"
		"        via: \"10.8.0.1\"\n"
		"        on-link: true\n"
		"    nameservers:\n"
		"      addresses:\n"
		"        - \"10.0.0.1\"\n"
		"      search:\n"
		"        - \"no\"\n"
		"        - \"example.org\"\n");
}

/* What a gateway alone does not say stays a route. */
static void test_rendered_default_routes(void **state)
{
	(void)state;
	renders(ROUTE("{\"to\":\"::/"
		      "0\",\"via\":\"fe80::1\"},{\"to\":\"default\",\"via\":\"10.0.0.1\",\"metric\":0}"),
		HEAD "    addresses:\n"
		     "      - \"10.0.0.2/24\"\n"
		     "      - \"2001:db8::2/64\"\n"
		     "    gateway6: \"fe80::1\"\n"
		     "    routes:\n"
		     "      - to: \"0.0.0.0/0\"\n"
		     "        via: \"10.0.0.1\"\n"
		     "        metric: 0\n");
	renders(PORT(",\"routes\":[{\"to\":\"default\",\"via\":\"fe80::1\"}]"),
		HEAD "    routes:\n"
		     "      - to: \"::/0\"\n"
		     "        via: \"fe80::1\"\n");
}

static void test_rendered_bond_and_vlan(void **state)
{
	(void)state;
	renders(BOND(",\"mode\":\"active-backup\",\"primary\":\"rail1\",\"dhcp4\":true}],\"vlans\":[{"
		     "\"name\":\"storage\",\"id\":100,"
		     "\"link\":\"bond0\",\"mtu\":1400,\"addresses\":[\"10.9.100.2/24\"]"),
		"version: 2\n"
		"ethernets:\n"
		"  \"rail0\":\n"
		"    match:\n"
		"      macaddress: \"52:54:00:00:00:01\"\n"
		"    set-name: \"rail0\"\n"
		"  \"rail1\":\n"
		"    match:\n"
		"      macaddress: \"52:54:00:00:00:02\"\n"
		"    set-name: \"rail1\"\n"
		"bonds:\n"
		"  \"bond0\":\n"
		"    interfaces:\n"
		"      - \"rail0\"\n"
		"      - \"rail1\"\n"
		"    parameters:\n"
		"      mode: \"active-backup\"\n"
		"      mii-monitor-interval: 100\n"
		"      primary: \"rail1\"\n"
		"    dhcp4: true\n"
		"vlans:\n"
		"  \"storage\":\n"
		"    id: 100\n"
		"    link: \"bond0\"\n"
		"    mtu: 1400\n"
		"    addresses:\n"
		"      - \"10.9.100.2/24\"\n");
	renders(MEMBER(""), "version: 2\n"
			    "ethernets:\n"
			    "  \"rail0\":\n"
			    "    match:\n"
			    "      macaddress: \"52:54:00:00:00:01\"\n"
			    "    set-name: \"rail0\"\n"
			    "bonds:\n"
			    "  \"bond0\":\n"
			    "    interfaces:\n"
			    "      - \"rail0\"\n"
			    "    parameters:\n"
			    "      mode: \"802.3ad\"\n"
			    "      mii-monitor-interval: 100\n");
}

/* ---- ports of a machine ---- */

#define NIC1                                                                                                \
	"{\"name\":\"eth0\",\"mac\":\"02:00:00:00:00:99\",\"permanent_mac\":\"52:54:00:00:00:01\",\"pci\":" \
	"\"0000:18:00.0\",\"link\":true}"
#define NIC2 "{\"name\":\"eth1\",\"mac\":\"52:54:00:00:00:02\",\"link\":false}"

static void test_ports_are_found_by_their_permanent_address(void **state)
{
	_cleanup_(network_freep) struct network *network = taken(BOND(",\"mode\":\"802.3ad\""));
	_cleanup_json_ json_t *machine = parsed("{\"nics\":[" NIC1 "," NIC2 "]}"), *ports = NULL,
			      *expected = parsed("[{\"name\":\"rail0\",\"mac\":\"52:54:00:00:00:01\",\"pci\":"
						 "\"0000:18:00.0\",\"kernel_name\":\"eth0\",\"link\":true},"
						 "{\"name\":\"rail1\",\"mac\":\"52:54:00:00:00:02\",\"pci\":"
						 "null,\"kernel_name\":\"eth1\",\"link\":false}]");

	(void)state;
	assert_int_equal(network_ports_find(network, machine, &ports, &err), 0);
	assert_true(json_equal(ports, expected));
}

static void finds_none(const char *inventory, const char *words)
{
	_cleanup_(network_freep) struct network *network = taken(PORTS(""));
	_cleanup_json_ json_t *machine = parsed(inventory);
	json_t *ports = NULL;

	assert_int_equal(network_ports_find(network, machine, &ports, &err), -ENODEV);
	assert_null(ports);
	assert_string_equal(err.text, words);
}

static void test_ports_that_are_not_there(void **state)
{
	(void)state;
	finds_none(
		"{\"nics\":[" NIC1 "]}",
		"network.ethernets: rail1 has 52:54:00:00:00:02, of which there is none. The ports of this "
		"machine: eth0 52:54:00:00:00:01 (0000:18:00.0, link)");
	finds_none("{\"nics\":[" NIC2 "," NIC2 "]}",
		   "network.ethernets: rail0 has 52:54:00:00:00:01, of which there is none; rail1 has "
		   "52:54:00:00:00:02, of which there "
		   "are several. The ports of this machine: eth1 52:54:00:00:00:02 (no PCI address), eth1 "
		   "52:54:00:00:00:02 (no PCI address)");
	finds_none("{\"nics\":{\"error\":\"rtnetlink\"}}",
		   "network.ethernets: rail0 has 52:54:00:00:00:01, of which there is none; rail1 "
		   "has 52:54:00:00:00:02, of which there is none. The ports of this machine: none");
	finds_none("{\"nics\":[1,null,{\"mac\":7},{\"mac\":\"x\"},{\"mac\":\"52:54:00:00:00:03\",\"name\":"
		   "\"a b\",\"pci\":\"<b>\"}]}",
		   "network.ethernets: rail0 has 52:54:00:00:00:01, of which there is none; rail1 has "
		   "52:54:00:00:00:02, of which there "
		   "is none. The ports of this machine: ? 52:54:00:00:00:03 (no PCI address)");
}

static void test_what_is_there_has_room_in_the_message(void **state)
{
	_cleanup_json_ json_t *json = many_ports(256),
			      *machine = parsed(
				      "{\"nics\":[{\"name\":\"eth0\",\"mac\":\"02:00:00:00:00:01\"}]}");
	_cleanup_(network_freep) struct network *network = NULL;
	json_t *ports = NULL;

	(void)state;
	assert_int_equal(network_from_json(json, &network, &err), 0);
	assert_int_equal(network_ports_find(network, machine, &ports, &err), -ENODEV);
	assert_non_null(strstr(err.text, "; and more. The ports of this machine: eth0 02:00:00:00:00:01"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_least),
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_macs),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_routes_that_are_refused),
		cmocka_unit_test(test_gateways_of_networks_not_known),
		cmocka_unit_test(test_nameservers),
		cmocka_unit_test(test_bonds),
		cmocka_unit_test(test_members_have_nothing_of_their_own),
		cmocka_unit_test(test_vlans),
		cmocka_unit_test(test_mtus),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_rendered_text_is_bounded),
		cmocka_unit_test(test_rendered),
		cmocka_unit_test(test_rendered_default_routes),
		cmocka_unit_test(test_rendered_bond_and_vlan),
		cmocka_unit_test(test_ports_are_found_by_their_permanent_address),
		cmocka_unit_test(test_ports_that_are_not_there),
		cmocka_unit_test(test_what_is_there_has_room_in_the_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

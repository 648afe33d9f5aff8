/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The networks on a boot medium: what is taken, what is refused, and whose is whose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/io.h"
#include "protocol/network/net_file.h"

#define FILE_OF(machines) "{\"net\":1,\"machines\":[" machines "]}"
#define A                 "\"addresses\":[\"10.0.0.5/24\"]"
#define MAC               "\"mac\":\"52:54:00:12:34:56\""

static int parse(const char *text, struct net_file *ret, struct err *err)
{
	return net_file_parse(text, strlen(text), ret, err);
}

static void test_all_fields(void **state)
{
	static const char text[] =
		"{\"net\":1,\"others\":\"dhcp\",\"machines\":[{\"mac\":\"52-54-00-12-34-56\",\"serial\":"
		"\"S1\","
		"\"addresses\":[\"2001:db8::5/64\",\"10.0.0.5/24\"],\"gateways\":[\"10.0.0.1\",\"fe80::1\"],"
		"\"dns\":[\"10.0.0.2\",\"10.0.0.3\"],\"vlan\":100,\"mtu\":9000},{\"serial\":\"S2\"," A "}]}";
	_cleanup_(net_file_clear) struct net_file file = {0};
	struct err err = {0};
	const struct net_config *c;

	(void)state;
	if (parse(text, &file, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(file.n, 2);
	assert_true(file.others_dhcp);
	c = &file.machines[0].config;
	assert_string_equal(file.machines[0].mac, "52:54:00:12:34:56");
	assert_string_equal(c->mac, "52:54:00:12:34:56");
	assert_true(c->mac_alone && c->no_dhcp);
	assert_string_equal(c->address[0], "10.0.0.5/24");
	assert_string_equal(c->address[1], "2001:db8::5/64");
	assert_string_equal(c->gateway[0], "10.0.0.1");
	assert_string_equal(c->gateway[1], "fe80::1");
	assert_string_equal(c->dns[1], "10.0.0.3");
	assert_int_equal(c->vlan, 100);
	assert_int_equal(c->mtu, 9000);
	c = &file.machines[1].config;
	assert_false(c->mac_alone);
	assert_string_equal(c->mac, "");
	assert_int_equal(c->mtu, 0);
}

static void test_what_is_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"", "JSON"},
		{"[]", "object"},
		{"{\"net\":2,\"machines\":[{" A "}]}", "net"},
		{"{\"net\":1,\"machines\":[]}", "empty"},
		{"{\"net\":1,\"machines\":[1]}", "machines[0]"},
		{"{\"net\":1,\"others\":\"hope\",\"machines\":[{" A "}]}", "others"},
		{"{\"net\":1,\"station\":\"https://evil\",\"machines\":[{" A "}]}", "station"},
		{"{\"net\":1,\"net\":1,\"machines\":[{" A "}]}", "duplicate"},
		{FILE_OF("{}"), "addresses"},
		{FILE_OF("{\"addresses\":[]}"), "addresses"},
		{FILE_OF("{\"addresses\":\"10.0.0.5/24\"}"), "addresses"},
		{FILE_OF("{\"addresses\":[\"10.0.0.5\"]}"), "addresses[0]"},
		{FILE_OF("{\"addresses\":[5]}"), "addresses[0]"},
		{FILE_OF("{\"addresses\":[\"10.0.0.5/24\",\"10.0.0.6/24\"]}"), "addresses[1]"},
		{FILE_OF("{\"addresses\":[\"127.0.0.1/8\"]}"), "addresses[0]"},
		{FILE_OF("{\"addresses\":[\"0.0.0.0/8\"]}"), "addresses[0]"},
		{FILE_OF("{\"addresses\":[\"224.0.0.1/8\"]}"), "addresses[0]"},
		{FILE_OF("{\"addresses\":[\"ff02::1/64\"]}"), "addresses[0]"},
		{FILE_OF("{\"addresses\":[\"::1/64\"]}"), "addresses[0]"},
		{FILE_OF("{" A ",\"gateways\":[\"fe80::1\"]}"), "fe80::1"},
		{FILE_OF("{" A ",\"gateways\":[\"10.0.0.1/24\"]}"), "gateways[0]"},
		{FILE_OF("{" A ",\"dns\":[\"ns1\"]}"), "dns[0]"},
		{FILE_OF("{" A ",\"dns\":[\"1.1.1.1\",\"1.1.1.2\",\"1.1.1.3\"]}"), "dns"},
		{FILE_OF("{" A ",\"vlan\":0}"), "vlan"},
		{FILE_OF("{" A ",\"vlan\":4095}"), "vlan"},
		{FILE_OF("{" A ",\"mtu\":576}"), "mtu"},
		{FILE_OF("{" A ",\"mac\":\"52:54:00:12:34\"}"), "mac"},
		{FILE_OF("{" A ",\"serial\":\"\"}"), "serial"},
		{FILE_OF("{" A ",\"url\":\"x\"}"), "url"},
		{FILE_OF("{" A "},{" A "," MAC "}"), "machines[0] has neither"},
		{FILE_OF("{" A "," MAC "},{" A ",\"serial\":\"x\"},{" A "," MAC "}"), "machines 0 and 2"},
		{FILE_OF("{" A ",\"serial\":\"x\"},{" A ",\"serial\":\"x\"}"), "the same serial"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct net_file file = {0};
		struct err err = {0};

		if (parse(bad[i].text, &file, &err) != -EBADMSG)
			fail_msg("taken: %s", bad[i].text);
		if (!strstr(err.text, bad[i].says))
			fail_msg("%s: %s", bad[i].text, err.text);
		assert_null(file.machines);
	}
}

static void test_whose_is_whose(void **state)
{
	static const char text[] = FILE_OF("{" MAC "," A "},{\"serial\":\"S2\"," A
					   "},{\"mac\":\"52:54:00:00:00:03\",\"serial\":\"S3\"," A "}");
	static const struct {
		struct node_identity machine;
		int r; /* the index, or the error */
	} cases[] = {
		{{.macs = {"52:54:00:12:34:56"}, .n_macs = 1}, 0},
		{{.serial = "S1", .macs = {"52:54:00:00:00:01", "52:54:00:12:34:56"}, .n_macs = 2}, 0},
		{{.serial = "S2"}, 1},
		{{.serial = "S3", .macs = {"52:54:00:00:00:03"}, .n_macs = 1}, 2},
		{{.serial = "S3"}, -ENOENT}, /* and not by the MAC */
		{{.serial = "S4", .macs = {"52:54:00:00:00:03"}, .n_macs = 1}, -ENOENT},
		{{.serial = ""}, -ENOENT},
		{{.serial = "S2", .macs = {"52:54:00:12:34:56"}, .n_macs = 1}, -ENOTUNIQ},
	};
	_cleanup_(net_file_clear) struct net_file file = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(parse(text, &file, &err), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct net_machine *found = NULL;
		int r = net_file_choose(&file, &cases[i].machine, &found, &err);

		assert_int_equal(r, cases[i].r < 0 ? cases[i].r : 0);
		if (r == 0)
			assert_ptr_equal(found, &file.machines[cases[i].r]);
	}
	file.others_dhcp = true;
	{
		const struct net_machine *found = file.machines;

		assert_int_equal(net_file_choose(&file, &cases[4].machine, &found, &err), 0);
		assert_null(found);
	}
}

static void test_one_machine_without_a_name(void **state)
{
	_cleanup_(net_file_clear) struct net_file file = {0};
	const struct node_identity machine = {.serial = "any"};
	const struct net_machine *found = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(parse(FILE_OF("{" A "}"), &file, &err), 0);
	assert_int_equal(net_file_choose(&file, &machine, &found, &err), 0);
	assert_ptr_equal(found, file.machines);
}

static void test_as_many_as_there_may_be(void **state)
{
	_cleanup_free_ char *text = xcalloc(1, 200 * (NET_MACHINES_MAX + 2));
	_cleanup_(net_file_clear) struct net_file file = {0};
	struct err err = {0};

	(void)state;
	for (unsigned n = NET_MACHINES_MAX; n <= NET_MACHINES_MAX + 1; n++) {
		char *at = stpcpy(text, "{\"net\":1,\"machines\":[");

		for (unsigned i = 0; i < n; i++)
			at += sprintf(at, "%s{\"serial\":\"S%u\"," A "}", i ? "," : "", i);
		strcpy(at, "]}");
		assert_int_equal(parse(text, &file, &err), n == NET_MACHINES_MAX ? 0 : -EBADMSG);
	}
	assert_int_equal(file.n, NET_MACHINES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_fields),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_whose_is_whose),
		cmocka_unit_test(test_one_machine_without_a_name),
		cmocka_unit_test(test_as_many_as_there_may_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

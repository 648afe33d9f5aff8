/* rooms: station images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* dnsmasq's configuration, and options for other servers: what is refused, and that no value becomes a line or an option. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "station/dhcp/config.h"

#define URL "http://10.9.0.1:8080"

static struct dhcp_config config;
static struct err err;

static int make_at(const struct dhcp_wish *wish, const char *address, unsigned prefix, const char *url)
{
	struct in_addr a;

	assert_int_equal(inet_pton(AF_INET, address, &a), 1);
	err = (struct err){0};
	return dhcp_config_make(wish, a, prefix, url, &config, &err);
}

static int make(const struct dhcp_wish *wish)
{
	return make_at(wish, "10.9.0.1", 24, URL);
}

static char *text_of(const struct dhcp_wish *wish)
{
	char *text = NULL;

	assert_int_equal(make(wish), 0);
	assert_int_equal(dhcp_config_text(&config, &text, &err), 0);
	return text;
}

static bool has_line(const char *text, const char *line)
{
	const char *at = text;

	while ((at = strstr(at, line))) {
		if ((at == text || at[-1] == '\n') && at[strlen(line)] == '\n')
			return true;
		at++;
	}
	return false;
}

static void a_server(void **state)
{
	static const char *const dns[] = {"10.9.0.7", "192.0.2.53", NULL};
	const struct dhcp_wish wish = {
		.interface = "eth1.20", .range = "10.9.0.100,10.9.0.150", .router = "10.9.0.254", .dns = dns};
	char *text = text_of(&wish);

	(void)state;
	assert_true(has_line(text, "port=0"));
	assert_true(has_line(text, "interface=eth1.20"));
	assert_true(has_line(text, "dhcp-range=10.9.0.100,10.9.0.150,255.255.255.0,1h"));
	assert_true(has_line(text, "dhcp-option=option:router,10.9.0.254"));
	assert_true(has_line(text, "dhcp-option=option:dns-server,10.9.0.7,192.0.2.53"));
	assert_true(has_line(text, "dhcp-boot=tag:ipxe,http://10.9.0.1:8080/boot.ipxe"));
	assert_true(has_line(text, "dhcp-boot=tag:uri,http://10.9.0.1:8080/boot.efi"));
	assert_true(has_line(text, "dhcp-boot=tag:bios,tag:!ipxe,undionly.kpxe"));
	assert_true(has_line(text, "dhcp-boot=tag:efi64,tag:!ipxe,ipxe.efi"));
	assert_null(strstr(text, "proxy"));
	free(text);
}

/* An option without a value is left out of the leases; else dnsmasq would name itself. */
static void a_server_without_router(void **state)
{
	const struct dhcp_wish wish = {.interface = "lan", .range = "10.9.0.2,10.9.0.254"};
	char *text = text_of(&wish);

	(void)state;
	assert_true(has_line(text, "dhcp-option=option:router"));
	assert_true(has_line(text, "dhcp-option=option:dns-server"));
	free(text);
}

static void a_proxy(void **state)
{
	const struct dhcp_wish wish = {.interface = "lan", .proxy = true};
	char *text = text_of(&wish);

	(void)state;
	assert_true(has_line(text, "dhcp-range=10.9.0.0,proxy,255.255.255.0"));
	assert_true(has_line(text, "dhcp-boot=tag:ipxe,http://10.9.0.1:8080/boot.ipxe"));
	assert_null(strstr(text, "1h"));
	assert_null(strstr(text, "boot.efi"));
	free(text);
}

static void what_is_refused(void **state)
{
	static const char *const one[] = {"10.9.0.7\nuser=root", NULL}, *const many[] = {"10.9.0.7",
											 "10.9.0.8",
											 "10.9.0.9", NULL};
	static const struct {
		struct dhcp_wish wish;
		const char *said;
	} cases[] = {
		{{.interface = "lan"}, "either --dhcp-range"},
		{{.interface = "lan", .range = "10.9.0.5,10.9.0.9", .proxy = true}, "either --dhcp-range"},
		{{.interface = "eth*", .proxy = true}, "name"},
		{{.interface = "", .proxy = true}, "name"},
		{{.interface = "-x", .proxy = true}, "name"},
		{{.interface = "a\ndhcp-script=/x", .proxy = true}, "name"},
		{{.interface = "sixteen-letters-", .proxy = true}, "name"},
		{{.interface = "lan", .range = "10.9.0.5"}, "FIRST,LAST"},
		{{.interface = "lan", .range = "10.9.0.5,10.9.0.9,255.255.0.0"}, "not the IPv4"},
		{{.interface = "lan", .range = "10.9.0.5,10.9.0.9\nport=53"}, "not the IPv4"},
		{{.interface = "lan", .range = "10.9.0.5 ,10.9.0.9"}, "not the IPv4"},
		{{.interface = "lan", .range = ",10.9.0.9"}, "not the IPv4"},
		{{.interface = "lan", .range = "10.9.0.9,10.9.0.5"}, "before the first"},
		{{.interface = "lan", .range = "10.9.1.5,10.9.1.9"}, "network of lan"},
		{{.interface = "lan", .range = "10.9.0.0,10.9.0.9"}, "network of lan"},
		{{.interface = "lan", .range = "10.9.0.5,10.9.0.255"}, "network of lan"},
		{{.interface = "lan", .range = "10.9.0.1,10.9.0.9"}, "itself"},
		{{.interface = "lan", .range = "127.0.0.5,127.0.0.9"}, "not the IPv4"},
		{{.interface = "lan", .range = "10.9.0.5,10.9.0.9", .router = "10.8.0.1"}, "network of lan"},
		{{.interface = "lan", .range = "10.9.0.5,10.9.0.9", .dns = one}, "not the IPv4"},
		{{.interface = "lan", .range = "10.9.0.5,10.9.0.9", .dns = many}, "more than 2"},
		{{.interface = "lan", .proxy = true, .router = "10.9.0.2"}, "the other server"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(make(&cases[i].wish), -EINVAL);
		assert_non_null(strstr(err.text, cases[i].said));
	}
}

static void networks_and_urls(void **state)
{
	static const char *const dns[] = {"192.0.2.53", NULL};
	const struct dhcp_wish proxy = {.interface = "lan", .proxy = true};
	struct dhcp_wish server = {.interface = "lan", .range = "10.9.0.5,10.9.0.9"};

	(void)state;
	assert_int_equal(make_at(&proxy, "10.9.0.1", 31, URL), -EINVAL);
	assert_int_equal(make_at(&proxy, "10.9.0.1", 32, URL), -EINVAL);
	assert_int_equal(make_at(&proxy, "10.9.0.1", 0, URL), -EINVAL);
	assert_int_equal(make_at(&proxy, "10.9.0.1", 24, "http://station:8080"), 0);
	assert_int_equal(make_at(&proxy, "10.9.0.1", 24, "http://[2001:db8::1]:8080"), -EINVAL);
	assert_int_equal(make_at(&proxy, "10.9.0.1", 24, "http://a,b:8080"), -EINVAL);
	/* Nobody tells the node what "station" is. */
	assert_int_equal(make_at(&server, "10.9.0.1", 24, "http://station:8080"), -EINVAL);
	assert_non_null(strstr(err.text, "--dhcp-dns"));
	server.dns = dns;
	assert_int_equal(make_at(&server, "10.9.0.1", 24, "http://station:8080"), 0);
}

static void options_for_other_servers(void **state)
{
	static const char *const servers[] = {"dnsmasq", "isc", "kea"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char *all = NULL, *http = NULL;

		assert_int_equal(dhcp_print_text(servers[i], URL, false, &all, &err), 0);
		assert_int_equal(dhcp_print_text(servers[i], URL, true, &http, &err), 0);
		assert_non_null(strstr(all, URL "/boot.efi"));
		assert_non_null(strstr(all, URL "/boot.ipxe"));
		assert_non_null(strstr(all, "undionly.kpxe"));
		assert_non_null(strstr(http, URL "/boot.efi"));
		assert_non_null(strstr(http, "HTTPClient"));
		assert_null(strstr(http, "boot.ipxe"));
		free(all);
		free(http);
	}
}

static void options_that_are_refused(void **state)
{
	char *text = NULL;

	(void)state;
	assert_int_equal(dhcp_print_text("bind", URL, false, &text, &err), -EINVAL);
	assert_int_equal(dhcp_print_text("kea", "http://a\";x:8080", true, &text, &err), -EINVAL);
	assert_int_equal(dhcp_print_text("kea", "http://10.9.0.1:80/x", true, &text, &err), -EINVAL);
	assert_int_equal(dhcp_print_text("kea", "http://station:8080", false, &text, &err), -EINVAL);
	assert_null(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server),
		cmocka_unit_test(a_server_without_router),
		cmocka_unit_test(a_proxy),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(networks_and_urls),
		cmocka_unit_test(options_for_other_servers),
		cmocka_unit_test(options_that_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* rooms: station images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Which card is behind an address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <string.h>

#include "station/dhcp/neighbour.h"

#define HEAD "IP address       HW type     Flags       HW address            Mask     Device\n"

/* "" when none is found. */
static const char *find(const char *arp, const char *address)
{
	static char mac[18];
	struct in_addr a;

	assert_int_equal(inet_pton(AF_INET, address, &a), 1);
	strcpy(mac, "untouched");
	if (neighbour_find(arp, a, mac))
		return mac;
	assert_string_equal(mac, "untouched");
	return "";
}

static void the_line_of_the_address(void **state)
{
	static const char arp[] =
		HEAD "10.9.0.25        0x1         0x2         52:54:00:00:00:25     *        lan\n"
		     "10.9.0.2         0x1         0x2         52:54:00:AA:00:02     *        lan\n"
		     "10.9.0.3         0x1         0x0         00:00:00:00:00:00     *        lan\n"
		     "10.9.0.4         0x20        0x2         80:00:02:08:fe:80     *        ib0\n";

	(void)state;
	assert_string_equal(find(arp, "10.9.0.2"), "52:54:00:aa:00:02");
	assert_string_equal(find(arp, "10.9.0.25"), "52:54:00:00:00:25");
	assert_string_equal(find(arp, "10.9.0.3"), ""); /* is being asked for */
	assert_string_equal(find(arp, "10.9.0.4"), ""); /* InfiniBand */
	assert_string_equal(find(arp, "10.9.0.5"), "");
	assert_string_equal(find("", "10.9.0.2"), "");
	assert_string_equal(find(HEAD, "10.9.0.2"), "");
	assert_string_equal(find("10.9.0.2 0x1 0x2", "10.9.0.2"), "");
	assert_string_equal(find("10.9.0.2 0x1 0x2 52:54:00:00:00:0", "10.9.0.2"), "");
}

/* Two segments with the same addresses: better none than another machine's. */
static void two_cards_are_none(void **state)
{
	static const char same[] = HEAD "10.9.0.2 0x1 0x2 52:54:00:00:00:02 * lan\n"
					"10.9.0.2 0x1 0x2 52:54:00:00:00:02 * wan";
	static const char differ[] = HEAD "10.9.0.2 0x1 0x2 52:54:00:00:00:02 * lan\n"
					  "10.9.0.2 0x1 0x2 52:54:00:00:00:03 * wan\n";

	(void)state;
	assert_string_equal(find(same, "10.9.0.2"), "52:54:00:00:00:02");
	assert_string_equal(find(differ, "10.9.0.2"), "");
}

static void addresses_of_both_families(void **state)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	struct sockaddr_in none = {.sin_family = AF_INET};
	char mac[18];

	(void)state;
	assert_int_equal(inet_pton(AF_INET6, "2001:db8::1", &v6.sin6_addr), 1);
	assert_false(neighbour_mac((const struct sockaddr *)&v6, mac));
	assert_false(neighbour_mac((const struct sockaddr *)&none, mac));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_line_of_the_address),
		cmocka_unit_test(two_cards_are_none),
		cmocka_unit_test(addresses_of_both_families),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

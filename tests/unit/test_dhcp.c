/* rooms: agent agent/hw protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DHCP messages and frames: what is built can be read by others, what comes in is refused unless it is sound.
 * With arguments this program is the network bring-up itself, for tests/net/test_dhcp.py:
 *   test_dhcp 'remint.mac=...' SECONDS     net_up() with that command line, then stay, and say "up INTERFACE"
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "agent/dhcp_message.h"
#include "agent/net.h"
#include "core/log.h"
#include "protocol/cmdline.h"

static const uint8_t mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
#define XID 0x01020304u

static uint8_t message[1500];
static size_t length;
static struct dhcp_reply reply;
static struct err err;

static void begin(uint8_t type)
{
	memset(message, 0, sizeof(message));
	memcpy(message, "\x02\x01\x06\x00\x01\x02\x03\x04", 8);
	memcpy(message + 16, "\x0a\x00\x02\x0f", 4);
	memcpy(message + 28, mac, 6);
	memcpy(message + 236, "\x63\x82\x53\x63\x35\x01", 6);
	message[242] = type;
	length = 243;
}

static void option(uint8_t code, const void *value, uint8_t len)
{
	message[length++] = code;
	message[length++] = len;
	memcpy(message + length, value, len);
	length += len;
}

/* An ACK with all that must be there. */
static void begin_ack(void)
{
	begin(DHCP_ACK);
	option(54, "\x0a\x00\x02\x02", 4);
	option(51, "\x00\x00\x0e\x10", 4);
	option(1, "\xff\xff\xff\x00", 4);
}

static int parse(void)
{
	/* An exact copy on the heap, so that the sanitizer sees a read past the end. */
	uint8_t *copy = malloc(length + 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, message, length);
	copy[length] = 255;
	r = dhcp_parse(copy, length + 1, XID, mac, &reply, &err);
	free(copy);
	return r;
}

static const char *dotted(struct in_addr a)
{
	static char text[4][INET_ADDRSTRLEN];
	static unsigned at;

	return inet_ntop(AF_INET, &a, text[++at % 4], INET_ADDRSTRLEN);
}

static void test_a_whole_ack(void **state)
{
	(void)state;
	begin_ack();
	option(3, "\x0a\x00\x02\x02\x0a\x00\x02\x03", 8);
	option(6, "\x0a\x00\x02\x03\x08\x08\x08\x08\x01\x01\x01\x01", 12);
	option(26, "\x05\x78", 2);
	assert_int_equal(parse(), 0);
	assert_string_equal(dotted(reply.address), "10.0.2.15");
	assert_string_equal(dotted(reply.server), "10.0.2.2");
	assert_int_equal(reply.prefix, 24);
	assert_int_equal(reply.n_routes, 1);
	assert_string_equal(dotted(reply.routes[0].gateway), "10.0.2.2");
	assert_int_equal(reply.routes[0].prefix, 0);
	assert_int_equal(reply.n_dns, 2);
	assert_int_equal(reply.mtu, 1400);
	assert_int_equal(reply.lease_s, 3600);
	assert_int_equal(reply.t1_s, 1800);
	assert_int_equal(reply.t2_s, 3150);
}

static void test_not_for_us(void **state)
{
	static const unsigned places[] = {0, 1, 2, 4, 7, 28, 33, 236, 239};

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		begin_ack();
		message[places[i]] ^= 1;
		assert_int_equal(parse(), -EBADMSG);
	}
}

static void test_every_cut_is_refused_or_lacks_nothing(void **state)
{
	size_t whole;

	(void)state;
	begin_ack();
	whole = length;
	for (length = 0; length < whole; length++) {
		uint8_t *copy = malloc(length ? length : 1);
		int r;

		assert_non_null(copy);
		memcpy(copy, message, length);
		r = dhcp_parse(copy, length, XID, mac, &reply, &err);
		free(copy);
		/* The netmask is the last option and may be missing: the class decides then. */
		assert_int_equal(r, length == whole - 6 ? 0 : -EBADMSG);
	}
}

static void test_nonsense_is_refused(void **state)
{
	static const struct {
		uint8_t code, len;
		const char *value;
	} bad[] = {
		{1, 4, "\xff\x00\xff\x00"},
		{1, 4, "\0\0\0\0"},
		{1, 3, "\xff\xff\xff"},
		{3, 3, "\x0a\x00\x02"},
		{3, 4, "\x7f\x00\x00\x01"},
		{3, 4, "\xe0\x00\x00\x01"},
		{6, 5, "\x0a\x00\x02\x03\x04"},
		{26, 1, "\x05"},
		{51, 4, "\x00\x00\x00\x03"},
		{51, 3, "\x00\x0e\x10"},
		{52, 1, "\x04"},
		{54, 4, "\xff\xff\xff\xff"},
		{121, 1, "\x21"},
		{121, 5, "\x18\x0a\x00\x02\x0a"},
		{53, 1, "\x01"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		begin(DHCP_ACK);
		if (bad[i].code == 53)
			message[242] = 1;
		else
			option(bad[i].code, bad[i].value, bad[i].len);
		if (bad[i].code != 54)
			option(54, "\x0a\x00\x02\x02", 4);
		if (bad[i].code != 51)
			option(51, "\x00\x00\x0e\x10", 4);
		if (parse() != -EBADMSG)
			fail_msg("option %u, case %zu was taken", bad[i].code, i);
	}
	begin_ack();
	memset(message + 16, 0, 4);
	assert_int_equal(parse(), -EBADMSG); /* 0.0.0.0 */
	memset(message + 16, 0xff, 4);
	assert_int_equal(parse(), -EBADMSG);
}

static void test_classless_routes_win_and_may_be_split(void **state)
{
	(void)state;
	begin_ack();
	option(3, "\x0a\x00\x02\x09", 4);
	/* 10.1.0.0/16 by 10.0.2.3; on the link: 169.254.169.254/32; default by 10.0.2.2: cut in the middle (RFC 3396) */
	option(121, "\x10\x0a\x01\x0a\x00\x02\x03\x20\xa9\xfe", 10);
	option(121, "\xa9\xfe\x00\x00\x00\x00\x00\x0a\x00\x02\x02", 11);
	assert_int_equal(parse(), 0);
	assert_int_equal(reply.n_routes, 3);
	assert_string_equal(dotted(reply.routes[0].to), "10.1.0.0");
	assert_int_equal(reply.routes[0].prefix, 16);
	assert_string_equal(dotted(reply.routes[0].gateway), "10.0.2.3");
	assert_string_equal(dotted(reply.routes[1].to), "169.254.169.254");
	assert_int_equal(reply.routes[1].gateway.s_addr, 0);
	assert_int_equal(reply.routes[2].prefix, 0);
	assert_string_equal(dotted(reply.routes[2].gateway), "10.0.2.2");
}

static void test_overloaded_fields_hold_options(void **state)
{
	(void)state;
	begin(DHCP_ACK);
	option(52, "\x03", 1);
	memcpy(message + 108, "\x36\x04\x0a\x00\x02\x02\xff", 7);
	memcpy(message + 44, "\x33\x04\x00\x00\x0e\x10\xff", 7);
	assert_int_equal(parse(), 0);
	assert_int_equal(reply.lease_s, 3600);
	assert_int_equal(reply.prefix, 8); /* 10/8: no mask was told */
	message[108 + 1] = 200;            /* runs over the end of `file` */
	assert_int_equal(parse(), -EBADMSG);
}

static void test_times(void **state)
{
	(void)state;
	begin_ack();
	option(58, "\x00\x00\x00\x0a", 4);
	option(59, "\x00\x00\x00\x14", 4);
	assert_int_equal(parse(), 0);
	assert_int_equal(reply.t1_s, 10);
	assert_int_equal(reply.t2_s, 20);
	begin_ack();
	option(58, "\x00\x00\x0e\x10", 4); /* T1 not before T2: told nonsense */
	option(59, "\x00\x00\x00\x14", 4);
	assert_int_equal(parse(), 0);
	assert_int_equal(reply.t1_s, 1800);
	begin(DHCP_ACK);
	option(54, "\x0a\x00\x02\x02", 4);
	option(51, "\xff\xff\xff\xff", 4);
	assert_int_equal(parse(), 0);
	assert_int_equal(reply.t1_s, UINT32_MAX);
}

static void test_nak_needs_no_parameters(void **state)
{
	(void)state;
	begin(DHCP_NAK);
	memset(message + 16, 0, 4);
	option(54, "\x0a\x00\x02\x02", 4);
	option(56, "wrong\x1bnetwork", 13);
	assert_int_equal(parse(), 0);
	assert_int_equal(reply.type, DHCP_NAK);
	assert_string_equal(reply.text, "wrong?network");
}

static void test_what_is_built(void **state)
{
	struct dhcp_request request = {.type = DHCP_REQUEST, .xid = XID, .secs = 7};
	uint8_t buf[DHCP_REQUEST_MAX];

	(void)state;
	memcpy(request.mac, mac, 6);
	request.requested.s_addr = htonl(0x0a00020f);
	request.server.s_addr = htonl(0x0a000202);
	assert_int_equal(dhcp_build(&request, buf), 300);
	assert_memory_equal(buf, "\x01\x01\x06\x00\x01\x02\x03\x04\x00\x07\x00\x00", 12);
	assert_memory_equal(buf + 28, mac, 6);
	assert_memory_equal(buf + 236, "\x63\x82\x53\x63\x35\x01\x03", 7);
	assert_non_null(memmem(buf, 300, "\x3d\x07\x01\x52\x54\x00\x12\x34\x56", 9));
	assert_non_null(memmem(buf, 300, "\x32\x04\x0a\x00\x02\x0f", 6));
	assert_non_null(memmem(buf, 300, "\x36\x04\x0a\x00\x02\x02", 6));
}

static void test_frames(void **state)
{
	uint8_t frame[DHCP_FRAME_MAX];
	const uint8_t *inner;
	size_t len, inner_len;

	(void)state;
	begin_ack();
	len = dhcp_frame_build(message, 301, frame); /* an odd length, for the sum */
	assert_int_equal(len, 329);
	/* The header's sum worked out by hand over its ten words. */
	assert_memory_equal(
		frame, "\x45\x00\x01\x49\x00\x00\x00\x00\x40\x11\x79\xa5\x00\x00\x00\x00\xff\xff\xff\xff",
		20);
	/* We send to 67; as an answer it must go to 68. Swapping the ports leaves the sum as it is. */
	assert_int_equal(dhcp_frame_parse(frame, len, true, &inner, &inner_len), -EBADMSG);
	memcpy(frame + 20, "\x00\x43\x00\x44", 4);
	assert_int_equal(dhcp_frame_parse(frame, len, true, &inner, &inner_len), 0);
	assert_int_equal(inner_len, 301);
	assert_memory_equal(inner, message, 301);
	frame[100] ^= 1;
	assert_int_equal(dhcp_frame_parse(frame, len, true, &inner, &inner_len), -EBADMSG);
	assert_int_equal(dhcp_frame_parse(frame, len, false, &inner, &inner_len), 0); /* not summed yet */
	frame[100] ^= 1;
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(dhcp_frame_parse(frame, cut, true, &inner, &inner_len), -EBADMSG);
	frame[8] ^= 1; /* TTL, under the header's sum */
	assert_int_equal(dhcp_frame_parse(frame, len, true, &inner, &inner_len), -EBADMSG);
}

static int bring_up(const char *cmdline, unsigned seconds)
{
	struct cmdline line;
	char interface[32];

	log_set_level(LOG_DEBUG);
	if (cmdline_parse(cmdline, &line, &err) < 0 || net_up(&line.net, interface, &err) < 0) {
		printf("failed %s\n", err.text);
		return 1;
	}
	printf("up %s\n", interface);
	fflush(stdout);
	sleep(seconds);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_whole_ack),
		cmocka_unit_test(test_not_for_us),
		cmocka_unit_test(test_every_cut_is_refused_or_lacks_nothing),
		cmocka_unit_test(test_nonsense_is_refused),
		cmocka_unit_test(test_classless_routes_win_and_may_be_split),
		cmocka_unit_test(test_overloaded_fields_hold_options),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_nak_needs_no_parameters),
		cmocka_unit_test(test_what_is_built),
		cmocka_unit_test(test_frames),
	};

	if (argc == 3)
		return bring_up(argv[1], (unsigned)atoi(argv[2]));
	return cmocka_run_group_tests(tests, NULL, NULL);
}

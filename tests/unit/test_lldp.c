/* rooms: agent/hw core */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames that are made here, sound and malformed, and what a port keeps of them.
 * usage: test_lldp MILLISECONDS    listens on every port so long at most, and prints the neighbours: for tests/net
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/lldp/lldp.h"
#include "agent/hw/lldp/spec.h"
#include "agent/hw/lldp/table.h"
#include "core/io.h"
#include "core/json.h"

static uint8_t frame[14 + 1600];
static size_t len;
static struct lldp_frame parsed;
static struct err err;

static void begin(void)
{
	memset(frame, 2, 14);
	memcpy(frame, lldp_groups[0], 6);
	frame[12] = 0x88;
	frame[13] = 0xcc;
	len = 14;
}

static void add(unsigned type, const void *value, size_t n)
{
	frame[len++] = (uint8_t)(type << 1 | n >> 8);
	frame[len++] = (uint8_t)n;
	memcpy(frame + len, value, n);
	len += n;
}

#define ADD(type, literal) add(type, literal, sizeof(literal) - 1)

static void begin_sound(uint8_t who, uint16_t ttl)
{
	uint8_t chassis[] = {LLDP_CHASSIS_MAC, 0x52, 0x54, 0, 0, 0, who},
		time[] = {(uint8_t)(ttl >> 8), (uint8_t)ttl};

	begin();
	add(LLDP_CHASSIS_ID, chassis, sizeof(chassis));
	ADD(LLDP_PORT_ID, "\x05"
			  "Ethernet1/7");
	add(LLDP_TTL, time, 2);
}

/* An exact copy on the heap, so that the sanitizer sees a read past the end. */
static int parse(void)
{
	uint8_t *copy = malloc(len - 14 + !(len - 14));
	int r;

	assert_non_null(copy);
	memcpy(copy, frame + 14, len - 14);
	r = lldp_frame_parse(copy, len - 14, &parsed, &err);
	free(copy);
	return r;
}

static void refused(const char *why)
{
	assert_int_equal(parse(), -EBADMSG);
	if (!strstr(err.text, why))
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

static const char *text(const json_t *json, const char *key)
{
	const char *value = json_string_value(json_object_get(json, key));

	return value ? value : "(none)";
}

static void test_a_full_frame(void **state)
{
	json_t *json, *part;

	(void)state;
	begin_sound(1, 120);
	ADD(LLDP_PORT_DESCRIPTION, "to rack1-07");
	ADD(LLDP_SYSTEM_NAME, "leaf-3\n\x1b[2J");
	ADD(LLDP_SYSTEM_DESCRIPTION, "A switch");
	ADD(LLDP_CAPABILITIES, "\x00\x14\x00\x04");
	ADD(LLDP_MANAGEMENT_ADDRESS, "\x05\x01\x0a\x00\x00\x03\x02\x00\x00\x00\x01\x00");
	ADD(LLDP_MANAGEMENT_ADDRESS,
	    "\x11\x02\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x03\x02\0\0\0\x01\x03\x2b\x06\x01");
	ADD(LLDP_ORGANISATION, "\x00\x80\xc2\x01\x00\x64");
	ADD(LLDP_ORGANISATION, "\x00\x12\x0f\x04\x24\x00");
	ADD(LLDP_ORGANISATION, "\x00\x80\xc2\x07\x03\x00\x00\x00\x05");
	ADD(LLDP_ORGANISATION, "\x00\x12\x0f\x01\x03\x6c\x01\x00\x1e");
	ADD(9, "reserved");
	ADD(LLDP_END, "");
	assert_int_equal(parse(), 0);
	assert_int_equal(parsed.n_ignored, 2);
	json = lldp_frame_to_json(&parsed);
	part = json_object_get(json, "chassis");
	assert_string_equal(text(part, "type"), "mac");
	assert_string_equal(text(part, "id"), "52:54:00:00:00:01");
	part = json_object_get(json, "port");
	assert_string_equal(text(part, "type"), "interface-name");
	assert_string_equal(text(part, "id"), "Ethernet1/7");
	assert_string_equal(text(json, "port_description"), "to rack1-07");
	assert_string_equal(text(json, "system_name"), "leaf-3??[2J");
	part = json_object_get(json, "enabled");
	assert_int_equal(json_array_size(part), 1);
	assert_string_equal(json_string_value(json_array_get(part, 0)), "bridge");
	part = json_object_get(json, "management");
	assert_string_equal(json_string_value(json_array_get(part, 0)), "10.0.0.3");
	assert_string_equal(json_string_value(json_array_get(part, 1)), "2001:db8::3");
	assert_int_equal(json_integer_value(json_object_get(json, "vlan")), 100);
	assert_int_equal(json_integer_value(json_object_get(json, "max_frame")), 9216);
	part = json_object_get(json, "aggregation");
	assert_true(json_is_true(json_object_get(part, "enabled")));
	assert_int_equal(json_integer_value(json_object_get(part, "port")), 5);
	json_decref(json);
}

static void test_every_cut_is_refused_or_whole(void **state)
{
	size_t whole;

	(void)state;
	begin_sound(1, 120);
	whole = len;
	for (len = 14; len < whole; len++)
		assert_int_equal(parse(), -EBADMSG);
	assert_int_equal(parse(), 0); /* the end marker is optional */
	frame[len++] = 0;
	refused("ends in the header");
	frame[len++] = 0;
	assert_int_equal(parse(), 0);
	memset(frame + len, 0xff, 40); /* what pads the frame is no TLV */
	len += 40;
	assert_int_equal(parse(), 0);
}

static void test_order_and_duplicates(void **state)
{
	(void)state;
	begin();
	ADD(LLDP_PORT_ID, "\x05"
			  "a");
	refused("TLV 1 is of type 2, not 1");
	begin();
	ADD(LLDP_CHASSIS_ID, "\x07"
			     "a");
	ADD(LLDP_CHASSIS_ID, "\x07"
			     "a");
	refused("two TLVs of type 1");
	begin_sound(1, 120);
	ADD(LLDP_TTL, "\x00\x10");
	refused("two TLVs of type 3");
	begin_sound(1, 120);
	ADD(LLDP_SYSTEM_NAME, "a");
	ADD(LLDP_SYSTEM_NAME, "b");
	refused("two TLVs of type 5");
	begin_sound(1, 120);
	ADD(LLDP_END, "x");
	refused("the end has 1 bytes");
}

static void test_lengths_that_lie(void **state)
{
	(void)state;
	begin();
	ADD(LLDP_CHASSIS_ID, "\x04");
	refused("the identifier (TLV type 1) has 1 bytes");
	begin();
	ADD(LLDP_CHASSIS_ID, "\x04\x01\x02");
	refused("a MAC address (TLV type 1) of 2 bytes");
	begin();
	ADD(LLDP_CHASSIS_ID, "\x07"
			     "a");
	ADD(LLDP_PORT_ID, "\x05"
			  "b");
	ADD(LLDP_TTL, "\x01");
	refused("the time to live has 1 bytes");
	begin_sound(1, 120);
	ADD(LLDP_SYSTEM_NAME, "a");
	frame[len - 2] = 200;
	refused("claims 200 bytes, of which 1 are there");
	begin_sound(1, 120);
	len = 14 + LLDP_FRAME_MAX + 1;
	refused("more than 1500");
}

/* Optional ones that are malformed are passed over, and the rest counts. */
static void test_malformed_options(void **state)
{
	(void)state;
	begin_sound(1, 120);
	ADD(LLDP_MANAGEMENT_ADDRESS, "");
	ADD(LLDP_MANAGEMENT_ADDRESS, "\x21\x01\x0a");
	ADD(LLDP_MANAGEMENT_ADDRESS, "\x05\x01\x0a\x00\x00\x03\x02\x00\x00\x00\x01\xff");
	ADD(LLDP_MANAGEMENT_ADDRESS, "\x05\x01\x0a\x00\x00\x03\x02\x00\x00\x00\x01");
	ADD(LLDP_ORGANISATION, "\x00\x80");
	ADD(LLDP_ORGANISATION, "\x00\x80\xc2\x01\x00");
	ADD(LLDP_ORGANISATION, "\x00\x12\x0f\x03\x03");
	ADD(LLDP_CAPABILITIES, "\x00\x14");
	ADD(LLDP_SYSTEM_NAME, "leaf-3");
	assert_int_equal(parse(), 0);
	assert_int_equal(parsed.n_ignored, 8);
	assert_string_equal(parsed.system_name, "leaf-3");
	assert_false(parsed.has_vlan || parsed.has_capabilities || parsed.n_management ||
		     parsed.has_aggregation);
}

static void shown_as(const char *type, const char *id)
{
	json_t *json, *part;

	ADD(LLDP_PORT_ID, "\x06\x01\xfe");
	ADD(LLDP_TTL, "\x00\x01");
	assert_int_equal(parse(), 0);
	json = lldp_frame_to_json(&parsed);
	part = json_object_get(json, "chassis");
	assert_string_equal(text(part, "type"), type);
	assert_string_equal(text(part, "id"), id);
	assert_string_equal(text(json_object_get(json, "port"), "id"), "0x01fe");
	json_decref(json);
}

static void test_kinds_of_identifiers(void **state)
{
	(void)state;
	begin();
	ADD(LLDP_CHASSIS_ID, "\x05\x01\x0a\x00\x00\x03");
	shown_as("address", "10.0.0.3");
	begin();
	ADD(LLDP_CHASSIS_ID, "\x05\x01\x0a\x00");
	shown_as("address", "0x0a00");
	begin();
	ADD(LLDP_CHASSIS_ID, "\x05\x01");
	shown_as("address", "0x01");
	begin();
	ADD(LLDP_CHASSIS_ID, "\x07"
			     "spine \x01");
	shown_as("local", "0x7370696e652001");
	begin();
	ADD(LLDP_CHASSIS_ID, "\x01"
			     "slot \xc3\xa9");
	shown_as("component", "slot ??");
	begin();
	ADD(LLDP_CHASSIS_ID, "\x63"
			     "new");
	shown_as("subtype-99", "new");
}

static void test_what_a_port_keeps(void **state)
{
	struct lldp_table table = {0};
	json_t *json = json_object();

	(void)state;
	for (uint8_t who = 1; who <= LLDP_NEIGHBOURS_MAX + 2; who++) {
		begin_sound(who, 120);
		lldp_table_take(&table, frame, len);
		lldp_table_take(&table, frame, len); /* again: the same neighbour */
	}
	assert_int_equal(table.n_heard, LLDP_NEIGHBOURS_MAX);
	assert_int_equal(table.n_left_out, 4);
	begin_sound(2, 0); /* takes its leave */
	ADD(LLDP_SYSTEM_NAME, "of no interest");
	lldp_table_take(&table, frame, len);
	assert_int_equal(table.n_heard, LLDP_NEIGHBOURS_MAX - 1);
	assert_int_equal(table.heard[1].chassis.bytes[5], 3);
	begin_sound(77, 0); /* who was never there */
	lldp_table_take(&table, frame, len);
	begin_sound(3, 60); /* the newest counts */
	lldp_table_take(&table, frame, len);
	assert_int_equal(table.heard[1].ttl_s, 60);
	assert_int_equal(table.n_heard, LLDP_NEIGHBOURS_MAX - 1);
	begin();
	lldp_table_take(&table, frame, len);
	assert_int_equal(table.n_malformed, 1);
	lldp_table_to_json(&table, json);
	assert_string_equal(text(json_object_get(json, "malformed"), "newest"), table.malformed);
	assert_int_equal(json_integer_value(json_object_get(json, "left_out")), 4);
	json_decref(json);
}

static void test_what_is_no_lldp(void **state)
{
	struct lldp_table table = {0};

	(void)state;
	begin_sound(1, 120);
	lldp_table_take(&table, frame, 13);
	frame[13] = 0xcd;
	lldp_table_take(&table, frame, len);
	frame[13] = 0xcc;
	memset(frame, 0xff, 6); /* broadcast: bridges hand that on, from anybody */
	lldp_table_take(&table, frame, len);
	assert_int_equal(table.n_heard + table.n_malformed, 0);
	memcpy(frame, lldp_groups[2], 6);
	lldp_table_take(&table, frame, len);
	assert_int_equal(table.n_heard, 1);
}

static int listen_and_print(unsigned ms)
{
	struct lldp *lldp;
	json_t *json;
	char *said;

	if (lldp_open(&lldp, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	lldp_hear(lldp, ms);
	json = lldp_to_json(lldp);
	said = json_pretty(json, NULL);
	fputs(said, stdout);
	free(said);
	json_decref(json);
	lldp_free(lldp);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_full_frame),
		cmocka_unit_test(test_every_cut_is_refused_or_whole),
		cmocka_unit_test(test_order_and_duplicates),
		cmocka_unit_test(test_lengths_that_lie),
		cmocka_unit_test(test_malformed_options),
		cmocka_unit_test(test_kinds_of_identifiers),
		cmocka_unit_test(test_what_a_port_keeps),
		cmocka_unit_test(test_what_is_no_lldp),
	};

	if (argc > 1)
		return listen_and_print((unsigned)atoi(argv[1]));
	return cmocka_run_group_tests(tests, NULL, NULL);
}

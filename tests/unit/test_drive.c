/* rooms: station core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Orders through BMCs, the pure part: what comes next, and the boot order from both sides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "station/drive/order.h"
#include "station/drive/row.h"

#define KEPT ((enum drive_phase) - 1)

static void test_what_comes_next(void **state)
{
	static const struct {
		enum drive_phase from;
		enum order_state state;
		int64_t lease, newest;
		enum drive_want wants;
		int64_t wanted_by;
		enum drive_phase to;
	} cases[] = {
		{DRIVE_LOOK, ORDER_PENDING, 0, 0, 0, 0, KEPT},
		{DRIVE_LOOK, ORDER_RUNNING, 0, 5, 0, 0, DRIVE_SETTLE}, /* it came by itself */
		{DRIVE_BOOT, ORDER_CANCELLED, 0, 0, 0, 0, DRIVE_RETURN},
		{DRIVE_AWAIT, ORDER_PENDING, 0, 0, 0, 0, KEPT},
		{DRIVE_AWAIT, ORDER_RUNNING, 0, 5, 0, 0, DRIVE_SETTLE},
		{DRIVE_AWAIT, ORDER_RUNNING, 5, 5, DRIVE_WANTS_RESET, 5,
		 KEPT}, /* for the second time: not yet */
		{DRIVE_AWAIT, ORDER_RUNNING, 5, 6, DRIVE_WANTS_RESET, 5, DRIVE_SETTLE},
		{DRIVE_SETTLE, ORDER_RUNNING, 5, 5, 0, 0, KEPT},
		{DRIVE_SETTLE, ORDER_RUNNING, 5, 6, 0, 0, DRIVE_SETTLE},
		{DRIVE_WORK, ORDER_RUNNING, 5, 5, 0, 0, KEPT},
		{DRIVE_WORK, ORDER_RUNNING, 5, 5, DRIVE_WANTS_RESET, 5, DRIVE_AGAIN},
		{DRIVE_WORK, ORDER_RUNNING, 5, 5, DRIVE_WANTS_POWER_CYCLE, 5, DRIVE_CYCLE},
		{DRIVE_WORK, ORDER_RUNNING, 5, 5, DRIVE_WANTS_POWER_CYCLE, 4, KEPT}, /* of an earlier boot */
		{DRIVE_WORK, ORDER_RUNNING, 5, 6, DRIVE_WANTS_POWER_CYCLE, 5, DRIVE_SETTLE},
		{DRIVE_WORK, ORDER_HANDED_OVER, 5, 5, 0, 0, DRIVE_RETURN},
		{DRIVE_CYCLE, ORDER_HELD, 5, 5, 0, 0, DRIVE_RETURN},
		{DRIVE_WORK, ORDER_ERASED, 5, 5, 0, 0, DRIVE_RETURN},
		{DRIVE_RETURN, ORDER_LIVE, 5, 5, 0, 0, KEPT},
		{DRIVE_FINAL, ORDER_LIVE, 5, 9, 0, 0, KEPT},
		{DRIVE_DONE, ORDER_CANCELLED, 5, 9, 0, 0, KEPT},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct drive_row row = {.phase = cases[i].from,
					.state = cases[i].state,
					.lease = cases[i].lease,
					.newest = cases[i].newest,
					.wants = cases[i].wants,
					.wanted_by = cases[i].wanted_by,
					.until = 77,
					.fails = 1};
		bool moves = cases[i].to != KEPT;

		assert_int_equal(drive_row_advance(&row), moves);
		assert_int_equal(row.phase, moves ? cases[i].to : cases[i].from);
		assert_int_equal(row.until, moves ? 0 : 77);
		if (moves && row.phase == DRIVE_SETTLE)
			assert_int_equal(row.lease, row.newest);
	}
}

static void test_when_it_is_time(void **state)
{
	struct drive_row row = {.phase = DRIVE_AWAIT, .until = 100};

	(void)state;
	assert_false(drive_row_due(&row, 99));
	assert_true(drive_row_due(&row, 100));
	row.phase = DRIVE_WORK;
	assert_false(drive_row_due(&row, 100));
	row.phase = DRIVE_FINAL;
	row.state = ORDER_HANDED_OVER;
	assert_false(drive_row_due(&row, 99));
	row.state = ORDER_LIVE;
	assert_true(drive_row_due(&row, 99));
	row.fails = 1;
	assert_false(drive_row_due(&row, 99));
	assert_true(drive_row_due(&row, 100));
}

static void test_the_boot_order_from_both_sides(void **state)
{
	static const struct {
		const char *uefi, *redfish, *verdict; /* NULL: not there */
	} cases[] = {
		{"[\"0003\", \"000A\"]", "[\"Boot0003\", \"Boot000A\"]", "same"},
		{"[\"0003\", \"000A\"]", "[\"boot0003\", \"Boot000a\"]", "same"},
		{"[\"0003\", \"0001\"]", "[\"Boot0003\", \"Boot0002\"]", "differs behind the first"},
		{"[\"0003\", \"0001\"]", "[\"Boot0003\"]", "differs behind the first"},
		{"[\"0003\"]", "[\"Boot0003\", \"Boot0001\"]", "differs behind the first"},
		{"[\"0003\", \"0001\"]", "[\"Boot0001\", \"Boot0003\"]", "another comes first"},
		{"[\"0003\"]", "[\"HD.Slot.1\"]", "not comparable"},
		{"[\"0003\"]", "[\"Boot0003\", \"Boot00033\"]", "not comparable"},
		{"[\"0003\"]", "[\"Boot0003\", 3]", "not comparable"},
		{"[]", "[]", "same"},
		{"[\"0003\"]", "[]", "differs"},
		{"[\"0003\"]", NULL, "not told by the BMC"},
		{NULL, "[\"Boot0003\"]", "not read on the machine"},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *efi = json_object(), *boot = json_object(), *record = json_object(), *made;

		if (cases[i].uefi)
			json_object_set_new(efi, "boot_order", json_loads(cases[i].uefi, 0, NULL));
		json_object_set_new(boot, "order",
				    cases[i].redfish ? json_loads(cases[i].redfish, 0, NULL) : json_null());
		made = drive_order_compare(record, efi, "disk-first");
		assert_string_equal(json_string_value(json_object_get(made, "verdict")),
				    "not read through the BMC");
		json_decref(made);
		drive_order_read(record, boot);
		made = drive_order_compare(record, efi, "disk-first");
		assert_string_equal(json_string_value(json_object_get(made, "verdict")), cases[i].verdict);
		assert_string_equal(json_string_value(json_object_get(made, "policy")), "disk-first");
		json_decref(made);
		json_decref(efi);
		json_decref(boot);
		json_decref(record);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_comes_next),
		cmocka_unit_test(test_when_it_is_time),
		cmocka_unit_test(test_the_boot_order_from_both_sides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

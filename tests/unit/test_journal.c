/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/json.h"
#include "protocol/journal.h"

#define KEY "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f"

static void test_round_trip(void **state)
{
	struct journal_entry begun = {"serial:A", "wipe", "overwrite-zero", KEY, JOURNAL_BEGUN, NULL};
	_cleanup_(journal_entry_clear) struct journal_entry proven = {
		"serial:A", "wipe",         "overwrite-zero",
		"",         JOURNAL_PROVEN, json_pack("{ss}", "name", "serial:A")};
	const struct journal_entry *entries[] = {&begun, &proven};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		_cleanup_json_ json_t *json = journal_entry_to_json(entries[i]);
		_cleanup_(journal_entry_clear) struct journal_entry back = {0};
		struct err err = {0};

		assert_int_equal(journal_entry_from_json(json, &back, &err), 0);
		assert_string_equal(back.drive, "serial:A");
		assert_string_equal(back.marker_key, entries[i]->marker_key);
		assert_int_equal(back.state, entries[i]->state);
		assert_true(!back.proof == !entries[i]->proof);
		assert_true(!back.proof || json_equal(back.proof, entries[i]->proof));
	}
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"[]",
		"{\"drive\":\"\",\"step\":\"s\",\"method\":\"m\",\"marker_key\":\"\",\"state\":\"begun\","
		"\"proof\":null}",
		"{\"drive\":\"d\",\"step\":\"s\",\"method\":\"m\",\"marker_key\":\"ab\",\"state\":\"begun\"}",
		"{\"drive\":\"d\",\"step\":\"s\",\"method\":\"m\",\"state\":\"begun\",\"proof\":null}",
		"{\"drive\":\"d\",\"step\":\"s\",\"method\":\"m\",\"marker_key\":\"\",\"state\":\"done\","
		"\"proof\":null}",
		"{\"drive\":\"d\",\"step\":\"s\",\"method\":\"m\",\"marker_key\":\"\",\"state\":\"proven\","
		"\"proof\":null}",
		"{\"drive\":\"d\",\"step\":\"s\",\"method\":\"m\",\"marker_key\":\"\",\"state\":\"proven\","
		"\"proof\":1}",
		"{\"drive\":\"d\",\"step\":\"s\",\"method\":\"m\",\"marker_key\":\"\",\"state\":\"failed\","
		"\"proof\":{}}",
		"{\"drive\":\"d\",\"step\":\"s\",\"method\":\"m\",\"marker_key\":\"\",\"state\":\"begun\","
		"\"by\":\"x\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		_cleanup_json_ json_t *json = NULL;
		struct journal_entry entry = {0};
		struct err err = {0};

		assert_int_equal(json_parse(bad[i], strlen(bad[i]), &json, &err), 0);
		assert_int_equal(journal_entry_from_json(json, &entry, &err), -EBADMSG);
		assert_null(entry.proof);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

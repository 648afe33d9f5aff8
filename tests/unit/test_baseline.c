/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Baselines: what is one, and what comes of comparing one with what a BMC tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/glob.h"
#include "core/io.h"
#include "core/json.h"
#include "protocol/baseline/baseline.h"
#include "protocol/baseline/capture.h"
#include "protocol/baseline/compare.h"
#include "protocol/baseline/out_of_band.h"
#include "protocol/baseline/result.h"

static json_t *parsed(const char *text)
{
	json_t *json = json_loads(text, 0, NULL);

	assert_non_null(json);
	return json;
}

/* With ' for ". */
static json_t *quoted(const char *text)
{
	_cleanup_free_ char *copy = xstrdup(text);

	for (char *c = copy; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	return parsed(copy);
}

static json_t *baseline_with(const char *parts)
{
	_cleanup_free_ char *text = str_printf("{'baseline': 1, 'name': 'b', %s}", parts);
	json_t *baseline = quoted(text);
	struct err err = {0};

	if (baseline_check(baseline, &err) < 0)
		fail_msg("%s", err.text);
	return baseline;
}

static void test_documents_are_read_strictly(void **state)
{
	static const struct {
		const char *parts, *says;
	} rows[] = {
		{"'x': 1", "unknown key"},
		{"'on_difference': {}", "it says nothing of"},
		{"'firmware': []", "baseline.firmware: an empty list"},
		{"'firmware': [1]", "baseline.firmware[0] must be an object"},
		{"'firmware': [{'component': {'kind': 'bios'}, 'version': '1'}, {'component': {}, "
		 "'version': '1'}]",
		 "baseline.firmware[1].component must have"},
		{"'firmware': [{'component': {'kind': 'toaster'}, 'version': '1'}]", "component.kind"},
		{"'firmware': [{'component': {'id': ''}, 'version': '1'}]", "component.id"},
		{"'firmware': [{'component': {'id': 'x'}}]", "baseline.firmware[0].version must be"},
		{"'firmware': [{'component': {'id': 'x'}, 'version': []}]", "version must be"},
		{"'firmware': [{'component': {'id': 'x'}, 'version': ['1', 2]}]", "version[1] must be"},
		{"'firmware': [{'component': {'id': 'x'}, 'version': '\\u00e9'}]", "printable ASCII"},
		{"'firmware': [{'component': {'id': 'x'}, 'version': '1', 'required': 'no'}]", "required"},
		{"'bios': {}", "baseline.bios.attributes"},
		{"'bios': {'attributes': {}}", "1 to 1024 members"},
		{"'bios': {'attributes': {'A': null}}", "baseline.bios.attributes.A must be"},
		{"'bios': {'attributes': {'A': {}}}", "baseline.bios.attributes.A must be"},
		{"'bios': {'attributes': {' ': 1}}", "a name has 1 bytes"},
		{"'accounts': {'allowed': []}", "baseline.accounts.allowed is empty"},
		{"'accounts': {'allowed': [{'user': 'a'}, {'user': 'a'}]}", "allowed[1]: a is named twice"},
		{"'accounts': {'allowed': [{'user': 'a', 'password': 'x'}]}", "unknown key"},
		{"'bios': {'attributes': {'A': 1}}, 'on_difference': {'bios': 'stop'}", "on_difference.bios"},
		{"'bios': {'attributes': {'A': 1}}, 'on_difference': {'firmware': 'hold'}",
		 "on_difference.firmware: the baseline has no firmware"},
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_free_ char *text = str_printf("{'baseline': 1, 'name': 'b', %s}", rows[i].parts);
		_cleanup_json_ json_t *json = quoted(text);

		assert_int_equal(baseline_check(json, &err), -EBADMSG);
		if (!strstr(err.text, rows[i].says))
			fail_msg("%s: %s", rows[i].parts, err.text);
	}
}

static void test_heads_are_read_strictly(void **state)
{
	static const char *const texts[] = {
		"[]",
		"{'name': 'b', 'bios': {'attributes': {'A': 1}}}",
		"{'baseline': 2, 'name': 'b', 'bios': {'attributes': {'A': 1}}}",
		"{'baseline': 1, 'bios': {'attributes': {'A': 1}}}",
		"{'baseline': 1, 'name': 'B!', 'bios': {'attributes': {'A': 1}}}",
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		_cleanup_json_ json_t *json = quoted(texts[i]);

		assert_int_equal(baseline_check(json, &err), -EBADMSG);
	}
}

static void test_patterns(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool fits;
	} rows[] = {
		{"BIOS", "BIOS", true},
		{"BIOS", "BIOS2", false},
		{"BIOS*", "BIOS2", true},
		{"*", "", true},
		{"", "", true},
		{"", "x", false},
		{"*.1-*", "NIC.1-1", true},
		{"*ab", "aab", true},
		{"a*b*c", "a-b-b-c", true},
		{"a*b*c", "a-c-b", false},
		{"a**", "a", true},
		{"*a*a*a", "aa", false},
		{"x?", "xy", false},
		{"NIC.*.1", "NIC.1", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (glob_matches(rows[i].pattern, rows[i].text) != rows[i].fits)
			fail_msg("%s, %s", rows[i].pattern, rows[i].text);
}

static json_t *compared(const char *parts, enum baseline_part part, const char *read)
{
	_cleanup_json_ json_t *baseline = baseline_with(parts), *json = quoted(read);

	return baseline_compare(baseline, part, json, NULL);
}

static void expect(json_t *result, const char *state, int checked, const char *differing,
		   const char *not_readable)
{
	_cleanup_json_ json_t *wanted = quoted(differing), *unread = quoted(not_readable);

	if (strcmp(json_string_value(json_object_get(result, "state")), state) != 0 ||
	    json_integer_value(json_object_get(result, "checked")) != checked ||
	    !json_equal(json_object_get(result, "differing"), wanted) ||
	    !json_equal(json_object_get(result, "not_readable"), unread))
		fail_msg("%s", json_dumps(result, JSON_INDENT(1)));
	json_decref(result);
}

#define FIRMWARE                                                                                       \
	"'firmware': [{'component': {'kind': 'bios'}, 'version': ['2.1', '2.2']}, {'component': "      \
	"{'kind': 'drive', 'name': 'PM9*'}, 'version': 'G1'}, {'component': {'id': 'GPU*'}, 'version'" \
	": '9', 'required': false}]"

static void test_firmware(void **state)
{
	(void)state;
	expect(compared(FIRMWARE, BASELINE_FIRMWARE,
			"{'components': [{'kind': 'bios', 'id': null, 'version': '2.2'}, {'kind': 'drive', "
			"'id': 'S1', 'name': 'PM9A3', 'version': 'G1'}, {'kind': 'nic', 'id': 'N', "
			"'version': '3'}], 'problems': []}"),
	       "equal", 2, "[]", "[]");
	expect(compared(FIRMWARE, BASELINE_FIRMWARE,
			"{'components': [{'kind': 'bios', 'version': '2.0'}, {'kind': 'drive', "
			"'id': 'S1', 'name': 'PM9A3', 'version': 'G1'}, {'kind': 'drive', 'id': 'S2', "
			"'name': 'PM9A3', 'version': 'G0'}, {'kind': 'gpu', 'id': 'GPU0', 'version': '8'}]}"),
	       "differing", 4,
	       "[{'what': 'bios', 'expected': '2.1 or 2.2', 'found': '2.0'}, {'what': 'drive S2 (PM9A3)', "
	       "'expected': 'G1', 'found': 'G0'}, {'what': 'gpu GPU0', 'expected': '9', 'found': '8'}]",
	       "[]");
	/* What is required and not there differs, unless something could not be read. */
	expect(compared(FIRMWARE, BASELINE_FIRMWARE,
			"{'components': [{'kind': 'bios', 'version': '2.1'}], 'problems': []}"),
	       "differing", 2, "[{'what': 'drive, name PM9*', 'expected': 'G1', 'found': null}]", "[]");
}

static void test_firmware_not_readable(void **state)
{
	_cleanup_json_ json_t *baseline = baseline_with(FIRMWARE), *result = NULL;

	(void)state;
	expect(compared("'firmware': [{'component': {'kind': 'bios'}, 'version': '1'}]", BASELINE_FIRMWARE,
			"{'components': [], 'problems': [{'part': 'bios', 'reason': 'HTTP 500'}]}"),
	       "not-readable", 1, "[]",
	       "[{'what': 'bios', 'reason': 'it is not among what could be read'}, {'what': 'bios', "
	       "'reason': 'HTTP 500'}]");
	expect(compared("'firmware': [{'component': {'kind': 'bios'}, 'version': '1'}]", BASELINE_FIRMWARE,
			"{'components': [{'kind': 'bios', 'version': null}]}"),
	       "not-readable", 1, "[]", "[{'what': 'bios', 'reason': 'the BMC does not tell its version'}]");
	result = baseline_compare(baseline, BASELINE_FIRMWARE, NULL, "no \x1b[1m answer");
	assert_string_equal(json_string_value(json_object_get(result, "state")), "not-readable");
	assert_string_equal(json_string_value(json_object_get(result, "reason")), "no ?[1m answer");
	assert_int_equal(json_integer_value(json_object_get(result, "checked")), 0);
}

/* Nothing of a BMC's is believed to have a type, a length or an end. */
static void test_firmware_of_a_hostile_bmc(void **state)
{
	_cleanup_json_ json_t *baseline = baseline_with(FIRMWARE), *list = json_array(),
			      *read = json_pack("{s:O}", "components", list), *result = NULL;
	_cleanup_free_ char *longest = xcalloc(1, 4097);

	(void)state;
	memset(longest, 'G', 4096);
	json_array_append_new(list, json_string("x"));
	json_array_append_new(list, json_pack("{s:[], s:{}, s:i}", "kind", "id", "version", 7));
	for (unsigned i = 0; i < 1100; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "kind", "drive", "id", longest,
						      "name", "PM9\x01\xc3\xa9", "version", longest));
	result = baseline_compare(baseline, BASELINE_FIRMWARE, read, NULL);
	assert_string_equal(json_string_value(json_object_get(result, "state")), "differing");
	assert_int_equal(json_array_size(json_object_get(result, "differing")), BASELINE_LISTED_MAX);
	assert_int_equal(json_integer_value(json_object_get(result, "differing_more")),
			 1022 - BASELINE_LISTED_MAX);
	assert_true(json_dumpb(result, NULL, 0, 0) < 64 * 1024);
	for (const char *c = json_string_value(
		     json_object_get(json_array_get(json_object_get(result, "differing"), 0), "what"));
	     *c; c++)
		assert_true(*c >= 0x20 && *c <= 0x7e);
}

static void test_bios(void **state)
{
	static const char profile[] = "'bios': {'attributes': {'A': 'On', 'N': 2, 'F': true}}";

	(void)state;
	expect(compared(profile, BASELINE_BIOS,
			"{'attributes': {'A': 'On', 'N': 2.0, 'F': true, 'More': 1}, 'pending': null}"),
	       "equal", 3, "[]", "[]");
	expect(compared(profile, BASELINE_BIOS, "{'attributes': {'A': 'Off', 'N': '2', 'F': null}}"),
	       "differing", 3,
	       "[{'what': 'A', 'expected': 'On', 'found': 'Off'}, {'what': 'N', 'expected': 2, 'found': "
	       "'2'}, {'what': 'F', 'expected': true, 'found': '(null)'}]",
	       "[]");
	expect(compared(profile, BASELINE_BIOS, "{'attributes': {'A': ['On'], 'N': {}}}"), "differing", 3,
	       "[{'what': 'A', 'expected': 'On', 'found': '(a list)'}, {'what': 'N', 'expected': 2, "
	       "'found': '(an object)'}, {'what': 'F', 'expected': true, 'found': null}]",
	       "[]");
	expect(compared(profile, BASELINE_BIOS,
			"{'attributes': {'A': 'On', 'N': 2, 'F': true}, 'pending': {'A': 'Off', 'N': 2}}"),
	       "differing", 3, "[{'what': 'A, from the next start on', 'expected': 'On', 'found': 'Off'}]",
	       "[]");
}

static void test_accounts(void **state)
{
	static const char allowed[] = "'accounts': {'allowed': [{'user': 'root', 'role': 'Administrator'}, "
				      "{'user': 'mon'}, {'user': "
				      "'svc', 'role': 'Operator', 'required': true}]}";

	(void)state;
	expect(compared(allowed, BASELINE_ACCOUNTS,
			"{'accounts': [{'user': 'root', 'role': 'Administrator', 'enabled': true}, {'user': "
			"'', "
			"'role': ''}, {'user': 'mon', 'role': 'ReadOnly'}, {'user': 'svc', 'role': "
			"'Operator'}]}"),
	       "equal", 3, "[]", "[]");
	expect(compared(allowed, BASELINE_ACCOUNTS,
			"{'accounts': [{'user': 'root', 'role': 'ReadOnly'}, {'user': 'eve', 'role': "
			"'Administrator', 'enabled': false}, {'user': 7}]}"),
	       "differing", 4,
	       "[{'what': 'account root', 'expected': 'Administrator', 'found': 'ReadOnly'}, {'what': "
	       "'account eve', 'expected': null, 'found': 'Administrator, disabled'}, {'what': 'account svc',"
	       " 'expected': 'Operator', 'found': null}]",
	       "[{'what': 'an account', 'reason': 'the BMC does not tell whose it is'}]");
}

static void test_what_holds_an_order(void **state)
{
	_cleanup_json_ json_t *baseline = baseline_with(
				      "'bios': {'attributes': {'A': 'On', 'B': 1}}, 'accounts': {'allowed': "
				      "[{'user': 'root'}]}, 'on_difference': {'bios': 'hold'}"),
			      *whole = out_of_band_new(baseline, 0), *unread = NULL,
			      *bios = quoted("{'attributes': {'A': 'Off'}}"),
			      *accounts = quoted("{'accounts': [{'user': 'eve', 'role': 'Operator'}]}");
	_cleanup_free_ char *reason = NULL, *none = NULL, *cannot = NULL, *statement = NULL;

	(void)state;
	out_of_band_compare(whole, baseline, BASELINE_ACCOUNTS, accounts, NULL);
	none = out_of_band_hold(whole);
	assert_null(none);
	out_of_band_compare(whole, baseline, BASELINE_BIOS, bios, NULL);
	reason = out_of_band_hold(whole);
	assert_string_equal(reason,
			    "the machine is not as its baseline b says: bios differs: A: On expected, "
			    "Off found, B: 1 expected, none found");
	statement = out_of_band_statement(whole);
	assert_string_equal(
		statement, " What the management controller told was compared with the baseline b. firmware: "
			   "not compared. bios: differing (2 of 2 compared). accounts: differing (1 of 1 "
			   "compared).");
	unread = out_of_band_unread(baseline, "it does not answer");
	cannot = out_of_band_hold(unread);
	assert_string_equal(cannot, "the machine is not as its baseline b says: bios cannot be read: it does "
				    "not answer");
	assert_true(json_is_null(json_object_get(unread, "firmware")));
	assert_true(json_is_null(json_object_get(unread, "read")));
}

static void test_no_baseline(void **state)
{
	_cleanup_json_ json_t *whole = out_of_band_new(NULL, 0);
	_cleanup_free_ char *reason = out_of_band_hold(whole), *statement = out_of_band_statement(whole),
			    *of_none = out_of_band_statement(NULL);

	(void)state;
	out_of_band_archived(whole, "{}", 2, 0, false);
	assert_null(reason);
	assert_string_equal(statement, "");
	assert_string_equal(of_none, "");
	assert_string_equal(json_string_value(json_object_get(json_object_get(whole, "event_log"), "state")),
			    "archived");
}

/* What is captured is a baseline, and the same machine is equal to it. */
static void test_capture(void **state)
{
	_cleanup_json_ json_t *firmware = quoted(
				      "{'components': [{'kind': 'bios', 'id': null, 'name': null, "
				      "'version': '2'}, {'kind': 'drive', 'id': 'S1', 'name': 'PM', "
				      "'version': 'A'}, {'kind': 'drive', 'id': 'S2', 'name': 'PM', "
				      "'version': 'B'}, {'kind': 'drive', 'id': 'S3', 'name': 'PM', "
				      "'version': 'C'}, {'kind': 'inventory', 'id': 'N', 'name': 'NIC', "
				      "'version': '3'}, {'kind': 'gpu', 'id': 'G', 'version': null}]}"),
			      *bios = quoted("{'attributes': {'A': 'On', 'P': null, 'N': 1}}"),
			      *accounts = quoted("{'accounts': [{'user': 'root', 'role': 'Administrator'}, "
						 "{'user': 'x', 'role': null}, {'user': ''}]}"),
			      *made = NULL,
			      *rules = quoted("[{'component': {'kind': 'bios'}, 'version': '2'}, "
					      "{'component': {'kind': 'drive', 'name': 'PM'}, "
					      "'version': ['A', 'B', 'C']}, {'component': "
					      "{'kind': 'inventory', 'id': 'N'}, 'version': "
					      "'3'}]");
	const json_t *const read[] = {firmware, bios, accounts};
	struct err err = {0};

	(void)state;
	assert_int_equal(baseline_capture_from("good", read, &made, &err), 0);
	assert_true(json_equal(json_object_get(made, "firmware"), rules));
	for (unsigned part = 0; part < BASELINE_PARTS; part++) {
		_cleanup_json_ json_t *result = baseline_compare(made, part, read[part], NULL);

		assert_string_equal(json_string_value(json_object_get(result, "state")), "equal");
	}
	assert_int_equal(
		baseline_capture_from("good", (const json_t *const[]){NULL, NULL, NULL}, &made, &err),
		-EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documents_are_read_strictly),
		cmocka_unit_test(test_heads_are_read_strictly),
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_firmware),
		cmocka_unit_test(test_firmware_not_readable),
		cmocka_unit_test(test_firmware_of_a_hostile_bmc),
		cmocka_unit_test(test_bios),
		cmocka_unit_test(test_accounts),
		cmocka_unit_test(test_what_holds_an_order),
		cmocka_unit_test(test_no_baseline),
		cmocka_unit_test(test_capture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

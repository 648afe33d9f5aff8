/* rooms: redfish core */
/* SPDX-License-Identifier: Apache-2.0 */
/* What BMCs answer: typed values, references, messages, tags, tasks, boot settings, quirks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/io.h"
#include "redfish/answer.h"
#include "redfish/boot_state.h"
#include "redfish/quirks.h"
#include "redfish/task.h"
#include "redfish/value.h"
#include "redfish/write.h"

#define ORIGIN "https://10.0.0.7:8443"

static json_t *parse(const char *text)
{
	json_t *json;
	struct err err;

	assert_int_equal(json_parse(text, strlen(text), &json, &err), 0);
	return json;
}

static void test_values_have_their_types(void **state)
{
	_cleanup_json_ json_t *json =
		parse("{\"A\": {\"B.c\": \"x\", \"N\": null, \"T\": true, \"I\": 7}, \"L\": [1]}");
	const char *text = "before";
	bool yes = false;
	json_int_t n = 0;
	json_t *inner;
	struct err err;

	(void)state;
	assert_int_equal(rf_str(json, "System", "A/B.c", &text, &err), 0);
	assert_string_equal(text, "x");
	assert_int_equal(rf_bool(json, "System", "A/T", &yes, &err), 0);
	assert_true(yes);
	assert_int_equal(rf_int(json, "System", "A/I", &n, &err), 0);
	assert_int_equal(n, 7);
	assert_int_equal(rf_str(json, "System", "A/N", &text, &err), 0);
	assert_null(text);
	assert_int_equal(rf_str(json, "System", "A/N/further", &text, &err), 0);
	assert_int_equal(rf_str(json, "System", "none/at/all", &text, &err), 0);
	assert_int_equal(rf_str(json, "System", "A/I", &text, &err), -EBADMSG);
	assert_string_equal(err.text, "System: 'A/I' must be a string");
	assert_int_equal(rf_str(json, "System", "L/x", &text, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "'L/x'"));
	assert_int_equal(rf_need_str(json, "System", "A/N", &text, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "is missing"));
	assert_int_equal(rf_object(json, "System", "L", &inner, &err), -EBADMSG);
	assert_int_equal(rf_array(json, "System", "A", &inner, &err), -EBADMSG);
}

static void test_strings_may_be_nested_once(void **state)
{
	_cleanup_json_ json_t *json =
		parse("{\"a\": [[\"On\", \"ForceOff\"]], \"b\": [[[\"On\"]]], \"c\": [1]}");
	_cleanup_json_ json_t *strings = NULL, *none = NULL;
	_cleanup_free_ char *listed = NULL;
	struct err err;

	(void)state;
	assert_int_equal(rf_strings(json, "x", "a", &strings, &err), 0);
	listed = rf_listed(strings);
	assert_string_equal(listed, "On, ForceOff");
	assert_true(rf_among(strings, "ForceOff"));
	assert_false(rf_among(strings, "Force"));
	assert_int_equal(rf_strings(json, "x", "b", &none, &err), -EBADMSG);
	assert_int_equal(rf_strings(json, "x", "c", &none, &err), -EBADMSG);
	assert_int_equal(rf_strings(json, "x", "d", &none, &err), 0);
	assert_null(none);
}

static void test_references_stay_on_the_bmc(void **state)
{
	static const struct {
		const char *reference, *path;
		int r;
	} cases[] = {
		{"/redfish/v1/Systems/1", "/redfish/v1/Systems/1", 0},
		{"/redfish/v1/Systems?$skip=50", "/redfish/v1/Systems?$skip=50", 0},
		{"/redfish/v1/Chassis/1#/Fans/0", "/redfish/v1/Chassis/1", 0},
		{ORIGIN "/redfish/v1/x", "/redfish/v1/x", 0},
		{"HTTPS://10.0.0.7:8443/redfish/v1/x", "/redfish/v1/x", 0},
		{"/redfish/v1/x?to=https://10.0.0.9/", "/redfish/v1/x?to=https://10.0.0.9/", 0},
		{"https://10.0.0.7/redfish/v1/x", NULL, -EPERM},      /* another port */
		{"http://10.0.0.7:8443/redfish/v1/x", NULL, -EPERM},  /* another scheme */
		{"https://10.0.0.8:8443/redfish/v1/x", NULL, -EPERM}, /* another host */
		{"https://10.0.0.7:8443@10.0.0.8/x", NULL, -EPERM},
		{"https://a:b@10.0.0.7:8443/x", NULL, -EPERM},
		{"//10.0.0.8/redfish/v1/x", NULL, -EPERM},
		{"/\\10.0.0.8/x", NULL, -EBADMSG},
		{"redfish/v1/x", NULL, -EBADMSG},
		{"", NULL, -EBADMSG},
		{"/redfish v1", NULL, -EBADMSG},
		{"/x\r\nHost: y", NULL, -EBADMSG},
	};
	char path[RF_PATH_MAX], longer[RF_PATH_MAX + 8];
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(rf_ref(ORIGIN, cases[i].reference, path, &err), cases[i].r);
		if (cases[i].path)
			assert_string_equal(path, cases[i].path);
	}
	memset(longer, 'a', sizeof(longer));
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(rf_ref(ORIGIN, longer, path, &err), -EBADMSG);
}

static void test_addresses(void **state)
{
	static const struct {
		const char *said, *origin;
	} cases[] = {
		{"10.0.0.7", "https://10.0.0.7"},
		{"bmc7:8443", "https://bmc7:8443"},
		{"https://bmc7/", "https://bmc7"},
		{"https://[fd00::9]:444", "https://[fd00::9]:444"},
		{"http://bmc7", NULL},
		{"https://bmc7/redfish", NULL},
		{"https://root@bmc7", NULL},
		{"ftp://bmc7", NULL},
		{"a b", NULL},
		{"", NULL},
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_free_ char *origin = NULL;

		assert_int_equal(rf_origin(cases[i].said, &origin, &err), cases[i].origin ? 0 : -EINVAL);
		if (cases[i].origin)
			assert_string_equal(origin, cases[i].origin);
	}
}

static struct rf_answer answer_of(long status, const char *body)
{
	return (struct rf_answer){.status = status, .body = (char *)body, .len = strlen(body)};
}

static void test_messages(void **state)
{
	const struct rf_answer answer =
		answer_of(409, "{\"error\": {\"code\": \"Base.1.0.GeneralError\", \"message\": \"general\", "
			       "\"@Message.ExtendedInfo\": "
			       "[{\"MessageId\": \"iLO.2.14.UnableToModifyDuringSystemPOST\", \"Message\": "
			       "\"In \\u001b[31mPOST\"}]}}");
	const struct rf_answer top =
		answer_of(400, "{\"@Message.ExtendedInfo\": [{\"MessageId\": \"PropertyUnknown\"}]}");
	const struct rf_answer odd = answer_of(500, "{\"error\": [{\"@Message.ExtendedInfo\": 3}]}");
	const struct rf_answer page = answer_of(502, "<html>");
	const struct rf_answer garbled = answer_of(200, "{\"a\": \033[31m\xc3}");
	json_t *json = NULL;
	_cleanup_free_ char *text = rf_answer_message(&answer), *id = rf_answer_message(&top),
			    *none = rf_answer_message(&odd);
	struct err err;

	(void)state;
	assert_true(rf_answer_says(&answer, "UnableToModifyDuringSystemPOST"));
	assert_true(rf_answer_says(&answer, "GeneralError"));
	assert_false(rf_answer_says(&answer, "DuringSystemPOST"));
	assert_string_equal(text, "In ?[31mPOST");
	assert_string_equal(id, "PropertyUnknown");
	assert_null(none);
	assert_int_equal(rf_answer_refused(&answer, "PATCH", "/x", &err), -ESTALE);
	assert_string_equal(err.text, "PATCH /x: HTTP status 409: In ?[31mPOST");
	assert_int_equal(rf_answer_refused(&page, "GET", "/x", &err), -EAGAIN);
	assert_int_equal(rf_answer_json(&garbled, "/x", &json, &err), -EBADMSG);
	assert_null(strchr(err.text, 0x1b));
}

static void test_costly_answers_are_refused(void **state)
{
	const size_t n = 3u << 20;
	char *bomb = xcalloc(1, n + 32);
	struct rf_answer answer = {.status = 200, .body = bomb};
	json_t *json = NULL;
	struct err err;

	(void)state;
	memcpy(bomb, "{\"a\":[", 6);
	for (size_t i = 0; i < n / 3; i++)
		memcpy(bomb + 6 + 3 * i, "{},", 3);
	memcpy(bomb + 6 + n / 3 * 3 - 1, "]}", 2);
	answer.len = strlen(bomb);
	assert_int_equal(rf_answer_json(&answer, "x", &json, &err), -EFBIG);
	memset(bomb, '{', n); /* in a string they cost nothing */
	memcpy(bomb, "{\"a\":\"", 6);
	memcpy(bomb + n - 2, "\"}", 3);
	answer.len = strlen(bomb);
	assert_int_equal(rf_answer_json(&answer, "x", &json, &err), 0);
	json_decref(json);
	free(bomb);
}

static void test_headers(void **state)
{
	static const char *const lines[] = {"HTTP/1.1 200 OK\r\n", "etag:  W/\"1\" \r\n",
					    "LOCATION: /x\r\n",    "X-Auth-Token: abc\r\n",
					    "ETagged: no\r\n",     "\r\n"};
	struct rf_answer answer = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		rf_answer_header(&answer, lines[i], strlen(lines[i]));
	assert_string_equal(answer.etag, "W/\"1\"");
	assert_string_equal(answer.location, "/x");
	assert_string_equal(answer.token, "abc");
	rf_answer_header(&answer, "HTTP/1.1 100 Continue\r\n", 23);
	assert_string_equal(answer.token, "");
	rf_answer_clear(&answer);
}

static void test_strong_tags(void **state)
{
	char tag[RF_ETAG_MAX];

	(void)state;
	rf_strong_tag("W/\"abc\"", tag);
	assert_string_equal(tag, "\"abc\"");
	rf_strong_tag("\"abc-gzip\"", tag);
	assert_string_equal(tag, "\"abc\"");
	rf_strong_tag("W/\"-gzip\"", tag);
	assert_string_equal(tag, "\"\"");
	rf_strong_tag("-gzip\"", tag);
	assert_string_equal(tag, "-gzip\"");
	rf_strong_tag("", tag);
	assert_string_equal(tag, "");
}

static enum rf_task_state state_of(const char *text)
{
	_cleanup_json_ json_t *json = parse(text);
	enum rf_task_state state;
	struct err err;

	assert_int_equal(rf_task_state(json, &state, NULL, &err), 0);
	return state;
}

static void test_tasks(void **state)
{
	_cleanup_json_ json_t *wrong = parse("{\"TaskState\": 3}");
	enum rf_task_state ignored;
	struct err err;

	(void)state;
	assert_int_equal(state_of("{\"TaskState\": \"Running\"}"), RF_TASK_RUNS);
	assert_int_equal(state_of("{\"TaskState\": \"SomethingNew\"}"), RF_TASK_RUNS);
	assert_int_equal(state_of("{\"TaskState\": \"Completed\", \"TaskStatus\": \"OK\"}"), RF_TASK_DONE);
	assert_int_equal(state_of("{\"TaskState\": \"Completed\", \"TaskStatus\": \"Critical\"}"),
			 RF_TASK_FAILED);
	assert_int_equal(state_of("{\"TaskState\": \"Exception\"}"), RF_TASK_FAILED);
	assert_int_equal(state_of("{\"JobState\": \"CompletedWithErrors\"}"), RF_TASK_FAILED);
	assert_int_equal(state_of("{\"JobState\": \"Completed\"}"), RF_TASK_DONE);
	assert_int_equal(state_of("{\"Messages\": [3]}"), RF_TASK_NONE);
	assert_int_equal(rf_task_state(wrong, &ignored, NULL, &err), -EBADMSG);
}

static bool boot_is(const char *there, const char *written)
{
	_cleanup_json_ json_t *boot = parse(there), *want = parse(written);
	struct err err;
	bool is = false;

	assert_int_equal(rf_boot_is(boot, want, &is, &err), 0);
	return is;
}

static void test_boot_is_compared(void **state)
{
	static const char once[] =
		"{\"BootSourceOverrideTarget\": \"Pxe\", \"BootSourceOverrideEnabled\": \"Once\", "
		"\"BootSourceOverrideMode\": \"UEFI\"}";
	static const char legacy[] =
		"{\"BootSourceOverrideTarget\": \"Pxe\", \"BootSourceOverrideEnabled\": \"Once\", "
		"\"BootSourceOverrideMode\": \"Legacy\"}";
	static const char off[] =
		"{\"BootSourceOverrideTarget\": \"None\", \"BootSourceOverrideEnabled\": \"Disabled\"}";
	static const char kept[] =
		"{\"BootSourceOverrideTarget\": \"Pxe\", \"BootSourceOverrideEnabled\": \"Disabled\"}";

	(void)state;
	assert_true(boot_is(once, once));
	assert_false(boot_is(legacy, once));
	assert_false(boot_is("{}", once));
	assert_true(boot_is(kept, off));
	assert_false(boot_is(once, off));
}

static void test_quirks(void **state)
{
	const struct rf_identity lenovo = {"Lenovo", "XClarity Controller", "1.16.0", "ThinkSystem SR675 V3"};
	const struct rf_identity other = {"Lenovo", "XClarity Controller", "1.16.0", "ThinkSystem SR650"};
	const struct rf_identity hpe = {"HPE", "ProLiant DL380 Gen11", "1.20.0", ""};
	const struct rf_identity nobody = {"", "", "", ""};

	(void)state;
	assert_int_equal(rf_quirks_of(&lenovo), RF_QUIRK_RESTART_HANGS);
	assert_int_equal(rf_quirks_of(&other), 0);
	assert_int_equal(rf_quirks_of(&hpe), RF_QUIRK_NO_HTTP_URI);
	assert_non_null(strstr(rf_quirk_row(&hpe, RF_QUIRK_NO_HTTP_URI)->instead, "UrlBootFile"));
	assert_int_equal(rf_quirks_of(&nobody), 0);
	assert_null(rf_quirk_row(&nobody, RF_QUIRK_USB_CD));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_have_their_types),
		cmocka_unit_test(test_strings_may_be_nested_once),
		cmocka_unit_test(test_references_stay_on_the_bmc),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_costly_answers_are_refused),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_strong_tags),
		cmocka_unit_test(test_tasks),
		cmocka_unit_test(test_boot_is_compared),
		cmocka_unit_test(test_quirks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/json.h"
#include "protocol/event.h"

static int read_event(const char *text, struct event *ret, struct err *err)
{
	_cleanup_json_ json_t *json = NULL;

	assert_int_equal(json_parse(text, strlen(text), &json, err), 0);
	return event_from_json(json, ret, err);
}

static void test_round_trip(void **state)
{
	static const struct event events[] = {
		{1, 1795381261, EVENT_STEP_BEGUN, "destroy", "wipe", 0, 0, ""},
		{2, 1795381262, EVENT_PROGRESS, "destroy", "wipe", 1048576, 8589934592, ""},
		{3, 1795381263, EVENT_STEP_FAILED, "prepare", "image", 0, 0, "chunk 17: SHA-256 mismatch"},
		{4, 1795381264, EVENT_NOTE, "observe", "", 0, 0, "no link on eth1"},
		{5, 1795381265, EVENT_STEP_DONE, "hand-over", "handoff", 0, 0, "skipped"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		_cleanup_json_ json_t *json = event_to_json(&events[i]);
		struct event back;
		struct err err = {0};

		assert_int_equal(event_from_json(json, &back, &err), 0);
		assert_int_equal(back.seq, events[i].seq);
		assert_true(back.time == events[i].time);
		assert_int_equal(back.kind, events[i].kind);
		assert_string_equal(back.phase, events[i].phase);
		assert_string_equal(back.step, events[i].step);
		assert_int_equal(back.done, events[i].done);
		assert_int_equal(back.total, events[i].total);
		assert_string_equal(back.text, events[i].text);
	}
}

#define AT "\"time\":\"2026-11-22T21:00:00Z\","
#define IN "\"phase\":\"destroy\",\"step\":\"wipe\""

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"{\"seq\":0," AT "\"kind\":\"step-begun\"," IN "}",
		"{\"seq\":1.5," AT "\"kind\":\"step-begun\"," IN "}",
		"{\"seq\":1,\"time\":\"yesterday\",\"kind\":\"step-begun\"," IN "}",
		"{\"seq\":1," AT "\"kind\":\"step-forgotten\"," IN "}",
		"{\"seq\":1," AT "\"kind\":\"step-begun\",\"phase\":\"erase\",\"step\":\"wipe\"}",
		"{\"seq\":1," AT "\"kind\":\"step-begun\",\"phase\":\"destroy\"}",
		"{\"seq\":1," AT "\"kind\":\"progress\"," IN "}",
		"{\"seq\":1," AT "\"kind\":\"progress\",\"done\":2,\"total\":1," IN "}",
		"{\"seq\":1," AT "\"kind\":\"step-begun\",\"done\":1,\"total\":1," IN "}",
		"{\"seq\":1," AT "\"kind\":\"step-failed\"," IN "}",
		"{\"seq\":1," AT "\"kind\":\"note\",\"text\":\"\"," IN "}",
		"{\"seq\":1," AT "\"kind\":\"note\",\"text\":\"two\\nlines\"," IN "}",
		"{\"seq\":1," AT "\"kind\":\"step-begun\",\"severity\":1," IN "}",
		"{\"seq\":1," AT "\"kind\":\"step-begun\",\"phase\":\"destroy\","
		"\"step\":\"a-name-that-is-longer-than-31-by\"}",
		"[]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct event event;
		struct err err = {0};

		assert_int_equal(read_event(bad[i], &event, &err), -EBADMSG);
		assert_true(err.text[0]);
	}
}

static void test_text_may_be_empty(void **state)
{
	struct event event;
	struct err err = {0};

	(void)state;
	assert_int_equal(
		read_event("{\"seq\":1," AT "\"kind\":\"step-done\",\"text\":\"\"," IN "}", &event, &err), 0);
	assert_string_equal(event.text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_text_may_be_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

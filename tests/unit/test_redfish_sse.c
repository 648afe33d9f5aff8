/* rooms: redfish core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of events, whole and cut anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/io.h"
#include "redfish/sse.h"

/* All events in one line: "id|type|data;" */
struct seen {
	char text[4096];
};

static void take(void *data, const struct rf_sse_event *event)
{
	struct seen *seen = data;
	size_t at = strlen(seen->text);

	assert_int_equal(strlen(event->data), event->len);
	snprintf(seen->text + at, sizeof(seen->text) - at, "%s|%s|%s;", event->id, event->type, event->data);
}

/* The events of a stream that is fed in pieces of so many bytes. */
static void feed(struct rf_sse *sse, const char *stream, size_t step)
{
	size_t len = strlen(stream);
	struct err err;

	for (size_t at = 0; at < len; at += step) {
		size_t n = len - at < step ? len - at : step;
		_cleanup_free_ char *piece = xcalloc(1, n); /* no byte beyond it may be read */

		memcpy(piece, stream + at, n);
		assert_int_equal(rf_sse_feed(sse, piece, n, &err), 0);
	}
}

static void check(const char *stream, const char *events)
{
	for (size_t step = 1; step <= strlen(stream); step++) {
		struct seen seen = {0};
		struct rf_sse *sse = rf_sse_new(take, &seen);

		feed(sse, stream, step);
		assert_string_equal(seen.text, events);
		rf_sse_free(sse);
	}
}

static void test_fields(void **state)
{
	(void)state;
	check("id: 7\nevent: Alert\ndata: {\"a\": 1}\n\n", "7|Alert|{\"a\": 1};");
	check("data:a\ndata:  b\ndata\ndata:c:d\n\n", "|message|a\n b\n\nc:d;");
	check(": comment\ndata: a\n: data: b\nother: x\nnothing\n\n", "|message|a;");
	check("\xef\xbb\xbf"
	      "data: a\n\n\xef\xbb\xbf"
	      "data: b\n\ndata: c\n\n",
	      "|message|a;|message|c;");
	check("data: a", "");
	check("data: a\n", "");
}

static void test_ends_of_lines(void **state)
{
	(void)state;
	check("data: a\r\n\r\ndata: b\r\rdata: c\n\ndata: d\r\n\ndata: e\n\r\n",
	      "|message|a;|message|b;|message|c;|message|d;|message|e;");
	check("\r\n\r\n\n\r", "");
}

static void test_ids_last(void **state)
{
	(void)state;
	check("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", "1|message|a;1|message|b;|message|c;");
	check("id: 1\n\ndata: a\n\n", "1|message|a;");
	check("id: \x07 x\ndata: a\n\n", "|message|a;");
	check("event: x\n\ndata: a\n\n", "|message|a;");
}

static void test_what_stays_over_a_connection(void **state)
{
	struct seen seen = {0};
	struct rf_sse *sse = rf_sse_new(take, &seen);
	unsigned ms = 1;

	(void)state;
	assert_false(rf_sse_retry(sse, &ms));
	assert_string_equal(rf_sse_last_id(sse), "");
	feed(sse,
	     "retry: 250\nretry: -3\nretry: 99999999999\nretry: 5x\nretry\nid: 4\ndata: a\n\nid: 5\ndata: "
	     "lost",
	     3);
	assert_true(rf_sse_retry(sse, &ms));
	assert_int_equal(ms, 250);
	assert_string_equal(rf_sse_last_id(sse), "4");
	rf_sse_restart(sse);
	feed(sse, "data: b\n\n", 100);
	assert_string_equal(seen.text, "4|message|a;4|message|b;");
	rf_sse_free(sse);
}

/* Fills with so many bytes; what comes of the feeding. */
static int feed_bytes(struct rf_sse *sse, char byte, size_t n, struct err *err)
{
	_cleanup_free_ char *bytes = xcalloc(1, n);

	memset(bytes, byte, n);
	return rf_sse_feed(sse, bytes, n, err);
}

static void test_bounds(void **state)
{
	struct seen seen = {0};
	struct rf_sse *sse = rf_sse_new(take, &seen);
	char id[RF_SSE_ID_MAX + 16] = "id: ";
	struct err err;
	int r = 0;

	(void)state;
	assert_int_equal(feed_bytes(sse, 'x', RF_SSE_LINE_MAX, &err), 0);
	assert_int_equal(feed_bytes(sse, 'x', 1, &err), -EFBIG);
	assert_non_null(strstr(err.text, "a line of more than 262144 bytes"));
	rf_sse_restart(sse);
	for (unsigned n = 0; n < 16 && r == 0; n++) {
		assert_int_equal(rf_sse_feed(sse, "data:", 5, &err), 0);
		assert_int_equal(feed_bytes(sse, 'y', RF_SSE_DATA_MAX / 8, &err), 0);
		r = rf_sse_feed(sse, "\n", 1, &err);
	}
	assert_int_equal(r, -EFBIG);
	assert_non_null(strstr(err.text, "an event of more than 1048576 bytes"));
	rf_sse_restart(sse);
	memset(id + 4, 'i', RF_SSE_ID_MAX);
	feed(sse, id, 7);
	feed(sse, "\ndata: a\n\n", 7);
	assert_string_equal(seen.text, "|message|a;");
	rf_sse_free(sse);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),   cmocka_unit_test(test_ends_of_lines),
		cmocka_unit_test(test_ids_last), cmocka_unit_test(test_what_stays_over_a_connection),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

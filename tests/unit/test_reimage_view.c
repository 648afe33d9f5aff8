/* rooms: cli protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The live view of a run: what stands where, what is left out where there is no room, and text that must not reach the terminal raw. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/reimage/view.h"
#include "core/io.h"
#include "core/json.h"

#define SECOND 1000000000ull
#define NOW    1790000000 /* 2026-09-21T14:13:20Z */

static json_t *node(const char *name, const char *state, const char *reason)
{
	return json_pack("{s:s, s:s?, s:s, s:s?, s:s?, s:s, s:s, s:n}", "node", name, "order", "o-1", "state",
			 state, "step", "wipe", "reason", reason, "created", "2026-09-21T14:10:00Z",
			 "updated", "2026-09-21T14:11:00Z", "note");
}

/* Takes nodes. */
static void run(struct reimage_view *view, json_t *nodes)
{
	_cleanup_json_ json_t *json = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:{s:I, s:i, s:i, s:i}, s:o}", "id", "r-0123456789abcdef", "state",
		"open", "until", "live", "created", "2026-09-21T14:09:00Z", "now", "2026-09-21T14:13:20Z",
		"counts", "nodes", (json_int_t)json_array_size(nodes), "done", 1, "open", 2, "held", 1,
		"nodes", nodes);

	assert_non_null(json);
	reimage_view_run(view, json);
}

static void progress(struct reimage_view *view, const char *name, json_int_t done, uint64_t at)
{
	_cleanup_json_ json_t *event =
		json_pack("{s:s, s:s, s:s, s:I, s:I}", "node", name, "kind", "progress", "step", "wipe",
			  "done", done, "total", (json_int_t)1000000000);

	reimage_view_event(view, event, at);
}

/* What the terminal shows: lines without their escapes, the last frame alone; to be freed. */
static char *frame(struct reimage_view *view, unsigned width, unsigned height)
{
	char *text = NULL, *to;
	size_t len = 0;

	view->terminal = true;
	view->to = open_memstream(&text, &len);
	view->drawn = 0;
	reimage_draw(view, width, height, NOW);
	fclose(view->to);
	view->to = NULL;
	to = text;
	for (const char *c = text; *c; c++) {
		if (*c == '\033')
			c += strcspn(c, "KJA");
		else if (*c != '\r')
			*to++ = *c;
	}
	*to = '\0';
	return text;
}

static unsigned check_size(const char *text, unsigned width)
{
	unsigned lines = 0;

	for (; *text; lines++) {
		assert_true(strcspn(text, "\n") < width);
		text += strcspn(text, "\n") + 1;
	}
	return lines;
}

static void test_a_line_a_node(void **state)
{
	_cleanup_(reimage_view_clear) struct reimage_view view = {.to = stderr, .terminal = true};
	_cleanup_free_ char *text = NULL;

	(void)state;
	run(&view,
	    json_pack("[o, o, o]", node("rack1-01", "running", NULL), node("rack1-02", "pending", NULL),
		      node("rack1-03", "held", "wipe: \033[2Jdrive\n gone")));
	progress(&view, "rack1-01", 100000000, SECOND);
	progress(&view, "rack1-01", 500000000, 5 * SECOND);
	text = frame(&view, 100, 24);
	assert_int_equal(check_size(text, 100), 4);
	assert_non_null(strstr(text, "rack1-01 running     wipe           3:20  [###"));
	assert_non_null(strstr(text, " 50 %  100.0 MB/s, 0:05 left\n"));
	assert_non_null(strstr(
		text, "rack1-02 pending     wipe           3:20  waits for the machine: switch it on"));
	assert_non_null(strstr(text, "rack1-03 held        wipe           1:00  wipe: ?[2Jdrive  gone\n"));
	assert_non_null(
		strstr(text, "4:20  1 of 3 done, 2 at work, 0 waiting, 1 held, 0 refused, 0 cancelled"));
}

static void test_narrow(void **state)
{
	_cleanup_(reimage_view_clear) struct reimage_view view = {.to = stderr, .terminal = true};
	_cleanup_free_ char *text = NULL;

	(void)state;
	run(&view, json_pack("[o, o]", node("rack1-01", "running", NULL),
			     node("rack1-03", "held", "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4")));
	progress(&view, "rack1-01", 100000000, SECOND);
	text = frame(&view, 50, 10);
	assert_non_null(strstr(text, "3:20   10 %"));
	assert_null(strstr(text, "["));
	/* cut between characters: 49 columns */
	assert_non_null(strstr(text, "  \xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\n"));
	free(TAKE_PTR(text));
	text = frame(&view, 44, 10);
	assert_non_null(strstr(text, "  \xc3\xa4\n"));
}

static void test_more_nodes_than_lines(void **state)
{
	_cleanup_(reimage_view_clear) struct reimage_view view = {.to = stderr, .terminal = true};
	_cleanup_free_ char *text = NULL;
	json_t *nodes = json_array();
	char name[16];

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "n%02u", i);
		json_array_append_new(nodes, node(name,
						  i < 10    ? "live"
						  : i < 30  ? "waiting"
						  : i == 35 ? "held"
							    : "running",
						  NULL));
	}
	run(&view, nodes);
	text = frame(&view, 80, 24);
	assert_int_equal(check_size(text, 80), 23);
	assert_non_null(strstr(text, "n30 "));
	assert_non_null(strstr(text, "n35      held"));
	assert_non_null(strstr(text, "n39 "));
	assert_null(strstr(text, "n00 "));
	assert_non_null(strstr(text, "... and 19 more: 9 waiting, 10 live\n"));
	free(TAKE_PTR(text));
	text = frame(&view, 80, 3);
	assert_int_equal(check_size(text, 80), 2);
	assert_non_null(strstr(text, "... and 40 more: 9 running, 1 held, 20 waiting, 10 live\n"));
}

static void test_trouble_has_a_line(void **state)
{
	_cleanup_(reimage_view_clear) struct reimage_view view = {.to = stderr, .terminal = true};
	_cleanup_free_ char *text = NULL;

	(void)state;
	run(&view, json_pack("[o]", node("rack1-01", "running", NULL)));
	reimage_view_trouble(&view, "connection refused");
	text = frame(&view, 80, 24);
	assert_int_equal(check_size(text, 80), 3);
	assert_non_null(strstr(text, "\nthe station is not heard, trying again: connection refused\n"));
	free(TAKE_PTR(text));
	reimage_view_trouble(&view, NULL);
	text = frame(&view, 80, 24);
	assert_int_equal(check_size(text, 80), 2);
}

static void test_plain_lines_tell_each_thing_once(void **state)
{
	_cleanup_(reimage_view_clear) struct reimage_view view = {0};
	_cleanup_free_ char *text = NULL;
	size_t len = 0;

	(void)state;
	view.to = open_memstream(&text, &len);
	run(&view, json_pack("[o]", node("n1", "waiting", NULL)));
	run(&view, json_pack("[o]", node("n1", "running", NULL)));
	run(&view, json_pack("[o]", node("n1", "running", NULL)));
	reimage_view_trouble(&view, "x");
	reimage_view_trouble(&view, "x");
	reimage_view_trouble(&view, NULL);
	run(&view, json_pack("[o]", node("n1", "held", "it is broken")));
	fclose(view.to);
	assert_string_equal(text, "n1: running\nstation: not heard, trying again: x\nstation: answers again\n"
				  "n1: held: it is broken\n");
}

static void test_lengths_of_time(void **state)
{
	char text[DURATION_TEXT_SIZE];

	(void)state;
	duration_text(-5, text);
	assert_string_equal(text, "0:00");
	duration_text(3599, text);
	assert_string_equal(text, "59:59");
	duration_text(3 * 3600 + 62, text);
	assert_string_equal(text, "3:01:02");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_line_a_node),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_more_nodes_than_lines),
		cmocka_unit_test(test_trouble_has_a_line),
		cmocka_unit_test(test_plain_lines_tell_each_thing_once),
		cmocka_unit_test(test_lengths_of_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

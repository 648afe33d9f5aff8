/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/reimage/summary.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/client.h"
#include "cli/plain.h"
#include "cli/rate.h"
#include "cli/table.h"
#include "core/io.h"
#include "core/time.h"

static json_int_t count(const json_t *run, const char *key)
{
	return json_integer_value(json_object_get(json_object_get(run, "counts"), key));
}

int reimage_result(const json_t *run)
{
	return count(run, "done") == count(run, "nodes") ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool is_state(const json_t *node, const char *state)
{
	return !strcmp(json_text(node, "state"), state);
}

static bool failed(const json_t *node)
{
	return is_state(node, "held") || is_state(node, "refused") || is_state(node, "cancelled");
}

/* Of an order that has ended as far as the run is concerned; an open one is measured up to the answer. */
static void took(const json_t *run, const json_t *node, char text[DURATION_TEXT_SIZE])
{
	bool open = is_state(node, "pending") || is_state(node, "running");
	time_t from = 0, to = 0;

	snprintf(text, DURATION_TEXT_SIZE, "-");
	if (time_parse(json_text(node, "created"), &from) == 0 &&
	    time_parse(open ? json_text(run, "now") : json_text(node, "updated"), &to) == 0)
		duration_text(to - from, text);
}

static void print_table(const json_t *run)
{
	static const char *const headings[] = {"NODE", "RESULT", "STEP", "TIME", "ORDER", NULL};
	struct table *table = table_new(headings);
	json_t *node;
	size_t i;

	json_array_foreach(json_object_get(run, "nodes"), i, node) {
		bool ended_well =
			is_state(node, "live") || is_state(node, "erased") || is_state(node, "handed-over");
		char time_text[DURATION_TEXT_SIZE];

		took(run, node, time_text);
		table_row(table, json_text(node, "node"),
			  is_state(node, "waiting") ? "not begun" : json_text(node, "state"),
			  ended_well ? "-" : json_text(node, "step"), time_text, json_text(node, "order"));
	}
	table_print(table);
}

static void print_reasons(const json_t *run)
{
	const char *before = "\n";
	json_t *node;
	size_t i;

	json_array_foreach(json_object_get(run, "nodes"), i, node) {
		_cleanup_free_ char *reason = xstrdup(json_text(node, "reason"));

		if (!failed(node))
			continue;
		plain_text(reason);
		printf("%s%s: %s: %s\n", before, json_text(node, "node"), json_text(node, "state"), reason);
		before = "";
	}
}

static void print_sum(const json_t *run)
{
	static const struct {
		const char *key, *words;
	} parts[] = {{"open", "at work"},
		     {"held", "held"},
		     {"refused", "refused"},
		     {"cancelled", "cancelled"},
		     {"waiting", "not begun"}};
	char text[DURATION_TEXT_SIZE];
	time_t from = 0, to = 0;

	printf("\n%s: %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " done", json_text(run, "id"),
	       count(run, "done"), count(run, "nodes"));
	for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (count(run, parts[i].key))
			printf(", %" JSON_INTEGER_FORMAT " %s", count(run, parts[i].key), parts[i].words);
	if (time_parse(json_text(run, "created"), &from) == 0 &&
	    time_parse(json_text(run, "now"), &to) == 0) {
		duration_text(to - from, text);
		printf(", %s after it was made", text);
	}
	printf("%s\n", !strcmp(json_text(run, "state"), "stopped")     ? "; stopped: too many were held"
		       : !strcmp(json_text(run, "state"), "cancelled") ? "; cancelled"
								       : "");
}

void reimage_summary(json_t *run, bool finished, bool json)
{
	const char *result = !finished                             ? "unfinished"
			     : reimage_result(run) == EXIT_SUCCESS ? "done"
								   : "failed";

	if (json) {
		json_object_set_new(run, "result", json_string(result));
		print_json(run);
		return;
	}
	putchar('\n');
	print_table(run);
	print_reasons(run);
	print_sum(run);
	fflush(stdout); /* before what follows on standard error */
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/reimage/view.h"

#include <string.h>
#include <time.h>

#include "cli/client.h"
#include "cli/plain.h"
#include "core/io.h"
#include "core/time.h"

#define LINE_PERIOD_NS (10 * 1000000000ull) /* between plain progress lines of a node */

void reimage_view_clear(struct reimage_view *view)
{
	free(view->rows);
	view->rows = NULL;
	view->n_rows = 0;
}

/* One line for a terminal: what the station repeats may come from a node. */
static void copy_line(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
	plain_text(to);
	for (char *c = to; *c; c++)
		if (*c == '\n')
			*c = ' ';
}

static void say(const struct reimage_view *view, const char *who, const char *what, const char *text)
{
	if (view->terminal)
		return;
	fprintf(view->to, "%s: %s%s%s\n", who, what, *text ? ": " : "", text);
	fflush(view->to);
}

static int64_t time_of(const json_t *obj, const char *key)
{
	const char *text = json_string_value(json_object_get(obj, key));
	time_t t = 0;

	return text && time_parse(text, &t) == 0 ? t : 0;
}

static int64_t count_of(const json_t *run, const char *key)
{
	return json_integer_value(json_object_get(json_object_get(run, "counts"), key));
}

static const char *text_of(const json_t *obj, const char *key)
{
	const char *text = json_string_value(json_object_get(obj, key));

	return text ? text : "";
}

static void update_row(struct reimage_view *view, struct reimage_row *row, const json_t *node)
{
	const char *state = text_of(node, "state"), *step = text_of(node, "step");
	bool fresh = strcmp(row->state, state) != 0;

	if (strcmp(row->step, step) != 0)
		row->rate = (struct rate){0};
	copy_line(row->step, sizeof(row->step), step);
	copy_line(row->state, sizeof(row->state), state);
	copy_line(row->reason, sizeof(row->reason), text_of(node, "reason"));
	copy_line(row->note, sizeof(row->note), text_of(node, "note"));
	row->created = time_of(node, "created");
	row->updated = time_of(node, "updated");
	if (fresh && strcmp(state, "waiting") != 0)
		say(view, row->node, row->state, row->reason);
}

static void add_rows(struct reimage_view *view, const json_t *nodes)
{
	json_t *node;
	size_t i;

	view->n_rows = (unsigned)json_array_size(nodes);
	view->rows = xcalloc(view->n_rows ? view->n_rows : 1, sizeof(*view->rows));
	json_array_foreach(nodes, i, node)
		copy_line(view->rows[i].node, sizeof(view->rows[i].node), text_of(node, "node"));
}

void reimage_view_run(struct reimage_view *view, const json_t *run)
{
	const json_t *nodes = json_object_get(run, "nodes"), *node;
	size_t i;

	copy_line(view->run, sizeof(view->run), text_of(run, "id"));
	copy_line(view->state, sizeof(view->state), text_of(run, "state"));
	view->counts = (struct reimage_counts){.nodes = count_of(run, "nodes"),
					       .waiting = count_of(run, "waiting"),
					       .refused = count_of(run, "refused"),
					       .open = count_of(run, "open"),
					       .done = count_of(run, "done"),
					       .held = count_of(run, "held"),
					       .cancelled = count_of(run, "cancelled")};
	view->until_live = strcmp(text_of(run, "until"), "live") == 0;
	view->created = time_of(run, "created");
	view->ahead = time_of(run, "now") - time(NULL);
	if (!view->rows)
		add_rows(view, nodes);
	json_array_foreach(nodes, i, node)
		if (i < view->n_rows && !strcmp(view->rows[i].node, text_of(node, "node")))
			update_row(view, &view->rows[i], node);
}

static void progress(struct reimage_view *view, struct reimage_row *row, const json_t *event, uint64_t now_ns)
{
	char rate[RATE_TEXT_SIZE], text[128];

	rate_report(&row->rate, (uint64_t)json_integer_value(json_object_get(event, "done")),
		    (uint64_t)json_integer_value(json_object_get(event, "total")), now_ns);
	if (now_ns - row->line_ns < LINE_PERIOD_NS)
		return;
	row->line_ns = now_ns;
	rate_text(&row->rate, rate);
	snprintf(text, sizeof(text), "%u %%%s%s", rate_percent(&row->rate), *rate ? ", " : "", rate);
	say(view, row->node, row->step, text);
}

static void step_begins(struct reimage_row *row, const char *step, uint64_t now_ns)
{
	copy_line(row->step, sizeof(row->step), step);
	row->rate = (struct rate){0};
	row->line_ns = now_ns;
}

static struct reimage_row *find(const struct reimage_view *view, const char *node)
{
	for (unsigned i = 0; i < view->n_rows; i++)
		if (!strcmp(view->rows[i].node, node))
			return &view->rows[i];
	return NULL;
}

void reimage_view_event(struct reimage_view *view, const json_t *event, uint64_t now_ns)
{
	const char *kind = text_of(event, "kind"), *step = text_of(event, "step");
	struct reimage_row *row = find(view, text_of(event, "node"));
	char clean[512];

	if (!row)
		return;
	if (!strcmp(kind, "step-begun")) {
		step_begins(row, step, now_ns);
		say(view, row->node, row->step, json_text(event, "phase"));
	} else if (!strcmp(kind, "progress")) {
		if (strcmp(row->step, step) != 0)
			step_begins(row, step, now_ns);
		progress(view, row, event, now_ns);
	} else if (!strcmp(kind, "step-failed") || !strcmp(kind, "note")) {
		copy_line(clean, sizeof(clean), text_of(event, "text"));
		say(view, row->node, kind[0] == 'n' ? "note" : "failed", clean);
	}
}

void reimage_view_trouble(struct reimage_view *view, const char *text)
{
	if (!text && view->trouble[0])
		say(view, "station", "answers again", "");
	else if (text && !view->trouble[0])
		say(view, "station", "not heard, trying again", text);
	copy_line(view->trouble, sizeof(view->trouble), text ? text : "");
}

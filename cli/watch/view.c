/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/watch/view.h"

#include <stdio.h>
#include <string.h>

#include "cli/client.h"

#define BAR_WIDTH      24
#define NOTE_WIDTH     60                   /* of what the station says it does */
#define LINE_PERIOD_NS (10 * 1000000000ull) /* between plain progress lines of a row */

bool watch_ended_well(const char *state)
{
	return !strcmp(state, "live") || !strcmp(state, "erased");
}

bool watch_ended(const char *state)
{
	return watch_ended_well(state) || !strcmp(state, "held") || !strcmp(state, "cancelled");
}

static struct watch_row *row_find(struct watch_view *view, const char *order)
{
	for (unsigned i = 0; i < view->n_rows; i++)
		if (!strcmp(view->rows[i].order, order))
			return &view->rows[i];
	return NULL;
}

const struct watch_row *watch_find(const struct watch_view *view, const char *order)
{
	return row_find((struct watch_view *)view, order);
}

/* What the station repeats may come from a node: no control characters on our terminal. */
static void copy_text(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
	for (char *c = to; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
}

static void say(const struct watch_view *view, const struct watch_row *row, const char *what,
		const char *text)
{
	if (view->terminal)
		return;
	printf("%s: %s%s%s\n", row->node, what, *text ? ": " : "", text);
	fflush(stdout);
}

static struct watch_row *row_add(struct watch_view *view, const char *order, const char *node)
{
	struct watch_row *row;

	if (view->n_rows == WATCH_ROWS_MAX)
		return NULL;
	row = &view->rows[view->n_rows++];
	memset(row, 0, sizeof(*row));
	copy_text(row->order, sizeof(row->order), order);
	copy_text(row->node, sizeof(row->node), node);
	return row;
}

void watch_order(struct watch_view *view, const json_t *order, const char *wanted)
{
	const char *id = json_text(order, "id"), *state = json_text(order, "state");
	const char *reason = json_string_value(json_object_get(order, "reason"));
	struct watch_row *row = row_find(view, id);

	if (!row && watch_ended(state) && !(wanted && !strcmp(wanted, id)))
		return;
	if (!row)
		row = row_add(view, id, json_text(order, "node"));
	if (!row || !strcmp(row->state, state))
		return;
	copy_text(row->state, sizeof(row->state), state);
	copy_text(row->reason, sizeof(row->reason), reason ? reason : "");
	if (watch_ended(state))
		row->rate.total = 0;
	say(view, row, row->state, row->reason);
}

static void progress(struct watch_view *view, struct watch_row *row, uint64_t done, uint64_t total,
		     uint64_t now_ns)
{
	char rate[RATE_TEXT_SIZE], text[128];

	rate_report(&row->rate, done, total, now_ns);
	if (now_ns - row->line_ns < LINE_PERIOD_NS)
		return;
	row->line_ns = now_ns;
	rate_text(&row->rate, rate);
	snprintf(text, sizeof(text), "%u %%%s%s", rate_percent(&row->rate), *rate ? ", " : "", rate);
	say(view, row, row->step, text);
}

static void step_begins(struct watch_row *row, const char *step, uint64_t now_ns)
{
	copy_text(row->step, sizeof(row->step), step);
	row->rate = (struct rate){0};
	row->line_ns = now_ns;
}

void watch_event(struct watch_view *view, const json_t *event, uint64_t now_ns)
{
	const char *kind = json_text(event, "kind"), *step = json_text(event, "step");
	const char *text = json_string_value(json_object_get(event, "text"));
	struct watch_row *row = row_find(view, json_text(event, "order"));
	char clean[512];

	if (!row)
		return;
	copy_text(clean, sizeof(clean), text ? text : "");
	if (!strcmp(kind, "step-begun")) {
		step_begins(row, step, now_ns);
		say(view, row, row->step, json_text(event, "phase"));
	} else if (!strcmp(kind, "progress")) {
		if (strcmp(row->step, step) != 0)
			step_begins(row, step, now_ns);
		progress(view, row, (uint64_t)json_integer_value(json_object_get(event, "done")),
			 (uint64_t)json_integer_value(json_object_get(event, "total")), now_ns);
	} else if (!strcmp(json_text(event, "phase"), "station")) { /* there is no step to be seen yet */
		snprintf(row->reason, sizeof(row->reason), "%.*s", NOTE_WIDTH, clean);
		say(view, row, step, clean);
	} else if (!strcmp(kind, "step-failed") || !strcmp(kind, "note")) {
		say(view, row, kind[0] == 'n' ? "note" : "failed", clean);
	}
}

static void draw_bar(const struct watch_row *row)
{
	unsigned filled = rate_percent(&row->rate) * BAR_WIDTH / 100;

	putchar('[');
	for (unsigned i = 0; i < BAR_WIDTH; i++)
		putchar(i < filled ? '#' : '.');
	printf("] %3u %%", rate_percent(&row->rate));
}

void watch_draw(struct watch_view *view)
{
	if (!view->terminal)
		return;
	if (view->drawn)
		printf("\033[%uA", view->drawn);
	for (unsigned i = 0; i < view->n_rows; i++) {
		const struct watch_row *row = &view->rows[i];
		char rate[RATE_TEXT_SIZE];

		rate_text(&row->rate, rate);
		printf("\033[K%-20s %-12s %-12s ", row->node, row->state,
		       watch_ended(row->state) ? "" : row->step);
		if (row->rate.total)
			draw_bar(row);
		printf("  %s\n", row->rate.total ? rate : row->reason);
	}
	view->drawn = view->n_rows;
	fflush(stdout);
}

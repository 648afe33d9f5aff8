/* SPDX-License-Identifier: Apache-2.0 */
/* The view on a terminal: a line a node as far as they fit, those that matter first. */
#include <string.h>

#include "cli/reimage/view.h"

#define LINE_MAX_BYTES 1024
#define NAME_WIDTH_MIN 8
#define BAR_WIDTH_MIN  6
#define BAR_WIDTH_MAX  24
#define REPORT_WIDTH   34 /* "  43 %  1234.5 MB/s, 1:02:03 left" */

/* What a node's line says beside its name; the rank says who is left out first. */
static const struct look {
	const char *state;
	unsigned rank;
	const char *words; /* where it has no note; NULL: its reason, or its progress */
	bool awaited;      /* only where the run goes on to live */
} looks[] = {
	{"running", 0, NULL},
	{"pending", 0, "waits for the machine: switch it on, to boot from the network"},
	{"handed-over", 0, "waits for its system to come up", true},
	{"handed-over", 3, ""}, /* where the run wants no more */
	{"held", 1, NULL},
	{"refused", 1, NULL},
	{"cancelled", 1, NULL},
	{"waiting", 2, ""},
	{"live", 3, ""},
	{"erased", 3, ""},
};
enum { N_LOOKS = sizeof(looks) / sizeof(looks[0]), RANKS = 4 };

static const struct look *look_of(const struct reimage_view *view, const struct reimage_row *row)
{
	for (unsigned i = 0; i < N_LOOKS; i++)
		if (!strcmp(looks[i].state, row->state) && !(looks[i].awaited && !view->until_live))
			return &looks[i];
	return &looks[0]; /* a state of a newer station */
}

/* Writes a line of at most `width` columns, never the last one, in which terminals differ; a character in UTF-8 is a column. */
static void put_line(struct reimage_view *view, unsigned width, const char *text)
{
	unsigned columns = 0;
	size_t n = 0;

	for (; text[n]; n++)
		if (((unsigned char)text[n] & 0xc0) != 0x80 && ++columns >= width)
			break;
	fprintf(view->to, "%.*s\033[K\n", (int)n, text);
	view->drawn++;
}

/* "[####....]  43 %  512.3 MB/s, 0:42 left" in so many columns; the bar goes first where there are too few. */
static void report(const struct reimage_row *row, unsigned width, char *text, size_t size)
{
	char rate[RATE_TEXT_SIZE], bar[BAR_WIDTH_MAX + 4] = "";
	unsigned n = width > REPORT_WIDTH ? width - REPORT_WIDTH : 0, filled;

	if (n > BAR_WIDTH_MAX)
		n = BAR_WIDTH_MAX;
	if (n >= BAR_WIDTH_MIN) {
		filled = rate_percent(&row->rate) * n / 100;
		bar[0] = '[';
		memset(bar + 1, '.', n);
		memset(bar + 1, '#', filled);
		memcpy(bar + 1 + n, "] ", 3);
	}
	rate_text(&row->rate, rate);
	snprintf(text, size, "%s%3u %%  %s", bar, rate_percent(&row->rate), rate);
}

static void draw_row(struct reimage_view *view, const struct reimage_row *row, unsigned name_width,
		     unsigned width, int64_t now)
{
	const struct look *look = look_of(view, row);
	char line[LINE_MAX_BYTES], took[DURATION_TEXT_SIZE] = "", words[512];
	unsigned used;

	if (row->created)
		duration_text((look->rank ? row->updated : now) - row->created, took);
	used = (unsigned)snprintf(line, sizeof(line), "%-*.*s %-11s %-11.11s %7s  ", (int)name_width,
				  (int)name_width, row->node, row->state, look->rank < 2 ? row->step : "",
				  took);
	if (row->note[0])
		snprintf(words, sizeof(words), "%s", row->note);
	else if (look->words)
		snprintf(words, sizeof(words), "%s", look->words);
	else if (look->rank == 0 && row->rate.total)
		report(row, width > used ? width - used : 0, words, sizeof(words));
	else
		snprintf(words, sizeof(words), "%s", row->reason);
	snprintf(line + used, sizeof(line) - used, "%s", words);
	put_line(view, width, line);
}

/* "... and 37 more: 20 waiting, 17 live" */
static void draw_hidden(struct reimage_view *view, const unsigned hidden[N_LOOKS], unsigned width)
{
	char line[LINE_MAX_BYTES];
	unsigned sum = 0, used;

	for (unsigned i = 0; i < N_LOOKS; i++)
		sum += hidden[i];
	used = (unsigned)snprintf(line, sizeof(line), "... and %u more:", sum);
	for (unsigned i = 0; i < N_LOOKS; i++)
		if (hidden[i])
			used += (unsigned)snprintf(line + used, sizeof(line) - used, " %u %s,", hidden[i],
						   looks[i].state);
	line[used - 1] = '\0';
	put_line(view, width, line);
}

/* At most a third of the line. */
static unsigned name_width(const struct reimage_view *view, unsigned width)
{
	size_t longest = NAME_WIDTH_MIN;

	for (unsigned i = 0; i < view->n_rows; i++)
		if (strlen(view->rows[i].node) > longest)
			longest = strlen(view->rows[i].node);
	return longest < width / 3 ? (unsigned)longest : width / 3;
}

/* The rows that fit are chosen by rank and stand in the run's order. */
static void draw_rows(struct reimage_view *view, unsigned lines, unsigned width, int64_t now)
{
	unsigned hidden[N_LOOKS] = {0}, names = name_width(view, width), room[RANKS] = {0};
	bool all = view->n_rows <= lines;
	unsigned left = all ? lines : lines - 1;

	for (unsigned rank = 0; rank < RANKS; rank++)
		for (unsigned i = 0; i < view->n_rows; i++)
			if (look_of(view, &view->rows[i])->rank == rank && left) {
				room[rank]++;
				left--;
			}
	for (unsigned i = 0; i < view->n_rows; i++) {
		const struct look *look = look_of(view, &view->rows[i]);

		if (room[look->rank]) {
			room[look->rank]--;
			draw_row(view, &view->rows[i], names, width, now);
		} else {
			hidden[look - looks]++;
		}
	}
	if (!all)
		draw_hidden(view, hidden, width);
}

static void draw_sum(struct reimage_view *view, unsigned width, int64_t now)
{
	const struct reimage_counts *n = &view->counts;
	char line[LINE_MAX_BYTES], took[DURATION_TEXT_SIZE], more[128] = "";

	duration_text(now - view->created, took);
	if (n->held + n->refused + n->cancelled)
		snprintf(more, sizeof(more), ", %lld held, %lld refused, %lld cancelled", (long long)n->held,
			 (long long)n->refused, (long long)n->cancelled);
	snprintf(line, sizeof(line), "%s  %lld of %lld done, %lld at work, %lld waiting%s  %s", took,
		 (long long)n->done, (long long)n->nodes, (long long)n->open, (long long)n->waiting, more,
		 view->run);
	put_line(view, width, line);
}

void reimage_draw(struct reimage_view *view, unsigned width, unsigned height, int64_t now)
{
	unsigned taken = 2 + (view->trouble[0] != '\0'); /* the sum, the cursor's line */

	if (view->drawn)
		fprintf(view->to, "\033[%uA", view->drawn);
	fputc('\r', view->to);
	view->drawn = 0;
	draw_rows(view, height > taken ? height - taken : 1, width, now);
	draw_sum(view, width, now);
	if (view->trouble[0]) {
		char line[LINE_MAX_BYTES];

		snprintf(line, sizeof(line), "the station is not heard, trying again: %s", view->trouble);
		put_line(view, width, line);
	}
	fputs("\033[J", view->to);
	fflush(view->to);
}

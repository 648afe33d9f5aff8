/* SPDX-License-Identifier: Apache-2.0 */
/* How transfers end, and what follows for their ranges and sources. */
#include <inttypes.h>
#include <string.h>

#include "agent/pipeline/fetch_ranges.h"
#include "core/http.h"
#include "core/io.h"
#include "core/time.h"

static void tell(struct fetch *f, uint32_t chunk, unsigned source, const char *why)
{
	bool out = sources_out(f->sources, source), other = sources_other(f->sources, source, monotonic_ns());
	char text[512];

	snprintf(text, sizeof(text), "chunk %" PRIu32 ": %.400s; %s%s", chunk, why,
		 out ? "this source is given up, " : "", other ? "going on with another" : "trying again");
	crew_note(f->o.crew, text);
}

/* The transfer is over in whatever way; the range goes on waiting if something is left of it. */
static void settle(struct range *range, enum source_end end, const char *why, uint64_t received)
{
	struct fetch *f = range->fetch;
	bool broke = end == SOURCE_BROKEN || end == SOURCE_WRONG || end == SOURCE_SLOW;

	f->running--;
	f->source_bytes[range->source] += received;
	f->retries += broke;
	if (sources_end(f->sources, range->source, &range->use, end, why, monotonic_ns()))
		tell(f, range->next, range->source, why);
	if (range->copy || !range_rest(range))
		range_free(range);
}

static void break_off(struct range *range, enum source_end end, const char *why)
{
	uint64_t received;
	struct err err;

	http_multi_finish(range->fetch->multi, TAKE_PTR(range->transfer), &received, &err);
	settle(range, end, why, received);
}

void range_drop(struct range *range)
{
	range->copy = true; /* nothing of it is kept */
	if (range->transfer)
		break_off(range, SOURCE_LEFT, "");
	else
		range_free(range);
}

static enum source_end end_of(const struct range *range, int r)
{
	if (r == 0)
		return SOURCE_WHOLE;
	if (r == -ECANCELED && range->leave) /* "410 Gone" has this code too */
		return SOURCE_LEFT;
	return http_transient(r) ? SOURCE_BROKEN : SOURCE_WRONG;
}

static void take_end(struct range *range)
{
	struct fetch *f = range->fetch;
	uint64_t received;
	struct err err = {0};
	int r = http_multi_finish(f->multi, TAKE_PTR(range->transfer), &received, &err);

	if (r < 0)
		f->last_code = -r;
	settle(range, end_of(range, r), err.text, received);
}

void ends_take(struct fetch *f)
{
	struct range *range;

	while ((range = http_multi_ended(f->multi)))
		take_end(range);
}

/* True when its transfer was broken off: the list has changed. */
static bool watch(struct range *range, uint64_t now)
{
	struct fetch *f = range->fetch;
	_cleanup_free_ char *shown = source_shown(f, range->source), *why = NULL;
	uint64_t had = range->use.window_had, from = range->use.window_at;
	bool other = sources_other(f->sources, range->source, now);

	switch (sources_judge(f->sources, range->source, &range->use, now)) {
	case SOURCE_STALLED:
		why = str_printf("%s: no byte for %" PRIu64 " ms", shown,
				 (now - range->use.last_byte) / 1000000);
		range->fresh = true;
		break_off(range, other ? SOURCE_SLOW : SOURCE_BROKEN, why);
		return true;
	case SOURCE_TOO_SLOW:
		why = str_printf("%s: too slow, %" PRIu64 " bytes in %" PRIu64 " ms", shown,
				 range->use.bytes - had, (now - from) / 1000000);
		break_off(range, SOURCE_SLOW, why);
		return true;
	case SOURCE_EXPLORE:
		break_off(range, SOURCE_LEFT, "");
		return true;
	case SOURCE_GO_ON:
		break;
	}
	return false;
}

void ends_watch(struct fetch *f, uint64_t now)
{
	struct range *range, *next;

	for (range = f->ranges; range; range = next) {
		next = range->next_range;
		if (range->transfer && watch(range, now))
			return; /* the others after this one's rest has been asked for: they are judged by what is free then */
	}
}

static struct lies *lies_about(struct fetch *f, uint32_t chunk)
{
	struct lies *lies;

	for (lies = f->lies; lies; lies = lies->next)
		if (lies->chunk == chunk)
			return lies;
	lies = xcalloc(1, sizeof(*lies));
	lies->chunk = chunk;
	lies->next = f->lies;
	return f->lies = lies;
}

static void record(struct fetch *f, const struct frame_bad *bad)
{
	if (f->n_bad < PIPELINE_BAD_MAX) {
		struct pipeline_bad *entry = &f->bad[f->n_bad];

		entry->chunk = bad->frame.chunk;
		entry->source = bad->frame.source;
		snprintf(entry->why, sizeof(entry->why), "%.199s", bad->why.text);
	}
	f->n_bad++;
	f->retries++;
}

/* What else comes from a source that has lied is asked of another; frames that have begun may end. */
static void distrust(struct fetch *f, unsigned source, const char *why)
{
	bool other;

	sources_lied(f->sources, source, why);
	other = sources_other(f->sources, source, monotonic_ns());
	for (struct range *range = f->ranges; range; range = range->next_range)
		if (range->transfer && range->source == source)
			range->leave = other;
}

/* The decoder's words name the chunk already. */
static char *without_chunk(const struct err *why, uint32_t chunk)
{
	_cleanup_free_ char *prefix = str_printf("chunk %" PRIu32 ": ", chunk);

	return str_printf("%s", strncmp(why->text, prefix, strlen(prefix)) ? why->text
									   : why->text + strlen(prefix));
}

static void take_bad(struct fetch *f, const struct frame_bad *bad)
{
	_cleanup_free_ char *shown = source_shown(f, bad->frame.source),
			    *why = without_chunk(&bad->why, bad->frame.chunk),
			    *text = str_printf("%.300s: chunk %" PRIu32 ": %.100s", shown, bad->frame.chunk,
					       why);
	struct lies *lies = lies_about(f, bad->frame.chunk);
	char note[512];

	record(f, bad);
	lies->times[bad->frame.source]++;
	lies->why = bad->why;
	distrust(f, bad->frame.source, text);
	snprintf(note, sizeof(note), "chunk %" PRIu32 ": %.100s (%.300s); fetching it again",
		 bad->frame.chunk, why, shown);
	crew_note(f->o.crew, note);
	bits_set(f->left, bad->frame.chunk);
	f->n_left++;
	range_of_bad(f, &bad->frame, lies);
}

void ends_take_bad(struct fetch *f)
{
	struct frame_bad *bad = frames_take_bad(f->o.frames), *next;

	for (; bad; bad = next) {
		next = bad->next;
		take_bad(f, bad);
		free(bad);
	}
}

/* "a, b" of those that gave it wrongly, or "a: why; b: why" of all that were given up. */
static char *blame(const struct fetch *f, const struct lies *lies)
{
	char *text = xstrdup(""), *longer;

	for (unsigned i = 0; i < f->o.job->n_sources; i++) {
		_cleanup_free_ char *shown = source_shown(f, i);

		if (lies && !lies->times[i])
			continue;
		longer = lies ? str_printf("%s%s%s", text, text[0] ? ", " : "", shown)
			      : str_printf("%s%s%s", text, text[0] ? "; " : "", sources_why(f->sources, i));
		free(text);
		text = longer;
	}
	return text;
}

int ends_no_source(const struct fetch *f, const struct range *range, struct err *err)
{
	const struct lies *lies = range ? range->lies : NULL;
	_cleanup_free_ char *text = blame(f, lies), *why = NULL;
	uint32_t chunk = range ? range->next : f->ranges ? f->ranges->next : f->cursor;

	if (!lies)
		return err_set(err, f->last_code ? f->last_code : EPROTO, "chunk %" PRIu32 ": %s%s", chunk,
			       f->o.job->n_sources > 1 ? "no source is left: " : "", text);
	why = without_chunk(&lies->why, chunk);
	return err_set(err, lies->why.code ? lies->why.code : EBADMSG, "chunk %" PRIu32 ": %s (%s)", chunk,
		       why, text);
}

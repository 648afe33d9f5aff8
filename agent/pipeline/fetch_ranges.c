/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges: which frames go into one, whom it is asked of, and what happens to the bytes. */
#include <string.h>

#include "agent/pipeline/fetch_ranges.h"
#include "core/http_easy.h"
#include "core/io.h"
#include "core/time.h"

enum {
	PROGRESS = 64 << 10, /* bytes after which a transfer was worth it, even without a whole frame */
	CONNECTIONS = 4,
	CONNECTIONS_FEW =
		2, /* with less than SLOTS_FEW slots, or when each is quick: more would cost CPU time alone */
	SLOTS_FEW = 4,
	QUICK = 500000000, /* bytes/s of one connection */
	COPY_MS = 1000,    /* a last range that takes longer is asked of an idle source as well */
};

/* Where a chunk's frame ends, from the range's base on. */
static uint64_t frame_end(const struct range *range, uint32_t chunk)
{
	const struct chunk *chunks = range->fetch->index->chunks;

	return chunks[chunk].offset + chunks[chunk].length - chunks[range->first].offset;
}

static uint64_t frame_start(const struct range *range, uint32_t chunk)
{
	const struct chunk *chunks = range->fetch->index->chunks;

	return chunks[chunk].offset - chunks[range->first].offset;
}

char *source_shown(const struct fetch *f, unsigned i)
{
	return http_shown_url(f->o.job->sources[i].url);
}

static struct range *range_new(struct fetch *f, struct frame_slot *slot, uint8_t *base, uint32_t first,
			       uint32_t end)
{
	struct range *range = xcalloc(1, sizeof(*range)), **at;

	*range = (struct range){
		.fetch = f, .slot = slot, .base = base, .first = first, .next = first, .end = end};
	for (at = &f->ranges; *at && (*at)->first <= first; at = &(*at)->next_range)
		;
	range->next_range = *at;
	*at = range;
	return range;
}

void range_free(struct range *range)
{
	struct range **at = &range->fetch->ranges;

	while (*at != range)
		at = &(*at)->next_range;
	*at = range->next_range;
	frames_leave(range->fetch->o.frames, range->slot);
	free(range);
}

void range_of_bad(struct fetch *f, const struct frame *frame, struct lies *lies)
{
	struct range *range =
		range_new(f, frame->slot, (uint8_t *)frame->bytes, frame->chunk, frame->chunk + 1);

	range->lies = lies;
	range->source = frame->source;
}

static void hand_on(struct range *range, uint32_t chunk)
{
	struct fetch *f = range->fetch;
	const struct frame frame = {.chunk = chunk,
				    .source = range->source,
				    .bytes = range->base + frame_start(range, chunk),
				    .slot = range->slot};

	range->use.progress = true;
	if (!bits_get(f->left, chunk)) /* another range was faster */
		return;
	bits_unset(f->left, chunk);
	f->n_left--;
	frames_hand_on(f->o.frames, &frame);
}

static int on_bytes(void *data, const void *buf, size_t len)
{
	struct range *range = data;
	bool whole = false;

	memcpy(range->base + range->at, buf, len);
	range->at += len;
	range->use.bytes += len;
	range->use.progress = range->use.progress || range->use.bytes >= PROGRESS;
	for (; range->next < range->end && range->at >= frame_end(range, range->next); whole = true)
		hand_on(range, range->next++);
	return whole && range->leave && range->next < range->end;
}

bool range_rest(struct range *range)
{
	const struct bits *left = range->fetch->left;

	while (range->next < range->end && !bits_get(left, range->next))
		range->next++;
	while (range->end > range->next && !bits_get(left, range->end - 1))
		range->end--;
	if (range->next < range->end && range->at < frame_start(range, range->next))
		range->at = frame_start(range, range->next);
	return range->next < range->end;
}

static unsigned lied_times(const struct lies *lies, unsigned times)
{
	unsigned mask = 0;

	for (unsigned i = 0; i < PIPELINE_SOURCES_MAX; i++)
		mask |= (unsigned)(lies->times[i] >= times) << i;
	return mask;
}

/* A chunk that was wrong is asked of a source that has not given it, and only then, once, of one that has. */
static int choose(const struct range *range, uint64_t now)
{
	const struct sources *sources = range->fetch->sources;
	unsigned once;
	int i;

	if (!range->lies)
		return sources_choose(sources, range->copy ? 1u << range->source : 0, now);
	once = lied_times(range->lies, 1);
	i = sources_choose(sources, once, now);
	return i >= 0 || sources_hope(sources, once)
		       ? i
		       : sources_choose(sources, lied_times(range->lies, 2), now);
}

/* Is there a source at all that may yet give it? */
static bool hopeless(const struct range *range)
{
	const struct fetch *f = range->fetch;

	for (unsigned i = 0; i < f->o.job->n_sources; i++)
		if (!sources_out(f->sources, i) && !(range->lies && range->lies->times[i] >= 2))
			return false;
	return true;
}

static int ask(struct range *range, unsigned source, uint64_t now, struct err *err)
{
	struct fetch *f = range->fetch;
	const struct pipeline_source *from = &f->o.job->sources[source];
	struct http_ranged what = {
		.url = from->url,
		.ca_pem = from->ca_pem,
		.fresh = range->fresh,
		.sink = on_bytes,
		.data = range,
	};
	int r;

	/* a frame has one source, so that a wrong one has one culprit */
	if (source != range->source)
		range->at = frame_start(range, range->next);
	what.offset = f->index->chunks[range->first].offset + range->at;
	what.len = frame_end(range, range->end - 1) - range->at;
	if ((r = http_multi_start(f->multi, &what, &range->transfer, err)) < 0)
		return r;
	range->source = source;
	range->leave = range->fresh = false;
	sources_start(f->sources, source, &range->use, now);
	f->running++;
	return 0;
}

/* 1: it is on its way; 0: not now. */
static int try_ask(struct range *range, uint64_t now, struct err *err)
{
	int i = choose(range, now), r;

	if (i < 0)
		return !range->copy && hopeless(range) ? ends_no_source(range->fetch, range, err) : 0;
	r = ask(range, (unsigned)i, now, err);
	return r < 0 ? r : 1;
}

/* The next wanted frames that lie side by side in the payload and fit into a slot. */
static uint32_t run_end(const struct fetch *f, uint32_t first)
{
	const struct chunk *chunks = f->index->chunks;
	size_t room = frames_slot_size(f->o.frames);
	uint32_t end = first + 1;

	while (end < f->index->n_chunks && bits_get(f->left, end) &&
	       chunks[end].offset + chunks[end].length - chunks[first].offset <= room)
		end++;
	return end;
}

/* NULL: no more, or no slot. */
static struct range *next_range(struct fetch *f)
{
	struct frame_slot *slot;
	uint32_t first;

	while (f->cursor < f->index->n_chunks && !bits_get(f->left, f->cursor))
		f->cursor++;
	first = f->cursor;
	if (first == f->index->n_chunks || !(slot = frames_room(f->o.frames)))
		return NULL;
	f->cursor = run_end(f, first);
	return range_new(f, slot, slot->bytes, first, f->cursor);
}

/* Will the rest take long at the rate so far, and is there somebody to help? */
static bool wants_help(const struct range *range, uint64_t now)
{
	uint64_t ns = now - range->use.started, rest = frame_end(range, range->end - 1) - range->at;

	return range->transfer && !range->copy && ns >= COPY_MS * UINT64_C(1000000) &&
	       (double)rest * (double)ns > (double)range->use.bytes * COPY_MS * 1e6 &&
	       sources_other(range->fetch->sources, range->source, now);
}

/* The rest of the first slow range once more, from another source, while connections have nothing else to do. */
static struct range *copy_of_slow(struct fetch *f, uint64_t now)
{
	struct range *range, *slow = NULL, *copy;
	struct frame_slot *slot;

	for (range = f->ranges; range; range = range->next_range) {
		if (range->copy)
			return NULL;
		if (!slow && wants_help(range, now))
			slow = range;
	}
	if (!slow || slow->lies || !(slot = frames_room(f->o.frames)))
		return NULL;
	copy = range_new(f, slot, slot->bytes, slow->next, slow->end);
	copy->copy = true;
	copy->source = slow->source; /* not to be asked */
	return copy;
}

static bool connection_free(const struct fetch *f)
{
	uint64_t rate = 0;

	if (f->running < CONNECTIONS_FEW)
		return true;
	for (unsigned i = 0; i < f->o.job->n_sources; i++)
		rate = sources_rate(f->sources, i) > rate ? sources_rate(f->sources, i) : rate;
	return f->running < CONNECTIONS && rate < QUICK && frames_slots(f->o.frames) >= SLOTS_FEW;
}

static int start_new(struct fetch *f, uint64_t now, struct err *err)
{
	struct range *range;
	int r = 0;

	while (r >= 0 && connection_free(f) && sources_choose(f->sources, 0, now) >= 0) {
		if (!(range = next_range(f)) &&
		    (f->cursor < f->index->n_chunks || !(range = copy_of_slow(f, now))))
			return 0;
		r = try_ask(range, now, err);
		if (r == 0 && range->copy)
			range_free(range);
		if (r == 0)
			return 0;
	}
	return r < 0 ? r : 0;
}

static bool all_out(const struct fetch *f)
{
	for (unsigned i = 0; i < f->o.job->n_sources; i++)
		if (!sources_out(f->sources, i))
			return false;
	return true;
}

int ranges_start(struct fetch *f, struct err *err)
{
	uint64_t now;
	int r;

	if (!f->n_left || !connection_free(f))
		return 0;
	if (all_out(f))
		return ends_no_source(f, NULL, err);
	now = monotonic_ns();
	for (struct range *range = f->ranges; range && connection_free(f); range = range->next_range)
		if (!range->transfer && (r = try_ask(range, now, err)) < 0)
			return r;
	return start_new(f, now, err);
}

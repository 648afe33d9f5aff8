/* SPDX-License-Identifier: Apache-2.0 */
/* The fetching thread. */
#include "agent/pipeline/fetch.h"

#include <string.h>

#include "agent/pipeline/fetch_ranges.h"
#include "core/io.h"
#include "core/time.h"

enum {
	SLOTS = 8,
	ROOM_MAX = 32 << 20, /* bytes of all slots */
	TICK_MS = 100,       /* between two looks at running transfers */
};

static size_t round_up(size_t bytes)
{
	return (bytes + 4095) / 4096 * 4096;
}

static uint32_t longest_frame(const struct index *index)
{
	uint32_t longest = 1;

	for (uint32_t i = 0; i < index->n_chunks; i++)
		if (!(index->chunks[i].flags & CHUNK_ZERO) && index->chunks[i].length > longest)
			longest = index->chunks[i].length;
	return longest;
}

/*
 * About eight slots: on loopback (two cores, 600 MB) slots of 2 to 8 MiB, and of one frame or of many, cost the same CPU time within
 * the noise, 0.25 to 0.32 s; fewer slots cost wall time, because a slot is only free when the last of its frames is done, smaller
 * ones cost requests, which count on a link with latency. Where only one frame would fit, the rest of the slot would be waste.
 * More than ROOM_MAX in all is not faster: each page is touched for the first time, which in a virtual machine costs more than to read it,
 * and frames that wait in it leave the caches (two cores, a dense image of 2 GiB: 4.5 s of CPU time instead of 4.8 with 72 MiB).
 */
void fetch_share(const struct index *index, size_t memory, unsigned *ret_slots, size_t *ret_slot_size)
{
	size_t longest = round_up(longest_frame(index));
	uint64_t mean = index->data_chunks ? index->data_bytes / index->data_chunks : longest;
	size_t size;

	if (memory > ROOM_MAX)
		memory = ROOM_MAX;
	size = round_up(memory / SLOTS);
	if (size < longest || size < 2 * mean)
		size = longest;
	*ret_slot_size = size;
	*ret_slots = memory / size < 2 ? 2 : (unsigned)(memory / size);
}

static void wake(void *data)
{
	http_multi_wake(data);
}

/* The chunks that are wanted, and do not belong to another kind of index. */
static int take_wanted(struct fetch *f, struct err *err)
{
	size_t room = frames_slot_size(f->o.frames);

	f->left = bits_new(f->index->n_chunks);
	for (uint32_t i = 0; i < f->index->n_chunks; i++) {
		if (!bits_get(f->o.wanted, i))
			continue;
		if (f->index->chunks[i].length > room)
			return err_set(err, EINVAL, "a frame of %u bytes does not fit into %zu bytes",
				       f->index->chunks[i].length, room);
		bits_set(f->left, i);
		f->n_left++;
	}
	return 0;
}

static int check_sources(const struct pipeline_job *job, struct err *err)
{
	if (job->n_sources < 1 || job->n_sources > PIPELINE_SOURCES_MAX)
		return err_set(err, EINVAL, "a payload has 1 to %d sources, not %u", PIPELINE_SOURCES_MAX,
			       job->n_sources);
	for (unsigned i = 0; i < job->n_sources; i++)
		if (!job->sources[i].url || !job->sources[i].url[0])
			return err_set(err, EINVAL, "source %u has no URL", i + 1);
	return 0;
}

int fetch_new_limited(const struct fetch_options *options, const struct source_limits *limits,
		      struct fetch **ret, struct err *err)
{
	struct fetch *f;
	int r;

	if (!options->frames)
		return err_sys(err, ENOMEM, "buffers for fetching");
	if ((r = check_sources(options->job, err)) < 0)
		return r;
	f = xcalloc(1, sizeof(*f));
	f->o = *options;
	f->index = options->job->index;
	f->limits = limits;
	f->sources = sources_new(options->job->n_sources, limits);
	if ((r = take_wanted(f, err)) < 0 || (r = http_multi_new(&f->multi, err)) < 0) {
		fetch_free(f);
		return r;
	}
	frames_set_wake(options->frames, wake, f->multi);
	*ret = f;
	return 0;
}

int fetch_new(const struct fetch_options *options, struct fetch **ret, struct err *err)
{
	return fetch_new_limited(options, &source_limits_default, ret, err);
}

static void end_all(struct fetch *f)
{
	while (f->ranges)
		range_drop(f->ranges);
}

void fetch_free(struct fetch *f)
{
	struct lies *lies;

	if (!f)
		return;
	frames_set_wake(f->o.frames, NULL, NULL);
	end_all(f);
	http_multi_free(f->multi);
	sources_free(f->sources);
	while ((lies = f->lies)) {
		f->lies = lies->next;
		free(lies);
	}
	free(f->left);
	free(f);
}

void fetch_report(const struct fetch *f, struct pipeline_result *ret)
{
	ret->fetched_bytes = 0;
	for (unsigned i = 0; i < PIPELINE_SOURCES_MAX; i++) {
		ret->source_bytes[i] = f->source_bytes[i];
		ret->fetched_bytes += f->source_bytes[i];
	}
	ret->retries = f->retries;
	ret->n_bad = f->n_bad;
	memcpy(ret->bad, f->bad, sizeof(ret->bad));
}

/* Until something can change by itself; what others change wakes us. */
static unsigned pause_ms(const struct fetch *f, uint64_t now)
{
	uint64_t next = sources_next(f->sources, now);

	if (next != UINT64_MAX && next - now < TICK_MS * UINT64_C(1000000))
		return (unsigned)((next - now) / 1000000) + 1;
	return TICK_MS;
}

static bool over(struct fetch *f)
{
	if (f->n_left > 0)
		return false;
	end_all(f);
	return frames_idle(f->o.frames);
}

static int fetch_all(struct fetch *f, struct err *err)
{
	uint64_t now = monotonic_ns(), watched = now;
	int r;

	while (!crew_stopped(f->o.crew)) {
		ends_take_bad(f);
		if (over(f))
			return 0;
		if ((r = ranges_start(f, err)) < 0 ||
		    (r = http_multi_move(f->multi, pause_ms(f, now), err)) < 0)
			return r;
		ends_take(f);
		now = monotonic_ns();
		if (now - watched >= TICK_MS * UINT64_C(1000000)) {
			ends_watch(f, now);
			watched = now;
		}
	}
	return 0;
}

void *fetch_run(void *data)
{
	struct fetch *f = data;
	struct err err = {0};

	if (fetch_all(f, &err) < 0)
		crew_fail(f->o.crew, &err);
	end_all(f);
	frames_close(f->o.frames);
	crew_leave(f->o.crew);
	return NULL;
}

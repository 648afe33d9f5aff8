/* SPDX-License-Identifier: Apache-2.0 */
/* Sources' standing. */
#include "agent/pipeline/sources.h"

#include "core/io.h"

#define MS UINT64_C(1000000)    /* ns */
#define S  UINT64_C(1000000000) /* ns */

enum { NOTE_EVERY = 4 }; /* breaks between two notes, once they repeat */

const struct source_limits source_limits_default = {
	.backoff_ms = 250,
	.backoff_max_ms = 15000,
	.away = 4,
	.wrong_max = 5,
	.stall_ms = 5000,
	.stall_alone_ms = 10000,
	.window_ms = 5000,
	.slow_share = 10,
	.demoted_ms = 60000,
	.explore_below = 1 << 20,
	.measure_min = 256 << 10,
};

struct source {
	unsigned running;       /* transfers */
	unsigned breaks, wrong; /* in a row */
	uint64_t failed_at;     /* ns: the last break or wrong answer */
	uint64_t pause_until, demoted_until;
	uint64_t rate; /* bytes/s of a transfer */
	bool lied, out;
	bool trial; /* comes back from a pause or demotion: one transfer at a time, until that one is whole */
	char why[256];
};

struct sources {
	const struct source_limits *limits;
	unsigned n;
	struct source list[PIPELINE_SOURCES_MAX];
};

struct sources *sources_new(unsigned n, const struct source_limits *limits)
{
	struct sources *sources = xcalloc(1, sizeof(*sources));

	sources->limits = limits;
	sources->n = n < PIPELINE_SOURCES_MAX ? n : PIPELINE_SOURCES_MAX;
	return sources;
}

void sources_free(struct sources *sources)
{
	free(sources);
}

bool sources_out(const struct sources *sources, unsigned i)
{
	return sources->list[i].out;
}

const char *sources_why(const struct sources *sources, unsigned i)
{
	return sources->list[i].why;
}

uint64_t sources_rate(const struct sources *sources, unsigned i)
{
	return sources->list[i].rate;
}

/* In order of preference. */
enum standing { GOOD, PUT_BACK, LIAR, UNUSABLE };

static enum standing standing(const struct source *s, uint64_t now)
{
	if (s->out || s->pause_until > now)
		return UNUSABLE;
	if (s->lied)
		return LIAR;
	return s->demoted_until > now || (s->trial && s->running) ? PUT_BACK : GOOD;
}

static bool hope(const struct sources *sources, unsigned without, bool liars)
{
	for (unsigned i = 0; i < sources->n; i++) {
		const struct source *s = &sources->list[i];

		if (!(without >> i & 1) && !s->out && s->breaks < sources->limits->away &&
		    (liars || !s->lied))
			return true;
	}
	return false;
}

bool sources_hope(const struct sources *sources, unsigned without)
{
	return hope(sources, without, true);
}

/* Among those that were put back, the one that was so first. */
static bool before(const struct source *a, const struct source *b, enum standing same)
{
	return same == PUT_BACK && a->demoted_until < b->demoted_until;
}

static int best(const struct sources *sources, unsigned without, uint64_t now, enum standing *ret)
{
	int found = -1;

	*ret = UNUSABLE;
	for (unsigned i = 0; i < sources->n; i++) {
		enum standing at = without >> i & 1 ? UNUSABLE : standing(&sources->list[i], now);

		if (at < *ret ||
		    (found >= 0 && at == *ret && before(&sources->list[i], &sources->list[found], at))) {
			*ret = at;
			found = (int)i;
		}
	}
	return found;
}

/* A source in order of which nothing is known, while the best one is slow enough to make that worth knowing. */
static int unexplored(const struct sources *sources, unsigned without, uint64_t now)
{
	for (unsigned i = 0; i < sources->n; i++) {
		const struct source *s = &sources->list[i];

		if (!(without >> i & 1) && standing(s, now) == GOOD && !s->rate && !s->running)
			return (int)i;
	}
	return -1;
}

int sources_choose(const struct sources *sources, unsigned without, uint64_t now)
{
	enum standing at;
	int i = best(sources, without, now, &at), other;

	if (at == LIAR && hope(sources, without, false))
		return -1;
	if (at == GOOD && sources->list[i].rate && sources->list[i].rate < sources->limits->explore_below &&
	    (other = unexplored(sources, without, now)) >= 0)
		return other;
	return i;
}

bool sources_other(const struct sources *sources, unsigned i, uint64_t now)
{
	enum standing at;

	return best(sources, 1u << i, now, &at) >= 0 && at < LIAR;
}

uint64_t sources_next(const struct sources *sources, uint64_t now)
{
	uint64_t next = UINT64_MAX;

	for (unsigned i = 0; i < sources->n; i++)
		if (!sources->list[i].out && sources->list[i].pause_until > now &&
		    sources->list[i].pause_until < next)
			next = sources->list[i].pause_until;
	return next;
}

void sources_start(struct sources *sources, unsigned i, struct source_use *use, uint64_t now)
{
	sources->list[i].running++;
	*use = (struct source_use){.started = now, .last_byte = now, .window_at = now};
}

/* Transfers that were cut by one event count once. */
static bool failed(struct sources *sources, struct source *s, const struct source_use *use, uint64_t now)
{
	uint64_t pause = sources->limits->backoff_ms;

	if (use->progress)
		s->breaks = s->wrong = 0;
	else if (use->started < s->failed_at)
		return false;
	for (unsigned i = 0; i < s->breaks && pause < sources->limits->backoff_max_ms; i++)
		pause *= 2;
	if (pause > sources->limits->backoff_max_ms)
		pause = sources->limits->backoff_max_ms;
	s->breaks++;
	s->failed_at = now;
	s->pause_until = now + pause * MS;
	s->trial = true;
	return true;
}

static void measure(struct sources *sources, struct source *s, uint64_t bytes, uint64_t ns)
{
	uint64_t rate;

	if (bytes < sources->limits->measure_min && ns < sources->limits->window_ms * MS)
		return;
	rate = ns ? (uint64_t)((double)bytes * (double)S / (double)ns) : 0;
	rate = rate ? rate : 1;
	s->rate = s->rate ? (3 * s->rate + rate) / 4 : rate;
}

static bool end_badly(struct sources *sources, struct source *s, const struct source_use *use,
		      enum source_end end, uint64_t now)
{
	if (end == SOURCE_SLOW) {
		bool known = s->demoted_until > now;

		s->demoted_until = now + sources->limits->demoted_ms * MS;
		s->trial = true;
		return !known;
	}
	if (!failed(sources, s, use, now))
		return false;
	if (end == SOURCE_WRONG && ++s->wrong >= sources->limits->wrong_max)
		s->out = true;
	return s->breaks % NOTE_EVERY == 1 || s->out;
}

bool sources_end(struct sources *sources, unsigned i, const struct source_use *use, enum source_end end,
		 const char *why, uint64_t now)
{
	struct source *s = &sources->list[i];

	s->running--;
	if (end == SOURCE_LEFT)
		return false;
	if (end == SOURCE_WHOLE) {
		s->breaks = s->wrong = 0;
		s->trial = false;
		measure(sources, s, use->bytes, now - use->started);
		return false;
	}
	snprintf(s->why, sizeof(s->why), "%s", why);
	return end_badly(sources, s, use, end, now);
}

void sources_lied(struct sources *sources, unsigned i, const char *why)
{
	struct source *s = &sources->list[i];

	s->lied = true;
	snprintf(s->why, sizeof(s->why), "%s", why);
}

/* The best rate among the others that could be asked. */
static uint64_t best_rate(const struct sources *sources, unsigned but, uint64_t now)
{
	uint64_t rate = 0;

	for (unsigned i = 0; i < sources->n; i++)
		if (i != but && standing(&sources->list[i], now) == GOOD && sources->list[i].rate > rate)
			rate = sources->list[i].rate;
	return rate;
}

/* At the end of a window. */
static enum source_verdict judge_rate(struct sources *sources, unsigned i, uint64_t bytes, uint64_t ns,
				      uint64_t now)
{
	uint64_t rate = (uint64_t)((double)bytes * (double)S / (double)ns);

	measure(sources, &sources->list[i], bytes, ns);
	if (rate < best_rate(sources, i, now) / sources->limits->slow_share)
		return SOURCE_TOO_SLOW;
	if (rate < sources->limits->explore_below && unexplored(sources, 1u << i, now) >= 0)
		return SOURCE_EXPLORE;
	return SOURCE_GO_ON;
}

enum source_verdict sources_judge(struct sources *sources, unsigned i, struct source_use *use, uint64_t now)
{
	const struct source_limits *limits = sources->limits;
	uint64_t had = use->window_had, from = use->window_at;
	uint64_t silent;

	if (use->bytes != use->seen)
		use->last_byte = now;
	use->seen = use->bytes;
	silent = now - use->last_byte;
	if (silent >= limits->stall_alone_ms * MS ||
	    (silent >= limits->stall_ms * MS && sources_other(sources, i, now)))
		return SOURCE_STALLED;
	if (now - from < limits->window_ms * MS)
		return SOURCE_GO_ON;
	use->window_at = now;
	use->window_had = use->bytes;
	return judge_rate(sources, i, use->bytes - had, now - from, now);
}

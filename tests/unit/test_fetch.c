/* rooms: tests/fakes agent/pipeline images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Fetching from servers that behave, stall, lie, cut off and go away: every wanted frame arrives once, whole, from whoever has it. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "agent/pipeline/fetch_ranges.h"
#include "core/hash.h"
#include "core/io.h"
#include "tests/fakes/payload.h"
#include "tests/fakes/range_server.h"

enum { CHUNK = 64 << 10, CHUNKS = 60, SLOTS = 6, SLOT = 4 * (CHUNK + 4096), CONSUMERS = 2, SERVERS = 3 };

/* Short pauses, so that no test waits for long; but patience with a machine that is busy. */
static const struct source_limits patient = {
	.backoff_ms = 5,
	.backoff_max_ms = 50,
	.away = 4,
	.wrong_max = 5,
	.stall_ms = 60000,
	.stall_alone_ms = 60000,
	.window_ms = 60000,
	.slow_share = 10,
	.demoted_ms = 60000,
	.explore_below = 1 << 20,
	.measure_min = CHUNK / 2,
};

static struct {
	struct payload payload;
	struct range_server *servers[SERVERS];
	struct pipeline_source sources[SERVERS];
	struct pipeline_job job;
	struct bits *wanted;
	struct crew crew;
	struct frames *frames;
	struct pipeline_result result;
	struct source_limits limits;
	unsigned slots, stop_after; /* frames; 0: never */
	/* below: with crew.lock held */
	unsigned taken, good[CHUNKS];
	char notes[4096];
} t;

/* Numbers that do not compress: a frame is as long as its chunk. Every tenth chunk is zeros. */
static uint8_t *plain_image(void)
{
	uint8_t *plain = calloc(CHUNKS, CHUNK);
	uint32_t x = 1;

	for (size_t at = 0; at < (size_t)CHUNKS * CHUNK; at++) {
		x = x * 1664525u + 1013904223u;
		if (at / CHUNK % 10 != 9)
			plain[at] = (uint8_t)(x >> 24);
	}
	return plain;
}

static void note(void *data, const char *text)
{
	size_t len = strlen(t.notes);

	(void)data;
	snprintf(t.notes + len, sizeof(t.notes) - len, "%s\n", text);
}

static bool is_good(const struct frame *frame)
{
	const struct chunk *chunk = &t.payload.index.chunks[frame->chunk];
	uint8_t digest[SHA256_SIZE];

	sha256(frame->bytes, chunk->length, digest);
	return !memcmp(digest, chunk->frame_sha256, sizeof(digest));
}

static void judge(const struct frame *frame)
{
	struct err err;

	if (is_good(frame)) {
		pthread_mutex_lock(&t.crew.lock);
		t.good[frame->chunk]++;
		pthread_mutex_unlock(&t.crew.lock);
		frames_done(t.frames, frame);
		return;
	}
	err_set(&err, EBADMSG, "chunk %u: SHA-256 mismatch", frame->chunk);
	frames_bad(t.frames, frame, &err);
}

static void *consume(void *data)
{
	struct frame frame;
	struct err err;
	bool stop;

	(void)data;
	while (frames_take(t.frames, &frame)) {
		pthread_mutex_lock(&t.crew.lock);
		stop = ++t.taken == t.stop_after;
		pthread_mutex_unlock(&t.crew.lock);
		judge(&frame);
		err_set(&err, EIO, "the disk is gone");
		if (stop)
			crew_fail(&t.crew, &err);
	}
	crew_leave(&t.crew);
	return NULL;
}

static void serve(unsigned i, const struct range_server_faults *faults)
{
	t.servers[i] = range_server_start(t.payload.bytes, t.payload.len, faults);
	t.sources[i].url = range_server_url(t.servers[i]);
	t.job.n_sources = i + 1;
}

static int run(struct err *err)
{
	struct fetch_options options = {.job = &t.job, .wanted = t.wanted, .crew = &t.crew};
	struct fetch *fetch;
	int r;

	*err = (struct err){0};
	crew_init(&t.crew, &t.job, 1);
	options.frames = t.frames = frames_new(&t.crew, t.slots, SLOT);
	assert_int_equal(fetch_new_limited(&options, &t.limits, &fetch, err), 0);
	crew_spawn(&t.crew, fetch_run, fetch);
	for (unsigned i = 0; i < CONSUMERS; i++)
		crew_spawn(&t.crew, consume, NULL);
	crew_attend(&t.crew);
	r = crew_finish(&t.crew, err);
	fetch_report(fetch, &t.result);
	fetch_free(fetch);
	frames_free(t.frames);
	crew_clear(&t.crew);
	return r;
}

static void assert_all_good(void)
{
	for (unsigned i = 0; i < CHUNKS; i++)
		assert_int_equal(t.good[i], bits_get(t.wanted, i));
}

/* What came may exceed what was wanted by so many frames. */
static void assert_fetched(unsigned frames_more)
{
	uint64_t wanted = 0, sum = 0;

	for (unsigned i = 0; i < CHUNKS; i++)
		if (bits_get(t.wanted, i))
			wanted += t.payload.index.chunks[i].length;
	for (unsigned i = 0; i < SERVERS; i++)
		sum += t.result.source_bytes[i];
	assert_int_equal(t.result.fetched_bytes, sum);
	assert_true(sum >= wanted);
	assert_true(sum <= wanted + frames_more * (uint64_t)(CHUNK + 4096));
}

/* The chunk in whose frame the payload's byte lies. */
static unsigned chunk_at(uint64_t offset)
{
	unsigned i = 0;

	while (offset >= t.payload.index.chunks[i].offset + t.payload.index.chunks[i].length)
		i++;
	return i;
}

static int set_up(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	payload_make(&t.payload, plain_image(), (uint64_t)CHUNKS * CHUNK, CHUNK);
	t.job = (struct pipeline_job){.index = &t.payload.index, .sources = t.sources, .note = note};
	t.wanted = bits_new(CHUNKS);
	t.slots = SLOTS;
	t.limits = patient;
	for (unsigned i = 0; i < CHUNKS; i++)
		if (!(t.payload.index.chunks[i].flags & CHUNK_ZERO))
			bits_set(t.wanted, i);
	return 0;
}

static void be_impatient(void)
{
	t.limits.stall_ms = 150;
	t.limits.stall_alone_ms = 300;
	t.limits.window_ms = 500;
}

static int tear_down(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SERVERS; i++)
		if (t.servers[i])
			range_server_stop(t.servers[i]);
	payload_clear(&t.payload);
	free(t.wanted);
	return 0;
}

static void test_one_honest_server(void **state)
{
	struct err err;

	(void)state;
	serve(0, NULL);
	assert_int_equal(run(&err), 0);
	assert_all_good();
	assert_fetched(0);
	assert_int_equal(t.result.retries, 0);
	assert_int_equal(t.result.n_bad, 0);
	assert_true(range_server_requests(t.servers[0]) < CHUNKS / 2); /* several frames a request */
}

static void test_only_what_is_wanted(void **state)
{
	struct err err;

	(void)state;
	serve(0, NULL);
	for (unsigned i = 0; i < CHUNKS; i++)
		if (i % 7 != 3 || i % 10 == 9)
			bits_unset(t.wanted, i);
	assert_int_equal(run(&err), 0);
	assert_all_good();
	assert_fetched(0);
	assert_true(t.result.fetched_bytes < t.payload.len / 6);
}

static void test_nothing_is_wanted(void **state)
{
	struct err err;

	(void)state;
	serve(0, NULL);
	memset(t.wanted->words, 0, CHUNKS / 8 + 1);
	assert_int_equal(run(&err), 0);
	assert_int_equal(range_server_requests(t.servers[0]), 0);
}

static void test_two_slots(void **state)
{
	const struct range_server_faults faults = {.cut = 3, .corrupt = 1, .corrupt_at = CHUNK * 20};
	struct err err;

	(void)state;
	t.slots = 2;
	serve(0, &faults);
	assert_int_equal(run(&err), 0);
	assert_all_good();
	assert_int_equal(t.result.retries, 4);
}

static void test_cuts_are_taken_up_where_they_were(void **state)
{
	const struct range_server_faults faults = {.cut = 6, .refuse = 3};
	struct err err;

	(void)state;
	serve(0, &faults);
	assert_int_equal(run(&err), 0);
	assert_all_good();
	assert_fetched(0); /* by the byte: it is the same server */
	assert_int_equal(t.result.retries, 9);
	assert_non_null(strstr(t.notes, "trying again"));
}

static void test_the_first_server_is_not_there(void **state)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char url[96];
	struct err err;

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0); /* and does not listen */
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	snprintf(url, sizeof(url), "http://user:secret@127.0.0.1:%u/p?token=secret", ntohs(at.sin_port));
	serve(1, NULL);
	t.sources[0].url = url;
	assert_int_equal(run(&err), 0);
	assert_all_good();
	assert_fetched(0);
	assert_non_null(strstr(t.notes, "going on with another"));
	assert_null(strstr(t.notes, "secret"));
	close(fd);
}

static void test_a_damaged_frame_comes_from_the_other(void **state)
{
	const struct range_server_faults faults = {.corrupt = 1, .corrupt_at = 20 * CHUNK};
	struct err err;

	(void)state;
	serve(0, &faults);
	serve(1, NULL);
	assert_int_equal(run(&err), 0);
	assert_all_good();
	assert_int_equal(t.result.n_bad, 1);
	assert_int_equal(t.result.bad[0].source, 0);
	assert_int_equal(t.result.retries, 1);
	assert_non_null(strstr(t.result.bad[0].why, "SHA-256 mismatch"));
	assert_int_equal(t.result.bad[0].chunk, chunk_at(faults.corrupt_at));
	assert_non_null(strstr(t.notes, t.sources[0].url));
	assert_fetched(1 + 4); /* the frame, and what connections to the liar had begun */
}

static void test_two_that_always_lie_and_an_honest_one(void **state)
{
	const struct range_server_faults faults = {.corrupt_step = CHUNK / 2};
	struct err err;

	(void)state;
	serve(0, &faults);
	serve(1, &faults);
	serve(2, NULL);
	assert_int_equal(run(&err), 0);
	assert_all_good();
	assert_true(t.result.n_bad >= 2);
	for (unsigned i = 0; i < t.result.n_bad && i < PIPELINE_BAD_MAX; i++)
		assert_int_not_equal(t.result.bad[i].source, 2);
	assert_true(t.result.source_bytes[2] > t.payload.index.data_bytes / 2);
	assert_fetched(t.result.n_bad + 8);
}

static void test_all_lie(void **state)
{
	const struct range_server_faults faults = {.corrupt = 1000, .corrupt_at = 30 * CHUNK};
	unsigned chunk = 0;
	struct err err;

	(void)state;
	serve(0, &faults);
	serve(1, &faults);
	assert_int_equal(run(&err), -EBADMSG);
	assert_int_equal(sscanf(err.text, "chunk %u: SHA-256 mismatch (http://", &chunk), 1);
	assert_int_equal(chunk, chunk_at(faults.corrupt_at));
	assert_non_null(strstr(err.text, t.sources[0].url));
	assert_non_null(strstr(err.text, t.sources[1].url));
	assert_int_equal(t.result.n_bad, 4); /* twice each */
	assert_int_equal(t.good[chunk], 0);
}

static void test_one_wrong_copy_then_a_right_one(void **state)
{
	const struct range_server_faults faults = {.corrupt = 1, .corrupt_at = 100};
	struct err err;

	(void)state;
	serve(0, &faults);
	assert_int_equal(run(&err), 0);
	assert_all_good();
	assert_int_equal(t.result.n_bad, 1);
	assert_int_equal(t.result.bad[0].chunk, 0);
	assert_fetched(1);
}

static void test_silence_is_taken_over(void **state)
{
	const struct range_server_faults faults = {.stall = 1000};
	struct err err;

	(void)state;
	be_impatient();
	serve(0, &faults);
	serve(1, NULL);
	assert_int_equal(run(&err), 0);
	assert_all_good();
	assert_true(t.result.source_bytes[1] > 0);
	/* which of the two it is first depends on the machine's load */
	assert_true(strstr(t.notes, "no byte for") || strstr(t.notes, "too slow"));
	assert_fetched(4 * 5); /* five connections' frames that had begun, and copies at the end */
}

static void test_silence_of_the_only_one(void **state)
{
	const struct range_server_faults faults = {.stall = 3};
	struct err err;

	(void)state;
	be_impatient();
	serve(0, &faults);
	assert_int_equal(run(&err), 0);
	assert_all_good();
	assert_fetched(0);
	assert_true(t.result.retries >= 3);
}

static void test_a_slow_one_is_left_for_a_quick_one(void **state)
{
	const struct range_server_faults faults = {.drip = 100};
	struct err err;

	(void)state;
	be_impatient();
	serve(0, &faults);
	serve(1, NULL);
	assert_int_equal(run(&err), 0);
	assert_all_good();
	assert_true(t.result.source_bytes[1] > t.payload.index.data_bytes / 2);
}

static void test_wrong_answers_go_to_the_other(void **state)
{
	static const struct range_server_faults faults[] = {
		{.ignore_range = 1000}, {.shift = 1000}, {.missing = 1000}, {.shorten = 1000}};
	struct err err;

	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		serve(0, &faults[i]);
		serve(1, NULL);
		assert_int_equal(run(&err), 0);
		assert_all_good();
		assert_true(t.result.source_bytes[1] > 0);
		assert_true(t.result.retries > 0);
		tear_down(state);
		set_up(state);
	}
}

static void test_only_wrong_answers(void **state)
{
	const struct range_server_faults ignores = {.ignore_range = 1000}, missing = {.missing = 1000};
	struct err err;

	(void)state;
	serve(0, &ignores);
	serve(1, &missing);
	assert_int_not_equal(run(&err), 0);
	assert_non_null(strstr(err.text, "chunk 0: no source is left: http://127.0.0.1:"));
	assert_non_null(strstr(err.text, "ignores ranges"));
	assert_non_null(strstr(err.text, "HTTP status 404"));
}

static void test_stop_from_outside(void **state)
{
	const struct range_server_faults faults = {.stall = 1000};
	struct err err;

	(void)state;
	t.stop_after = 3;
	serve(0, &faults);
	assert_int_equal(run(&err), -EIO);
	assert_string_equal(err.text, "the disk is gone");
}

static bool cancelled(void *data)
{
	(void)data;
	return strstr(t.notes, "chunk 0") != NULL;
}

static void test_cancel_while_nobody_is_there(void **state)
{
	const struct range_server_faults faults = {.refuse = 100000};
	struct err err;

	(void)state;
	t.job.cancelled = cancelled;
	serve(0, &faults);
	assert_int_equal(run(&err), -ECANCELED);
}

static void test_what_cannot_be_used(void **state)
{
	struct fetch_options options = {.job = &t.job, .wanted = t.wanted, .crew = &t.crew};
	struct fetch *fetch;
	struct err err;

	(void)state;
	crew_init(&t.crew, &t.job, 1);
	options.frames = frames_new(&t.crew, 2, SLOT);
	assert_int_equal(fetch_new(&options, &fetch, &err), -EINVAL);
	t.job.n_sources = 1;
	assert_int_equal(fetch_new(&options, &fetch, &err), -EINVAL);
	assert_non_null(strstr(err.text, "no URL"));
	frames_free(options.frames);
	t.sources[0].url = "http://127.0.0.1/";
	options.frames = frames_new(&t.crew, 2, 4096);
	assert_int_equal(fetch_new(&options, &fetch, &err), -EINVAL);
	assert_non_null(strstr(err.text, "does not fit"));
	frames_free(options.frames);
	crew_clear(&t.crew);
}

static void test_shares(void **state)
{
	const struct chunk *c = t.payload.index.chunks;
	const size_t memories[] = {0, 1, 2 * CHUNK, 8 * CHUNK, 48u << 20};
	unsigned slots;
	size_t size;

	(void)state;
	for (unsigned i = 0; i < sizeof(memories) / sizeof(memories[0]); i++) {
		fetch_share(&t.payload.index, memories[i], &slots, &size);
		assert_true(slots >= 2 && size >= c[0].length && size % 4096 == 0);
		assert_true(slots == 2 || slots * size <= memories[i]);
	}
	assert_true(slots > 2 && size > 4 * CHUNK);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_one_honest_server),
		T(test_only_what_is_wanted),
		T(test_nothing_is_wanted),
		T(test_two_slots),
		T(test_cuts_are_taken_up_where_they_were),
		T(test_the_first_server_is_not_there),
		T(test_a_damaged_frame_comes_from_the_other),
		T(test_two_that_always_lie_and_an_honest_one),
		T(test_all_lie),
		T(test_one_wrong_copy_then_a_right_one),
		T(test_silence_is_taken_over),
		T(test_silence_of_the_only_one),
		T(test_a_slow_one_is_left_for_a_quick_one),
		T(test_wrong_answers_go_to_the_other),
		T(test_only_wrong_answers),
		T(test_stop_from_outside),
		T(test_cancel_while_nobody_is_there),
		T(test_what_cannot_be_used),
		T(test_shares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

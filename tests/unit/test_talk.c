/* rooms: agent tests/fakes protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "agent/talk.h"
#include "agent/talk_queue.h"
#include "core/io.h"
#include "core/json.h"
#include "core/log.h"
#include "tests/fakes/station.h"

#define HINT  "hint-hint-hint-hint"
#define TOKEN "token-token-token-token"

/* What the station was told, and what it is to say. Its thread and the test's meet under the lock. */
static struct {
	pthread_mutex_t lock;
	unsigned refuse; /* so many requests are answered with 503 first */
	unsigned status; /* of the other answers; 0: 200 */
	bool cancelled, old_nonce, bad_hint, local;
	uint64_t seqs[4096]; /* of the events that were stored, in order */
	unsigned n_seqs, n_requests;
	char path[128], token[128], *body; /* of the newest request */
} station = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct fake_answer events_answer(const struct fake_request *request)
{
	_cleanup_json_ json_t *body = json_loads(request->body, 0, NULL);
	json_t *events = json_object_get(body, "events"), *event;
	size_t i;
	char text[96];
	uint64_t last = station.n_seqs ? station.seqs[station.n_seqs - 1] : 0;

	if (json_array_size(events) > EVENT_BATCH_MAX)
		return fake_text(400, "{\"error\":\"too many\"}");
	json_array_foreach(events, i, event) {
		uint64_t seq = (uint64_t)json_integer_value(json_object_get(event, "seq"));
		if (seq > last && station.n_seqs < 4096)
			station.seqs[station.n_seqs++] = last = seq;
	}
	snprintf(text, sizeof(text), "{\"acked\":%llu,\"cancelled\":%s}", (unsigned long long)last,
		 station.cancelled ? "true" : "false");
	return fake_text(200, text);
}

static struct fake_answer checkin_answer(const struct fake_request *request)
{
	_cleanup_json_ json_t *body = json_loads(request->body, 0, NULL);
	const char *nonce = json_string_value(json_object_get(body, "nonce"));
	_cleanup_json_ json_t *answer =
		json_pack("{si ss ss s{si ss} sn sn s[] ss}", "protocol", 1, "nonce",
			  station.old_nonce ? "00000000000000000000000000000000" : nonce, "time",
			  "2026-11-22T21:00:00Z", "lease", "id", 7, "token", TOKEN, "node", "order",
			  "journal", "why_no_order", "not enrolled");
	return (struct fake_answer){.status = 200, .body = json_dumps(answer, 0)};
}

static struct fake_answer answer(void *data, const struct fake_request *request)
{
	struct fake_answer a;
	(void)data;
	pthread_mutex_lock(&station.lock);
	station.n_requests++;
	snprintf(station.path, sizeof(station.path), "%s", request->path);
	snprintf(station.token, sizeof(station.token), "%s", request->token);
	free(station.body);
	station.body = strdup(request->body);
	if (station.refuse) {
		station.refuse--;
		a = fake_text(503, "{\"error\":\"not now\"}");
	} else if (station.status) {
		a = fake_text(station.status, "{\"error\":\"as the test wants\"}");
	} else if (!strcmp(request->path, "/v1/agent/events")) {
		a = events_answer(request);
	} else if (!strcmp(request->path, "/v1/agent/checkin")) {
		a = checkin_answer(request);
	} else if (!strcmp(request->path, "/v1/agent/boot")) {
		a = fake_text(200, station.local      ? "{\"hint\":null}"
				   : station.bad_hint ? "{\"hint\":\"a b; not one of them\"}"
						      : "{\"hint\":\"" HINT "\"}");
	} else if (!strcmp(request->path, "/v1/agent/evidence")) {
		a = fake_text(200, "{\"certificate_sha256\":"
				   "\"AAbb0000000000000000000000000000000000000000000000000000000000cc\"}");
	} else if (!strcmp(request->path, "/images/a/manifest.json")) {
		a = fake_text(200, "the manifest");
	} else if (!strncmp(request->path, "/images/", 8)) {
		a = fake_text(404, "no such file");
	} else {
		a = fake_text(204, NULL);
	}
	pthread_mutex_unlock(&station.lock);
	return a;
}

struct world {
	struct fake_station *fake;
	struct talk *talk;
};

static struct talk *new_talk(const char *url)
{
	const struct talk_options options = {.url = url,
					     .pause_min_ms = 5,
					     .pause_max_ms = 20,
					     .flush_ms = 20,
					     .idle_ms = 50,
					     .hint_patience_s = 1,
					     .fetch_patience_s = 1};
	struct talk *talk = NULL;
	struct err err = {0};
	assert_int_equal(talk_new(&options, &talk, &err), 0);
	return talk;
}

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	station.refuse = station.status = station.n_seqs = station.n_requests = 0;
	station.cancelled = station.old_nonce = station.bad_hint = station.local = false;
	w->fake = fake_station_start(0, answer, NULL);
	w->talk = new_talk(fake_station_url(w->fake));
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	talk_free(w->talk);
	fake_station_stop(w->fake);
	free(station.body);
	station.body = NULL;
	free(w);
	return 0;
}

static void set(unsigned *field, unsigned value)
{
	pthread_mutex_lock(&station.lock);
	*field = value;
	pthread_mutex_unlock(&station.lock);
}

static void begin(struct world *w)
{
	struct err err = {0};
	assert_int_equal(talk_begin(w->talk, TOKEN, &err), 0);
}

static void add_events(struct world *w, unsigned n, enum event_kind kind)
{
	for (unsigned i = 0; i < n; i++) {
		const struct event event = {.time = 1000,
					    .kind = kind,
					    .phase = "destroy",
					    .step = "wipe",
					    .done = 1,
					    .total = 2,
					    .text = "t"};
		talk_event(w->talk, &event);
	}
}

/* ---- the check-in ---- */

static const struct node_identity identity = {.serial = "S1"};

static void a_check_in_waits_for_the_station(void **state)
{
	struct world *w = *state;
	_cleanup_(checkin_freep) struct checkin *checkin = NULL;
	struct err err = {0};

	set(&station.refuse, 3);
	assert_int_equal(talk_checkin(w->talk, HINT, &identity, NULL, &checkin, &err), 0);
	assert_int_equal(station.n_requests, 4);
	assert_string_equal(station.token, HINT);
	assert_non_null(strstr(station.body, "\"serial\":\"S1\""));
	assert_string_equal(checkin->token, TOKEN);
	assert_int_equal(checkin->lease_id, 7);
	assert_int_equal(checkin->time, 1795381200);
	assert_null(checkin->order);
	assert_string_equal(checkin->why_no_order, "not enrolled");
}

static void a_refused_check_in_is_final(void **state)
{
	struct world *w = *state;
	struct checkin *checkin = NULL;
	struct err err = {0};

	set(&station.status, 401);
	assert_int_equal(talk_checkin(w->talk, HINT, &identity, NULL, &checkin, &err), -EACCES);
	assert_int_equal(station.n_requests, 1);
	assert_string_equal(err.text, "as the test wants");
	assert_null(checkin);
}

static void a_boot_without_script_gets_its_hint(void **state)
{
	struct world *w = *state;
	char hint[HINT_SIZE] = "untouched";
	json_t *challenge = NULL;
	struct err err = {0};

	station.bad_hint = true;
	assert_int_equal(talk_hint(w->talk, &identity, NULL, hint, &challenge, &err), -EBADMSG);
	assert_string_equal(hint, "untouched");
	station.bad_hint = false;
	set(&station.refuse, 2);
	assert_int_equal(talk_hint(w->talk, &identity, NULL, hint, &challenge, &err), 0);
	assert_string_equal(hint, HINT);
	assert_string_equal(station.token, "");
	assert_non_null(strstr(station.body, "\"serial\":\"S1\""));
}

static void where_nothing_is_to_be_done_there_is_no_hint(void **state)
{
	struct world *w = *state;
	char hint[HINT_SIZE] = "untouched";
	json_t *challenge = NULL;
	struct err err = {0};

	station.local = true;
	assert_int_equal(talk_hint(w->talk, &identity, NULL, hint, &challenge, &err), 1);
	assert_string_equal(hint, "untouched");
	/* Nor from a station that is away: it is not waited for as long as for other calls. */
	set(&station.refuse, 100000);
	assert_int_equal(talk_hint(w->talk, &identity, NULL, hint, &challenge, &err), -ETIMEDOUT);
	assert_non_null(strstr(err.text, "does not answer"));
	assert_string_equal(hint, "untouched");
	set(&station.refuse, 0);
}

static void an_old_answer_is_refused(void **state)
{
	struct world *w = *state;
	struct checkin *checkin = NULL;
	struct err err = {0};

	station.old_nonce = true;
	assert_int_equal(talk_checkin(w->talk, HINT, &identity, NULL, &checkin, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "nonce"));
}

/* ---- events ---- */

static void events_arrive_once_each_and_in_order(void **state)
{
	struct world *w = *state;
	struct err err = {0};

	set(&station.refuse, 2);
	begin(w);
	add_events(w, 600, EVENT_NOTE); /* more than one batch */
	assert_int_equal(talk_flush(w->talk, &err), 0);
	assert_int_equal(station.n_seqs, 600);
	for (unsigned i = 0; i < 600; i++)
		assert_int_equal(station.seqs[i], i + 1);
	assert_string_equal(station.token, TOKEN);
}

static void a_station_that_comes_back_gets_what_it_missed(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	unsigned port = fake_station_port(w->fake);

	begin(w);
	fake_station_stop(w->fake);
	add_events(w, 10, EVENT_NOTE);
	usleep(50000);
	w->fake = fake_station_start(port, answer, NULL);
	assert_int_equal(talk_flush(w->talk, &err), 0);
	assert_int_equal(station.n_seqs, 10);
}

static void cancelling_is_heard_without_any_event(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	const struct journal_entry entry = {.drive = "serial:A", .step = "wipe", .method = "m"};

	begin(w);
	pthread_mutex_lock(&station.lock);
	station.cancelled = true;
	pthread_mutex_unlock(&station.lock);
	for (int i = 0; i < 3000 && talk_state(w->talk) == TALK_GOING; i++)
		usleep(10000);
	assert_int_equal(talk_state(w->talk), TALK_CANCELLED);
	assert_int_equal(talk_journal(w->talk, &entry, &err), -ECANCELED);
	assert_int_equal(talk_flush(w->talk, &err), -ECANCELED);
	assert_int_equal(talk_log(w->talk, "log", 3, &err), 0); /* the log still goes */
}

static void a_revoked_lease_ends_everything(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	const struct journal_entry entry = {.drive = "serial:A", .step = "wipe", .method = "m"};

	set(&station.status, 409);
	begin(w);
	assert_int_equal(talk_journal(w->talk, &entry, &err), -ESTALE);
	assert_int_equal(talk_state(w->talk), TALK_REVOKED);
	add_events(w, 3, EVENT_NOTE);
	assert_int_equal(talk_flush(w->talk, &err), -ESTALE);
	assert_int_equal(talk_outcome(w->talk, "held", "s", "r", &err), -ESTALE);
	assert_int_equal(station.n_seqs, 0);
}

static void progress_gives_way_first(void **state)
{
	struct talk_queue queue;
	struct event out[4], event = {.kind = EVENT_NOTE};
	(void)state;

	talk_queue_init(&queue);
	talk_queue_add(&queue, &event); /* 1 */
	event.kind = EVENT_PROGRESS;
	talk_queue_add(&queue, &event); /* 2 */
	event.kind = EVENT_NOTE;
	for (unsigned i = 2; i < TALK_QUEUE_MAX; i++)
		talk_queue_add(&queue, &event);
	assert_int_equal(queue.dropped, 0);
	talk_queue_add(&queue, &event);
	assert_int_equal(queue.dropped, 1);
	assert_int_equal(talk_queue_peek(&queue, out, 2), 2);
	assert_int_equal(out[0].seq, 1);
	assert_int_equal(out[1].seq, 3);
	talk_queue_add(&queue, &event); /* no progress is left: the oldest goes */
	talk_queue_peek(&queue, out, 1);
	assert_int_equal(out[0].seq, 3);
	assert_int_equal(queue.n, TALK_QUEUE_MAX);
	talk_queue_acked(&queue, 10);
	talk_queue_peek(&queue, out, 1);
	assert_int_equal(out[0].seq, 11);
	talk_queue_acked(&queue, UINT64_MAX);
	assert_int_equal(queue.n, 0);
	talk_queue_clear(&queue);
}

/* ---- the other calls ---- */

static void a_journal_entry_waits_until_it_is_stored(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	const struct journal_entry entry = {.drive = "serial:A", .step = "wipe", .method = "overwrite-zero"};

	assert_int_equal(talk_begin(w->talk, TOKEN, &err), 0);
	set(&station.refuse, 5);
	assert_int_equal(talk_journal(w->talk, &entry, &err), 0);
	assert_int_equal(station.refuse, 0);
}

static void the_certificates_digest_is_read(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	char sha256[65];
	_cleanup_json_ json_t *evidence = json_object();

	assert_int_equal(talk_evidence(w->talk, evidence, sha256, &err), 0);
	assert_string_equal(sha256, "aabb0000000000000000000000000000000000000000000000000000000000cc");
}

static void the_outcome_says_which_step_and_why(void **state)
{
	struct world *w = *state;
	struct err err = {0};

	assert_int_equal(talk_outcome(w->talk, "held", "image", "no such thing", &err), 0);
	assert_string_equal(station.path, "/v1/agent/outcome");
	_cleanup_json_ json_t *held = json_loads(station.body, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(held, "outcome")), "held");
	assert_string_equal(json_string_value(json_object_get(held, "step")), "image");
	assert_string_equal(json_string_value(json_object_get(held, "reason")), "no such thing");
	assert_int_equal(talk_outcome(w->talk, "handed-over", NULL, NULL, &err), 0);
	_cleanup_json_ json_t *over = json_loads(station.body, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(over, "outcome")), "handed-over");
	assert_int_equal(json_object_size(over), 1);
}

static void texts_are_what_the_protocol_takes(void **state)
{
	char text[8];
	(void)state;
	talk_text(text, sizeof(text), "a\tb\n\x7f");
	assert_string_equal(text, "a?b??");
	talk_text(text, sizeof(text), "12345\xc3\xa9");
	assert_string_equal(text, "12345\xc3\xa9");
	talk_text(text, sizeof(text), "123456\xc3\xa9"); /* the last character would be cut in two */
	assert_string_equal(text, "123456");
	talk_text(text, sizeof(text), "1\xc3\xff\xc3\xa9");
	assert_string_equal(text, "1????");
	talk_text(text, sizeof(text), "");
	assert_string_equal(text, "");
}

static void a_document_is_fetched_without_the_lease(void **state)
{
	struct world *w = *state;
	struct err err = {0};
	_cleanup_free_ char *url = str_printf("%s/images/a/manifest.json", fake_station_url(w->fake));
	_cleanup_free_ char *missing = str_printf("%s/images/b", fake_station_url(w->fake));
	_cleanup_free_ void *text = NULL;
	void *none = NULL;
	size_t len = 0;

	set(&station.refuse, 1);
	assert_int_equal(talk_fetch(w->talk, url, 100, &text, &len, &err), 0);
	assert_string_equal(text, "the manifest");
	assert_int_equal(len, 12);
	assert_string_equal(station.token, "");
	assert_int_equal(talk_fetch(w->talk, url, 11, &none, &len, &err), -EFBIG);
	assert_int_equal(talk_fetch(w->talk, missing, 100, &none, &len, &err), -ENOENT);
	assert_non_null(strstr(err.text, "404"));
	set(&station.refuse, 1000000);
	assert_int_equal(talk_fetch(w->talk, url, 100, &none, &len, &err), -EAGAIN);
	assert_null(none);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_check_in_waits_for_the_station),
		T(a_refused_check_in_is_final),
		T(a_boot_without_script_gets_its_hint),
		T(where_nothing_is_to_be_done_there_is_no_hint),
		T(an_old_answer_is_refused),
		T(events_arrive_once_each_and_in_order),
		T(a_station_that_comes_back_gets_what_it_missed),
		T(cancelling_is_heard_without_any_event),
		T(a_revoked_lease_ends_everything),
		T(progress_gives_way_first),
		T(a_journal_entry_waits_until_it_is_stored),
		T(the_certificates_digest_is_read),
		T(the_outcome_says_which_step_and_why),
		T(texts_are_what_the_protocol_takes),
		T(a_document_is_fetched_without_the_lease),
	};
	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

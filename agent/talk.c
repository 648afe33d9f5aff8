/* SPDX-License-Identifier: Apache-2.0 */
/* The calls that wait for their answer, and the one rule of retrying. */
#include "agent/talk.h"

#include <string.h>

#include "agent/talk_private.h"
#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "core/log.h"
#include "core/time.h"

#define TALK_REASON_SIZE 992 /* as long as an error's text */
#define SLICE_MS         200 /* a pause is slept in pieces, so that the end of the conversation ends it */

void talk_alive(struct talk *talk)
{
	if (talk->options.alive)
		talk->options.alive(talk->options.alive_data);
}

enum talk_state talk_state(struct talk *talk)
{
	return (enum talk_state)atomic_load(&talk->state);
}

void talk_raise(struct talk *talk, enum talk_state state)
{
	int old = atomic_load(&talk->state);
	while (old < (int)state && !atomic_compare_exchange_weak(&talk->state, &old, (int)state))
		;
}

/* 409: the lease was revoked; 401: the station does not know it (docs/protocol.md, "Authentication"). */
bool talk_learn(struct talk *talk, int code)
{
	if (code == -ESTALE || code == -EACCES)
		talk_raise(talk, TALK_REVOKED);
	return talk_state(talk) == TALK_REVOKED;
}

/* A certificate that does not verify counts as away: whoever answers there is not the station. */
bool talk_away(int code)
{
	return http_transient(code) || code == -EKEYREJECTED;
}

void talk_pause(struct talk *talk, unsigned *pause_ms)
{
	for (unsigned slept = 0; slept < *pause_ms && !talk->ending; slept += SLICE_MS) {
		unsigned left = *pause_ms - slept;
		talk_alive(talk);
		usleep((left < SLICE_MS ? left : SLICE_MS) * 1000);
	}
	*pause_ms = *pause_ms * 2 < talk->options.pause_max_ms ? *pause_ms * 2 : talk->options.pause_max_ms;
}

static bool handle_cancelled(void *data)
{
	struct talk *talk = data;
	talk_alive(talk);
	return talk->ending || talk_state(talk) == TALK_REVOKED;
}

static int new_handle(struct talk *talk, unsigned timeout_s, struct http **ret, struct err *err)
{
	const struct http_options options = {
		.ca_pem = talk->options.ca_pem,
		.base = talk->options.url,
		.timeout_s = timeout_s,
		.cancelled = handle_cancelled,
		.cancelled_data = talk,
	};
	return http_new(&options, ret, err);
}

static void set_default(unsigned *value, unsigned standard)
{
	if (!*value)
		*value = standard;
}

static void init_sync(struct talk *talk)
{
	cond_init_monotonic(&talk->queue_changed);
	pthread_mutex_init(&talk->calls_lock, NULL);
	pthread_mutex_init(&talk->fetch_lock, NULL);
	pthread_mutex_init(&talk->queue_lock, NULL);
}

int talk_new(const struct talk_options *options, struct talk **ret, struct err *err)
{
	_cleanup_(talk_freep) struct talk *talk = xcalloc(1, sizeof(*talk));

	talk->options = *options;
	set_default(&talk->options.pause_min_ms, 1000);
	set_default(&talk->options.pause_max_ms, 30000);
	set_default(&talk->options.flush_ms, 1000);
	set_default(&talk->options.idle_ms, 10000);
	set_default(&talk->options.hint_patience_s, 300);
	set_default(&talk->options.fetch_patience_s, 900);
	init_sync(talk);
	talk_queue_init(&talk->queue);
	int r = new_handle(talk, 0, &talk->calls, err);
	if (!r)
		r = new_handle(talk, 0, &talk->sender, err);
	if (!r) /* an index may be large and the line slow */
		r = new_handle(talk, 3600, &talk->fetch, err);
	if (!r)
		*ret = TAKE_PTR(talk);
	return r;
}

void talk_free(struct talk *talk)
{
	if (!talk)
		return;
	talk_events_end(talk);
	http_free(talk->calls);
	http_free(talk->sender);
	http_free(talk->fetch);
	talk_queue_clear(&talk->queue);
	pthread_cond_destroy(&talk->queue_changed);
	pthread_mutex_destroy(&talk->calls_lock);
	pthread_mutex_destroy(&talk->fetch_lock);
	pthread_mutex_destroy(&talk->queue_lock);
	free(talk);
}

void talk_text(char *to, size_t size, const char *from)
{
	json_t *whole = json_string(from); /* NULL unless it is UTF-8 */
	size_t len = strlen(from);

	if (len >= size)
		len = size - 1;
	while (whole && len && ((unsigned char)from[len] & 0xc0) == 0x80)
		len--;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)from[i];
		to[i] = c < 0x20 || c == 0x7f || (c > 0x7f && !whole) ? '?' : (char)c;
	}
	to[len] = '\0';
	json_decref(whole);
}

/* A call that is tried until the station answers, or monotonic_ns() is give_up. stop_at: the state that ends trying. */
static int call_until(struct talk *talk, const char *method, const char *target, const json_t *body,
		      json_t **ret, enum talk_state stop_at, uint64_t give_up, struct err *err)
{
	unsigned pause_ms = talk->options.pause_min_ms;
	bool said = false;

	for (;;) {
		if (talk_state(talk) >= stop_at)
			return talk_state(talk) == TALK_REVOKED
				       ? err_set(err, ESTALE, "the lease was revoked")
				       : err_set(err, ECANCELED, "the order was cancelled");
		pthread_mutex_lock(&talk->calls_lock);
		int r = http_json(talk->calls, method, target, body, ret, err);
		pthread_mutex_unlock(&talk->calls_lock);
		if (!r || !talk_away(r))
			return r;
		if (monotonic_ns() > give_up) {
			err->code = ETIMEDOUT;
			return err_prepend(err, "the station does not answer");
		}
		if (!said)
			log_warn("waiting for the station: %s", err->text);
		said = true;
		talk_pause(talk, &pause_ms);
		*err = (struct err){0};
	}
}

static int call(struct talk *talk, const char *method, const char *target, const json_t *body, json_t **ret,
		enum talk_state stop_at, struct err *err)
{
	return call_until(talk, method, target, body, ret, stop_at, UINT64_MAX, err);
}

/* A call under the lease: learns from its answer that the lease is gone. */
static int lease_call(struct talk *talk, const char *method, const char *target, const json_t *body,
		      json_t **ret, enum talk_state stop_at, struct err *err)
{
	int r = call(talk, method, target, body, ret, stop_at, err);
	talk_learn(talk, r);
	return r;
}

int talk_hint(struct talk *talk, const struct node_identity *identity, const json_t *tpm, char ret[HINT_SIZE],
	      json_t **ret_challenge, struct err *err)
{
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_json_ json_t *body =
		json_pack("{so sO?}", "identity", node_identity_to_json(identity), "tpm", tpm);
	uint64_t give_up = monotonic_ns() + talk->options.hint_patience_s * 1000000000ull;
	const char *hint = NULL;
	int r = call_until(talk, "POST", "/v1/agent/boot", body, &answer, TALK_REVOKED, give_up, err);

	if (!r && json_is_null(json_object_get(answer, "hint")))
		return 1;
	if (!r)
		r = json_get_str(answer, "answer to a boot", "hint", HINT_MAX, &hint, err);
	if (!r && !cmdline_is_hint(hint, strlen(hint)))
		r = err_set(err, EBADMSG, "answer to a boot: this is no hint");
	if (r)
		return r;
	strcpy(ret, hint);
	*ret_challenge = json_is_object(json_object_get(answer, "challenge"))
				 ? json_incref(json_object_get(answer, "challenge"))
				 : NULL;
	return 0;
}

int talk_checkin(struct talk *talk, const char *hint, const struct node_identity *identity,
		 const json_t *attestation, struct checkin **ret, struct err *err)
{
	char nonce[CHECKIN_NONCE_SIZE];
	uint8_t bytes[(CHECKIN_NONCE_SIZE - 1) / 2];
	_cleanup_json_ json_t *answer = NULL;

	random_bytes(bytes, sizeof(bytes));
	hex_encode(bytes, sizeof(bytes), nonce);
	_cleanup_json_ json_t *body =
		json_pack("{si ss s{ss ss} so sO?}", "protocol", PROTOCOL_VERSION, "nonce", nonce, "agent",
			  "version", REMINT_VERSION, "boot_image", "", "identity",
			  node_identity_to_json(identity), "attestation", attestation);
	http_set_token(talk->calls, hint);
	int r = call(talk, "POST", "/v1/agent/checkin", body, &answer, TALK_REVOKED, err);
	http_set_token(talk->calls, NULL);
	if (!r)
		r = checkin_parse(answer, nonce, ret, err);
	return r;
}

int talk_begin(struct talk *talk, const char *token, struct err *err)
{
	http_set_token(talk->calls, token);
	http_set_token(talk->sender, token);
	return talk_events_begin(talk, err);
}

int talk_journal(struct talk *talk, const struct journal_entry *entry, struct err *err)
{
	_cleanup_json_ json_t *body = journal_entry_to_json(entry);
	int r = lease_call(talk, "POST", "/v1/agent/journal", body, NULL, TALK_CANCELLED, err);
	return r ? err_prepend(err, "journal") : 0;
}

int talk_inventory(struct talk *talk, const json_t *inventory, struct err *err)
{
	int r = lease_call(talk, "PUT", "/v1/agent/inventory", inventory, NULL, TALK_CANCELLED, err);
	return r ? err_prepend(err, "sending the inventory") : 0;
}

int talk_evidence(struct talk *talk, const json_t *evidence, char ret_sha256[65], struct err *err)
{
	_cleanup_json_ json_t *answer = NULL;
	const char *sha256 = NULL;
	uint8_t digest[SHA256_SIZE];

	int r = lease_call(talk, "POST", "/v1/agent/evidence", evidence, &answer, TALK_CANCELLED, err);
	if (!r)
		r = json_get_str(answer, "answer", "certificate_sha256", 64, &sha256, err);
	if (!r && hex_decode(sha256, digest, sizeof(digest)))
		r = err_set(err, EBADMSG, "answer: certificate_sha256 is not 64 hexadecimal digits");
	if (r)
		return err_prepend(err, "handing in the evidence");
	hex_encode(digest, sizeof(digest), ret_sha256);
	return 0;
}

int talk_outcome(struct talk *talk, const char *outcome, const char *step, const char *reason,
		 struct err *err)
{
	char text[TALK_REASON_SIZE];
	talk_text(text, sizeof(text), reason ? reason : "");
	_cleanup_json_ json_t *body =
		reason ? json_pack("{ss ss ss}", "outcome", outcome, "step", step, "reason", text)
		       : json_pack("{ss}", "outcome", outcome);
	int r = lease_call(talk, "POST", "/v1/agent/outcome", body, NULL, TALK_REVOKED, err);
	return r ? err_prepend(err, "reporting the outcome") : 0;
}

/* An answer's status as an error, for documents that are not JSON. */
static int status_error(const struct http_response *response, const char *url, struct err *err)
{
	if (response->status == 200)
		return 0;
	int code = response->status == 404                                  ? ENOENT
		   : response->status == 409                                ? ESTALE
		   : response->status == 401                                ? EACCES
		   : response->status == 429 || response->status / 100 == 5 ? EAGAIN
									    : EPROTO;
	return err_set(err, code, "%s: the server answered %ld", url, response->status);
}

int talk_log(struct talk *talk, const char *text, size_t len, struct err *err)
{
	unsigned pause_ms = talk->options.pause_min_ms;
	for (;;) {
		struct http_response response = {0};
		*err = (struct err){0};
		pthread_mutex_lock(&talk->calls_lock);
		int r = http_request(talk->calls, "PUT", "/v1/agent/log", "text/plain", text, len, 65536,
				     &response, err);
		pthread_mutex_unlock(&talk->calls_lock);
		if (!r && response.status / 100 != 2)
			r = status_error(&response, "/v1/agent/log", err);
		http_response_clear(&response);
		if (!r)
			return 0;
		if (talk_learn(talk, r) || !talk_away(r))
			return err_prepend(err, "sending the log");
		talk_pause(talk, &pause_ms);
	}
}

int talk_fetch(struct talk *talk, const char *url, size_t limit, void **ret, size_t *ret_len, struct err *err)
{
	uint64_t give_up = monotonic_ns() + talk->options.fetch_patience_s * 1000000000ull;
	unsigned pause_ms = talk->options.pause_min_ms;

	for (;;) {
		struct http_response response = {0};
		*err = (struct err){0};
		pthread_mutex_lock(&talk->fetch_lock);
		int r = http_request(talk->fetch, "GET", url, NULL, NULL, 0, limit, &response, err);
		pthread_mutex_unlock(&talk->fetch_lock);
		if (!r)
			r = status_error(&response, url, err);
		if (!r) {
			*ret = response.body;
			*ret_len = response.len;
			return 0;
		}
		http_response_clear(&response);
		if (!http_transient(r) || talk_state(talk) != TALK_GOING || monotonic_ns() > give_up)
			return r;
		log_warn("trying again: %s", err->text);
		talk_pause(talk, &pause_ms);
	}
}

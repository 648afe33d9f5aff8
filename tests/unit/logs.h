/* SPDX-License-Identifier: Apache-2.0 */
/* Captured event logs (tests/machines/tcg-logs) and their forgery. */
#ifndef TESTS_UNIT_LOGS_H
#define TESTS_UNIT_LOGS_H

#include "core/io.h"
#include "core/json.h"
#include "protocol/attestation/tcg_log_spec.h"
#include "protocol/measured/measured.h"

#define LOGS_FOLDER "tests/machines/tcg-logs"
#define FORGED_MAX  TCG_LOG_MAX

/* One captured boot. */
struct captured {
	struct measured expected;
	uint8_t pcrs[TCG_PCRS][SHA256_SIZE];
	char cmdline[MEASURED_CMDLINE_MAX + 1]; /* /proc/cmdline there */
	uint8_t *log;                           /* with FORGED_MAX bytes of room */
	size_t len;
};

/* Where an event lies in a log. */
struct place {
	size_t begin, digest, data, end; /* digest: the SHA-256 one */
	struct tcg_event event;
};

static inline void captured_read(const char *name, struct captured *c)
{
	_cleanup_free_ char *log = NULL, *log_path = str_printf(LOGS_FOLDER "/%s.log", name),
			    *json_path = str_printf(LOGS_FOLDER "/%s.json", name);
	_cleanup_json_ json_t *json = NULL;
	struct err err = {0};

	assert_int_equal(file_read(log_path, TCG_LOG_MAX, &log, &c->len, &err), 0);
	c->log = xcalloc(1, FORGED_MAX);
	memcpy(c->log, log, c->len);
	assert_int_equal(json_read_file(json_path, MEASURED_JSON_MAX, &json, &err), 0);
	assert_int_equal(measured_from_json(json_object_get(json, "measured"), &c->expected, &err), 0);
	snprintf(c->cmdline, sizeof(c->cmdline), "%s", json_string_value(json_object_get(json, "cmdline")));
	for (unsigned i = 0; i < TCG_PCRS; i++)
		assert_int_equal(
			hex_decode(json_string_value(json_array_get(json_object_get(json, "pcrs"), i)),
				   c->pcrs[i], SHA256_SIZE),
			0);
}

static inline void captured_clear(struct captured *c)
{
	free(c->log);
}

struct place_search {
	const uint8_t *log;
	uint32_t pcr;
	int wanted, seen;
	size_t begin; /* of the next event */
	struct place *ret;
};

static inline int place_look(const struct tcg_event *event, void *data)
{
	struct place_search *s = data;
	size_t begin = s->begin, at = (size_t)(event->data - s->log);

	s->begin = at + event->len;
	if (event->pcr != s->pcr || event->type == EV_NO_ACTION || s->seen++ != s->wanted)
		return 0;
	*s->ret = (struct place){.begin = begin, .data = at, .end = s->begin, .event = *event};
	s->ret->digest = begin + sizeof(struct tcg_pcr_event2) + 2;
	while (memcmp(s->log + s->ret->digest, event->sha256, SHA256_SIZE) != 0)
		s->ret->digest++;
	return 0;
}

/* The event number n (from 0) that extends the PCR; -1: the last one. */
static inline struct place place_of(const struct captured *c, uint32_t pcr, int n)
{
	struct tcg_pcr_event first;
	struct place found = {0};
	struct place_search s = {.log = c->log, .pcr = pcr, .wanted = n, .ret = &found};
	struct err err = {0};

	memcpy(&first, c->log, sizeof(first));
	s.begin = sizeof(first) + first.eventDataSize;
	assert_int_equal(tcg_log_walk(c->log, c->len, place_look, &s, &err), 0);
	if (n == -1)
		return place_of(c, pcr, s.seen - 1);
	assert_true(s.seen > n);
	return found;
}

static inline void log_remove(struct captured *c, const struct place *p)
{
	memmove(c->log + p->begin, c->log + p->end, c->len - p->end);
	c->len -= p->end - p->begin;
}

/* An event with a SHA-256 digest alone, at that place. */
static inline void log_insert(struct captured *c, size_t at, uint32_t pcr, uint32_t type,
			      const uint8_t digest[SHA256_SIZE], const void *data, uint32_t len)
{
	struct tcg_pcr_event2 head = {.pcrIndex = pcr, .eventType = type, .digestsCount = 1};
	uint16_t algorithm = TPM_ALG_SHA256;
	size_t whole = sizeof(head) + 2 + SHA256_SIZE + 4 + len;
	uint8_t *p = c->log + at;

	assert_true(c->len + whole <= FORGED_MAX);
	memmove(p + whole, p, c->len - at);
	memcpy(p, &head, sizeof(head));
	memcpy(p + sizeof(head), &algorithm, 2);
	memcpy(p + sizeof(head) + 2, digest, SHA256_SIZE);
	memcpy(p + sizeof(head) + 2 + SHA256_SIZE, &len, 4);
	memcpy(p + whole - len, data, len);
	c->len += whole;
}

/* What a machine's TPM would hold that really did what the forged log says. */
static inline void really_done(struct captured *c)
{
	struct err err = {0};

	assert_int_equal(tcg_log_replay(c->log, c->len, c->pcrs, &err), 0);
}

#endif

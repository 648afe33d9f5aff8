/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/run_alone.h"

#include <string.h>

#include "agent/checkin.h"
#include "agent/stick_file.h"
#include "core/io.h"
#include "core/json.h"
#include "core/log.h"
#include "core/time.h"

#define JOURNAL_MAX    (16 * 1024 * 1024) /* bytes */
#define SHOWN_EVERY_NS 30000000000ull     /* progress on the console */

/* "journal-o-1-1.jsonl": what belongs to one use of the order. */
static char *file_name(const struct run_alone *a, const char *what, const char *suffix)
{
	return str_printf("%s-%s-%u.%s", what, a->order->order->id, a->use->n, suffix);
}

static int write_file(struct run_alone *a, const char *what, const char *suffix, const void *buf, size_t len,
		      struct err *err)
{
	_cleanup_free_ char *name = file_name(a, what, suffix);

	pthread_mutex_lock(&a->lock);
	int r = stick_file_write(a->folder, name, buf, len, err);
	pthread_mutex_unlock(&a->lock);
	return r;
}

static int append_line(struct run_alone *a, const char *what, json_t *json, struct err *err)
{
	_cleanup_free_ char *name = file_name(a, what, "jsonl"), *text = json_canonical(json, NULL),
			    *line = str_printf("%s\n", text);

	pthread_mutex_lock(&a->lock);
	int r = stick_file_append(a->folder, name, line, strlen(line), err);
	pthread_mutex_unlock(&a->lock);
	return r;
}

static enum talk_state do_state(void *data)
{
	(void)data;
	return TALK_GOING; /* nobody could cancel it */
}

static void show_progress(struct run_alone *a, const struct event *event)
{
	uint64_t now = monotonic_ns();

	if (event->total && now - a->shown_at >= SHOWN_EVERY_NS) {
		a->shown_at = now;
		log_info("%s: %u %%", event->step,
			 (unsigned)((double)event->done * 100 / (double)event->total));
	}
}

/* Events are for whoever reads the medium later: a medium that does not take them fails at the journal, not here. */
static void do_event(void *data, const struct event *event)
{
	struct run_alone *a = data;
	struct err err = {0};

	if (event->kind == EVENT_PROGRESS) {
		show_progress(a, event);
		return;
	}
	_cleanup_json_ json_t *json = event_to_json(event);
	if (append_line(a, "events", json, &err) < 0 && !a->events_lost) {
		log_warn("%s", err.text);
		a->events_lost = true;
	}
}

static int do_flush(void *data, struct err *err)
{
	(void)data;
	(void)err;
	return 0; /* each line is flushed as it is written */
}

static int do_journal(void *data, const struct journal_entry *entry, struct err *err)
{
	_cleanup_json_ json_t *json = journal_entry_to_json(entry);

	return append_line(data, "journal", json, err);
}

static int do_inventory(void *data, const json_t *inventory, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;

	text = json_pretty(inventory, &len);
	return write_file(data, "inventory", "json", text, len, err);
}

/* The signature first: a record that is there has one. */
static int do_evidence(void *data, const json_t *evidence, char ret_sha256[65], struct err *err)
{
	struct run_alone *a = data;
	const struct alone_seal seal = {
		.key_folder = a->key_folder, .site_folder = a->site_folder, .order = a->order, .use = a->use};
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ uint8_t *sig = NULL;
	size_t len = 0, sig_len = 0;

	int r = alone_seal(&seal, evidence, &text, &len, &sig, &sig_len, err);
	if (!r)
		r = write_file(a, "evidence", "json.p7s", sig, sig_len, err);
	if (!r)
		r = write_file(a, "evidence", "json", text, len, err);
	ret_sha256[0] = '\0'; /* the certificate is made at a station, later */
	return r;
}

static int do_log(void *data, const char *text, size_t len, struct err *err)
{
	return write_file(data, "log", "txt", text, len, err);
}

/* Only a use that has come to its end is over: after whatever held it the same machine may try again. */
static int do_outcome(void *data, const char *outcome, const char *step, const char *reason, struct err *err)
{
	struct run_alone *a = data;
	_cleanup_json_ json_t *json =
		json_pack("{ss ss? ss?}", "outcome", outcome, "step", step, "reason", reason);

	int r = json ? append_line(a, "events", json, err) : 0; /* a reason that is no UTF-8 is in the log */
	if (r || strcmp(outcome, "erased") != 0)
		return r;
	a->use->ended = true;
	pthread_mutex_lock(&a->lock);
	r = alone_use_write(a->folder, a->order, a->use, err);
	pthread_mutex_unlock(&a->lock);
	return r;
}

static int do_fetch(void *data, const char *url, size_t limit, void **ret, size_t *ret_len, struct err *err)
{
	(void)data, (void)limit, (void)ret, (void)ret_len;
	return err_set(err, ENETUNREACH, "%s: this boot has no network", url);
}

const struct run_station run_station_alone = {
	.state = do_state,
	.event = do_event,
	.flush = do_flush,
	.journal = do_journal,
	.inventory = do_inventory,
	.evidence = do_evidence,
	.log = do_log,
	.outcome = do_outcome,
	.fetch = do_fetch,
};

/* ---- after a power cut ---- */

static int read_line(const char *line, size_t len, struct journal_entry *ret, struct err *err)
{
	_cleanup_json_ json_t *json = NULL;
	int r = json_parse(line, len, &json, err);

	return r ? r : journal_entry_from_json(json, ret, err);
}

/* *ret_end is behind the last whole line. */
static int read_lines(const char *text, struct journal_entry *entries, unsigned *n, const char **ret_end,
		      struct err *err)
{
	const char *end;

	for (; (end = strchr(text, '\n')); text = end + 1) {
		struct journal_entry entry;
		int r = read_line(text, (size_t)(end - text), &entry, err);

		if (r)
			return r;
		/* what says that a drive was proven; what the firmware looked like says nothing of a drive */
		if (entry.state == JOURNAL_PROVEN && strcmp(entry.step, "firmware") != 0)
			journal_entry_clear(&entry);
		else if (*n < CHECKIN_JOURNAL_MAX)
			entries[(*n)++] = entry;
		else
			return err_set(err, EFBIG, "more than %d entries", CHECKIN_JOURNAL_MAX);
	}
	*ret_end = text;
	return 0;
}

static int read_journal(const struct run_alone *alone, const char *name, struct journal_entry *entries,
			unsigned *n, struct err *err)
{
	_cleanup_free_ char *path = path_join(alone->folder, name), *text = NULL;
	const char *end = NULL;
	size_t len = 0;
	int r = file_read(path, JOURNAL_MAX, &text, &len, err);

	if (r)
		return r == -ENOENT ? 0 : r;
	r = read_lines(text, entries, n, &end, err);
	if (r || end == text + len)
		return r;
	return stick_file_write(alone->folder, name, text, (size_t)(end - text), err);
}

int run_alone_journal(const struct run_alone *alone, struct journal_entry **ret, unsigned *ret_n,
		      struct err *err)
{
	struct journal_entry *entries = xcalloc(CHECKIN_JOURNAL_MAX, sizeof(*entries));
	_cleanup_free_ char *name = file_name(alone, "journal", "jsonl");
	unsigned n = 0;
	int r = read_journal(alone, name, entries, &n, err);

	if (r) {
		while (n)
			journal_entry_clear(&entries[--n]);
		free(entries);
		return err_prepend(err, "boot medium: %s", name);
	}
	*ret = entries;
	*ret_n = n;
	return 0;
}

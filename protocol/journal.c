/* SPDX-License-Identifier: Apache-2.0 */
/* Journal entries: docs/protocol.md, "Journal". */
#include "protocol/journal.h"

#include <string.h>

#include "core/hash.h"
#include "core/json.h"

static const char *const states[] = {
	[JOURNAL_BEGUN] = "begun",
	[JOURNAL_MARKED] = "marked",
	[JOURNAL_PROVEN] = "proven",
	[JOURNAL_FAILED] = "failed",
};

static int read_text(const json_t *json, const char *key, char *to, size_t size, struct err *err)
{
	const char *text;
	int r = json_get_str(json, "journal", key, size - 1, &text, err);

	if (!r)
		snprintf(to, size, "%s", text);
	return r;
}

static int read_marker_key(const json_t *json, struct journal_entry *entry, struct err *err)
{
	uint8_t key[32];
	const char *text;
	int r = json_get_str_or_empty(json, "journal", "marker_key", 64, &text, err);

	if (r < 0)
		return r;
	if (*text && hex_decode(text, key, sizeof(key)) < 0)
		return err_set(err, EBADMSG, "journal.marker_key must be empty or 64 hexadecimal digits");
	snprintf(entry->marker_key, sizeof(entry->marker_key), "%s", text);
	return 0;
}

static int read_state(const json_t *json, struct journal_entry *entry, struct err *err)
{
	json_t *proof = json_object_get(json, "proof");
	const char *name;
	int r = json_get_str(json, "journal", "state", 16, &name, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (strcmp(name, states[i]) != 0)
			continue;
		entry->state = (enum journal_state)i;
		if (entry->state == JOURNAL_PROVEN && !json_is_object(proof))
			return err_set(err, EBADMSG,
				       "journal.proof must be an object where state is \"proven\"");
		if (entry->state != JOURNAL_PROVEN && proof && !json_is_null(proof))
			return err_set(err, EBADMSG, "journal.proof goes with the state \"proven\" alone");
		return 0;
	}
	return err_set(err, EBADMSG, "journal.state: \"%s\" is unknown", name);
}

int journal_entry_from_json(const json_t *json, struct journal_entry *ret, struct err *err)
{
	static const char *const keys[] = {"drive", "step", "method", "marker_key", "state", "proof", NULL};
	struct journal_entry entry = {0};
	int r;

	if (!json_is_object(json))
		return err_set(err, EBADMSG, "a journal entry must be an object");
	r = json_only_keys(json, "journal", keys, err);
	if (!r)
		r = read_text(json, "drive", entry.drive, sizeof(entry.drive), err);
	if (!r)
		r = read_text(json, "step", entry.step, sizeof(entry.step), err);
	if (!r)
		r = read_text(json, "method", entry.method, sizeof(entry.method), err);
	if (!r)
		r = read_marker_key(json, &entry, err);
	if (!r)
		r = read_state(json, &entry, err);
	if (r)
		return r;
	if (entry.state == JOURNAL_PROVEN)
		entry.proof = json_incref(json_object_get(json, "proof"));
	*ret = entry;
	return 0;
}

json_t *journal_entry_to_json(const struct journal_entry *entry)
{
	return json_pack("{ss ss ss ss ss sO?}", "drive", entry->drive, "step", entry->step, "method",
			 entry->method, "marker_key", entry->marker_key, "state", states[entry->state],
			 "proof", entry->proof);
}

void journal_entry_clear(struct journal_entry *entry)
{
	json_decref(entry->proof);
	*entry = (struct journal_entry){0};
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/log.h"

#include <stdint.h>
#include <string.h>

#include "core/io.h"
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/log_entry.h"
#include "redfish/log_service.h"
#include "redfish/value.h"

#define ENTRY_COST 128 /* bytes, beside the message */

struct reading {
	struct rf_bmc *bmc;
	const struct rf_log_wish *wish;
	json_t *entries, *logs, *problems; /* new */
	json_t *seen;                      /* {path: true} of entries and pages */
	size_t looked, bytes;              /* of this log; of all */
	bool complete;
};

static void reading_clear(struct reading *l)
{
	json_decref(l->entries);
	json_decref(l->logs);
	json_decref(l->problems);
	json_decref(l->seen);
}

static bool is_new(struct reading *l, const char *path)
{
	if (json_object_get(l->seen, path))
		return false;
	json_object_set_new(l->seen, path, json_true());
	return true;
}

/* The entry is in the collection itself, not only a reference to it. */
static bool is_whole(const json_t *member)
{
	return json_object_get(member, "Created") || json_object_get(member, "Message") ||
	       json_object_get(member, "EntryType");
}

static bool is_wanted(const struct reading *l, const json_t *entry)
{
	const char *time = json_string_value(json_object_get(entry, "time"));

	return !l->wish->since || !time || strcmp(time, l->wish->since) >= 0;
}

/* 1: the bounds are reached. */
static int add_entry(struct reading *l, const json_t *member, const char *what, const char *log,
		     struct err *err)
{
	_cleanup_json_ json_t *read = NULL, *made = NULL;
	char path[RF_PATH_MAX];
	int r = rf_ref_at(member, what, "@odata.id", l->bmc->origin, path, err);

	if (r < 0 || (path[0] && !is_new(l, path)))
		return r;
	if (l->looked == RF_LOG_ENTRIES_MAX || l->bytes > RF_LOG_BYTES_MAX) {
		l->complete = false;
		return 1;
	}
	l->looked++;
	if (!is_whole(member) && path[0]) {
		r = rf_get(l->bmc, path, &read, NULL, err);
		member = read;
	}
	if (r == 0)
		r = rf_log_entry(member, path[0] ? path : what, log, &made, err);
	if (r == 0 && is_wanted(l, made)) {
		json_array_append(l->entries, made);
		l->bytes += ENTRY_COST + json_string_length(json_object_get(made, "message"));
	}
	return rf_log_note(l->problems, path[0] ? path : what, r, err);
}

/* The next page into `path`; "" after the last, and where the server goes round in circles. */
static int next_page(struct reading *l, const json_t *page, char path[RF_PATH_MAX], struct err *err)
{
	char next[RF_PATH_MAX];
	int r = rf_ref_at(page, path, "Members@odata.nextLink", l->bmc->origin, next, err);

	if (r < 0)
		return r;
	if (next[0] && !is_new(l, next))
		next[0] = '\0';
	memcpy(path, next, RF_PATH_MAX);
	return 0;
}

static int read_entries(struct reading *l, const char *at, const char *log, struct err *err)
{
	char path[RF_PATH_MAX];

	snprintf(path, sizeof(path), "%s", at);
	for (unsigned n = 0; path[0]; n++) {
		_cleanup_json_ json_t *page = NULL;
		size_t before = l->looked, i;
		json_t *members = NULL, *member;
		int r;

		if (n == RF_PAGES_MAX) {
			l->complete = false;
			break;
		}
		r = rf_get(l->bmc, path, &page, NULL, err);
		if (r == 0)
			r = rf_array(page, path, "Members", &members, err);
		json_array_foreach(members, i, member)
			if (r == 0)
				r = add_entry(l, member, path, log, err);
		if (r != 0)
			return r < 0 ? r : 0;
		if (n && l->looked == before) /* nothing new */
			break;
		r = next_page(l, page, path, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_log(struct reading *l, const char *service, struct err *err)
{
	_cleanup_json_ json_t *json = NULL;
	const size_t before = json_array_size(l->entries);
	char at[RF_PATH_MAX];
	int r = rf_get(l->bmc, service, &json, NULL, err);

	l->looked = 0;
	if (r == 0)
		r = rf_ref_at(json, service, "Entries/@odata.id", l->bmc->origin, at, err);
	if (r == 0)
		r = read_entries(l, at, service, err);
	json_array_append_new(l->logs,
			      json_pack("{s:s, s:s, s:I}", "id", rf_last_part(service), "path", service,
					"entries", (json_int_t)(json_array_size(l->entries) - before)));
	return rf_log_note(l->problems, service, r, err);
}

struct ranked {
	json_t *entry;
	size_t at; /* as it came: what has one time keeps its order */
};

static int by_time(const void *a, const void *b)
{
	const struct ranked *one = a, *other = b;
	const char *t = json_string_value(json_object_get(one->entry, "time"));
	const char *u = json_string_value(json_object_get(other->entry, "time"));
	int order = strcmp(t ? t : "", u ? u : "");

	return order ? order : (one->at > other->at) - (one->at < other->at);
}

/* In the order of time; of more than `max` the last ones. A new array. */
static json_t *sorted(const json_t *entries, size_t max)
{
	const size_t n = json_array_size(entries);
	_cleanup_free_ struct ranked *ranked = xcalloc(n + 1, sizeof(*ranked));
	json_t *made = json_array();

	for (size_t i = 0; i < n; i++)
		ranked[i] = (struct ranked){json_array_get(entries, i), i};
	qsort(ranked, n, sizeof(*ranked), by_time);
	for (size_t i = n > max ? n - max : 0; i < n; i++)
		json_array_append(made, ranked[i].entry);
	return made;
}

int rf_log_read(struct rf_bmc *bmc, const struct rf_log_wish *wish, json_t **ret, struct err *err)
{
	_cleanup_(rf_members_clear) struct rf_members services = {0};
	_cleanup_(reading_clear) struct reading l = {
		.bmc = bmc,
		.wish = wish,
		.entries = json_array(),
		.logs = json_array(),
		.problems = json_array(),
		.seen = json_object(),
		.complete = true,
	};
	const size_t max = wish->max ? wish->max : SIZE_MAX;
	int r = rf_log_services(bmc, wish->log, &services, l.problems, err);

	for (unsigned i = 0; i < services.n && r == 0; i++)
		r = read_log(&l, services.paths[i], err);
	if (r < 0)
		return err_prepend(err, "event log");
	*ret = json_pack("{s:o, s:O, s:b, s:O}", "entries", sorted(l.entries, max), "logs", l.logs,
			 "complete", l.complete && json_array_size(l.entries) <= max, "problems", l.problems);
	return 0;
}

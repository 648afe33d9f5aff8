/* SPDX-License-Identifier: Apache-2.0 */
/* An update from before to after: what has really changed is read off the inventory. */
#include <string.h>

#include "core/io.h"
#include "core/time.h"
#include "redfish/back.h"
#include "redfish/client.h"
#include "redfish/collection.h"
#include "redfish/firmware_send.h"
#include "redfish/value.h"

struct update {
	struct rf_bmc *bmc;
	const struct rf_firmware_want *want;
	struct rf_update_service service;
	struct rf_task_watch watch;
	json_t *before, *after; /* of rf_firmware_list() */
	json_t *targets;        /* paths */
	json_t *changes;
	const char *way;
	unsigned renewed; /* sessions, before it began */
};

static void clear(struct update *u)
{
	rf_update_service_clear(&u->service);
	json_decref(u->before);
	json_decref(u->after);
	json_decref(u->targets);
	json_decref(u->changes);
}

static const char *text_of(const json_t *entry, const char *key)
{
	const char *text = json_string_value(json_object_get(entry, key));

	return text ? text : "";
}

/* NULL: none. */
static const json_t *entry_of(const json_t *list, const char *key, const char *value)
{
	const json_t *entries = json_object_get(list, "firmware"), *entry;
	size_t i;

	json_array_foreach((json_t *)entries, i, entry)
		if (!strcmp(text_of(entry, key), value))
			return entry;
	return NULL;
}

static int unknown_target(const struct update *u, const char *target, struct err *err)
{
	_cleanup_json_ json_t *ids = json_array();
	_cleanup_free_ char *listed = NULL, *shown = NULL;
	const json_t *entries = json_object_get(u->before, "firmware"), *entry;
	size_t i;

	json_array_foreach((json_t *)entries, i, entry)
		if (*text_of(entry, "id"))
			json_array_append(ids, json_object_get(entry, "id"));
	listed = rf_listed(ids);
	shown = rf_plain(listed);
	return err_set(err, ENOENT, "%s has no firmware %.100s (there is: %s)", u->bmc->origin, target,
		       *shown ? shown : "none");
}

static int find_targets(struct update *u, struct err *err)
{
	u->targets = json_array();
	if (u->want->version && !u->want->targets)
		return err_set(err, EINVAL,
			       "a version says nothing without the firmware that is to have it: --target ID");
	for (const char *const *target = u->want->targets; target && *target; target++) {
		const json_t *entry = entry_of(u->before, "id", *target);
		char path[RF_PATH_MAX];
		int r = 0;

		if (entry)
			json_array_append(u->targets, json_object_get(entry, "path"));
		else if (**target != '/')
			return unknown_target(u, *target, err);
		else
			r = rf_ref(u->bmc->origin, *target, path, err);
		if (r < 0)
			return r;
		if (!entry)
			json_array_append_new(u->targets, json_string(path));
	}
	return 0;
}

/* Is an entry of the inventory among what was to be updated, itself or by a device? All are when nothing was named. */
static bool is_meant(const struct update *u, const json_t *entry)
{
	const json_t *related = json_object_get(entry, "related"), *path;
	size_t i;

	if (!json_array_size(u->targets) || rf_among(u->targets, text_of(entry, "path")))
		return true;
	json_array_foreach((json_t *)related, i, path)
		if (rf_among(u->targets, json_string_value(path)))
			return true;
	return false;
}

static bool is_for(const json_t *entry, const char *target)
{
	return !strcmp(text_of(entry, "path"), target) || rf_among(json_object_get(entry, "related"), target);
}

/* Does a list have the version for each target, and no other? */
static bool all_have_version(const struct update *u, const json_t *list)
{
	const json_t *entries = json_object_get(list, "firmware"), *entry, *target;
	size_t i, k;

	json_array_foreach(u->targets, i, target) {
		unsigned have = 0;

		json_array_foreach((json_t *)entries, k, entry) {
			if (!is_for(entry, json_string_value(target)))
				continue;
			if (strcmp(text_of(entry, "version"), u->want->version) != 0)
				return false;
			have++;
		}
		if (!have)
			return false;
	}
	return json_array_size(u->targets);
}

/* BMCs whose ids have the version in them show it as another entry. */
static bool version_came(const struct update *u)
{
	const json_t *one;
	size_t i;

	json_array_foreach(u->changes, i, one)
		if (!strcmp(text_of(one, "after"), u->want->version))
			return true;
	return all_have_version(u, u->after);
}

/* All that differs into u->changes; whether something that was meant does. */
static bool compare(struct update *u)
{
	const bool complete = !json_array_size(json_object_get(u->before, "problems"));
	const json_t *entries = json_object_get(u->after, "firmware"), *entry;
	bool changed = false;
	size_t i;

	json_decref(u->changes);
	u->changes = json_array();
	json_array_foreach((json_t *)entries, i, entry) {
		const json_t *was = entry_of(u->before, "path", text_of(entry, "path"));
		json_t *one;

		if (was ? json_equal(json_object_get(was, "version"), json_object_get(entry, "version"))
			: !complete)
			continue;
		one = json_pack("{s:O, s:O}", "id", json_object_get(entry, "id"), "name",
				json_object_get(entry, "name"));
		json_object_set_new(one, "before",
				    was ? json_incref(json_object_get(was, "version")) : json_null());
		json_object_set(one, "after", json_object_get(entry, "version"));
		json_array_append_new(u->changes, one);
		changed = changed || is_meant(u, entry);
	}
	return changed;
}

static void note_restart(struct update *u)
{
	u->watch.restarted = true;
	if (u->want->progress)
		u->want->progress(u->want->data, "restarting", 0, 0);
}

/* The inventory once; a BMC that restarts meanwhile is waited for. */
static int look(struct update *u, struct err *err)
{
	json_t *list = NULL;
	int r = rf_firmware_list(u->bmc, &list, err);

	if ((r < 0 && rf_may_be_away(u->bmc, r)) || json_array_size(json_object_get(list, "problems"))) {
		if (r < 0)
			note_restart(u);
		json_decref(list);
		list = NULL;
		r = rf_await_back(u->bmc, err);
		if (r == 0)
			r = rf_firmware_list(u->bmc, &list, err);
	}
	if (r < 0)
		return r;
	json_decref(u->after);
	u->after = list;
	return 0;
}

/* Until something has changed, as long as a BMC may take to show it: 1 when nothing has. */
static int await_change(struct update *u, struct err *err)
{
	uint64_t end = monotonic_ns() / 1000000 + u->bmc->times.state;

	for (;;) {
		bool later = u->watch.needs_reset || u->want->apply == RF_APPLY_AT_RESET;
		int r = look(u, err);

		if (r < 0 || (compare(u) && (!u->want->version || version_came(u))))
			return r;
		if (later || monotonic_ns() / 1000000 >= end)
			return 1;
		r = rf_sleep(u->bmc->loop, u->bmc->times.poll, err);
		if (r < 0)
			return r;
	}
}

static int unchanged(const struct update *u, struct err *err)
{
	if (u->want->version)
		return err_set(err, RF_UNCHANGED,
			       "%s: the BMC says that the update is done, and after %u s it shows no version "
			       "%s of what was to be updated: either it is in force after a reset, or the "
			       "image is of another version, or the BMC has not done it",
			       u->bmc->origin, u->bmc->times.state / 1000, u->want->version);
	return err_set(err, RF_UNCHANGED,
		       "%s: %s, and after %u s no version has changed: either this version was there before "
		       "(--target and --version tell that beforehand), or it is in force after a reset, or "
		       "the BMC has not done it",
		       u->bmc->origin,
		       u->watch.forgotten ? "the BMC no longer knows how the update went"
					  : "the BMC says that the update is done",
		       u->bmc->times.state / 1000);
}

static json_t *there_already(void)
{
	return json_pack("{s:s, s:n, s:[], s:b, s:b}", "outcome", "there", "way", "changes", "needs_reset", 0,
			 "restarted", 0);
}

/* Seen by its silence, or by the session that it has forgotten where a retry has outlasted that. A new object. */
static json_t *describe(const struct update *u, bool changed)
{
	return json_pack("{s:s, s:s, s:O, s:b, s:b}", "outcome", changed ? "changed" : "pending", "way",
			 u->way, "changes", u->changes, "needs_reset", u->watch.needs_reset, "restarted",
			 u->watch.restarted || u->bmc->renewed > u->renewed);
}

static void on_percent(void *data, int percent)
{
	const struct rf_firmware_want *want = data;

	if (want->progress && percent >= 0)
		want->progress(want->data, "installing", (uint64_t)percent, 100);
}

static int update(struct update *u, json_t **ret, struct err *err)
{
	int r = rf_update_service_find(u->bmc, &u->service, err);

	if (r == 0)
		r = rf_firmware_list(u->bmc, &u->before, err);
	if (r == 0)
		r = find_targets(u, err);
	if (r == 0 && u->want->version && all_have_version(u, u->before)) {
		*ret = there_already();
		return 0;
	}
	if (r == 0)
		r = rf_firmware_send(&u->service, u->want, u->targets, &u->watch, &u->way, err);
	if (r == 0)
		r = await_change(u, err);
	if (r < 0)
		return r;
	if (r > 0 && !u->watch.needs_reset && u->want->apply != RF_APPLY_AT_RESET)
		return unchanged(u, err);
	*ret = describe(u, r == 0);
	return 0;
}

int rf_firmware_update(struct rf_bmc *bmc, const struct rf_firmware_want *want, json_t **ret, struct err *err)
{
	_cleanup_(clear) struct update u = {
		.bmc = bmc,
		.want = want,
		.renewed = bmc->renewed,
		.watch = {.progress = on_percent, .data = (void *)want, .may_restart = true},
	};

	return update(&u, ret, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A unit's part of the evidence. docs/certificate.md, "Drives", says what each field means. */
#include <string.h>

#include "agent/wipe/attempt.h"
#include "core/time.h"

static json_t *must(json_t *json)
{
	if (!json)
		abort(); /* out of memory: every text is ASCII */
	return json;
}

/* A virtual disk is nobody knows what, whatever the kernel calls it. */
static const char *medium_name(const struct wipe_work *w)
{
	const struct block *b = w->unit->block;

	if (b->transport == BLOCK_NVME || b->transport == BLOCK_MMC)
		return "flash";
	if (w->caps.kind == WIPE_CAPS_ATA || (w->caps.kind == WIPE_CAPS_SCSI && w->caps.scsi.rotation))
		return b->rotational ? "magnetic" : "flash";
	return "unknown";
}

static json_t *policy_json(const struct wipe_policy *policy)
{
	json_t *forbid = json_array();

	for (unsigned i = 0; i < WIPE_METHODS; i++)
		if (policy->forbidden[i])
			json_array_append_new(forbid, json_string(wipe_method_name((enum wipe_method)i)));
	return must(json_pack("{s:s, s:o, s:s}", "level", wipe_level_name(policy->at_least), "forbid", forbid,
			      "verify", policy->sampled ? "sampled" : "full"));
}

static void not_done(json_t *list, const char *what, const char *reason)
{
	json_array_append_new(list, must(json_pack("{s:s, s:s}", "what", what, "reason", reason)));
}

/* Parts of a drive that no method of ours reaches, whatever it says. */
static json_t *not_done_json(const struct wipe_work *w)
{
	json_t *list = json_array();
	char what[64];

	if (w->caps.kind != WIPE_CAPS_NVME)
		return list;
	if (w->caps.nvme.rpmbs & 7) {
		snprintf(what, sizeof(what), "%u replay protected memory blocks (RPMB)",
			 w->caps.nvme.rpmbs & 7);
		not_done(list, what,
			 "neither Sanitize nor Format reaches them, and writing them needs the key that was "
			 "set once (Base Specification "
			 "2.0a, 8.18, 8.21)");
	}
	if (w->caps.nvme.bpcap)
		not_done(list, "boot partitions",
			 "Sanitize does not reach them (Base Specification 2.0a, 8.21); they hold firmware");
	return list;
}

static json_t *seen_json(const struct sweep_seen *seen)
{
	const struct look *l = &seen->look;
	json_t *json =
		must(json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "read_back",
			       seen->sampled ? "sampled" : "full", "bytes_read", (json_int_t)seen->bytes_read,
			       "zero_bytes", (json_int_t)l->zero, "constant_bytes", (json_int_t)l->constant,
			       "random_bytes", (json_int_t)l->random, "other_bytes", (json_int_t)l->other));

	if (seen->sampled)
		json_object_set_new(json, "samples", json_integer(seen->samples));
	return json;
}

static json_t *stream_json(const struct wipe_proof *p)
{
	json_t *json = must(json_pack("{s:I, s:s, s:I}", "bytes_written", (json_int_t)p->stream_written,
				      "read_back", p->stream_seen.sampled ? "sampled" : "full", "bytes_read",
				      (json_int_t)p->stream_seen.bytes_read));

	if (p->stream_seen.sampled)
		json_object_set_new(json, "samples", json_integer(p->stream_seen.samples));
	return json;
}

static json_t *detects_json(const struct sweep_seen *seen)
{
	return must(json_pack("{s:f, s:f}", "residue", sweep_detects(seen->samples), "probability", 0.95));
}

static json_t *proof_json(const struct wipe_proof *p)
{
	json_t *json = must(json_pack("{s:i, s:i, s:i, s:i, s:i}", "before_samples", (int)p->before_samples,
				      "before_nonzero", (int)p->before_nonzero, "unchanged",
				      (int)p->unchanged, "markers_written", (int)p->markers_written,
				      "markers_gone", (int)p->markers_gone));
	bool sampled = p->read && p->seen.sampled;

	json_object_set_new(json, "unmarked", p->unmarked.code ? json_string(p->unmarked.text) : json_null());
	json_object_set_new(json, "method_reads", p->method_read ? seen_json(&p->method_seen) : json_null());
	json_object_set_new(json, "stream", p->stream ? stream_json(p) : json_null());
	json_object_set_new(json, "overwritten_after", json_boolean(p->overwritten_after));
	json_object_set_new(json, "read_back", json_string(sampled ? "sampled" : "full"));
	if (sampled)
		json_object_set_new(json, "samples", json_integer(p->seen.samples));
	json_object_set_new(json, "detects", sampled ? detects_json(&p->seen) : json_null());
	json_object_set_new(json, "bytes_read", json_integer((json_int_t)p->seen.bytes_read));
	json_object_set_new(json, "reads", json_string(p->read && p->seen.as_expected ? "zero" : "mixed"));
	json_object_set_new(json, "partitions_reread", json_boolean(p->partitions_reread));
	json_object_set_new(json, "signatures", p->signatures ? json_incref(p->signatures) : json_array());
	return json;
}

json_t *wipe_result_new(const struct wipe_work *w, const struct wipe_policy *policy)
{
	static const struct wipe_proof none;
	json_t *result = must(json_pack("{s:s, s:s, s:s, s:s, s:s, s:[], s:[], s:[], s:o, s:{s:n, s:n}}",
					"medium", medium_name(w), "method", "none", "technique", "", "level",
					"clear", "outcome", "failed", "plan", "passed_over", "attempts",
					"proof", proof_json(&none), "health", "before", "after"));

	json_object_set_new(result, "capabilities", wipe_caps_to_json(&w->caps));
	json_object_set_new(result, "policy", policy_json(policy));
	json_object_set_new(result, "not_done", not_done_json(w));
	return result;
}

void wipe_result_plan(struct wipe_work *w, const json_t *plan)
{
	json_object_update(w->result, (json_t *)plan);
}

static void set_time(json_t *object, const char *key, time_t when)
{
	char text[TIME_TEXT_SIZE];

	time_format(when, text);
	json_object_set_new(object, key, json_string(text));
}

void wipe_result_attempt(struct wipe_work *w, enum wipe_method method, time_t begun, time_t ended)
{
	const char *name = wipe_method_name(method),
		   *level = wipe_level_name(wipe_method_level(method, w->unit->block));
	json_t *record = must(json_pack("{s:s, s:s}", "method", name, "level", level));
	json_t *r = w->result;

	set_time(record, "begun", begun);
	set_time(record, "ended", ended);
	json_object_set_new(record, "error", w->err.code ? json_string(w->err.text) : json_null());
	json_object_set(record, "status", w->status);
	json_array_append_new(json_object_get(r, "attempts"), record);
	json_object_set_new(r, "method", json_string(name));
	json_object_set_new(r, "technique", json_string(wipe_methods[method].technique));
	json_object_set_new(r, "level", json_string(level));
	json_object_set_new(r, "outcome", json_string(w->err.code ? "failed" : "proven"));
	if (w->err.code)
		json_object_set_new(r, "reason", json_sprintf("%s: %s", name, w->err.text));
	else
		json_object_del(r, "reason");
	json_object_set_new(r, "proof", proof_json(&w->proof));
}

void wipe_result_health(struct wipe_work *w, const char *when)
{
	json_t *health = NULL;
	struct err ignored = {0};
	int r = -EOPNOTSUPP;

	if (IS_ENABLED(CONFIG_HW_NVME) && w->caps.kind == WIPE_CAPS_NVME)
		r = nvme_health(w->fd, &health, &ignored);
	else if (IS_ENABLED(CONFIG_HW_SCSI) && w->caps.kind == WIPE_CAPS_SCSI)
		r = scsi_health(w->fd, &health, &ignored);
	if (r == 0)
		json_object_set_new(json_object_get(w->result, "health"), when, health);
}

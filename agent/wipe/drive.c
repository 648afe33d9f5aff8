/* SPDX-License-Identifier: Apache-2.0 */
/* Method after method until one is proven: markers, the method, markers gone, everything read back, no signature left. */
#include <inttypes.h>
#include <string.h>

#include "agent/wipe/drive.h"
#include "agent/wipe/sweep.h"
#include "core/hash.h"
#include "core/time.h"

enum {
	PATIENCE_S = 300,         /* for one request, with all the retries of a failing disk */
	FLUSH_PATIENCE_S = 900,   /* for emptying a drive's cache */
	FORMAT_BASE_S = 1800,     /* for a Format of any size ... */
	FORMAT_BYTES_S = 1 << 29, /* ... and a second for each of these */
	SIGNATURES_MAX = 16,      /* reported; more is cut */
};
#define DISCARD_PIECE (1ull << 30) /* bytes: a multiple of every logical block */

struct attempt {
	struct wipe_task *task;
	const struct wipe_hooks *hooks;
	struct medium medium;
	const struct nvme_caps *caps; /* NULL: not NVMe */
	uint64_t base, total;         /* bytes of the passes that are done, of all */
	/* the proof */
	unsigned markers_written, markers_gone;
	struct sweep_seen seen;
	bool overwritten; /* by zeros, after a method that left the drive reading something else */
	bool partitions_reread;
	json_t *signatures; /* owned; NULL until looked for */
};

int wipe_task_prepare(const struct block *block, struct wipe_task *ret, struct err *err)
{
	unsigned i;
	int r;

	memset(ret, 0, sizeof(*ret));
	ret->block = block;
	for (i = 0; i < WIPE_METHODS_MAX; i++) {
		random_bytes(ret->keys[i], MARKER_KEY_SIZE);
		r = markers_new(ret->keys[i], block->size, block->logical_block_size, &ret->markers[i], err);
		if (r < 0) {
			wipe_task_clear(ret);
			return err_prepend(err, "%s", block->name);
		}
	}
	return 0;
}

void wipe_task_clear(struct wipe_task *task)
{
	for (unsigned i = 0; i < WIPE_METHODS_MAX; i++)
		markers_free(task->markers[i]);
	memset(task, 0, sizeof(*task));
}

static void tell(struct attempt *a, uint64_t done, unsigned patience_s)
{
	a->hooks->progress(a->hooks->data, a->base + done, a->total, patience_s);
}

static void on_sweep(void *data, uint64_t done, uint64_t total)
{
	tell(data, done, done == total ? FLUSH_PATIENCE_S : PATIENCE_S);
}

static void on_marker(void *data)
{
	tell(data, 0, PATIENCE_S);
}

static int discard_all(struct attempt *a, struct err *err)
{
	uint64_t at, len;
	int r;

	for (at = 0; at < a->medium.size; at += len) {
		len = a->medium.size - at < DISCARD_PIECE ? a->medium.size - at : DISCARD_PIECE;
		tell(a, 0, FLUSH_PATIENCE_S);
		r = block_discard(a->medium.fd, at, len, err);
		if (r < 0)
			return err_prepend(err, "discarding at byte %" PRIu64, at);
	}
	return 0;
}

static int format(struct attempt *a, unsigned ses, struct err *err)
{
	unsigned timeout_s = FORMAT_BASE_S + (unsigned)(a->medium.size / FORMAT_BYTES_S);

	if (!IS_ENABLED(CONFIG_HW_NVME))
		return err_set(err, EOPNOTSUPP, "this agent was built without NVMe commands");
	tell(a, 0, timeout_s + PATIENCE_S);
	return nvme_format(a->medium.fd, a->caps, ses, timeout_s, err);
}

static int write_zeros(struct attempt *a, struct err *err)
{
	int r = sweep_zero(&a->medium, on_sweep, a, err);

	a->base += a->medium.size;
	return r;
}

static int apply(struct attempt *a, enum wipe_method method, struct err *err)
{
	int r;

	switch (method) {
	case WIPE_NVME_FORMAT_CRYPTO:
		return format(a, 2, err);
	case WIPE_NVME_FORMAT_USER:
		return format(a, 1, err);
	case WIPE_DISCARD_AND_ZERO:
		if ((r = discard_all(a, err)) < 0)
			return r;
		return write_zeros(a, err);
	case WIPE_OVERWRITE_ZERO:
		return write_zeros(a, err);
	}
	return err_set(err, EINVAL, "no such method");
}

static int flush(struct attempt *a, struct err *err)
{
	tell(a, 0, FLUSH_PATIENCE_S);
	return block_flush(a->medium.fd, err);
}

static int look_for_markers(struct attempt *a, struct markers *markers, struct err *err)
{
	int r = markers_gone(markers, &a->medium, on_marker, a, &a->markers_gone, err);

	if (r == 0 && a->markers_gone != a->markers_written)
		r = err_set(err, EIO,
			    "%u of %u markers are still there: the drive reported success and kept data",
			    a->markers_written - a->markers_gone, a->markers_written);
	return r;
}

/* A Format may leave anything to be read (Base Specification 2.0a, 5.14: "indeterminate"); zeros then follow it. */
static int read_back(struct attempt *a, enum wipe_method method, struct err *err)
{
	int r = sweep_read(&a->medium, on_sweep, a, &a->seen, err);

	if (r == 0 && !a->seen.zero &&
	    (method == WIPE_NVME_FORMAT_CRYPTO || method == WIPE_NVME_FORMAT_USER)) {
		a->overwritten = true;
		a->total += 2 * a->medium.size;
		if (write_zeros(a, err) < 0 || flush(a, err) < 0)
			return err_prepend(err, "after the method");
		r = sweep_read(&a->medium, on_sweep, a, &a->seen, err);
	}
	if (r == 0 && !a->seen.zero)
		r = err_set(err, EIO, "reads something other than zeros at byte %" PRIu64,
			    a->seen.nonzero_at);
	return r;
}

static int look_for_signatures(struct attempt *a, struct err *err)
{
	struct err ignored = {0};
	int r;

	/* Not every device has partitions that the kernel could forget; that is no residue. */
	a->partitions_reread = block_reread_partitions(a->medium.fd, &ignored) == 0;
	if ((r = block_signatures(a->medium.fd, &a->signatures, err)) < 0)
		return r;
	while (json_array_size(a->signatures) > SIGNATURES_MAX)
		json_array_remove(a->signatures, SIGNATURES_MAX);
	if (json_array_size(a->signatures) > 0)
		return err_set(err, EIO, "signatures of former contents are still found");
	return 0;
}

static int attempt_run(struct attempt *a, unsigned i, enum wipe_method method, struct err *err)
{
	struct markers *markers = a->task->markers[i];
	int r;

	a->total = method < WIPE_DISCARD_AND_ZERO ? a->medium.size : 2 * a->medium.size;
	if (a->hooks->begin(a->hooks->data, method, a->task->keys[i], err) < 0)
		return err_prepend(err, "journal");
	if ((r = markers_write(markers, &a->medium, on_marker, a, err)) < 0 || (r = flush(a, err)) < 0)
		return r;
	a->markers_written = markers_count(markers);
	if ((r = apply(a, method, err)) < 0 || (r = flush(a, err)) < 0)
		return r;
	if ((r = look_for_markers(a, markers, err)) < 0 || (r = read_back(a, method, err)) < 0)
		return r;
	return look_for_signatures(a, err);
}

static json_t *proof_json(const struct attempt *a)
{
	json_t *signatures = a->signatures ? json_incref(a->signatures) : json_array();

	return json_pack("{s:i, s:i, s:s, s:I, s:s, s:b, s:b, s:o}", "markers_written",
			 (int)a->markers_written, "markers_gone", (int)a->markers_gone, "read_back", "full",
			 "bytes_read", (json_int_t)a->seen.bytes_read, "reads",
			 a->seen.zero ? "zero" : "mixed", "overwritten_after", a->overwritten,
			 "partitions_reread", a->partitions_reread, "signatures", signatures);
}

static void set_time(json_t *object, const char *key)
{
	char text[TIME_TEXT_SIZE];

	time_format(time(NULL), text);
	json_object_set_new(object, key, json_string(text));
}

/* One method; its record is appended to the result's attempts, and the result then speaks of it. */
static int try(json_t *result, struct wipe_task *task, const struct wipe_hooks *hooks, int fd,
	       const struct nvme_caps *caps, unsigned i, enum wipe_method method)
{
	struct attempt a = {
		.task = task,
		.hooks = hooks,
		.medium = {.fd = fd, .size = task->block->size, .block = task->block->logical_block_size},
		.caps = caps,
	};
	json_t *record = json_pack("{s:s}", "method", wipe_method_name(method));
	struct err err = {0};
	int r;

	set_time(record, "begun");
	r = attempt_run(&a, i, method, &err);
	set_time(record, "ended");
	json_object_set_new(record, "error", r < 0 ? json_string(err.text) : json_null());
	json_array_append_new(json_object_get(result, "attempts"), record);
	json_object_set_new(result, "method", json_string(wipe_method_name(method)));
	json_object_set_new(result, "level", json_string(wipe_method_level(method)));
	json_object_set_new(result, "outcome", json_string(r < 0 ? "failed" : "proven"));
	if (r < 0)
		json_object_set_new(result, "reason",
				    json_sprintf("%s: %s", wipe_method_name(method), err.text));
	else
		json_object_del(result, "reason");
	json_object_set_new(result, "proof", proof_json(&a));
	json_decref(a.signatures);
	return r;
}

static json_t *plan_json(const struct wipe_plan *plan)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < plan->n; i++)
		json_array_append_new(array, json_pack("{s:s, s:s}", "method",
						       wipe_method_name(plan->choices[i].method), "reason",
						       plan->choices[i].reason));
	return array;
}

/* The result of a drive on which nothing has been tried yet. */
static json_t *result_new(void)
{
	const struct attempt none = {0};

	return json_pack("{s:s, s:s, s:s, s:[], s:[], s:o}", "method", "none", "level", "clear", "outcome",
			 "failed", "plan", "attempts", "proof", proof_json(&none));
}

json_t *wipe_drive(struct wipe_task *task, const struct wipe_hooks *hooks)
{
	_cleanup_close_ int fd = -EBADF;
	json_t *result = result_new();
	bool have_caps = false;
	struct nvme_caps caps;
	struct wipe_plan plan;
	struct err err = {0};

	hooks->progress(hooks->data, 0, task->block->size, PATIENCE_S);
	if (block_open(task->block, true, &fd, &err) < 0) {
		json_object_set_new(result, "reason", json_string(err.text));
		return result;
	}
	if (IS_ENABLED(CONFIG_HW_NVME) && task->block->transport == BLOCK_NVME)
		have_caps = nvme_identify(fd, &caps, &err) == 0;
	wipe_plan_make(task->block, have_caps ? &caps : NULL, &plan);
	json_object_set_new(result, "plan", plan_json(&plan));
	for (unsigned i = 0; i < plan.n; i++)
		if (try(result, task, hooks, fd, have_caps ? &caps : NULL, i, plan.choices[i].method) == 0)
			break;
	return result;
}

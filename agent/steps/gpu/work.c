/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/steps/gpu/work.h"

#include <string.h>

#include "agent/gpu/answer.h"
#include "agent/gpu/scrub.h"
#include "agent/steps/gpu/wish.h"
#include "core/io.h"
#include "core/json.h"
#include "protocol/evidence/gpu.h"

enum {
	RESET_S = 300, /* with the boot of its firmware, and the scrub of its memory by the hardware */
	SET_S = 120,
	SCRUB_S = 3600,
	SCRUB_PATIENCE_S = 180, /* to the first word: the driver makes ready all of the memory */
};

#define RESET "its reset"
#define SET   "its settings"
#define SCRUB "its memory scrub"

struct work {
	struct gpu_machine *m;
	unsigned i;
	json_t *account;
	struct reasons *reasons;
	const struct gpu_backend *backend; /* NULL: none */
};

static void set_not_done(struct work *w, const char *part, const char *why)
{
	json_object_set_new(w->account, part, json_pack("{ss}", "not_done", why));
}

/* What was not done is in the record; what must be done and was not is a reason. */
static void not_done(struct work *w, const char *part, enum order_gpu_effort effort, const char *why)
{
	set_not_done(w, part, why);
	if (effort == ORDER_GPU_MUST)
		gpu_reason_add(w->reasons, w->m, w->i, w->account, "%s: %s", part, why);
	else if (effort == ORDER_GPU_TRY)
		gpu_account_note(w->m, w->i, w->account, "%s: not done: %s", part, why);
}

static const struct order_gpu *wish_of(const struct work *w)
{
	return &w->m->job->order->gpu;
}

/* Without what the child was to do: whoever tells the reason names the part. */
static const char *reason_of(const struct err *err, const char *what)
{
	size_t n = strlen(what);

	return strncmp(err->text, what, n) || strncmp(err->text + n, ": ", 2) ? err->text : err->text + n + 2;
}

/* ---- reset ---- */

static int run_reset(const struct gpu_task *task, void (*progress)(void *data, uint64_t done, uint64_t total),
		     void *data, json_t **ret, struct err *err)
{
	(void)progress, (void)data;
	return task->backend->reset(task->host, task->gpu, ret, err);
}

static int ask_reset(struct work *w, json_t **ret, struct err *err)
{
	const struct gpu_task task = {.what = RESET, .deadline_s = RESET_S, .run = run_reset};
	_cleanup_json_ json_t *answer = NULL;
	int r = gpu_machine_ask(w->m, w->i, task, NULL, &answer, err);

	if (r == 0)
		r = gpu_answer_reset(answer, task.what, err);
	if (r == 0)
		*ret = TAKE_PTR(answer);
	return r;
}

static bool can_reset(const struct work *w)
{
	return w->backend && w->backend->reset && wish_of(w)->reset != ORDER_GPU_NEVER;
}

static char *why_no_reset(const struct work *w)
{
	if (wish_of(w)->reset == ORDER_GPU_NEVER)
		return xstrdup("the order did not ask for it");
	if (!w->backend)
		return gpu_machine_no_backend(w->m, w->i);
	return str_printf("with the driver %s bound to it, nobody here can reset it",
			  w->m->gpus[w->i].driver);
}

static int reset(struct work *w, struct err *err)
{
	json_t *answer = NULL;
	int r;

	if (!can_reset(w)) {
		_cleanup_free_ char *why = why_no_reset(w);

		not_done(w, "reset", wish_of(w)->reset, why);
		return 0;
	}
	r = ask_reset(w, &answer, err);
	if (r == -ECANCELED)
		return r;
	if (r < 0) {
		not_done(w, "reset", wish_of(w)->reset, reason_of(err, RESET));
		return 0;
	}
	json_object_set_new(w->account, "reset", answer);
	gpu_account_note(w->m, w->i, w->account, "reset (%s)",
			 json_string_value(json_object_get(answer, "method")));
	return 0;
}

/* ---- settings ---- */

static int run_set(const struct gpu_task *task, void (*progress)(void *data, uint64_t done, uint64_t total),
		   void *data, json_t **ret, struct err *err)
{
	(void)progress, (void)data;
	return task->backend->set(task->host, task->gpu, task->wish, ret, err);
}

static int ask_set(struct work *w, const struct order_gpu *wish, json_t **ret, struct err *err)
{
	const struct gpu_task task = {.what = SET, .deadline_s = SET_S, .run = run_set};
	_cleanup_json_ json_t *answer = NULL;
	int r = gpu_machine_ask(w->m, w->i, task, wish, &answer, err);

	if (r == 0)
		r = gpu_answer_set(answer, task.what, err);
	if (r == 0)
		*ret = TAKE_PTR(answer);
	return r;
}

/* What was set in all; of what was not set the newest word. */
static void keep_set(struct work *w, const json_t *answer)
{
	json_t *all = json_object_get(w->account, "set"), *item;
	size_t i;

	json_array_foreach(json_object_get(answer, "set"), i, item)
		if (json_array_size(all) < EVIDENCE_GPU_LIST_MAX)
			json_array_append(all, item);
	json_object_set(w->account, "not_set", json_object_get(answer, "not_set"));
}

/* A reset of the card throws the switches that wait for one, and takes with it what lives in its driver alone: so all is set once more. */
static int set_all(struct work *w, const struct order_gpu *wish, bool *ret_needs_reset, struct err *err)
{
	for (unsigned tries = 0;; tries++) {
		_cleanup_json_ json_t *answer = NULL;
		int r = ask_set(w, wish, &answer, err);

		if (r < 0)
			return r;
		keep_set(w, answer);
		*ret_needs_reset = json_is_true(json_object_get(answer, "needs_reset"));
		if (!*ret_needs_reset || tries || !can_reset(w))
			return 0;
		r = reset(w, err);
		if (r < 0)
			return r;
	}
}

static void tell_not_set(struct work *w)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(w->account, "not_set"), i, item) {
		_cleanup_free_ char *text = str_printf("%s could not be set: %s",
						       json_string_value(json_object_get(item, "setting")),
						       json_string_value(json_object_get(item, "why")));

		gpu_trouble_add(w->reasons, w->m, w->i, w->account, text);
	}
}

/* Only cancelling is an error. */
static int set(struct work *w, const struct order_gpu *wish, bool *ret_needs_reset, struct err *err)
{
	int r;

	if (wish->leave || !w->backend || !w->backend->set)
		return 0;
	r = set_all(w, wish, ret_needs_reset, err);
	if (r < 0 && r != -ECANCELED) {
		json_object_set_new(w->account, "not_set",
				    json_pack("[{ss sn ss}]", "setting", "settings", "wanted", "why",
					      reason_of(err, SET)));
		*ret_needs_reset = false;
		return 0;
	}
	if (r == 0 && *ret_needs_reset && !order_has_image(w->m->job->order)) {
		gpu_account_note(w->m, w->i, w->account,
				 "settings wait for a reset, which switching it off is");
		*ret_needs_reset = false;
	}
	return r;
}

/* ---- memory ---- */

bool gpu_takes_cuda(const struct gpu *gpu)
{
	return gpu->vendor == GPU_VENDOR_NVIDIA && !strcmp(gpu->driver, "nvidia");
}

bool gpu_takes_scrub(const struct gpu_machine *m, unsigned i)
{
	const struct gpu_backend *backend = gpu_machine_backend(m, i);

	return gpu_takes_cuda(&m->gpus[i]) || (m->gpus[i].vendor == GPU_VENDOR_NVIDIA && backend &&
					       backend->reset && m->job->order->gpu.reset != ORDER_GPU_NEVER);
}

static int run_scrub(const struct gpu_task *task, void (*progress)(void *data, uint64_t done, uint64_t total),
		     void *data, json_t **ret, struct err *err)
{
	return gpu_scrub_cuda(task->host, task->gpu, progress, data, ret, err);
}

static int ask_scrub(struct work *w, json_t **ret, struct err *err)
{
	const struct gpu_task task = {
		.what = SCRUB, .deadline_s = SCRUB_S, .patience_s = SCRUB_PATIENCE_S, .run = run_scrub};
	_cleanup_json_ json_t *answer = NULL;
	int r = gpu_machine_ask(w->m, w->i, task, NULL, &answer, err);

	if (r == 0)
		r = gpu_answer_scrub(answer, task.what, err);
	if (r == 0)
		*ret = TAKE_PTR(answer);
	return r;
}

static bool hardware_scrubbed(const struct work *w)
{
	return json_object_get(json_object_get(w->account, "reset"), "memory_scrub");
}

static void keep_scrub(struct work *w, json_t *answer)
{
	double gb = json_number_value(json_object_get(answer, "verified")) / 1e9,
	       rate = json_number_value(json_object_get(answer, "rate")) / 1e9;
	const json_t *fault;
	size_t i;

	json_object_set_new(w->account, "scrub", answer);
	gpu_account_note(w->m, w->i, w->account, "%.1f GB of memory overwritten and read back, at %.0f GB/s",
			 gb, rate);
	json_array_foreach(json_object_get(answer, "faults"), i, fault)
		gpu_trouble_add(w->reasons, w->m, w->i, w->account,
				json_string_value(json_object_get(fault, "text")));
}

/* Without CUDA, or where it fails, what the hardware said after the reset will do. */
static void scrub_by_reset(struct work *w, const char *why_no_cuda)
{
	if (!hardware_scrubbed(w)) {
		not_done(w, "scrub", wish_of(w)->scrub, why_no_cuda);
		return;
	}
	json_object_set_new(w->account, "scrub", json_pack("{ss}", "by", "reset"));
	gpu_account_note(w->m, w->i, w->account, "its memory was cleared by the GPU itself after the reset");
}

static int scrub(struct work *w, struct err *err)
{
	json_t *answer = NULL;
	int r;

	if (wish_of(w)->scrub == ORDER_GPU_NEVER) {
		set_not_done(w, "scrub", "the order did not ask for it");
		return 0;
	}
	if (!gpu_takes_cuda(&w->m->gpus[w->i])) {
		scrub_by_reset(
			w,
			"its driver is not NVIDIA's, by which memory is filled and read back, and no reset "
			"was seen to clear it");
		return 0;
	}
	r = ask_scrub(w, &answer, err);
	if (r == 0)
		keep_scrub(w, answer);
	else if (r != -ECANCELED)
		scrub_by_reset(w, reason_of(err, SCRUB));
	return r == -ECANCELED ? r : 0;
}

/* ---- all ---- */

/* Memory is filled with the settings that show all of it; those that hide parts of it come last. */
static int set_and_scrub(struct work *w, bool *ret_needs_reset, struct err *err)
{
	const struct order_gpu *wish = wish_of(w);
	struct order_gpu open;
	bool twice = wish->scrub != ORDER_GPU_NEVER && gpu_takes_cuda(&w->m->gpus[w->i]) &&
		     gpu_wish_for_scrub(wish, &open);
	int r = set(w, twice ? &open : wish, ret_needs_reset, err);

	if (r == 0 && !*ret_needs_reset)
		r = scrub(w, err);
	if (r == 0 && !*ret_needs_reset && twice)
		r = set(w, wish, ret_needs_reset, err);
	if (r == 0 && !*ret_needs_reset)
		tell_not_set(w);
	return r;
}

int gpu_work(struct gpu_machine *m, unsigned i, json_t *account, struct reasons *reasons,
	     bool *ret_needs_reset, struct err *err)
{
	struct work w = {
		.m = m, .i = i, .account = account, .reasons = reasons, .backend = gpu_machine_backend(m, i)};
	int r;

	*ret_needs_reset = false;
	r = reset(&w, err);
	return r ? r : set_and_scrub(&w, ret_needs_reset, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/task.h"

#include <string.h>

#include "core/time.h"
#include "redfish/back.h"
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/value.h"

#define MESSAGES_MAX 64    /* of a task that are looked at */
#define ABSENT_MS    30000 /* so long a task may be unknown (404) after it has begun: iDRAC's jobs */

static bool among(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(text, *words))
			return true;
	return false;
}

/* DSP2046, Task: TaskState; JobState of DSP2046's and Dell's Job. Words that are unknown are of something that runs. */
static enum rf_task_state meaning(const char *state, const char *status)
{
	static const char *const done[] = {"Completed", "RebootCompleted", NULL};
	static const char *const failed[] = {
		"Exception", "Killed",       "Cancelled", "Canceled", "CompletedWithErrors",
		"Failed",    "RebootFailed", "Invalid",   NULL};

	if (among(state, failed) || (among(state, done) && status && !strcmp(status, "Critical")))
		return RF_TASK_FAILED;
	return among(state, done) ? RF_TASK_DONE : RF_TASK_RUNS;
}

int rf_task_state(const json_t *json, enum rf_task_state *ret, const char **ret_text, struct err *err)
{
	const char *state = NULL, *job = NULL, *status = NULL, *text = NULL;
	json_t *messages = NULL;
	int r = rf_str(json, "task", "TaskState", &state, err);

	if (r == 0)
		r = rf_str(json, "task", "JobState", &job, err);
	if (r == 0)
		r = rf_str(json, "task", "TaskStatus", &status, err);
	if (r == 0)
		r = rf_array(json, "task", "Messages", &messages, err);
	if (r < 0)
		return r;
	if (json_is_object(json_array_get(messages, 0)))
		r = rf_str(json_array_get(messages, 0), "task", "Message", &text, err);
	if (r < 0)
		return r;
	*ret = state || job ? meaning(state ? state : job, status) : RF_TASK_NONE;
	if (ret_text)
		*ret_text = text;
	return 0;
}

/* DSP8011: Base.ResetRequired, Update.AwaitToActivate. */
static bool asks_for_reset(const json_t *message)
{
	static const char *const words[] = {"ResetRequired", "AwaitToActivate", NULL};
	const char *id = json_string_value(json_object_get(message, "MessageId"));
	const char *dot = id ? strrchr(id, '.') : NULL;

	return id && among(dot ? dot + 1 : id, words);
}

static bool one_asks_for_reset(const json_t *messages)
{
	const json_t *message;
	size_t i;

	json_array_foreach((json_t *)messages, i, message)
		if (i < MESSAGES_MAX && asks_for_reset(message))
			return true;
	return false;
}

bool rf_task_needs_reset(const json_t *json)
{
	return one_asks_for_reset(json_object_get(json, "Messages")) ||
	       one_asks_for_reset(json_object_get(json, "@Message.ExtendedInfo")) ||
	       one_asks_for_reset(json_object_get(json_object_get(json, "error"), "@Message.ExtendedInfo"));
}

/* Where to look after a write: "" when it has begun nothing. */
static int find_monitor(struct rf_bmc *bmc, const struct rf_answer *begun, char path[RF_PATH_MAX],
			struct err *err)
{
	_cleanup_json_ json_t *json = NULL;
	enum rf_task_state state = RF_TASK_NONE;
	struct err ignored;
	int r;

	if (bmc->begun) /* nobody waits: the caller's stays empty */
		path = bmc->begun;
	path[0] = '\0';
	if (begun->status == 303 || (begun->status == 202 && begun->location[0]))
		return rf_ref(bmc->origin, begun->location, path, err);
	if (!begun->len || rf_answer_json(begun, "answer", &json, &ignored) < 0)
		return 0;
	r = rf_task_state(json, &state, NULL, err);
	/* Supermicro answers 202 with the name of the task in the body alone. */
	if (r == 0 && (begun->status == 202 || state != RF_TASK_NONE))
		r = rf_ref_at(json, "answer", "@odata.id", bmc->origin, path, err);
	if (r == 0 && begun->status == 202 && !path[0])
		r = rf_ref_at(json, "answer", "TaskMonitor", bmc->origin, path, err);
	return r;
}

struct monitor {
	char path[RF_PATH_MAX];
	uint64_t begun; /* ms */
	bool seen;      /* it has been there once */
	struct rf_task_watch *watch;
};

static uint64_t now_ms(void)
{
	return monotonic_ns() / 1000000;
}

/* What a status says of the task: 1 it runs, 0 it is over. */
static int judge_status(const char *origin, struct monitor *m, const struct rf_answer *answer,
			struct err *err)
{
	if (answer->status == 303) { /* the Task itself says how it went */
		int r = rf_ref(origin, answer->location, m->path, err);

		return r < 0 ? r : 1;
	}
	if (answer->status == 404 || answer->status == 410) {
		/* Gone after it had been there: it is over. What it did is for the reader of the result to see. */
		m->watch->forgotten = m->seen;
		if (m->seen)
			return 0;
		if (now_ms() - m->begun < ABSENT_MS)
			return 1;
	}
	return rf_answer_refused(answer, "GET", m->path, err);
}

/* What an answer tells the one who looks on. */
static int tell(struct rf_task_watch *watch, const json_t *json, struct err *err)
{
	json_int_t percent = -1;
	int r = rf_int(json, "task", "PercentComplete", &percent, err);

	if (r < 0)
		return r;
	watch->needs_reset = watch->needs_reset || rf_task_needs_reset(json);
	if (watch->progress)
		watch->progress(watch->data, percent >= 0 && percent <= 100 ? (int)percent : -1);
	return 0;
}

/* One look: 1 it runs, 0 it is over, or an error. */
static int judge(const char *origin, struct monitor *m, const struct rf_answer *answer, struct err *err)
{
	_cleanup_json_ json_t *json = NULL;
	enum rf_task_state state = RF_TASK_NONE;
	const char *text = NULL;
	int r;

	if (answer->status < 200 || answer->status > 299)
		return judge_status(origin, m, answer, err);
	m->seen = true;
	if (answer->len) {
		r = rf_answer_json(answer, m->path, &json, err);
		if (r == 0)
			r = rf_task_state(json, &state, &text, err);
		if (r == 0)
			r = tell(m->watch, json, err);
		if (r < 0)
			return r;
	}
	if (state == RF_TASK_FAILED) {
		_cleanup_free_ char *shown = rf_plain(text ? text : "no reason given");

		return err_set(err, EIO, "the BMC's task has failed: %s", shown);
	}
	return state == RF_TASK_RUNS || (state == RF_TASK_NONE && answer->status == 202);
}

static int pause_for(struct rf_bmc *bmc, const struct rf_answer *answer, struct err *err)
{
	return rf_sleep(bmc->loop,
			answer->retry_after_s > 0 ? (unsigned)answer->retry_after_s * 1000 : bmc->times.poll,
			err);
}

/* After an error: the BMC may be restarting, and then the task may be gone. 1: look again. */
static int after_restart(struct rf_bmc *bmc, struct monitor *m, int r, struct err *err)
{
	if (!m->watch->may_restart || !rf_may_be_away(bmc, r))
		return r;
	r = rf_await_back(bmc, err);
	m->watch->restarted = m->seen = true;
	return r < 0 ? r : 1;
}

/* 1: it runs. *ret is to be cleared. */
static int look(struct rf_bmc *bmc, struct monitor *m, struct rf_answer *ret, struct err *err)
{
	int r = rf_call(bmc, &(struct rf_call){.method = "GET", .path = m->path}, ret, err);

	if (r == 0)
		r = judge(bmc->origin, m, ret, err);
	return r < 0 ? after_restart(bmc, m, r, err) : r;
}

static int follow(struct rf_bmc *bmc, struct monitor *m, const struct rf_answer *begun, struct err *err)
{
	int r = begun->status == 303 ? 0 : pause_for(bmc, begun, err);

	if (r < 0)
		return r;
	for (;;) {
		_cleanup_(rf_answer_clear) struct rf_answer answer;

		r = look(bmc, m, &answer, err);
		if (r <= 0)
			return r;
		if (now_ms() - m->begun > bmc->times.task)
			return err_set(err, ETIMEDOUT, "the task is not over after %u s",
				       bmc->times.task / 1000);
		r = pause_for(bmc, &answer, err);
		if (r < 0)
			return r;
	}
}

int rf_task_follow(struct rf_bmc *bmc, const struct rf_answer *begun, struct rf_task_watch *watch,
		   struct err *err)
{
	struct monitor m = {.begun = now_ms(), .watch = watch};
	_cleanup_json_ json_t *json = NULL;
	struct err ignored;
	int r = find_monitor(bmc, begun, m.path, err);

	if (begun->len && rf_answer_json(begun, "answer", &json, &ignored) == 0)
		watch->needs_reset = rf_task_needs_reset(json);
	if (r < 0 || !m.path[0])
		return r;
	r = follow(bmc, &m, begun, err);
	return r < 0 ? err_prepend(err, "task %s%s", bmc->origin, m.path) : 0;
}

int rf_task_wait(struct rf_bmc *bmc, const struct rf_answer *begun, struct err *err)
{
	return rf_task_follow(bmc, begun, &(struct rf_task_watch){0}, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The parent's side: hears the child, and ends it. */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "agent/gpu/child_private.h"
#include "core/child.h"
#include "core/io.h"
#include "core/json.h"
#include "core/time.h"

enum {
	POLL_MS = 200,
	LEAVE_S = 20, /* for a child that has told its result: a library may have to let go of the GPU */
	KILL_S = 5,   /* for a killed one to go */
};
#define SECOND_NS 1000000000ull

struct hearing {
	const struct gpu_task *task;
	const struct gpu_watch *watch;
	pid_t pid;
	int fd;
	char *line;                      /* GPU_LINE_MAX bytes, owned */
	size_t len;                      /* bytes of an unfinished line */
	uint64_t ends_at, patient_until; /* monotonic, nanoseconds */
	uint64_t done, total;
	json_t *said; /* the last line, owned; NULL: nothing but progress yet */
};

static uint64_t in_seconds(unsigned s)
{
	return monotonic_ns() + s * SECOND_NS;
}

/* Ends it for the reason given. */
static int kill_child(struct hearing *h, int code, const char *reason, struct err *err)
{
	int status;

	kill(h->pid, SIGKILL);
	return err_set(err, code, "%s: %s%s", h->task->what, reason,
		       child_reap(h->pid, KILL_S, &status) == -ETIMEDOUT
			       ? "; its process is stuck in the kernel, and is left behind"
			       : "; its process was stopped");
}

static const char *const nonsense = "the process that was asked spoke nonsense";

static int on_progress(struct hearing *h, const json_t *pair, struct err *err)
{
	json_int_t done = json_integer_value(json_array_get(pair, 0)),
		   total = json_integer_value(json_array_get(pair, 1));

	if (json_array_size(pair) != 2 || done < 0 || total < done)
		return kill_child(h, EPROTO, nonsense, err);
	h->done = (uint64_t)done;
	h->total = (uint64_t)total;
	if (h->task->patience_s)
		h->patient_until = in_seconds(h->task->patience_s);
	return 0;
}

static int on_line(struct hearing *h, size_t len, struct err *err)
{
	_cleanup_json_ json_t *line = NULL;
	struct err bad;

	if (h->said || json_parse(h->line, len, &line, &bad) < 0)
		return kill_child(h, EPROTO, nonsense, err);
	if (json_object_get(line, "progress"))
		return on_progress(h, json_object_get(line, "progress"), err);
	h->said = TAKE_PTR(line);
	return 0;
}

/* What the child has left: 1 when it has closed its end. */
static int hear(struct hearing *h, struct err *err)
{
	ssize_t n = recv(h->fd, h->line + h->len, GPU_LINE_MAX - h->len, MSG_DONTWAIT);
	char *newline;
	int r = 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return 1;
	h->len += (size_t)n;
	while (!r && (newline = memchr(h->line, '\n', h->len))) {
		size_t used = (size_t)(newline - h->line) + 1;

		r = on_line(h, used - 1, err);
		h->len -= used;
		memmove(h->line, h->line + used, h->len);
	}
	if (!r && h->len == GPU_LINE_MAX)
		r = kill_child(h, EPROTO, "the process that was asked spoke a line without end", err);
	return r;
}

static int check_time(struct hearing *h, struct err *err)
{
	char reason[96];
	uint64_t now = monotonic_ns();

	if (now > h->ends_at)
		snprintf(reason, sizeof(reason), "no answer within %u s", h->task->deadline_s);
	else if (now > h->patient_until)
		snprintf(reason, sizeof(reason), "no progress for %u s", h->task->patience_s);
	else
		return 0;
	return kill_child(h, ETIMEDOUT, reason, err);
}

/* Until the child has closed its end. */
static int listen_to(struct hearing *h, struct err *err)
{
	struct pollfd poll_fd = {.fd = h->fd, .events = POLLIN};
	int r = 0;

	while (r == 0) {
		if (poll(&poll_fd, 1, POLL_MS) < 0 && errno != EINTR)
			return kill_child(h, errno, "waiting for its process failed", err);
		if (poll_fd.revents)
			r = hear(h, err);
		if (r == 0)
			r = check_time(h, err);
		h->watch->progress(h->watch->data, h->done, h->total);
		if (r == 0 && h->watch->cancelled(h->watch->data))
			r = kill_child(h, ECANCELED, "cancelled", err);
	}
	return r < 0 ? r : 0;
}

/* It has closed its end: told something or crashed. */
static int judge_end(struct hearing *h, struct err *err)
{
	int status = 0;

	if (child_reap(h->pid, LEAVE_S, &status) < 0)
		return kill_child(h, ETIMEDOUT, "its process does not end", err);
	if (WIFSIGNALED(status))
		return err_set(err, EPROTO, "%s: its process crashed: %s (signal %d)", h->task->what,
			       sigdescr_np(WTERMSIG(status)) ?: "unknown", WTERMSIG(status));
	if (!h->said)
		return err_set(err, EPROTO, "%s: its process ended with status %d and no answer",
			       h->task->what, WEXITSTATUS(status));
	return 0;
}

/* A text of the child's may hold anything. */
static int pass_error(const struct hearing *h, const json_t *text, struct err *err)
{
	json_int_t code = json_integer_value(json_object_get(h->said, "code"));
	_cleanup_free_ char *shown = xstrdup(json_string_value(text));

	for (char *c = shown; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	return err_set(err, code > 0 && code < 4096 ? (int)code : EPROTO, "%s: %s", h->task->what,
		       *shown ? shown : "no reason was given");
}

static int judge_words(const struct hearing *h, json_t **ret, struct err *err)
{
	const json_t *error = json_object_get(h->said, "error"), *result = json_object_get(h->said, "result");

	if (json_is_string(error))
		return pass_error(h, error, err);
	if (!json_is_object(result))
		return err_set(err, EPROTO, "%s: %s", h->task->what, nonsense);
	*ret = json_incref((json_t *)result);
	return 0;
}

int gpu_child_run(const struct gpu_task *task, const struct gpu_watch *watch, json_t **ret, struct err *err)
{
	_cleanup_free_ char *line = xcalloc(1, GPU_LINE_MAX);
	_cleanup_close_ int fd = -EBADF;
	struct hearing h = {
		.task = task, .watch = watch, .line = line, .ends_at = in_seconds(task->deadline_s)};
	int r = gpu_child_start(task, &h.pid, &fd, err);

	if (r < 0)
		return err_prepend(err, "%s", task->what);
	h.fd = fd;
	h.patient_until = task->patience_s ? in_seconds(task->patience_s) : h.ends_at;
	r = listen_to(&h, err);
	if (r == 0)
		r = judge_end(&h, err);
	if (r == 0)
		r = judge_words(&h, ret, err);
	json_decref(h.said);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of a card's driver, in a child process: a driver that hangs in the kernel holds no more than that. The child tells one line of JSON. */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "agent/steps/nic/card.h"
#include "core/child.h"
#include "core/json.h"
#include "core/time.h"

#define TURN_MS  200
#define REAP_S   5
#define LINE_MAX 8192 /* bytes of the answer */

static _Noreturn void be_child(const struct nic_task *task, int fd, pid_t parent)
{
	json_t *result = NULL;
	struct err err = {0};
	int out = child_keep_only(fd, parent), r = task->run(task, &result, &err);
	json_t *line = r < 0 ? json_pack("{ss si}", "error", err.text, "code", -r)
			     : json_pack("{so}", "result", result);

	_exit(child_tell(out, line) < 0 ? 1 : 0);
}

/* Until it has closed its end, or filled the buffer. Nobody stops a card half set: a cancelled order waits for it too. */
static int hear(struct nic_work *work, int fd, char *line, size_t *ret_len)
{
	uint64_t end = monotonic_ns() + work->limit_s * 1000000000ull;
	size_t len = 0;

	while (len < LINE_MAX) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t n =
			poll(&p, 1, TURN_MS) > 0 ? recv(fd, line + len, LINE_MAX - len, MSG_DONTWAIT) : -1;

		if (n == 0)
			break;
		if (n > 0)
			len += (size_t)n;
		(void)work->job->ops->cancelled(work->job); /* a sign of life */
		if (monotonic_ns() >= end)
			return -ETIMEDOUT;
	}
	*ret_len = len;
	return 0;
}

static int read_answer(const char *line, size_t len, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *json = NULL;
	struct err bad;
	const json_t *result;
	const char *error;
	json_int_t code;

	if (json_parse(line, len, &json, &bad) < 0)
		return err_set(err, EIO, "the process that asked its driver ended without a word");
	result = json_object_get(json, "result");
	error = json_string_value(json_object_get(json, "error"));
	code = json_integer_value(json_object_get(json, "code"));
	if (error) /* -ETIMEDOUT is for a driver that does not come back */
		return err_set(err, code > 0 && code != ETIMEDOUT ? (int)code : EIO, "%s", error);
	*ret = json_incref((json_t *)result);
	return 0;
}

int nic_child(struct nic_work *work, const struct nic_task *task, json_t **ret, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	char line[LINE_MAX];
	size_t len = 0;
	int status = 0, r;
	bool stuck;
	pid_t parent = getpid(), pid = -1;

	r = child_fork(&pid, &fd, err);
	if (r < 0)
		return r;
	if (pid == 0)
		be_child(task, fd, parent);
	r = hear(work, fd, line, &len);
	if (r < 0)
		kill(pid, SIGKILL);
	stuck = child_reap(pid, REAP_S, &status) == -ETIMEDOUT;
	if (r == 0)
		return read_answer(line, len, ret, err);
	return err_set(
		err, ETIMEDOUT, "%s: %s: its driver has not come back within %u s: its process %s",
		task->card->pci, task->what, work->limit_s,
		stuck ? "is stuck in the kernel, and is left behind: switch the machine's power off and on"
		      : "was stopped");
}

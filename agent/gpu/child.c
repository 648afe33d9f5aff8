/* SPDX-License-Identifier: Apache-2.0 */
/* The child's side: what runs between fork and _exit. No logging, nothing of the parent's but its task. */
#include <string.h>

#include "agent/gpu/child_private.h"
#include "core/child.h"
#include "core/json.h"
#include "core/time.h"

#define PROGRESS_NS (250ull * 1000 * 1000) /* between two lines of progress */

struct link {
	int fd;
	uint64_t told_ns; /* of the last progress line */
};

static void link_progress(void *data, uint64_t done, uint64_t total)
{
	uint64_t now = monotonic_ns();
	struct link *l = data;

	if (now - l->told_ns < PROGRESS_NS)
		return;
	l->told_ns = now;
	if (child_tell(l->fd, json_pack("{s:[I, I]}", "progress", (json_int_t)done, (json_int_t)total)) < 0)
		_exit(1); /* the parent is gone */
}

static _Noreturn void child_main(const struct gpu_task *task, int fd, pid_t parent)
{
	struct link l = {.fd = child_keep_only(fd, parent)};
	struct err err = {0};
	json_t *result = NULL, *line;
	int r;

	r = task->run(task, link_progress, &l, &result, &err);
	if (r < 0)
		line = json_pack("{s:s, s:i}", "error", err.text, "code", -r);
	else
		line = json_pack("{s:o}", "result", result);
	_exit(child_tell(l.fd, line) < 0 ? 1 : 0);
}

int gpu_child_start(const struct gpu_task *task, pid_t *ret_pid, int *ret_fd, struct err *err)
{
	pid_t parent = getpid();
	int r = child_fork(ret_pid, ret_fd, err);

	if (r == 0 && *ret_pid == 0)
		child_main(task, *ret_fd, parent);
	return r;
}

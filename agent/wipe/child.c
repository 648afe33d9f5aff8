/* SPDX-License-Identifier: Apache-2.0 */
/* What runs between fork and _exit: no logging, no locks of libcrypto (wipe_marker.h), nothing of the parent's but its task. */
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "agent/wipe/child.h"
#include "core/child.h"
#include "core/hash.h"
#include "core/time.h"

enum { NICE = 5 };
#define PROGRESS_NS (250ull * 1000 * 1000) /* between two lines of progress */

struct link {
	int fd;
	uint64_t told_ns;    /* of the last progress line */
	unsigned patience_s; /* that it spoke of */
};

static int send_line(int fd, json_t *line, struct err *err)
{
	int r = child_tell(fd, line);

	if (r == -ENOMEM)
		return err_set(err, ENOMEM, "a line to the parent cannot be written");
	return r < 0 ? err_sys(err, -r, "the parent is gone") : 0;
}

static int link_begin(void *data, unsigned unit, enum wipe_method method, const uint8_t key[WIPE_KEY_SIZE],
		      bool marked, struct err *err)
{
	char hex[2 * WIPE_KEY_SIZE + 1], answer = 0;
	struct link *l = data;
	ssize_t n;
	int r;

	hex_encode(key, WIPE_KEY_SIZE, hex);
	r = send_line(l->fd,
		      json_pack("{s:s, s:i, s:s, s:b}", "begin", wipe_method_name(method), "unit", (int)unit,
				"key", hex, "marked", marked),
		      err);
	if (r < 0)
		return r;
	do
		n = recv(l->fd, &answer, 1, 0);
	while (n < 0 && errno == EINTR);
	if (n != 1 || answer != 'g')
		return err_set(err, EPIPE, "the parent gave no leave to begin");
	return 0;
}

static void link_progress(void *data, uint64_t done, uint64_t total, unsigned patience_s)
{
	uint64_t now = monotonic_ns();
	struct link *l = data;
	struct err ignored = {0};

	if (patience_s == l->patience_s && now - l->told_ns < PROGRESS_NS)
		return;
	l->told_ns = now;
	l->patience_s = patience_s;
	/* A parent that is gone is noticed at the next begin or by the death signal. */
	if (send_line(l->fd,
		      json_pack("{s:[I, I, i]}", "progress", (json_int_t)done, (json_int_t)total,
				(int)patience_s),
		      &ignored) < 0)
		_exit(1);
}

/* Behind the agent's talk with the station, which must not be late because many drives are busy. */
static void be_polite(void)
{
	if (setpriority(PRIO_PROCESS, 0, NICE) < 0)
		return; /* it is a courtesy */
}

static void child_main(struct wipe_drive *drive, int fd, pid_t parent)
{
	struct link l = {.fd = fd};
	const struct wipe_hooks hooks = {.begin = link_begin, .progress = link_progress, .data = &l};
	struct err err = {0};
	json_t *results;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	be_polite();
	results = wipe_drive_run(drive, &hooks);
	for (size_t i = 0; i < json_array_size(results); i++)
		if (send_line(fd,
			      json_pack("{s:O, s:i}", "result", json_array_get(results, i), "unit", (int)i),
			      &err) < 0)
			_exit(1);
	_exit(0);
}

int wipe_child_start(struct wipe_drive *drive, pid_t *ret_pid, int *ret_fd, struct err *err)
{
	pid_t parent = getpid(), pid;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(err, errno, "a socket pair for the child of %s", drive->units[0].block->name);
	pid = fork();
	if (pid < 0) {
		int code = errno;

		close(ends[0]);
		close(ends[1]);
		return err_sys(err, code, "a child for %s", drive->units[0].block->name);
	}
	if (pid == 0) {
		close(ends[0]);
		child_main(drive, ends[1], parent);
	}
	close(ends[1]);
	*ret_pid = pid;
	*ret_fd = ends[0];
	return 0;
}

int wipe_child_go(int fd, struct err *err)
{
	if (send(fd, "g", 1, MSG_NOSIGNAL) != 1)
		return err_sys(err, errno, "the drive's process is gone");
	return 0;
}

int wipe_child_end(pid_t pid, bool kill_it, unsigned wait_s, int *ret_status)
{
	if (kill_it)
		kill(pid, SIGKILL);
	return child_reap(pid, wait_s, ret_status);
}

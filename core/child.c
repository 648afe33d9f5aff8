/* SPDX-License-Identifier: Apache-2.0 */
#include "core/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/time.h"

void child_settle(int out, pid_t parent)
{
	int null = open("/dev/null", O_RDONLY);
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(126);
}

int child_fork(pid_t *ret_pid, int *ret_fd, struct err *err)
{
	int ends[2], code;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(err, errno, "a socket pair for a child");
	pid = fork();
	code = errno;
	close(ends[pid == 0 ? 0 : 1]);
	if (pid < 0) {
		close(ends[0]);
		return err_sys(err, code, "a child process");
	}
	*ret_pid = pid;
	*ret_fd = ends[pid == 0 ? 1 : 0];
	return 0;
}

int child_keep_only(int fd, pid_t parent)
{
	const int kept = STDERR_FILENO + 1;

	if (fd != kept && dup3(fd, kept, O_CLOEXEC) < 0)
		_exit(126);
	if (close_range((unsigned)kept + 1, UINT_MAX, 0) < 0)
		_exit(126);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
	return kept;
}

int child_tell(int fd, json_t *line)
{
	_cleanup_free_ char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
	size_t at = 0, len;
	ssize_t n;

	json_decref(line);
	if (!text)
		return -ENOMEM;
	len = strlen(text);
	text[len++] = '\n'; /* in the place of the NUL */
	while (at < len) {
		n = send(fd, text + at, len - at, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += (size_t)n;
	}
	return 0;
}

int child_reap(pid_t pid, unsigned wait_s, int *ret_status)
{
	const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
	uint64_t until = monotonic_ns() + wait_s * 1000000000ull;

	for (;;) {
		pid_t r = waitpid(pid, ret_status, WNOHANG);

		if (r == pid)
			return 0;
		if (r < 0 && errno != EINTR)
			return -errno;
		if (monotonic_ns() >= until)
			return -ETIMEDOUT;
		nanosleep(&pause, NULL);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/tool.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/child.h"
#include "core/io.h"
#include "core/time.h"

#define TICK_MS 100
#define REAP_S  10u /* a program stuck in the kernel cannot be reaped */

/* Nobody's settings, and messages as they were written: what is read is a grammar. */
static char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "HOME=/nonexistent",
				    NULL};

struct child {
	const struct tool *tool;
	pid_t pid;
	int out;
	char *text; /* TOOL_OUTPUT_MAX + 1 bytes */
	size_t len;
};

/* In a mount namespace of the child's own, which goes with it. */
static bool enter(const char *root)
{
	static const char *const folders[] = {"dev", "proc", "sys"};

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return false;
	for (unsigned i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		char from[8], to[256];

		snprintf(from, sizeof(from), "/%s", folders[i]);
		if (snprintf(to, sizeof(to), "%s/%s", root, folders[i]) >= (int)sizeof(to) ||
		    mount(from, to, NULL, MS_BIND | MS_REC, NULL) < 0)
			return false;
	}
	return chroot(root) == 0 && chdir("/") == 0;
}

/* Between fork and exec: nothing that takes a lock. A group of its own, so that what it starts goes with it. */
static void __attribute__((noreturn)) become(const struct tool *tool, int out, pid_t parent)
{
	setpgid(0, 0);
	child_settle(out, parent);
	if (tool->root && !enter(tool->root))
		_exit(126);
	execve(tool->path, (char *const *)tool->arguments, environment);
	_exit(127);
}

static int start(struct child *c, struct err *err)
{
	pid_t parent = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "a pipe");
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	c->pid = fork();
	if (c->pid == 0)
		become(c->tool, ends[1], parent);
	close(ends[1]);
	if (c->pid < 0) {
		close(ends[0]);
		return err_sys(err, errno, "a child process");
	}
	setpgid(c->pid, c->pid); /* whichever of the two comes first */
	c->out = ends[0];
	return 0;
}

/* 1: more may come, 0: the end. */
static int take_output(struct child *c, struct err *err)
{
	ssize_t n = read(c->out, c->text + c->len, TOOL_OUTPUT_MAX - c->len);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 1 : err_sys(err, errno, "reading what it writes");
	c->len += (size_t)n;
	if (c->len == TOOL_OUTPUT_MAX)
		return err_set(err, EFBIG, "it writes without end: more than %d bytes", TOOL_OUTPUT_MAX);
	return n > 0;
}

static int attend(struct child *c, uint64_t until_ns, struct err *err)
{
	for (;;) {
		struct pollfd p = {.fd = c->out, .events = POLLIN};

		if (poll(&p, 1, TICK_MS) > 0) {
			int r = take_output(c, err);

			if (r <= 0)
				return r;
		}
		if (c->tool->alive && c->tool->alive(c->tool->data))
			return err_set(err, ECANCELED, "cancelled");
		if (monotonic_ns() >= until_ns)
			return err_set(err, ETIMEDOUT, "it has not ended within %u s", c->tool->limit_s);
	}
}

/* An end of its output is close to its own end. */
static int reap(struct child *c, uint64_t until_ns, int *ret_status, struct err *err)
{
	uint64_t now = monotonic_ns();
	unsigned left_s = until_ns > now ? (unsigned)((until_ns - now) / 1000000000) + 1 : 0;
	int r = child_reap(c->pid, left_s, ret_status);

	if (r == -ETIMEDOUT)
		return err_set(err, ETIMEDOUT, "it has not ended within %u s", c->tool->limit_s);
	return r < 0 ? err_sys(err, -r, "waiting for it") : 0;
}

static int run(struct child *c, int *ret_status, struct err *err)
{
	uint64_t until_ns = monotonic_ns() + c->tool->limit_s * 1000000000ull;
	int status = 0, r = start(c, err);

	if (r < 0)
		return r;
	r = attend(c, until_ns, err);
	if (r == 0)
		r = reap(c, until_ns, &status, err);
	close(c->out);
	if (r < 0) {
		kill(-c->pid, SIGKILL);
		(void)!child_reap(c->pid, REAP_S, &status);
		return r;
	}
	if (!WIFEXITED(status))
		return err_set(err, EIO, "it was ended by signal %d", WTERMSIG(status));
	*ret_status = WEXITSTATUS(status);
	return *ret_status >= 126 && !c->len ? err_set(err, ENOEXEC, "it cannot be started") : 0;
}

int tool_run(const struct tool *tool, char **ret_text, size_t *ret_len, int *ret_status, struct err *err)
{
	_cleanup_free_ char *text = xcalloc(1, TOOL_OUTPUT_MAX + 1);
	struct child c = {.tool = tool, .out = -EBADF, .text = text};
	int r = run(&c, ret_status, err);

	if (r < 0)
		return err_prepend(err, "%s", tool->arguments[0]);
	*ret_len = c.len;
	*ret_text = TAKE_PTR(text);
	return 0;
}

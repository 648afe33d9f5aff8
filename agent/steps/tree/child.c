/* SPDX-License-Identifier: Apache-2.0 */
/* fork, execve, and a pipe for what the program says. */
#include "agent/steps/tree/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include "core/child.h"
#include "core/io.h"
#include "core/lines.h"
#include "core/log.h"
#include "core/time.h"

#define TICK_MS 100
#define REAP_S  30u /* a program stuck in the kernel cannot be reaped */

static const char *const folders[] = {"/usr/sbin", "/sbin", "/usr/bin", "/bin"};

/* Neither the operator's nor a configuration file's settings: what is made is what the arguments say. */
static char *const environment[] = {"PATH=/usr/sbin:/sbin:/usr/bin:/bin", "LC_ALL=C",
				    "MKE2FS_CONFIG=/nonexistent", NULL};

struct child {
	const char *name;
	pid_t pid;
	int out; /* what it writes */
	struct lines lines;
};

static char *find(const char *program)
{
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		char *path = path_join(folders[i], program);

		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

int root_child_find(const char *program, struct err *err)
{
	_cleanup_free_ char *path = find(program);

	return path ? 0 : err_set(err, ENOENT, "this boot image has no program %s", program);
}

static void say(void *data, const char *line)
{
	const struct child *c = data;

	log_info("%s: %s", c->name, line);
}

/* False at the end of what it writes. */
static bool take_output(struct child *c)
{
	char buf[1024];
	ssize_t n = read(c->out, buf, sizeof(buf));

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	lines_add(&c->lines, buf, (size_t)n, say, c);
	return n > 0;
}

/* Between fork and exec: nothing that takes a lock. */
static void __attribute__((noreturn))
become(const char *path, const char *const *arguments, int out, pid_t parent)
{
	child_settle(out, parent);
	execve(path, (char *const *)arguments, environment);
	_exit(127);
}

static int start(struct child *c, const char *const *arguments, struct err *err)
{
	_cleanup_free_ char *path = find(arguments[0]);
	pid_t parent = getpid();
	int ends[2];

	if (!path)
		return root_child_find(arguments[0], err);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "a pipe");
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	c->pid = fork();
	if (c->pid == 0)
		become(path, arguments, ends[1], parent);
	close(ends[1]);
	if (c->pid < 0) {
		close(ends[0]);
		return err_sys(err, errno, "a child process");
	}
	c->out = ends[0];
	return 0;
}

/* Until it has closed its output, which is its end or close to it. */
static int attend(struct child *c, unsigned limit_s, bool (*cancelled)(void *data), void *data,
		  struct err *err)
{
	uint64_t until = monotonic_ns() + limit_s * 1000000000ull;

	for (;;) {
		struct pollfd p = {.fd = c->out, .events = POLLIN};

		if (poll(&p, 1, TICK_MS) > 0 && !take_output(c))
			return 0;
		if (cancelled(data))
			return err_set(err, ECANCELED, "cancelled");
		if (monotonic_ns() >= until)
			return err_set(err, ETIME, "it has not ended within %u s", limit_s);
	}
}

int root_child_run(const char *const *arguments, unsigned limit_s, bool (*cancelled)(void *data), void *data,
		   struct err *err)
{
	struct child c = {.name = arguments[0], .out = -EBADF};
	int status = 0, reaped, r;

	if (start(&c, arguments, err) < 0)
		return err_prepend(err, "%s", arguments[0]);
	r = attend(&c, limit_s, cancelled, data, err);
	if (r < 0)
		kill(c.pid, SIGKILL);
	reaped = child_reap(c.pid, REAP_S, &status);
	if (reaped < 0 && !r) {
		kill(c.pid, SIGKILL);
		r = err_sys(err, -reaped, "it does not end: the disk does not answer");
	}
	lines_end(&c.lines, say, &c);
	close(c.out);
	if (!r && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
		r = err_set(err, EIO, "it failed (%s %d)%s%s", WIFEXITED(status) ? "exit status" : "signal",
			    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status),
			    *c.lines.last ? ": " : "", c.lines.last);
	return r < 0 ? err_prepend(err, "%s", arguments[0]) : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/overlay/service.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "core/io.h"
#include "core/log.h"
#include "core/time.h"

#define LINES_AT_ONCE 200          /* that go into the log at once */
#define LINE_NS       500000000ull /* and one more after each such time: the log has room for 1 MiB */
#define FIRST_FREE_FD 16           /* above those that a first process has */
#define SECOND_NS     1000000000ull

/* ---- its beginning ---- */

struct launch {
	char **argv;
	int control, output, net;
};

static int move(int from, int to)
{
	return from >= 0 && dup2(from, to) == to ? 0 : -1;
}

/* After the raw clone(2): system calls alone, for other threads may have held locks. */
static void __attribute__((noreturn)) become(const struct launch *l)
{
	static char *const nothing[] = {NULL};
	/* Away from the numbers that they are to have. */
	int control = fcntl(l->control, F_DUPFD, FIRST_FREE_FD),
	    output = fcntl(l->output, F_DUPFD, FIRST_FREE_FD), net = fcntl(l->net, F_DUPFD, FIRST_FREE_FD);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (move(control, INSIDE_CONTROL) == 0 && move(net, INSIDE_NET) == 0 && move(output, 1) == 0 &&
	    move(output, 2) == 0 && close_range(INSIDE_NET + 1, ~0U, 0) == 0)
		execve("/proc/self/exe", l->argv, nothing);
	_exit(127);
}

static char **make_argv(const struct room *room, const struct overlay_service *wanted, char *number)
{
	size_t n = 0;
	char **argv;

	while (wanted->arguments[n])
		n++;
	argv = xcalloc(INSIDE_ARGUMENTS + n + 1, sizeof(*argv));
	argv[0] = (char *)INSIDE_NAME;
	argv[1] = wanted->name;
	argv[2] = room->tree;
	argv[3] = number;
	argv[4] = wanted->path ? wanted->path : (char *)"";
	memcpy(argv + INSIDE_ARGUMENTS, wanted->arguments, n * sizeof(*argv));
	return argv;
}

/* Its own PID namespace: with its first process the kernel ends all of it, whatever has forked. */
static int launch(struct service *s, const struct room *room, const struct overlay_service *wanted,
		  struct err *err)
{
	_cleanup_free_ char *number = str_printf("%d", (int)wanted->ready);
	_cleanup_free_ char **argv = make_argv(room, wanted, number);
	_cleanup_close_ int control = -EBADF, output = -EBADF;
	int pair[2], ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, errno, "a pair of sockets");
	s->control = pair[0];
	control = pair[1];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "a pipe");
	s->output = ends[0];
	output = ends[1];
	fcntl(s->output, F_SETFL, O_NONBLOCK);
	s->started_at = s->refilled_at = monotonic_ns();
	const struct launch l = {.argv = argv, .control = control, .output = output, .net = room->net};
	long pid = syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		become(&l);
	if (pid < 0)
		return err_sys(err, errno, "a process with namespaces of its own");
	s->pid = (pid_t)pid;
	return 0;
}

int service_new(const struct room *room, const struct overlay_service *wanted, struct service **ret,
		struct err *err)
{
	struct service *s = xcalloc(1, sizeof(*s));

	*s = (struct service){
		.overlay = xstrdup(room->name),
		.name = xstrdup(wanted->name),
		.path = wanted->path ? xstrdup(wanted->path) : NULL,
		.ready_by = wanted->ready,
		.wait_s = wanted->wait_s,
		.stop_s = wanted->stop_s,
		.control = -EBADF,
		.output = -EBADF,
		.room = LINES_AT_ONCE,
	};
	int r = launch(s, room, wanted, err);
	if (r < 0) {
		service_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

void service_free(struct service *s)
{
	if (!s)
		return;
	close_fdp(&s->control);
	close_fdp(&s->output);
	free(s->overlay);
	free(s->name);
	free(s->path);
	free(s);
}

/* ---- what it writes ---- */

static bool may_log(struct service *s)
{
	uint64_t more = (monotonic_ns() - s->refilled_at) / LINE_NS;

	s->refilled_at += more * LINE_NS;
	s->room = more + s->room > LINES_AT_ONCE ? LINES_AT_ONCE : s->room + (unsigned)more;
	return s->room > 0;
}

static void say_left_out(struct service *s)
{
	if (s->left_out)
		log_info("%s/%s: ... and %u lines more, which are left out here", s->overlay, s->name,
			 s->left_out);
	s->left_out = 0;
}

static void say(void *data, const char *line)
{
	struct service *s = data;

	if (!may_log(s)) {
		s->left_out++;
		return;
	}
	say_left_out(s);
	log_info("%s/%s: %s", s->overlay, s->name, line);
	s->room--;
}

/* A piece: what floods waits in its pipe meanwhile. */
static void take_output(struct service *s)
{
	char buf[4096];
	ssize_t n = read(s->output, buf, sizeof(buf));

	if (n > 0)
		lines_add(&s->lines, buf, (size_t)n, say, s);
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	lines_end(&s->lines, say, s);
	say_left_out(s);
	close_fdp(&s->output);
	s->output = -EBADF;
}

/* ---- what its first process says ---- */

static void take_message(struct service *s)
{
	struct inside_message message;
	ssize_t n = recv(s->control, &message, sizeof(message), MSG_DONTWAIT);

	if (n == sizeof(message)) {
		if (message.kind == INSIDE_READY)
			s->ready_at = monotonic_ns();
		s->has_end |= message.kind == INSIDE_ENDED;
		if (message.kind == INSIDE_ENDED)
			s->status = message.status;
		if (message.kind == INSIDE_FAILED)
			snprintf(s->failed, sizeof(s->failed), "%.*s", (int)sizeof(message.text) - 1,
				 message.text);
	} else if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		close_fdp(&s->control);
		s->control = -EBADF;
	}
}

/* What it has written before its end is heard first: the last line says why. */
static void reap(struct service *s)
{
	int status;

	if (waitpid(s->pid, &status, WNOHANG) != s->pid)
		return;
	for (unsigned i = 0; i < 16 && s->output >= 0; i++)
		take_output(s); /* no writer is left, and a pipe holds 64 KiB */
	if (!s->has_end)
		s->status = status;
	if (s->has_end && s->ready_by == OVERLAY_EXITS && s->status == 0)
		s->ready_at = monotonic_ns();
	s->ended = true;
}

void service_hear(struct service *s, short control, short output)
{
	if (output)
		take_output(s);
	if (control)
		take_message(s);
	if (s->control < 0 && !s->ended)
		reap(s);
}

/* ---- how it stands ---- */

bool service_is_lost(const struct service *s)
{
	return s->ended && !s->stopping && (s->ready_by != OVERLAY_EXITS || !s->ready_at);
}

static void say_end(const struct service *s, char *text, size_t size)
{
	if (*s->failed)
		snprintf(text, size, "%s", s->failed);
	else if (!s->has_end)
		snprintf(text, size, "it was killed from outside");
	else if (WIFEXITED(s->status))
		snprintf(text, size, "it ended (exit status %d)", WEXITSTATUS(s->status));
	else
		snprintf(text, size, "it ended (signal %d)", WTERMSIG(s->status));
}

static void say_waiting(const struct service *s, char *text, size_t size)
{
	switch (s->ready_by) {
	case OVERLAY_EXITS:
		snprintf(text, size, "it has not ended within %u s", s->wait_s);
		break;
	case OVERLAY_PATH:
		snprintf(text, size, "%s has not come within %u s", s->path, s->wait_s);
		break;
	default:
		snprintf(text, size, "it has not sent READY=1 within %u s", s->wait_s);
	}
}

void service_says(const struct service *s, char text[SERVICE_TEXT_MAX + LINES_LEN_MAX])
{
	char how[SERVICE_TEXT_MAX - 16];

	if (s->ended)
		say_end(s, how, sizeof(how));
	else
		say_waiting(s, how, sizeof(how));
	snprintf(text, SERVICE_TEXT_MAX + LINES_LEN_MAX, "%s%s%.*s", how, *s->lines.last ? ": " : "",
		 LINES_LEN_MAX, s->lines.last);
}

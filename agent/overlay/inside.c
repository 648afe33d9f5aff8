/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/overlay/inside.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "agent/overlay/inside_private.h"
#include "agent/overlay/room.h"
#include "core/secret.h"
#include "images/overlay.h"

#define LOOK_MS       50    /* for a path that has not come yet */
#define OOM_SCORE_ADJ "500" /* a service goes before the agent does */

struct inside {
	const char *name, *tree;
	enum overlay_ready ready_by;
	const char *path;
	char **arguments;
	char socket[NOTIFY_PATH_MAX]; /* OVERLAY_NOTIFY */
	int children, notify;         /* signalfd; the socket */
	pid_t program;
	bool told_ready, stopping;
	bool program_over; /* and how: */
	int program_status;
	int newest_status; /* of whatever process has ended last */
};

static void tell(enum inside_kind kind, int status, const char *text)
{
	struct inside_message message = {.kind = kind, .status = status};

	snprintf(message.text, sizeof(message.text), "%s", text);
	(void)!send(INSIDE_CONTROL, &message, sizeof(message), MSG_NOSIGNAL);
}

/* With us every process of the namespace ends. */
static void __attribute__((noreturn)) leave(enum inside_kind kind, int status, const char *text)
{
	tell(kind, status, text);
	_exit(0);
}

static void is_ready(struct inside *in)
{
	if (!in->told_ready)
		tell(INSIDE_READY, 0, "");
	in->told_ready = true;
}

/* The worker's wish, or its end. */
static void obey(struct inside *in)
{
	char wish;
	ssize_t n = recv(INSIDE_CONTROL, &wish, 1, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		_exit(0);
	in->stopping = true;
	kill(-1, SIGTERM); /* all but us */
	kill(-1, SIGCONT); /* one that was stopped hears it too */
}

/* True when none is left. */
static bool reap(struct inside *in)
{
	struct signalfd_siginfo info;
	pid_t pid;
	int status;

	while (read(in->children, &info, sizeof(info)) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		in->newest_status = status;
		if (pid == in->program) {
			in->program_over = true;
			in->program_status = status;
		}
	}
	return pid < 0 && errno == ECHILD;
}

/*
 * A program that has put itself into the background has ended well and left processes, which are the service now. One that has failed takes them with it, and
 * one that is run once leaves nothing behind.
 */
static void look_for_end(struct inside *in, bool none_left)
{
	bool failed = in->program_over && in->program_status != 0;

	if (none_left)
		leave(INSIDE_ENDED, failed ? in->program_status : in->newest_status, "");
	if (!in->stopping && in->program_over && (failed || in->ready_by == OVERLAY_EXITS))
		leave(INSIDE_ENDED, in->program_status, "");
}

static void __attribute__((noreturn)) attend(struct inside *in)
{
	for (;;) {
		bool looks = in->ready_by == OVERLAY_PATH && !in->told_ready;
		struct pollfd p[] = {{.fd = INSIDE_CONTROL, .events = POLLIN},
				     {.fd = in->children, .events = POLLIN},
				     {.fd = in->notify, .events = POLLIN}};
		struct stat st;

		poll(p, 3, looks ? LOOK_MS : -1);
		/* Before its end, which may follow upon it at once. */
		if (p[2].revents && notify_take(in->notify))
			is_ready(in);
		if (looks && stat(in->path, &st) == 0)
			is_ready(in);
		if (p[0].revents)
			obey(in);
		look_for_end(in, reap(in));
	}
}

static int read_arguments(struct inside *in, int argc, char **argv, struct err *err)
{
	if (argc <= INSIDE_ARGUMENTS)
		return err_set(err, EINVAL, "the agent's own program was started wrongly");
	in->name = argv[1];
	in->tree = argv[2];
	in->ready_by = (enum overlay_ready)atoi(argv[3]);
	in->path = argv[4];
	in->arguments = argv + INSIDE_ARGUMENTS;
	return 0;
}

static int prepare(struct inside *in, struct err *err)
{
	_cleanup_close_ int oom = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	sigset_t child;
	int r;

	if (oom < 0 || write(oom, OOM_SCORE_ADJ, strlen(OOM_SCORE_ADJ)) < 0)
		return err_sys(err, errno, "/proc/self/oom_score_adj");
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	in->children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (in->children < 0)
		return err_sys(err, errno, "a descriptor for signals");
	r = room_enter(in->tree, INSIDE_NET, err);
	if (r == 0 && in->ready_by == OVERLAY_NOTIFY) {
		snprintf(in->socket, sizeof(in->socket), "/run/notify-%s", in->name);
		r = notify_open(in->socket, &in->notify, err);
	}
	return r;
}

int service_inside(int argc, char **argv)
{
	struct inside in = {.children = -EBADF, .notify = -EBADF};
	struct err err = {0};
	int r;

	signal(SIGPIPE, SIG_IGN);
	secret_process();
	umask(022);
	r = read_arguments(&in, argc, argv, &err);
	if (r == 0)
		r = prepare(&in, &err);
	if (r == 0)
		r = inside_start(in.arguments, in.notify >= 0 ? in.socket : NULL, &in.program, &err);
	if (r < 0)
		leave(INSIDE_FAILED, 0, err.text);
	attend(&in);
}

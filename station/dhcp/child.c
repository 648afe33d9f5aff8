/* SPDX-License-Identifier: Apache-2.0 */
#include "station/dhcp/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "station/dhcp/config.h"

#define END_MS 3000 /* from SIGTERM to SIGKILL */

/*
 * --no-daemon keeps the user, the working folder and standard error. It runs as whoever runs the station; dropping to a user of its own it could not read its
 * folder any more, which nobody else may.
 */
static const char *const argv_run[] = {"dnsmasq", "--no-daemon", "-C", DHCP_CONFIG, "--pid-file=", NULL};
static const char *const argv_test[] = {"dnsmasq", "--test", "-C", DHCP_CONFIG, NULL};

/* Between fork and exec: async-signal-safe calls alone, because the station has threads. */
static void __attribute__((noreturn)) become(int folder, pid_t parent, const char *const *argv)
{
	sigset_t none;
	int null = open("/dev/null", O_RDONLY);

	/* A process group of its own: an interrupt from the terminal is for the station, which then ends us. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent || setpgid(0, 0) < 0 ||
	    fchdir(folder) < 0 || null < 0)
		_exit(126);
	dup2(null, STDIN_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	close_range(3, ~0u, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	execv("/usr/sbin/dnsmasq", (char *const *)argv);
	execvp(argv[0], (char *const *)argv);
	_exit(DHCP_NO_PROGRAM);
}

int dhcp_child_start(int folder, bool only_test, struct dhcp_child *ret, struct err *err)
{
	struct dhcp_child child = {.fd = -EBADF};
	pid_t parent = getpid();

	child.pid = fork();
	if (child.pid < 0)
		return err_sys(err, errno, "cannot start dnsmasq");
	if (!child.pid)
		become(folder, parent, only_test ? argv_test : argv_run);
	child.fd = pidfd_open(child.pid, 0);
	if (child.fd < 0) {
		int code = errno;

		kill(child.pid, SIGKILL);
		waitpid(child.pid, NULL, 0);
		return err_sys(err, code, "cannot watch dnsmasq");
	}
	*ret = child;
	return 0;
}

int dhcp_child_wait(struct dhcp_child *child, int timeout_ms, int *ret_status)
{
	struct pollfd poll_fd = {.fd = child->fd, .events = POLLIN};
	int status = 0, n;

	do
		n = poll(&poll_fd, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	if (n <= 0 || waitpid(child->pid, &status, WNOHANG) != child->pid)
		return 0;
	close_fdp(&child->fd);
	*child = (struct dhcp_child){.fd = -EBADF};
	*ret_status = status;
	return 1;
}

void dhcp_child_end(struct dhcp_child *child)
{
	int status;

	if (!child->pid)
		return;
	kill(child->pid, SIGTERM);
	if (dhcp_child_wait(child, END_MS, &status))
		return;
	kill(child->pid, SIGKILL);
	(void)dhcp_child_wait(child, -1, &status);
}

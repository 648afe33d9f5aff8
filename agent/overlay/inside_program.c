/* SPDX-License-Identifier: Apache-2.0 */
/* The service's own program: what it gets from us, and what it does not. */
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "agent/overlay/inside_private.h"
#include "core/io.h"

#define PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/*
 * What no service needs: the agent alone loads modules, sets the clock, starts kernels. Without the sixth nobody looks into the memory of another's
 * process, and without the seventh into what lies below its root. The others stay: drivers ask for CAP_SYS_ADMIN and CAP_SYS_RAWIO before they do what such services are for.
 */
static const int dropped[] = {
	CAP_SYS_MODULE,   CAP_SYS_BOOT,           CAP_SYS_TIME,   CAP_WAKE_ALARM,  CAP_SYSLOG,
	CAP_SYS_PTRACE,   CAP_SYS_CHROOT,         CAP_SETPCAP,    CAP_SETFCAP,     CAP_MAC_ADMIN,
	CAP_MAC_OVERRIDE, CAP_AUDIT_CONTROL,      CAP_AUDIT_READ, CAP_AUDIT_WRITE, CAP_BPF,
	CAP_PERFMON,      CAP_CHECKPOINT_RESTORE,
};

/* They go with the exec: what is not in the bounding set is given to no program. -EINVAL is a kernel that does not know one. */
static bool drop_privileges(void)
{
	for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++)
		if (prctl(PR_CAPBSET_DROP, dropped[i], 0, 0, 0) < 0 && errno != EINVAL)
			return false;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

static void signals_default(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The pipe `told` closes with the exec; until then an errno through it says why there was none. */
static void __attribute__((noreturn)) become(char *const *arguments, char *const *environment, int told)
{
	int null = open("/dev/null", O_RDONLY);

	if (dup2(told, 3) != 3)
		_exit(127);
	setsid();
	signals_default();
	if (null >= 0 && dup2(null, 0) == 0 && fcntl(3, F_SETFD, FD_CLOEXEC) == 0 &&
	    close_range(4, ~0U, 0) == 0 && drop_privileges())
		execve(arguments[0], arguments, environment);
	(void)!write(3, &errno, sizeof(errno));
	_exit(127);
}

int inside_start(char *const *arguments, const char *notify, pid_t *ret, struct err *err)
{
	_cleanup_free_ char *socket = str_printf("NOTIFY_SOCKET=%s", notify ? notify : "");
	char *const environment[] = {PATH, "HOME=/", "LC_ALL=C", notify ? socket : NULL, NULL};
	_cleanup_close_ int hear = -EBADF, tell = -EBADF;
	int ends[2], why = 0;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "a pipe");
	hear = ends[0];
	tell = ends[1];
	*ret = fork();
	if (*ret == 0)
		become(arguments, environment, tell);
	close_fdp(&tell);
	tell = -EBADF;
	if (*ret < 0)
		return err_sys(err, errno, "a process");
	return read(hear, &why, sizeof(why)) == sizeof(why)
		       ? err_sys(err, why, "it cannot be started: %s, or the loader that it asks for",
				 arguments[0])
		       : 0;
}

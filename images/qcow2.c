/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "core/child.h"
#include "core/io.h"
#include "images/qcow2.h"

#define MISSING       127 /* exit status of a child that found no program */
#define CHECK_DAMAGED 2   /* of qemu-img check; clusters that are merely unused are 3 */

/*
 * Runs it to its end, or until it is cancelled; what it says goes to `out`. It goes when this process does: it would fill the file system for a
 * caller that nobody waits for any more.
 */
static int run(char *const argv[], int out, const struct qcow2_stop *stop, int *ret_status, struct err *err)
{
	pid_t parent = getpid(), pid = fork();
	int r;

	if (pid < 0)
		return err_sys(err, errno, "%s", argv[0]);
	if (pid == 0) {
		child_settle(out, parent);
		execvp(argv[0], argv);
		_exit(MISSING);
	}
	while ((r = child_reap(pid, 1, ret_status)) == -ETIMEDOUT)
		if (stop->cancelled && stop->cancelled(stop->data))
			kill(pid, SIGKILL);
	if (r < 0)
		return err_sys(err, -r, "%s", argv[0]);
	if (stop->cancelled && stop->cancelled(stop->data))
		return err_set(err, ECANCELED, "cancelled");
	if (WIFEXITED(*ret_status) && WEXITSTATUS(*ret_status) == MISSING)
		return err_set(err, ENOENT,
			       "%s is missing, which turns qcow2 into a raw disk: install qemu-utils, or "
			       "give a raw disk",
			       argv[0]);
	return 0;
}

/* Converting takes clusters that lie beyond the end of the file for zeros, and says nothing. */
static int check(char *from, const struct qcow2_stop *stop, struct err *err)
{
	char command[] = "qemu-img", check[] = "check", q[] = "-q", f[] = "-f", in[] = "qcow2";
	_cleanup_close_ int null = open("/dev/null", O_WRONLY | O_CLOEXEC); /* a line for each cluster */
	int r, status;

	if (null < 0)
		return err_sys(err, errno, "/dev/null");
	r = run((char *[]){command, check, q, f, in, from, NULL}, null, stop, &status, err);
	if (r == 0 && WIFEXITED(status) && WEXITSTATUS(status) == CHECK_DAMAGED)
		return err_set(err, EBADMSG,
			       "the qcow2 disk is damaged or cut short: fetch it again; qemu-img check says "
			       "what is wrong");
	return r;
}

int qcow2_convert(const char *qcow2, const char *raw, const struct qcow2_stop *stop, struct err *err)
{
	/* an absolute path is no protocol ("nbd:...") and no option to qemu-img */
	_cleanup_free_ char *from = realpath(qcow2, NULL), *to = NULL;
	char command[] = "qemu-img", convert[] = "convert", f[] = "-f", in[] = "qcow2", o[] = "-O",
	     out[] = "raw";
	int r, status;

	if (!from && qcow2[0] == '/') /* an open file that has no name any more: /proc/PID/fd/N */
		from = xstrdup(qcow2);
	if (!from)
		return err_sys(err, errno, "%s", qcow2);
	if (raw[0] == '/') {
		to = xstrdup(raw);
	} else {
		char cwd[PATH_MAX];

		if (!getcwd(cwd, sizeof(cwd)))
			return err_sys(err, errno, "current folder");
		to = path_join(cwd, raw);
	}
	if ((r = check(from, stop, err)) < 0 ||
	    (r = run((char *[]){command, convert, f, in, o, out, from, to, NULL}, STDERR_FILENO, stop,
		     &status, err)) < 0)
		return r;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(err, EIO, "%s ended with %s %d", command,
			       WIFEXITED(status) ? "status" : "signal",
			       WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return 0;
}

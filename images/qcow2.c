/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include "core/io.h"
#include "images/qcow2.h"

int qcow2_detect(int fd, bool *ret, struct err *err)
{
	char magic[4];
	ssize_t n;

	do
		n = pread(fd, magic, sizeof(magic), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(err, errno, "read");
	*ret = n == sizeof(magic) && !memcmp(magic, "QFI\xfb", sizeof(magic));
	return 0;
}

static int run(char *const argv[], struct err *err)
{
	int r, status;
	pid_t pid;

	r = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
	if (r == ENOENT)
		return err_set(err, ENOENT,
			       "%s is missing, which turns qcow2 into a raw disk: install qemu-utils, or "
			       "give a raw disk",
			       argv[0]);
	if (r)
		return err_sys(err, r, "%s", argv[0]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(err, errno, "%s", argv[0]);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(err, EIO, "%s ended with %s %d", argv[0],
			       WIFEXITED(status) ? "status" : "signal",
			       WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return 0;
}

int qcow2_convert(const char *qcow2, const char *raw, struct err *err)
{
	/* an absolute path is no protocol ("nbd:...") and no option to qemu-img */
	_cleanup_free_ char *from = realpath(qcow2, NULL), *to = NULL;
	char command[] = "qemu-img", convert[] = "convert", f[] = "-f", in[] = "qcow2", o[] = "-O",
	     out[] = "raw";

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
	return run((char *[]){command, convert, f, in, o, out, from, to, NULL}, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "images/boot/sign.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/io.h"
#include "core/key.h"

/* What the program prints goes to our standard error: it says which of key and certificate it does not like. Quiet: nowhere. */
static int run(const char *const argv[], bool quiet, struct err *err)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status, r;

	posix_spawn_file_actions_init(&actions);
	if (quiet)
		posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	r = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r == ENOENT)
		return err_set(err, ENOENT, "%s is not installed: it comes with the package sbsigntool",
			       argv[0]);
	if (r)
		return err_sys(err, r, "starting %s", argv[0]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(err, errno, "waiting for %s", argv[0]);
	if (!WIFEXITED(status))
		return err_set(err, EIO, "%s was killed by signal %d", argv[0], WTERMSIG(status));
	if (WEXITSTATUS(status))
		return err_set(err, EIO, "%s failed (exit status %d)", argv[0], WEXITSTATUS(status));
	return 0;
}

static int sign_efi(const char *path, const char *key, const char *cert, struct err *err)
{
	_cleanup_free_ char *signed_path = str_printf("%s.signed", path);
	const char *const from_file[] = {"sbsign",   "--key",     key,  "--cert", cert,
					 "--output", signed_path, path, NULL};
	const char *const from_token[] = {"sbsign", "--engine", "pkcs11",    "--key", key, "--cert",
					  cert,     "--output", signed_path, path,    NULL};
	int r = run(key_is_uri(key) ? from_token : from_file, false, err);

	if (r == 0 && rename(signed_path, path) < 0)
		r = err_sys(err, errno, "%s", path);
	if (r < 0)
		unlink(signed_path);
	return r;
}

int sign_efi_write(const char *path, const void *bytes, size_t len, const char *key, const char *cert,
		   struct err *err)
{
	int r = file_write_atomic(path, bytes, len, 0644, err);

	if (r < 0 || !key)
		return r;
	r = sign_efi(path, key, cert, err);
	if (r < 0)
		unlink(path);
	return r;
}

int sign_efi_check(const char *path, const char *cert, struct err *err)
{
	const char *const argv[] = {"sbverify", "--cert", cert, path, NULL};

	return run(argv, true, err) < 0 ? err_prepend(err, "%s is not signed by the key of %s", path, cert)
					: 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fakes/swtpm.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "core/io.h"

#define TRIES 600 /* of connecting, 50 ms apart: it makes its state first */

struct swtpm {
	char folder[32];
	pid_t pid; /* 0: killed */
};

static void run(const char *folder)
{
	char state[64], server[96];

	snprintf(state, sizeof(state), "dir=%s", folder);
	snprintf(server, sizeof(server), "type=unixio,path=%s/socket", folder);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!freopen("/dev/null", "w", stderr)) /* it tells of every client that leaves */
		_exit(127);
	execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state, "--server", server, "--flags",
	       "not-need-init,startup-clear", NULL);
	_exit(127);
}

struct swtpm *swtpm_start(void)
{
	struct swtpm *swtpm = xcalloc(1, sizeof(*swtpm));

	strcpy(swtpm->folder, "/tmp/swtpm.XXXXXX");
	if (!mkdtemp(swtpm->folder))
		abort();
	swtpm->pid = fork();
	if (swtpm->pid == 0)
		run(swtpm->folder);
	close(swtpm_connect(swtpm));
	return swtpm;
}

int swtpm_connect(const struct swtpm *swtpm)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", swtpm->folder);
	for (unsigned tries = 0; connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0; tries++) {
		if (tries == TRIES) {
			fprintf(stderr, "swtpm does not start: is the package installed?\n");
			abort();
		}
		usleep(50000);
	}
	return fd;
}

void swtpm_kill(struct swtpm *swtpm)
{
	if (!swtpm->pid)
		return;
	kill(swtpm->pid, SIGKILL);
	waitpid(swtpm->pid, NULL, 0);
	swtpm->pid = 0;
}

static int unlink_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

void swtpm_stop(struct swtpm *swtpm)
{
	swtpm_kill(swtpm);
	nftw(swtpm->folder, unlink_one, 4, FTW_DEPTH | FTW_PHYS);
	free(swtpm);
}

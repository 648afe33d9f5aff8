/* SPDX-License-Identifier: Apache-2.0 */
/* One thread owns the child: it starts it, and starts it again when it ends. */
#include "station/dhcp/dhcp.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "core/io.h"
#include "core/log.h"
#include "core/time.h"
#include "station/dhcp/child.h"
#include "station/dhcp/interface.h"

#define EARLY_MS    700            /* what it cannot do (a port that is taken) it says within */
#define STEADY_NS   60000000000ull /* after so long it counts as running, and the pauses begin anew */
#define PAUSE_MIN_S 1
#define PAUSE_MAX_S 60
#define ENDS_MAX    10 /* in a row: then it is left alone */

struct dhcp {
	pthread_t thread;
	int stop_fd; /* eventfd */
	int folder;
	struct dhcp_child child;
	uint64_t started; /* monotonic_ns() */
	unsigned ends;    /* in a row */
	sem_t settled;    /* posted once: it runs, or `first` says why not */
	struct err first;
};

/* ---- the child ---- */

static const char *ending(int status, char text[48])
{
	if (WIFSIGNALED(status))
		snprintf(text, 48, "was ended by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status) == DHCP_NO_PROGRAM)
		snprintf(text, 48, "is not installed (package dnsmasq-base)");
	else
		snprintf(text, 48, "ended with status %d", WEXITSTATUS(status));
	return text;
}

/* Sleeps; true: the station stops. */
static bool stopping(const struct dhcp *dhcp, int ms)
{
	struct pollfd poll_fd = {.fd = dhcp->stop_fd, .events = POLLIN};

	return poll(&poll_fd, 1, ms) > 0;
}

/* Until the child ends or the station stops. True: it has ended. */
static bool watch_child(struct dhcp *dhcp, int *ret_status)
{
	for (;;) {
		struct pollfd fds[2] = {{.fd = dhcp->stop_fd, .events = POLLIN},
					{.fd = dhcp->child.fd, .events = POLLIN}};
		int n = poll(fds, 2, -1);

		if (n > 0 && fds[0].revents)
			return false;
		if (n > 0 && dhcp_child_wait(&dhcp->child, 0, ret_status))
			return true;
	}
}

/* After an end. False: so many that it is left alone. */
static bool pause_before_next(struct dhcp *dhcp, int status)
{
	unsigned pause_s = PAUSE_MIN_S;
	char text[48];

	if (monotonic_ns() - dhcp->started > STEADY_NS)
		dhcp->ends = 0;
	if (++dhcp->ends == ENDS_MAX) {
		log_error("DHCP: dnsmasq %s, %d times in a row: it is not started again, and nodes find no "
			  "DHCP server here until the station is restarted",
			  ending(status, text), ENDS_MAX);
		return false;
	}
	for (unsigned i = 1; i < dhcp->ends && pause_s < PAUSE_MAX_S; i++)
		pause_s *= 2;
	if (pause_s > PAUSE_MAX_S)
		pause_s = PAUSE_MAX_S;
	log_warn("DHCP: dnsmasq %s; starting it again in %u s", ending(status, text), pause_s);
	return !stopping(dhcp, (int)pause_s * 1000);
}

static int start_child(struct dhcp *dhcp, struct err *err)
{
	int r = dhcp_child_start(dhcp->folder, false, &dhcp->child, err);

	dhcp->started = monotonic_ns();
	if (r == 0)
		log_info("DHCP: dnsmasq runs, process %d", (int)dhcp->child.pid);
	return r;
}

/* Is it still there after a moment? What it could not do has made it end. */
static int first_start(struct dhcp *dhcp)
{
	int status;
	char text[48];
	int r = start_child(dhcp, &dhcp->first);

	if (r == 0 && dhcp_child_wait(&dhcp->child, EARLY_MS, &status))
		r = err_set(&dhcp->first,
			    WIFEXITED(status) && WEXITSTATUS(status) == DHCP_NO_PROGRAM ? ENOENT : EIO,
			    "dnsmasq %s; what it says stands above", ending(status, text));
	sem_post(&dhcp->settled);
	return r;
}

static void *run(void *data)
{
	struct dhcp *dhcp = data;
	bool going = first_start(dhcp) == 0;
	int status = 0;

	while (going && watch_child(dhcp, &status)) {
		struct err err = {0};

		going = pause_before_next(dhcp, status);
		while (going && start_child(dhcp, &err) < 0) {
			log_error("DHCP: %s", err.text);
			going = !stopping(dhcp, PAUSE_MAX_S * 1000);
		}
	}
	dhcp_child_end(&dhcp->child);
	return NULL;
}

/* ---- its folder ---- */

/* Two files, so that nothing else of the folder can be had by TFTP; as links, so that new ones are served at once. */
static int link_file(const char *folder, const char *from, const char *name, const char *who, struct err *err)
{
	_cleanup_free_ char *real = realpath(from, NULL), *target = NULL;
	_cleanup_free_ char *link = str_printf("%s/" DHCP_TFTP "/%s", folder, name);

	if (!real)
		return err_sys(err, errno, "--tftp %s", from);
	target = path_join(real, name);
	if (unlink(link) < 0 && errno != ENOENT)
		return err_sys(err, errno, "%s", link);
	if (symlink(target, link) < 0)
		return err_sys(err, errno, "%s", link);
	if (access(target, R_OK) < 0)
		log_warn("DHCP: there is no %s: %s machines cannot boot by PXE until `remint boot build` has "
			 "put "
			 "it there",
			 target, who);
	return 0;
}

static int make_folder(struct dhcp *dhcp, const char *folder, const char *tftp, const char *text,
		       struct err *err)
{
	_cleanup_free_ char *files = path_join(folder, DHCP_TFTP), *path = path_join(folder, DHCP_CONFIG);
	int r = make_dirs(files, 0700, err);

	if (r == 0)
		r = link_file(folder, tftp, DHCP_FILE_BIOS, "BIOS", err);
	if (r == 0)
		r = link_file(folder, tftp, DHCP_FILE_EFI, "UEFI", err);
	if (r == 0)
		r = file_write_atomic(path, text, strlen(text), 0600, err);
	if (r < 0)
		return r;
	dhcp->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dhcp->folder < 0 ? err_sys(err, errno, "%s", folder) : 0;
}

static int test_config(struct dhcp *dhcp, struct err *err)
{
	struct dhcp_child child = {.fd = -EBADF};
	char text[48];
	int status = 0;
	int r = dhcp_child_start(dhcp->folder, true, &child, err);

	if (r < 0)
		return r;
	while (!dhcp_child_wait(&child, -1, &status))
		continue;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return err_set(err, WIFEXITED(status) && WEXITSTATUS(status) == DHCP_NO_PROGRAM ? ENOENT : EINVAL,
		       "dnsmasq's check of its configuration: it %s; what it says stands above",
		       ending(status, text));
}

/* ---- from outside ---- */

static void dhcp_free(struct dhcp *dhcp)
{
	close_fdp(&dhcp->stop_fd);
	close_fdp(&dhcp->folder);
	sem_destroy(&dhcp->settled);
	free(dhcp);
}

static int start_thread(struct dhcp *dhcp, struct err *err)
{
	int r;

	dhcp->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (dhcp->stop_fd < 0)
		return err_sys(err, errno, "eventfd");
	r = pthread_create(&dhcp->thread, NULL, run, dhcp);
	if (r)
		return err_sys(err, r, "cannot start a thread");
	while (sem_wait(&dhcp->settled) < 0)
		continue;
	if (!dhcp->first.code)
		return 0;
	pthread_join(dhcp->thread, NULL);
	*err = dhcp->first;
	return -err->code;
}

int dhcp_start(const struct dhcp_wish *wish, const char *state_dir, const char *tftp, const char *http_url,
	       struct dhcp **ret, struct err *err)
{
	_cleanup_free_ char *folder = path_join(state_dir, "dhcp"), *text = NULL;
	struct dhcp *dhcp = xcalloc(1, sizeof(*dhcp));
	struct dhcp_config config;
	int r;

	dhcp->stop_fd = dhcp->folder = dhcp->child.fd = -EBADF;
	sem_init(&dhcp->settled, 0, 0);
	r = dhcp_interface_config(wish, http_url, &config, err);
	if (r == 0)
		r = dhcp_config_text(&config, &text, err);
	if (r == 0)
		r = make_folder(dhcp, folder, tftp, text, err);
	if (r == 0)
		r = test_config(dhcp, err);
	if (r == 0)
		r = start_thread(dhcp, err);
	if (r < 0) {
		dhcp_free(dhcp);
		return err_prepend(err, "DHCP");
	}
	if (config.proxy)
		log_info("DHCP: a proxy on %s; UEFI HTTP boot needs options of the other server: `remint "
			 "serve "
			 "--dhcp-print` shows them",
			 config.interface);
	*ret = dhcp;
	return 0;
}

void dhcp_stop(struct dhcp *dhcp)
{
	uint64_t one = 1;

	if (!dhcp)
		return;
	if (write(dhcp->stop_fd, &one, sizeof(one)) != sizeof(one))
		log_error("DHCP: cannot stop dnsmasq"); /* of an eventfd this is impossible */
	pthread_join(dhcp->thread, NULL);
	dhcp_free(dhcp);
}

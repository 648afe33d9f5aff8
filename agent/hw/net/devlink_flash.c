/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/net/devlink_flash.h"

#include <fcntl.h>
#include <linux/devlink.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/hw/sysfs.h"
#include "core/io.h"
#include "core/time.h"

#define TURN_MS       200
#define REAP_TURNS    50   /* of TURN_MS */
#define DRIVERS_MAX_S 3600 /* of a driver's own timeouts: larger ones are cut to it */

int devlink_flash_find(const char *root, const char *file, struct err *err)
{
	struct utsname kernel;
	char configured[256];

	uname(&kernel);
	if (sysfs_text(configured, sizeof(configured), "%s/sys/module/firmware_class/parameters/path",
		       root) &&
	    *configured && sysfs_exists("%s%s/%s", root, configured, file))
		return 0;
	if (sysfs_exists("%s/lib/firmware/updates/%s/%s", root, kernel.release, file) ||
	    sysfs_exists("%s/lib/firmware/updates/%s", root, file) ||
	    sysfs_exists("%s/lib/firmware/%s/%s", root, kernel.release, file) ||
	    sysfs_exists("%s/lib/firmware/%s", root, file))
		return 0;
	return err_set(err, ENOENT,
		       "firmware file %s is not where the kernel looks for firmware: give the order an "
		       "overlay that has it",
		       file);
}

static void text_of(const struct nlattr *attr, char *to, size_t size)
{
	const char *text = netlink_text(attr);

	text_clean(to, size, text ? text : "", text ? strlen(text) : 0);
}

static uint64_t u64_of(const struct nlattr *attr)
{
	return attr && mnl_attr_validate(attr, MNL_TYPE_U64) >= 0 ? mnl_attr_get_u64(attr) : 0;
}

bool devlink_flash_take(const struct nlmsghdr *message, struct devlink_flash_status *status)
{
	const struct nlattr *attrs[DEVLINK_ATTR_MAX + 1] = {NULL};
	bool ended = genl_attributes(message, DEVLINK_CMD_FLASH_UPDATE_END, attrs, DEVLINK_ATTR_MAX);
	char bus[16], name[16];

	if (!ended && !genl_attributes(message, DEVLINK_CMD_FLASH_UPDATE_STATUS, attrs, DEVLINK_ATTR_MAX))
		return false;
	text_of(attrs[DEVLINK_ATTR_BUS_NAME], bus, sizeof(bus));
	text_of(attrs[DEVLINK_ATTR_DEV_NAME], name, sizeof(name));
	if (strcmp(bus, "pci") != 0 || strcmp(name, status->pci) != 0)
		return false;
	status->ended |= ended;
	if (ended)
		return true;
	text_of(attrs[DEVLINK_ATTR_FLASH_UPDATE_STATUS_MSG], status->message, sizeof(status->message));
	text_of(attrs[DEVLINK_ATTR_FLASH_UPDATE_COMPONENT], status->component, sizeof(status->component));
	status->total = u64_of(attrs[DEVLINK_ATTR_FLASH_UPDATE_STATUS_TOTAL]);
	status->done = u64_of(attrs[DEVLINK_ATTR_FLASH_UPDATE_STATUS_DONE]);
	if (status->done > status->total)
		status->done = status->total;
	status->timeout_s = u64_of(attrs[DEVLINK_ATTR_FLASH_UPDATE_STATUS_TIMEOUT]);
	if (status->timeout_s > DRIVERS_MAX_S)
		status->timeout_s = DRIVERS_MAX_S;
	return true;
}

/* ---- the child: one request, and what came of it into a pipe ---- */

static int request(const struct devlink_flash *flash, struct err *err)
{
	char buf[GENL_REQUEST_MAX] __attribute__((aligned(8)));
	struct genl devlink;
	struct nlmsghdr *message;
	int r = genl_open(DEVLINK_GENL_NAME, &devlink, err);

	if (r < 0)
		return r;
	message = genl_request(&devlink, buf, DEVLINK_CMD_FLASH_UPDATE, 0);
	mnl_attr_put_strz(message, DEVLINK_ATTR_BUS_NAME, "pci");
	mnl_attr_put_strz(message, DEVLINK_ATTR_DEV_NAME, flash->pci);
	mnl_attr_put_strz(message, DEVLINK_ATTR_FLASH_UPDATE_FILE_NAME, flash->file);
	r = genl_exchange(&devlink, message, NULL, NULL, err);
	genl_close(&devlink);
	return r;
}

static void __attribute__((noreturn)) be_child(const struct devlink_flash *flash, int out)
{
	struct err result = {0}, none;

	if (request(flash, &result) == 0)
		result.code = 0;
	_exit(write_full(out, &result, sizeof(result), &none) == 0 ? 0 : 1);
}

/* ---- the parent: hears the driver, and waits for the child with an end in any case ---- */

struct watch {
	const struct devlink_flash *flash;
	struct devlink_flash_status status;
	uint64_t until_ns; /* the driver should have said something by then */
};

static int see(const struct nlmsghdr *message, void *data)
{
	struct watch *w = data;

	if (!devlink_flash_take(message, &w->status))
		return 0;
	w->until_ns = monotonic_ns() + (w->flash->quiet_s + w->status.timeout_s) * 1000000000ull;
	if (w->flash->progress)
		w->flash->progress(w->flash->data, &w->status);
	return 0;
}

/* 1: the result is there, 0: not yet. */
static int result_of(int in, struct err *result)
{
	ssize_t n = read(in, result, sizeof(*result));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n != (ssize_t)sizeof(*result)) /* less than PIPE_BUF comes whole or not at all */
		err_set(result, EIO, "the process that had it written ended without a word");
	result->text[sizeof(result->text) - 1] = '\0';
	return 1;
}

static int late(const struct watch *w, const char *why, struct err *err)
{
	return err_set(err, ETIMEDOUT,
		       "%s: its driver %s%s%s%s: it may still be writing; do not cut its power before it has "
		       "been looked at",
		       w->flash->pci, why, *w->status.message ? ", after \"" : "", w->status.message,
		       *w->status.message ? "\"" : "");
}

static int attend(struct watch *w, struct genl *devlink, int in, struct err *err)
{
	uint64_t end_ns = monotonic_ns() + w->flash->limit_s * 1000000000ull, now;
	struct err result = {0}, none;

	w->until_ns = monotonic_ns() + w->flash->quiet_s * 1000000000ull;
	while (!result_of(in, &result)) {
		int r = netlink_hear(devlink->fd, devlink->name, TURN_MS, see, w, &none);

		/* Lost notifications (-ENOBUFS) are progress that nobody has seen, no more. */
		if (r < 0 && r != -ETIMEDOUT && r != -ENOBUFS)
			usleep(TURN_MS * 1000);
		if (w->flash->alive)
			(void)w->flash->alive(w->flash->data);
		now = monotonic_ns();
		if (now >= end_ns)
			return late(w, "has not ended within the limit", err);
		if (now >= w->until_ns)
			return late(w, "has said nothing for too long", err);
	}
	if (result.code) /* -ETIMEDOUT is for one that may still write: this one is through */
		return err_set(err, result.code == ETIMEDOUT ? EIO : result.code,
			       "%s: its driver did not take the firmware %s: %s", w->flash->pci,
			       w->flash->file, result.text);
	return 0;
}

/* One that is late is left behind, and not killed: a driver's wait may be one that a signal ends, with the card half written. */
static void reap(pid_t child)
{
	for (unsigned turn = 0; turn < REAP_TURNS; turn++) {
		if (waitpid(child, NULL, WNOHANG) != 0)
			return;
		usleep(TURN_MS * 1000);
	}
}

static int start_and_attend(struct watch *w, struct genl *devlink, struct err *err)
{
	_cleanup_close_ int in = -EBADF;
	pid_t child;
	int ends[2], r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "a pipe");
	in = ends[0];
	fcntl(in, F_SETFL, O_NONBLOCK);
	child = fork();
	if (child == 0)
		be_child(w->flash, ends[1]);
	close(ends[1]);
	if (child < 0)
		return err_sys(err, errno, "a child process");
	r = attend(w, devlink, in, err);
	if (r != -ETIMEDOUT)
		reap(child);
	return r;
}

int devlink_flash(const struct devlink_flash *flash, struct err *err)
{
	struct watch w = {.flash = flash};
	struct genl devlink;
	int r = genl_open(DEVLINK_GENL_NAME, &devlink, err);

	if (r < 0)
		return r;
	snprintf(w.status.pci, sizeof(w.status.pci), "%s", flash->pci);
	r = genl_join(&devlink, DEVLINK_GENL_MCGRP_CONFIG_NAME, err);
	if (r == 0)
		r = start_and_attend(&w, &devlink, err);
	genl_close(&devlink);
	return r;
}

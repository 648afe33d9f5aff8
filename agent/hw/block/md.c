/* SPDX-License-Identifier: Apache-2.0 */
/* The md driver's ioctls (linux/raid/md_u.h), as assembling an array that carries superblocks asks for them. */
#include "agent/hw/block/md.h"

#include <fcntl.h>
#include <linux/major.h>
#include <linux/raid/md_p.h>
#include <linux/raid/md_u.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "agent/hw/modules.h"
#include "core/io.h"

#define NEW_ARRAY  "/sys/module/md_mod/parameters/new_array"
#define MDSTAT     "/proc/mdstat"
#define NUMBER_TOP 127 /* arrays are numbered from here downwards, as others do */
#define TRIES      25  /* with a pause between them */

static void pause_short(void)
{
	const struct timespec pause = {.tv_nsec = 200 * 1000 * 1000};

	nanosleep(&pause, NULL);
}

/* /proc/mdstat's first line: "Personalities : [raid1] ", and only while the driver is there. */
int md_ready(struct err *err)
{
	_cleanup_free_ char *text = NULL;
	struct err none = {0};
	const char *why = "";

	if (module_load("md_mod", &none) < 0 || module_load("raid1", &none) < 0)
		why = none.text; /* or they are built in */
	if (file_read(MDSTAT, 64 * 1024, &text, NULL, &none) < 0 || !strstr(text, "[raid1]"))
		return err_set(err, ENODEV, "this boot image has no RAID 1 (modules md_mod and raid1)%s%s",
			       *why ? ": " : "", why);
	return 0;
}

/* A number that no array has. */
static int free_number(struct err *err)
{
	for (int number = NUMBER_TOP; number >= 0; number--) {
		_cleanup_free_ char *path = str_printf("/sys/block/md%d", number);

		if (access(path, F_OK) < 0)
			return number;
	}
	return err_set(err, EBUSY, "every number of an md array is taken");
}

static int new_device(char **ret_path, struct err *err)
{
	_cleanup_free_ char *name = NULL, *path = NULL;
	_cleanup_close_ int fd = -EBADF;
	int number = free_number(err);

	if (number < 0)
		return number;
	name = str_printf("md%d", number);
	path = str_printf("/dev/md%d", number);
	fd = open(NEW_ARRAY, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, "the md driver is not there (%s)", NEW_ARRAY);
	if (write_full(fd, name, strlen(name), err) < 0)
		return err_prepend(err, "a new array %s", name);
	for (unsigned tries = 0; access(path, F_OK) < 0; tries++) {
		if (tries == TRIES)
			return err_set(err, ENOENT, "%s: there is no device node for the array", path);
		pause_short();
	}
	*ret_path = TAKE_PTR(path);
	return 0;
}

static int member_device(const char *member, unsigned *ret_major, unsigned *ret_minor, struct err *err)
{
	struct stat st;

	if (stat(member, &st) < 0)
		return err_sys(err, errno, "%s", member);
	if (!S_ISBLK(st.st_mode))
		return err_set(err, ENOTBLK, "%s is not a block device", member);
	*ret_major = major(st.st_rdev);
	*ret_minor = minor(st.st_rdev);
	return 0;
}

static int add_member(int fd, const char *member, struct err *err)
{
	mdu_disk_info_t info = {0};
	unsigned major_number = 0, minor_number = 0;
	int r = member_device(member, &major_number, &minor_number, err);

	if (r != 0)
		return r;
	info.major = (int)major_number;
	info.minor = (int)minor_number;
	if (ioctl(fd, ADD_NEW_DISK, &info) < 0)
		return err_sys(err, errno, "the array does not take %s as a member", member);
	return 0;
}

/* A version and no number of disks: what follows is read from the members' superblocks. */
static int assemble(int fd, const struct md_array *array, const char *const *members, unsigned n,
		    struct err *err)
{
	mdu_array_info_t info = {.major_version = 1, .minor_version = 0};
	int r;

	if (ioctl(fd, SET_ARRAY_INFO, &info) < 0)
		return err_sys(err, errno, "metadata 1.0 (SET_ARRAY_INFO)");
	for (unsigned i = 0; i < n; i++)
		if (members[i] && (r = add_member(fd, members[i], err)) < 0)
			return r;
	if (ioctl(fd, RUN_ARRAY, NULL) < 0)
		return err_sys(err, errno, "starting %s (RUN_ARRAY)", array->name);
	return 0;
}

int md_start(const struct md_array *array, const char *const *members, unsigned n, char **ret_path,
	     struct err *err)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -EBADF;
	int r;

	if ((r = md_ready(err)) < 0)
		return r;
	if (new_device(&path, err) != 0 || !path)
		return err_prepend(err, "array %s", array->name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, "array %s: open %s", array->name, path);
	if (assemble(fd, array, members, n, err) < 0) {
		(void)ioctl(fd, STOP_ARRAY, NULL); /* lets go of the members that it has */
		return err_prepend(err, "array %s (%s)", array->name, path);
	}
	*ret_path = TAKE_PTR(path);
	return 0;
}

/* The member with this device number, as the driver knows it: is it in sync? */
static bool is_active(int fd, unsigned major_number, unsigned minor_number)
{
	const int good = 1 << MD_DISK_ACTIVE | 1 << MD_DISK_SYNC,
		  bad = 1 << MD_DISK_FAULTY | 1 << MD_DISK_REMOVED;

	for (int i = 0; i < MD_MEMBERS_MAX; i++) {
		mdu_disk_info_t info = {.number = i};

		if (ioctl(fd, GET_DISK_INFO, &info) == 0 && info.major == (int)major_number &&
		    info.minor == (int)minor_number)
			return (info.state & good) == good && !(info.state & bad);
	}
	return false;
}

int md_active(const char *path, const char *const *members, unsigned n, uint32_t *ret, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned major_number = 0, minor_number = 0;
	uint32_t active = 0;
	int r;

	if (fd < 0)
		return err_sys(err, errno, "open %s", path);
	for (unsigned i = 0; i < n; i++) {
		if (!members[i])
			continue;
		if ((r = member_device(members[i], &major_number, &minor_number, err)) < 0)
			return r;
		if (is_active(fd, major_number, minor_number))
			active |= 1u << i;
	}
	*ret = active;
	return 0;
}

int md_stop(const char *path, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDWR | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return err_sys(err, errno, "open %s", path);
	if (fsync(fd) < 0)
		r = err_sys(err, errno, "%s: flush", path);
	/* Stopped even so: a member must not stay in use. */
	for (unsigned tries = 0; ioctl(fd, STOP_ARRAY, NULL) < 0; tries++) {
		if (errno != EBUSY || tries == TRIES)
			return err_sys(err, errno, "stopping %s (STOP_ARRAY)", path);
		pause_short();
	}
	return r;
}

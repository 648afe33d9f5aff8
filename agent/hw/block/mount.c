/* SPDX-License-Identifier: Apache-2.0 */
/* mount(2). The kernel's own call for a driver needs modprobe, which the boot image lacks: modules are loaded here. */
#include "agent/hw/block/mount.h"

#include <inttypes.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>

#include "agent/hw/modules.h"
#include "core/io.h"
#include "core/log.h"

#define FILESYSTEMS "/proc/filesystems"
#define TRIES       50 /* of unmounting, with a pause between them */

/* Asked for by an alias, which nobody resolves here; a CPU takes the one that it can. */
#define CRC32C                                         \
	{                                              \
		"crc32c_intel", "crc32c_generic", NULL \
	}

/* Options, and the modules that a mount asks for besides the file system's own. */
static const struct {
	const char *type, *options, *read_only;
	const char *modules[3];
} types[] = {
	{"ext4", "", "noload", CRC32C},
	{"xfs", "nouuid", "nouuid,norecovery", CRC32C},
	{"btrfs", "", "rescue=nologreplay", CRC32C},
	/* Long names as UTF-8, whatever the kernel's default; short ones in the code page of the specification's examples. */
	{"vfat",
	 "codepage=437,iocharset=ascii,utf8=1",
	 "codepage=437,iocharset=ascii,utf8=1",
	 {"nls_cp437", "nls_ascii", NULL}},
};
#define N_TYPES (sizeof(types) / sizeof(types[0]))

static size_t type_of(const char *type)
{
	size_t i = 0;

	while (i < N_TYPES && strcmp(types[i].type, type) != 0)
		i++;
	return i;
}

/* Each line of /proc/filesystems ends in a tab and the name. */
static bool kernel_knows(const char *type)
{
	_cleanup_free_ char *text = NULL, *line = str_printf("\t%s\n", type);
	struct err none = {0};

	return file_read(FILESYSTEMS, 64 * 1024, &text, NULL, &none) == 0 && strstr(text, line);
}

int mount_ready(const char *type, struct err *err)
{
	struct err none = {0};
	size_t i = type_of(type);

	if (i == N_TYPES)
		return err_set(err, EINVAL, "%s: no such file system", type);
	/* What is built in needs none of it, and a page of characters that is missing is told by mount(2). */
	for (const char *const *m = types[i].modules; *m; m++)
		if (module_load(*m, &none) < 0)
			log_debug("%s", none.text);
	if (!kernel_knows(type) && module_load(type, &none) < 0)
		return err_set(err, ENODEV, "this boot image has no driver for %s: %s", type, none.text);
	if (!kernel_knows(type))
		return err_set(err, ENODEV, "this boot image has no driver for %s", type);
	return 0;
}

int mount_unshare(struct err *err)
{
	static bool done;

	if (done)
		return 0;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_sys(err, errno, "a mount namespace of its own");
	done = true;
	return 0;
}

int mount_disk(const char *device, const char *type, const char *where, bool read_only, struct err *err)
{
	unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | (read_only ? MS_RDONLY : 0);
	size_t i = type_of(type);

	if (i == N_TYPES)
		return err_set(err, EINVAL, "%s: no such file system", type);
	if (mount(device, where, type, flags, read_only ? types[i].read_only : types[i].options) < 0)
		return err_sys(err, errno, "mounting %s (%s) on %s", device, type, where);
	return 0;
}

#define MEMORY_FLAGS (MS_NOSUID | MS_NODEV)

int mount_memory(const char *where, uint64_t size, uint64_t files, struct err *err)
{
	/* a size of 0 would be none at all */
	_cleanup_free_ char *options =
		str_printf("size=%" PRIu64 ",nr_inodes=%" PRIu64 ",mode=0755", size ? size : 1, files);

	if (mount("tmpfs", where, "tmpfs", MEMORY_FLAGS, options) < 0)
		return err_sys(err, errno, "a file system of %" PRIu64 " bytes in memory on %s", size, where);
	return 0;
}

int mount_memory_seal(const char *where, struct err *err)
{
	if (mount(NULL, where, NULL, MS_REMOUNT | MS_RDONLY | MEMORY_FLAGS, NULL) < 0)
		return err_sys(err, errno, "making %s read-only", where);
	return 0;
}

int mount_drop(const char *where, struct err *err)
{
	const struct timespec pause = {.tv_nsec = 200 * 1000 * 1000};

	for (unsigned tries = 0; umount2(where, UMOUNT_NOFOLLOW) < 0; tries++) {
		if (errno == EINVAL || errno == ENOENT)
			return 0; /* not mounted */
		if (errno != EBUSY || tries == TRIES)
			return err_sys(err, errno, "unmounting %s", where);
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's ioctls. */
#include "agent/hw/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "core/cleanup.h"
#include "core/time.h"

static int kernel_nsid(int fd)
{
	int nsid = ioctl(fd, NVME_IOCTL_ID);

	return nsid < 0 ? -errno : nsid;
}

static int kernel_admin(int fd, struct nvme_admin_cmd *cmd)
{
	int status = ioctl(fd, NVME_IOCTL_ADMIN_CMD, cmd);

	return status < 0 ? -errno : status;
}

static int kernel_scsi(int fd, struct sg_io_hdr *io)
{
	return ioctl(fd, SG_IO, io) < 0 ? -errno : 0;
}

static int kernel_opal(int fd, unsigned long request, void *arg)
{
	int status = ioctl(fd, request, arg);

	return status < 0 ? -errno : status;
}

static void kernel_pause(unsigned ms)
{
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

/* Writes "1" to every attribute of the pattern; how many took it. */
static unsigned write_one(const char *pattern)
{
	unsigned n = 0;
	glob_t found;

	if (glob(pattern, 0, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		_cleanup_close_ int fd = open(found.gl_pathv[i], O_WRONLY | O_CLOEXEC);

		n += fd >= 0 && write(fd, "1", 1) == 1;
	}
	globfree(&found);
	return n;
}

/*
 * Only a controller's node takes the ioctl. A namespace's sysfs device is its controller, or, where the kernel joins paths, the subsystem, which
 * has the controllers below it.
 */
static int kernel_rescan(int fd)
{
	char pattern[96];
	struct stat st;
	unsigned n;

	if (ioctl(fd, NVME_IOCTL_RESCAN) == 0)
		return 0;
	if (errno != ENOTTY || fstat(fd, &st) < 0 || !S_ISBLK(st.st_mode))
		return -errno;
	snprintf(pattern, sizeof(pattern), "/sys/dev/block/%u:%u/device/rescan_controller", major(st.st_rdev),
		 minor(st.st_rdev));
	n = write_one(pattern);
	snprintf(pattern, sizeof(pattern), "/sys/dev/block/%u:%u/device/nvme*/rescan_controller",
		 major(st.st_rdev), minor(st.st_rdev));
	return n + write_one(pattern) ? 0 : -ENOTTY;
}

static const struct device_transport kernel = {kernel_nsid,  kernel_admin, kernel_scsi,  kernel_opal,
					       kernel_pause, monotonic_ns, kernel_rescan};
static const struct device_transport *carrier = &kernel;

const struct device_transport *device_transport(void)
{
	return carrier;
}

const struct device_transport *device_transport_replace(const struct device_transport *transport)
{
	const struct device_transport *before = carrier;

	carrier = transport ? transport : &kernel;
	return before;
}

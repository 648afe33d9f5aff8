/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's ioctls. */
#include "agent/hw/transport.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <time.h>

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

static const struct device_transport kernel = {kernel_nsid, kernel_admin, kernel_scsi,
					       kernel_opal, kernel_pause, monotonic_ns};
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

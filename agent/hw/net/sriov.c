/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/net/sriov.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "agent/hw/sysfs.h"
#include "core/io.h"

#define DEVICES "/sys/bus/pci/devices"

static int read_count(const char *root, const char *address, const char *name, unsigned *ret, struct err *err)
{
	uint64_t n = sysfs_number(UINT64_MAX, "%s" DEVICES "/%s/%s", root, address, name);

	if (n > SRIOV_VFS_MAX)
		return err_set(err, EBADMSG, "%s: %s is no number of virtual functions", address, name);
	*ret = (unsigned)n;
	return 0;
}

int sriov_read(const char *root, const char *address, struct sriov *ret, struct err *err)
{
	struct sriov found;
	int r;

	if (!sysfs_exists("%s" DEVICES "/%s/sriov_totalvfs", root, address))
		return err_set(err, ENOENT, "%s has no SR-IOV", address);
	r = read_count(root, address, "sriov_totalvfs", &found.total, err);
	if (r == 0)
		r = read_count(root, address, "sriov_numvfs", &found.vfs, err);
	if (r == 0)
		*ret = found;
	return r;
}

static int write_number(const char *root, const char *address, const char *name, unsigned n, struct err *err)
{
	_cleanup_free_ char *path = str_printf("%s" DEVICES "/%s/%s", root, address, name);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || dprintf(fd, "%u\n", n) < 0)
		return err_sys(err, errno, "%s: %s = %u", address, name, n);
	return 0;
}

/* What the kernel means by its numbers (drivers/pci/iov.c, sriov_numvfs_store()). */
static int explain(const char *address, unsigned n, struct err *err)
{
	switch (err->code) {
	case ENOENT:
		return err_set(err, ENOENT,
			       "%s: its driver makes no virtual functions, or none is bound to it", address);
	case ERANGE:
		return err_set(err, ERANGE, "%s: it cannot have %u virtual functions", address, n);
	case EBUSY:
		return err_set(err, EBUSY, "%s: its virtual functions are in use, and cannot be changed",
			       address);
	}
	return -err->code;
}

static int put(const char *root, const char *address, unsigned n, struct err *err)
{
	int r = write_number(root, address, "sriov_numvfs", n, err);

	return r < 0 ? explain(address, n, err) : 0;
}

/* The kernel's count, and the last of the functions that it counts. */
static int check(const char *root, const char *address, unsigned n, struct err *err)
{
	struct sriov found;
	int r = sriov_read(root, address, &found, err);

	if (r < 0)
		return r;
	if (found.vfs != n)
		return err_set(err, EIO, "%s: %u virtual functions were asked for, and %u are there", address,
			       n, found.vfs);
	if (n && !sysfs_exists("%s" DEVICES "/%s/virtfn%u", root, address, n - 1))
		return err_set(
			err, EIO,
			"%s: the kernel counts %u virtual functions, and the last of them is not there",
			address, n);
	return 0;
}

int sriov_set(const char *root, const char *address, unsigned n, struct err *err)
{
	struct sriov found;
	struct err none;
	int r = sriov_read(root, address, &found, err);

	if (r < 0)
		return r;
	if (n > found.total)
		return err_set(err, ERANGE, "%s: %u virtual functions are more than the %u that it has",
			       address, n, found.total);
	/* Kernels before 4.12 have no such switch: drivers take the functions then, which does no harm but to the time. */
	(void)write_number(root, address, "sriov_drivers_autoprobe", 0, &none);
	r = put(root, address, 0, err);
	if (r == 0 && n)
		r = put(root, address, n, err);
	if (r == 0)
		r = check(root, address, n, err);
	(void)write_number(root, address, "sriov_drivers_autoprobe", 1, &none);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Registers by vfio. */
#include "agent/gpu/bar0.h"
#include "agent/hw/pci/vfio.h"
#include "agent/hw/transport.h"

static int real_open(const char *root, const char *address, void **ret, struct err *err)
{
	struct vfio *vfio;
	int r = vfio_open(root, address, 0, &vfio, err);

	if (!r)
		*ret = vfio;
	return r;
}

static uint32_t real_read(void *bar, uint32_t offset)
{
	return vfio_read32(bar, offset);
}

static int real_close(void *bar, struct err *err)
{
	return vfio_close(bar, err);
}

static void real_pause(unsigned ms)
{
	device_transport()->pause(ms);
}

static uint64_t real_now_ns(void)
{
	return device_transport()->now_ns();
}

static const struct bar0_access real = {real_open, real_read, real_close, pci_reset, real_pause, real_now_ns};
static const struct bar0_access *current = &real;

const struct bar0_access *bar0_access(void)
{
	return current;
}

const struct bar0_access *bar0_access_replace(const struct bar0_access *access)
{
	const struct bar0_access *before = current;

	current = access ? access : &real;
	return before;
}

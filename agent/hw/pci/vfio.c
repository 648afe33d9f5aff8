/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/pci/vfio.h"

#include <endian.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "agent/hw/pci/driver.h"
#include "agent/hw/pci/vfio_private.h"
#include "core/io.h"

#define MAP_MAX (64u << 20) /* bytes: registers, not a card's memory */

struct vfio {
	char *root;
	char address[16];
	struct pci_taken taken; /* its drivers, and those of its slot */
	bool bound;             /* to vfio-pci */
	int container, group, device;
	const volatile uint8_t *map; /* NULL: none */
	size_t size;
};

static int open_node(const char *root, const char *name, int *ret, struct err *err)
{
	_cleanup_free_ char *path = str_printf("%s/dev/vfio/%s", root, name);
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, errno, "open %s", path);
	*ret = fd;
	return 0;
}

static int open_container(struct vfio *v, struct err *err)
{
	int r = open_node(v->root, "vfio", &v->container, err);

	if (r < 0)
		return r;
	if (ioctl(v->container, VFIO_GET_API_VERSION) != VFIO_API_VERSION)
		return err_set(err, ENOTSUP, "this kernel's vfio is of another version than %d",
			       VFIO_API_VERSION);
	if (ioctl(v->container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) != 1)
		return err_set(err, ENOTSUP, "this kernel's vfio knows no IOMMU of type 1");
	return 0;
}

static int open_group(struct vfio *v, unsigned number, struct err *err)
{
	struct vfio_group_status status = {.argsz = sizeof(status)};
	char name[16];
	int r;

	snprintf(name, sizeof(name), "%u", number);
	r = open_node(v->root, name, &v->group, err);
	if (r < 0)
		return r;
	if (ioctl(v->group, VFIO_GROUP_GET_STATUS, &status) < 0)
		return err_sys(err, errno, "IOMMU group %u: status", number);
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return err_set(err, ENOTSUP,
			       "IOMMU group %u: the kernel says that a driver holds another function of it",
			       number);
	if (ioctl(v->group, VFIO_GROUP_SET_CONTAINER, &v->container) < 0)
		return err_sys(err, errno, "IOMMU group %u: take it", number);
	if (ioctl(v->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) == 0)
		return 0;
	if (errno == EPERM)
		return err_set(err, ENOTSUP,
			       "IOMMU group %u: the IOMMU does not remap interrupts, and vfio refuses it: "
			       "switch interrupt remapping on in the firmware's setup",
			       number);
	return err_sys(err, errno, "IOMMU group %u: IOMMU of type 1", number);
}

static int map_region(struct vfio *v, unsigned region, struct err *err)
{
	const uint32_t wanted = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_MMAP;
	struct vfio_region_info info = {.argsz = sizeof(info), .index = region};
	void *map;

	v->device = ioctl(v->group, VFIO_GROUP_GET_DEVICE_FD, v->address);
	if (v->device < 0) {
		v->device = -EBADF;
		return err_sys(err, errno, "open it by vfio");
	}
	if (ioctl(v->device, VFIO_DEVICE_GET_REGION_INFO, &info) < 0)
		return err_sys(err, errno, "region %u", region);
	if (!info.size || (info.flags & wanted) != wanted)
		return err_set(err, ENOTSUP, "region %u is none that can be mapped", region);
	v->size = info.size < MAP_MAX ? (size_t)info.size : MAP_MAX;
	map = mmap(NULL, v->size, PROT_READ | PROT_WRITE, MAP_SHARED, v->device, (off_t)info.offset);
	if (map == MAP_FAILED)
		return err_sys(err, errno, "map region %u", region);
	v->map = map;
	return 0;
}

static int bind_and_map(struct vfio *v, unsigned region, struct err *err)
{
	unsigned group;
	int r = vfio_group_of(v->root, v->address, &group, err);

	if (!r)
		r = vfio_modules(v->root, err);
	if (!r)
		r = vfio_group_check(v->root, group, v->address, err);
	if (!r)
		r = pci_take(v->root, v->address, true, &v->taken, err);
	if (r < 0)
		return r;
	r = vfio_bind(v->root, v->address, err);
	if (r < 0)
		return r;
	v->bound = true;
	r = open_container(v, err);
	if (!r)
		r = open_group(v, group, err);
	if (!r)
		r = map_region(v, region, err);
	return r < 0 ? err_prepend(err, "%s: vfio", v->address) : 0;
}

int vfio_open(const char *root, const char *address, unsigned region, struct vfio **ret, struct err *err)
{
	struct vfio *v;
	struct err other;
	int r;

	if (!pci_exists(root, address))
		return err_set(err, ENODEV, "%s: no such PCI function", address);
	v = xcalloc(1, sizeof(*v));
	v->root = xstrdup(root);
	v->container = v->group = v->device = -EBADF;
	snprintf(v->address, sizeof(v->address), "%s", address);
	r = bind_and_map(v, region, err);
	if (r < 0) {
		if (vfio_close(v, &other) < 0) {
			struct err first = *err;

			return err_set(err, first.code, "%s; and %s", first.text, other.text);
		}
		return r;
	}
	*ret = v;
	return 0;
}

uint32_t vfio_read32(const struct vfio *vfio, uint32_t offset)
{
	if (offset % 4 || offset >= vfio->size || vfio->size - offset < 4)
		return UINT32_MAX;
	return le32toh(*(const volatile uint32_t *)(vfio->map + offset));
}

size_t vfio_size(const struct vfio *vfio)
{
	return vfio->size;
}

/* vfio-pci where an earlier run of ours, that was ended, had left it: no driver to give back. */
static void forget_ours(struct pci_taken *taken)
{
	unsigned n = 0;

	for (unsigned i = 0; i < taken->n; i++)
		if (strcmp(taken->at[i].driver, VFIO_DRIVER) != 0)
			taken->at[n++] = taken->at[i];
	taken->n = n;
}

int vfio_close(struct vfio *vfio, struct err *err)
{
	struct err second;
	int r = 0;

	if (!vfio)
		return 0;
	if (vfio->map)
		munmap((void *)vfio->map, vfio->size);
	close_fdp(&vfio->device);
	close_fdp(&vfio->group);
	close_fdp(&vfio->container);
	if (vfio->bound)
		r = vfio_unbind(vfio->root, vfio->address, err);
	forget_ours(&vfio->taken);
	if (pci_give_back(vfio->root, &vfio->taken, r ? &second : err) < 0 && !r)
		r = -err->code;
	free(vfio->root);
	free(vfio);
	return r;
}

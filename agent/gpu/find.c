/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/gpu/find.h"

#include <string.h>

#include "agent/hw/sysfs.h"
#include "core/io.h"

/* PCI Code and ID Assignment Specification: the class's upper two bytes. */
static bool is_gpu_class(unsigned class)
{
	return class == 0x0300 || /* VGA-compatible */
	       class == 0x0302 || /* 3D controller */
	       class == 0x0380 || /* other display controller: AMD's Instinct to MI200 */
	       class == 0x1200;   /* processing accelerator: AMD's Instinct from MI300 */
}

/* Others are graphics for a console: a BMC's, or an emulated one. */
static bool is_gpu_vendor(unsigned vendor)
{
	return vendor == GPU_VENDOR_NVIDIA || vendor == GPU_VENDOR_AMD;
}

static bool read_function(const char *folder, const char *name, struct gpu *ret)
{
	char pci[16];

	if (!sysfs_pci_address(name, pci) || strcmp(pci, name) != 0)
		return false;
	*ret = (struct gpu){
		.vendor = (unsigned)sysfs_number(0, "%s/%s/vendor", folder, name),
		.device = (unsigned)sysfs_number(0, "%s/%s/device", folder, name),
	};
	memcpy(ret->pci, pci, sizeof(ret->pci));
	if (!is_gpu_vendor(ret->vendor) ||
	    !is_gpu_class((unsigned)(sysfs_number(0, "%s/%s/class", folder, name) >> 8)))
		return false;
	if (sysfs_exists("%s/%s/physfn", folder, name))
		return false; /* a virtual function is its physical one's to look after */
	if (!sysfs_link(ret->driver, sizeof(ret->driver), "%s/%s/driver", folder, name))
		*ret->driver = '\0';
	return true;
}

int gpu_find(const struct gpu_host *host, struct gpu **ret, unsigned *ret_n, struct err *err)
{
	_cleanup_free_ char *folder = str_printf("%s/sys/bus/pci/devices", host->root);
	_cleanup_free_ struct gpu *gpus = xcalloc(GPU_MAX + 1, sizeof(*gpus));
	char **names = NULL;
	unsigned n_names = 0, n = 0;
	int r = sysfs_names(folder, &names, &n_names, err);

	if (r < 0)
		return err_prepend(err, "GPUs");
	for (unsigned i = 0; i < n_names && n <= GPU_MAX; i++)
		n += read_function(folder, names[i], &gpus[n]);
	sysfs_names_free(names, n_names);
	if (n > GPU_MAX)
		return err_set(err, E2BIG, "GPUs: more than %d of them", GPU_MAX);
	*ret = TAKE_PTR(gpus);
	*ret_n = n;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/gpu/amdgpu.h"

#include <string.h>

#include "agent/hw/pci/reset.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"
#include "core/json.h"

#define MICRO 1000000 /* hwmon counts in uW */

static bool amdgpu_drives(const struct gpu_host *host, const struct gpu *gpu)
{
	(void)host;
	return gpu->vendor == GPU_VENDOR_AMD && !strcmp(gpu->driver, "amdgpu");
}

static void add_text(const struct gpu_host *host, const struct gpu *gpu, json_t *to, const char *key,
		     const char *attribute)
{
	char text[96];

	if (!json_object_get(to, key) &&
	    sysfs_text(text, sizeof(text), AMDGPU_DEVICE "/%s", host->root, gpu->pci, attribute))
		json_object_set_new(to, key, json_string(text));
}

static void add_identity(const struct gpu_host *host, const struct gpu *gpu, json_t *look)
{
	uint64_t memory = sysfs_number(0, AMDGPU_DEVICE "/mem_info_vram_total", host->root, gpu->pci);
	char version[64];

	add_text(host, gpu, look, "model", "product_name");
	add_text(host, gpu, look, "serial", "serial_number");
	add_text(host, gpu, look, "uuid", "unique_id");
	add_text(host, gpu, look, "vbios", "vbios_version");
	if (sysfs_text(version, sizeof(version), "%s/sys/module/amdgpu/version", host->root))
		json_object_set_new(look, "driver", json_string(version));
	if (memory && memory < INT64_MAX)
		json_object_set_new(look, "memory", json_integer((json_int_t)memory));
}

/* Of several the first, by name: a card has one. */
bool amdgpu_hwmon(const struct gpu_host *host, const struct gpu *gpu, char ret[64])
{
	_cleanup_free_ char *folder = str_printf(AMDGPU_DEVICE "/hwmon", host->root, gpu->pci);
	char **names = NULL;
	struct err none;
	unsigned n = 0;
	bool found = false;

	if (sysfs_names(folder, &names, &n, &none) < 0)
		return false;
	for (unsigned i = 0; i < n && !found; i++) {
		found = strlen(names[i]) < 32 && sysfs_exists("%s/%s/power1_cap", folder, names[i]);
		if (found)
			snprintf(ret, 64, "hwmon/%s", names[i]);
	}
	sysfs_names_free(names, n);
	return found;
}

static unsigned watts(const struct gpu_host *host, const struct gpu *gpu, const char *hwmon,
		      const char *attribute)
{
	uint64_t uw = sysfs_number(0, AMDGPU_DEVICE "/%s/%s", host->root, gpu->pci, hwmon, attribute);

	return uw / MICRO < 100000 ? (unsigned)(uw / MICRO) : 0;
}

void amdgpu_power(const struct gpu_host *host, const struct gpu *gpu, struct amdgpu_power *ret)
{
	char hwmon[64];

	*ret = (struct amdgpu_power){0};
	if (!amdgpu_hwmon(host, gpu, hwmon))
		return;
	ret->now = watts(host, gpu, hwmon, "power1_cap");
	ret->by_default = watts(host, gpu, hwmon, "power1_cap_default");
	ret->min = watts(host, gpu, hwmon, "power1_cap_min");
	ret->max = watts(host, gpu, hwmon, "power1_cap_max");
}

static void add_settings(const struct gpu_host *host, const struct gpu *gpu, json_t *look)
{
	json_t *settings = json_object_get(look, "settings");
	struct amdgpu_power power;

	amdgpu_power(host, gpu, &power);
	if (power.now) {
		json_object_set_new(settings, "power_limit", json_integer(power.now));
		json_object_set_new(json_object_get(look, "health"), "power",
				    json_pack("{si si si}", "default_limit", (int)power.by_default,
					      "min_limit", (int)power.min, "max_limit", (int)power.max));
	}
	add_text(host, gpu, settings, "compute_partition", "current_compute_partition");
	add_text(host, gpu, settings, "memory_partition", "current_memory_partition");
}

static int amdgpu_look(const struct gpu_host *host, const struct gpu *gpu, json_t **ret, struct err *err)
{
	json_t *look;

	if (!sysfs_exists(AMDGPU_DEVICE "/vendor", host->root, gpu->pci))
		return err_set(err, ENODEV, "%s: is not there any more", gpu->pci);
	look = json_pack("{s{} s{} s[] s[]}", "settings", "health", "faults", "unknown");
	add_identity(host, gpu, look);
	add_settings(host, gpu, look);
	amdgpu_health(host, gpu, look);
	*ret = look;
	return 0;
}

/* The driver's own recovery is debugfs's, which lockdown shuts. */
static int amdgpu_reset(const struct gpu_host *host, const struct gpu *gpu, json_t **ret, struct err *err)
{
	struct pci_reset done = {0};
	int r = pci_reset(host->root, gpu->pci, &done, err);

	if (r < 0)
		return r;
	*ret = json_pack("{ss sf}", "method", done.method, "seconds", done.seconds);
	return 0;
}

const struct gpu_backend gpu_amdgpu = {
	.name = "amdgpu",
	.drives = amdgpu_drives,
	.look = amdgpu_look,
	.set = amdgpu_set,
	.reset = amdgpu_reset,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* NVIDIA's GPUs that their driver drives, by its management library. docs/gpu-nvml.md. */
#include <string.h>

#include "agent/gpu/nvml_report.h"
#include "agent/gpu/nvml_reset.h"
#include "agent/gpu/nvml_set.h"

static bool nvml_drives(const struct gpu_host *host, const struct gpu *gpu)
{
	(void)host;
	return gpu->vendor == GPU_VENDOR_NVIDIA && !strcmp(gpu->driver, "nvidia");
}

/* Identity first: a card that is lost is still to be named as far as NVML can. */
static void (*const parts[])(struct nvml_report *report) = {
	nvml_identity, nvml_settings, nvml_mig, nvml_memory_health, nvml_card_health, nvml_links, nvml_fabric,
};

static int nvml_look(const struct gpu_host *host, const struct gpu *gpu, json_t **ret, struct err *err)
{
	_cleanup_(nvml_closep) struct nvml *nvml = NULL;
	struct nvml_report report;
	char words[NVML_WORDS_MAX];
	int result, r = nvml_open(host, &nvml, err);

	if (r < 0)
		return r;
	nvml_report_start(&report, nvml);
	result = nvml_device(nvml, gpu->pci, &report.device);
	if (result == NVML_SUCCESS) {
		for (size_t i = 0; i < sizeof(parts) / sizeof(*parts) && !report.lost; i++)
			parts[i](&report);
	} else if (result != NVML_ERROR_GPU_IS_LOST && result != NVML_ERROR_RESET_REQUIRED) {
		json_decref(report.card);
		return err_set(err, ENODEV, "NVML does not know this GPU: %s (%d)",
			       nvml_words(nvml, result, words), result);
	} else if (!nvml_told(&report, result, "the GPU")) {
		json_object_del(report.card,
				"settings"); /* that would be empty, and not because it has none */
	}
	*ret = report.card;
	return 0;
}

const struct gpu_backend gpu_nvml = {
	.name = "nvml",
	.drives = nvml_drives,
	.look = nvml_look,
	.set = nvml_set,
	.reset = nvml_reset,
};

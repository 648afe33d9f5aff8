/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The NVLink fabric: GPUs behind NVSwitches run nothing before their fabric manager has registered them. A cluster's UUID and a clique are told
 * by fabrics of several machines only (GB200 NVL72); within one machine of eight (HGX) both are zero on good cards too.
 */
#include <stdio.h>
#include <string.h>

#include "agent/gpu/nvml_report.h"

static const char *const states[] = {"not supported", "not started", "in progress", "completed"};
enum { N_STATES = sizeof(states) / sizeof(*states) };

/* The newest version of the answer that this NVML gives. */
static int ask(const struct nvml_report *report, struct nvmlGpuFabricInfo_v3_st *info)
{
	int result;

	*info = (struct nvmlGpuFabricInfo_v3_st){.version = nvmlGpuFabricInfo_v3};
	result = report->nvml->DeviceGetGpuFabricInfoV(report->device, info);
	if (result != NVML_ERROR_ARGUMENT_VERSION_MISMATCH && result != NVML_ERROR_INVALID_ARGUMENT)
		return result;
	*info = (struct nvmlGpuFabricInfo_v3_st){.version = nvmlGpuFabricInfo_v2};
	return report->nvml->DeviceGetGpuFabricInfoV(report->device, info);
}

static bool is_zero(const unsigned char uuid[NVML_GPU_FABRIC_UUID_LEN])
{
	static const unsigned char zero[NVML_GPU_FABRIC_UUID_LEN];

	return !memcmp(uuid, zero, sizeof(zero));
}

static void add_cluster(struct nvml_report *report, json_t *fabric,
			const struct nvmlGpuFabricInfo_v3_st *info)
{
	const unsigned char *u = info->clusterUuid;
	char text[40];

	if (is_zero(u) && !info->cliqueId)
		return;
	snprintf(text, sizeof(text), "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13],
		 u[14], u[15]);
	json_object_set_new(fabric, "cluster", json_string(text));
	json_object_set_new(fabric, "clique", json_integer(info->cliqueId));
	if (is_zero(u) || !info->cliqueId)
		nvml_fault(report, "fabric",
			   "the NVLink fabric gives the GPU cluster %s and clique %u: only one of the two is "
			   "set",
			   text, info->cliqueId);
}

/* ---- its health ---- */

static const struct condition {
	unsigned shift;
	const char *text;
} conditions[] = {
	{NVML_GPU_FABRIC_HEALTH_MASK_SHIFT_DEGRADED_BW, "its bandwidth is degraded"},
	{NVML_GPU_FABRIC_HEALTH_MASK_SHIFT_ROUTE_RECOVERY, "its routes are being recovered"},
	{NVML_GPU_FABRIC_HEALTH_MASK_SHIFT_ROUTE_UNHEALTHY, "a route is unhealthy"},
	{NVML_GPU_FABRIC_HEALTH_MASK_SHIFT_ACCESS_TIMEOUT_RECOVERY,
	 "it recovers from accesses that timed out"},
};

static const char *const misconfigurations[] = {
	[2] = "the system's GUID is wrong", [3] = "the chassis' serial number is wrong",
	[4] = "it is in no partition",      [5] = "it has too few NVLinks",
	[6] = "its firmware does not fit",  [7] = "its place is wrong",
};

static void judge_health(struct nvml_report *report, const struct nvmlGpuFabricInfo_v3_st *info)
{
	unsigned wrong = info->healthMask >> NVML_GPU_FABRIC_HEALTH_MASK_SHIFT_INCORRECT_CONFIGURATION & 15;
	size_t n = json_array_size(report->faults);

	for (size_t i = 0; i < sizeof(conditions) / sizeof(*conditions); i++)
		if ((info->healthMask >> conditions[i].shift & 3) == 1)
			nvml_fault(report, "fabric", "the GPU's NVLink fabric: %s", conditions[i].text);
	if (wrong > 1)
		nvml_fault(report, "fabric", "the GPU's NVLink fabric is not set up rightly: %s (%u)",
			   wrong < sizeof(misconfigurations) / sizeof(*misconfigurations)
				   ? misconfigurations[wrong]
				   : "for a reason that is not known here",
			   wrong);
	if (json_array_size(report->faults) == n &&
	    info->healthSummary > NVML_GPU_FABRIC_HEALTH_SUMMARY_HEALTHY)
		nvml_fault(report, "fabric", "the GPU's NVLink fabric is %s",
			   info->healthSummary == NVML_GPU_FABRIC_HEALTH_SUMMARY_LIMITED_CAPACITY
				   ? "of limited capacity"
				   : "unhealthy");
}

static void judge_registration(struct nvml_report *report, const struct nvmlGpuFabricInfo_v3_st *info)
{
	char words[NVML_WORDS_MAX];

	if (info->state != NVML_GPU_FABRIC_STATE_COMPLETED)
		nvml_fault(report, "fabric",
			   "the GPU is not registered with its NVLink fabric (%s): does the fabric manager "
			   "run, and do the switches work?",
			   info->state < N_STATES ? states[info->state] : "a state that is not known here");
	else if (info->status != NVML_SUCCESS)
		nvml_fault(report, "fabric",
			   "the NVLink fabric refuses the GPU: %s (%u); see the fabric manager's log",
			   nvml_words(report->nvml, (int)info->status, words), info->status);
}

void nvml_fabric(struct nvml_report *report)
{
	const struct nvml *nvml = report->nvml;
	struct nvmlGpuFabricInfo_v3_st info;
	json_t *fabric;

	if (!nvml_has(report, nvml->DeviceGetGpuFabricInfoV, "the NVLink fabric") ||
	    !nvml_told(report, ask(report, &info), "the NVLink fabric") ||
	    info.state == NVML_GPU_FABRIC_STATE_NOT_SUPPORTED)
		return;
	fabric = json_pack("{s:s, s:i}", "state", info.state < N_STATES ? states[info.state] : "unknown",
			   "status", (int)info.status);
	json_object_set_new(report->health, "fabric", fabric);
	judge_registration(report, &info);
	if (info.state == NVML_GPU_FABRIC_STATE_COMPLETED && info.status == NVML_SUCCESS) {
		add_cluster(report, fabric, &info);
		judge_health(report, &info);
	}
}

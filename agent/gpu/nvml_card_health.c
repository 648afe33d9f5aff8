/* SPDX-License-Identifier: Apache-2.0 */
/* Temperature, what holds the clocks down, what the driver wants to be done, and the processes that use the card. */
#include "agent/gpu/nvml_report.h"

enum { PROCESSES_MAX = 64, CELSIUS_MAX = 200 };

static void read_temperature(struct nvml_report *report)
{
	const struct nvml *nvml = report->nvml;
	unsigned celsius = 0;

	if (nvml_has(report, nvml->DeviceGetTemperature, "the temperature") &&
	    nvml_told(report, nvml->DeviceGetTemperature(report->device, NVML_TEMPERATURE_GPU, &celsius),
		      "the temperature"))
		nvml_add(report, report->health, "temperature", celsius, CELSIUS_MAX);
}

/* nvmlClocksEventReasons: bit n */
static const char *const throttles[] = {
	"idle",           "applications_clocks", "power_cap",        "hardware_slowdown",
	"sync_boost",     "software_thermal",    "hardware_thermal", "power_brake",
	"display_clocks",
};

static void read_throttles(struct nvml_report *report)
{
	const struct nvml *nvml = report->nvml;
	unsigned long long reasons = 0;
	json_t *list;

	if (!nvml_has(report, nvml->DeviceGetCurrentClocksThrottleReasons, "what holds the clocks down") ||
	    !nvml_told(report, nvml->DeviceGetCurrentClocksThrottleReasons(report->device, &reasons),
		       "what holds the clocks down"))
		return;
	list = json_array();
	for (size_t i = 0; i < sizeof(throttles) / sizeof(*throttles); i++)
		if (reasons & 1ull << i)
			json_array_append_new(list, json_string(throttles[i]));
	json_object_set_new(report->health, "clocks_held_by", list);
}

static void tell_action(struct nvml_report *report, unsigned action)
{
	switch (action) {
	case NVML_GPU_RECOVERY_ACTION_NONE:
		return;
	case NVML_GPU_RECOVERY_ACTION_GPU_RESET:
		nvml_fault(report, "recovery", "the driver wants the GPU to be reset");
		return;
	case NVML_GPU_RECOVERY_ACTION_NODE_REBOOT:
		nvml_fault(report, "recovery",
			   "the driver wants the machine to be booted anew: a reset of the GPU will not do");
		return;
	case NVML_GPU_RECOVERY_ACTION_DRAIN_P2P:
		nvml_fault(
			report, "recovery",
			"the driver wants no more traffic between this GPU and others: reset them together");
		return;
	case NVML_GPU_RECOVERY_ACTION_DRAIN_AND_RESET:
		nvml_fault(report, "recovery", "the driver wants the GPU to be emptied and reset");
		return;
	default:
		nvml_fault(report, "recovery",
			   "the driver wants a recovery action that is not known here: %u", action);
	}
}

static void read_action(struct nvml_report *report)
{
	struct nvmlFieldValue_st field = {.fieldId = NVML_FI_DEV_GET_GPU_RECOVERY_ACTION};
	const struct nvml *nvml = report->nvml;

	if (!nvml_has(report, nvml->DeviceGetFieldValues, "the recovery that the driver wants") ||
	    !nvml_told(report, nvml->DeviceGetFieldValues(report->device, 1, &field),
		       "the recovery that the driver wants"))
		return;
	/* A driver that does not know the field calls it an invalid argument. */
	if (field.nvmlReturn == NVML_ERROR_INVALID_ARGUMENT ||
	    !nvml_told(report, (int)field.nvmlReturn, "the recovery that the driver wants"))
		return;
	if (field.valueType == NVML_VALUE_TYPE_UNSIGNED_INT)
		tell_action(report, field.value.uiVal);
}

/* ---- processes ---- */

typedef int process_call(struct nvmlDevice_st *device, unsigned *count, struct nvmlProcessInfo_st *list);

static void add_processes(struct nvml_report *report, json_t *pids, process_call *call)
{
	struct nvmlProcessInfo_st list[PROCESSES_MAX] = {0};
	unsigned count = PROCESSES_MAX;

	if (!call ||
	    !nvml_told(report, call(report->device, &count, list), "the processes that use the card"))
		return;
	for (unsigned i = 0; i < count && i < PROCESSES_MAX; i++)
		json_array_append_new(pids, json_integer(list[i].pid));
	if (count > PROCESSES_MAX)
		nvml_unknown(report, "processes: NVML speaks of %u in room for %d", count, PROCESSES_MAX);
}

static void read_processes(struct nvml_report *report)
{
	const struct nvml *nvml = report->nvml;
	json_t *pids;

	if (!nvml_has(report, nvml->DeviceGetComputeRunningProcesses, "the processes that use the card"))
		return;
	pids = json_array();
	add_processes(report, pids, nvml->DeviceGetComputeRunningProcesses);
	add_processes(report, pids, nvml->DeviceGetGraphicsRunningProcesses);
	json_object_set_new(report->health, "processes", pids);
}

void nvml_card_health(struct nvml_report *report)
{
	read_temperature(report);
	read_throttles(report);
	read_action(report);
	read_processes(report);
}

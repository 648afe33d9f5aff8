/* SPDX-License-Identifier: Apache-2.0 */
/* What the card is: model, serial, firmware, memory. */
#include <string.h>

#include "agent/gpu/nvml_report.h"
#include "agent/hw/sysfs.h"

#define TEXT_MAX 96 /* bytes: as long as the longest of NVML's texts */

/* What the call has left in a buffer of all zeros; it was given one byte less, so that a text without a NUL ends all the same. */
static void add_text(struct nvml_report *report, const char *key, const char *what, int result,
		     const char *text)
{
	char clean[TEXT_MAX + 1];

	if (!nvml_told(report, result, what))
		return;
	text_clean(clean, sizeof(clean), text, strlen(text));
	if (*clean)
		json_object_set_new(report->card, key, json_string(clean));
}

typedef int text_call(struct nvmlDevice_st *device, char *text, unsigned length);

static void read_text(struct nvml_report *report, const char *key, const char *what, text_call *call,
		      unsigned length)
{
	char text[TEXT_MAX + 1] = "";

	if (nvml_has(report, call, what))
		add_text(report, key, what, call(report->device, text, length), text);
}

static void read_driver(struct nvml_report *report)
{
	const struct nvml *nvml = report->nvml;
	char text[TEXT_MAX + 1] = "";

	if (nvml_has(report, nvml->SystemGetDriverVersion, "the driver's version"))
		add_text(report, "driver", "the driver's version",
			 nvml->SystemGetDriverVersion(text, NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE), text);
}

static void add_memory(struct nvml_report *report)
{
	struct nvmlMemory_st memory = {0};
	const struct nvml *nvml = report->nvml;

	if (nvml_has(report, nvml->DeviceGetMemoryInfo, "the memory's size") &&
	    nvml_told(report, nvml->DeviceGetMemoryInfo(report->device, &memory), "the memory's size"))
		nvml_add(report, report->card, "memory", memory.total, NVML_COUNT_MAX);
}

/* The InfoROM holds what the card remembers of itself: remapped rows, ECC counters, its serial. */
static void check_inforom(struct nvml_report *report)
{
	const struct nvml *nvml = report->nvml;
	int result;

	if (!nvml->DeviceValidateInforom)
		return; /* its version alone is told then */
	result = nvml->DeviceValidateInforom(report->device);
	if (result == NVML_ERROR_CORRUPTED_INFOROM)
		nvml_fault(report, "inforom",
			   "the card's InfoROM is corrupt, so that its record of memory errors is void; "
			   "replace the card");
	else if (nvml_told(report, result, "whether the InfoROM is intact"))
		json_object_set_new(report->health, "inforom", json_string("valid"));
}

void nvml_identity(struct nvml_report *report)
{
	const struct nvml *nvml = report->nvml;

	read_text(report, "model", "the model", nvml->DeviceGetName, NVML_DEVICE_NAME_V2_BUFFER_SIZE);
	read_text(report, "serial", "the serial number", nvml->DeviceGetSerial,
		  NVML_DEVICE_SERIAL_BUFFER_SIZE);
	read_text(report, "uuid", "the UUID", nvml->DeviceGetUUID, NVML_DEVICE_UUID_V2_BUFFER_SIZE);
	read_text(report, "vbios", "the VBIOS's version", nvml->DeviceGetVbiosVersion,
		  NVML_DEVICE_VBIOS_VERSION_BUFFER_SIZE);
	read_text(report, "inforom", "the InfoROM's version", nvml->DeviceGetInforomImageVersion,
		  NVML_DEVICE_INFOROM_VERSION_BUFFER_SIZE);
	read_driver(report);
	add_memory(report);
	check_inforom(report);
}

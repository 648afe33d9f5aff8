/* SPDX-License-Identifier: Apache-2.0 */
/* The card's links: PCIe, and NVLink to other GPUs and to switches. */
#include "agent/gpu/nvml_report.h"
#include "core/json.h"

enum {
	LINKS_MAX = 128, /* that are asked for */
	LINKS_TOLD = 32, /* whose errors are recorded */
	GENERATION_MAX = 64,
	LANES_MAX = 64,
	VERSION_MAX = 255,
};

/* ---- PCIe ---- */

typedef int number_call(struct nvmlDevice_st *device, unsigned *value);

static void add_number(struct nvml_report *report, json_t *to, const char *key, number_call *call,
		       unsigned max)
{
	unsigned value = 0;

	if (nvml_has(report, call, key) && nvml_told(report, call(report->device, &value), key))
		nvml_add(report, to, key, value, max);
}

static void read_pcie(struct nvml_report *report)
{
	const struct nvml *nvml = report->nvml;
	json_t *pcie = json_object();

	add_number(report, pcie, "generation", nvml->DeviceGetCurrPcieLinkGeneration, GENERATION_MAX);
	add_number(report, pcie, "max_generation", nvml->DeviceGetMaxPcieLinkGeneration, GENERATION_MAX);
	add_number(report, pcie, "width", nvml->DeviceGetCurrPcieLinkWidth, LANES_MAX);
	add_number(report, pcie, "max_width", nvml->DeviceGetMaxPcieLinkWidth, LANES_MAX);
	add_number(report, pcie, "replays", nvml->DeviceGetPcieReplayCounter, UINT32_MAX);
	json_object_set_new(report->health, "pcie", pcie);
}

/* ---- NVLink ---- */

static const struct counter {
	unsigned id;
	const char *key;
} counters[] = {
	{NVML_NVLINK_ERROR_DL_REPLAY, "replays"},
	{NVML_NVLINK_ERROR_DL_RECOVERY, "recoveries"},
	{NVML_NVLINK_ERROR_DL_CRC_FLIT, "crc_flit"},
	{NVML_NVLINK_ERROR_DL_CRC_DATA, "crc_data"},
};

/* What has been counted on one link, without zeros; NULL: nothing. Which counters there are depends on the link's version: one that is refused is not
 * there. */
static json_t *count_errors(struct nvml_report *report, unsigned link)
{
	const struct nvml *nvml = report->nvml;
	json_t *errors = json_object();

	for (size_t i = 0; nvml->DeviceGetNvLinkErrorCounter && i < sizeof(counters) / sizeof(*counters);
	     i++) {
		unsigned long long count = 0;

		if (nvml->DeviceGetNvLinkErrorCounter(report->device, link, counters[i].id, &count) ==
			    NVML_SUCCESS &&
		    count)
			nvml_add(report, errors, counters[i].key, count, NVML_COUNT_MAX);
	}
	if (json_object_size(errors))
		return errors;
	json_decref(errors);
	return NULL;
}

static void add_errors(struct nvml_report *report, json_t *list, unsigned link)
{
	json_t *errors = count_errors(report, link);

	if (errors && json_array_size(list) < LINKS_TOLD) {
		json_object_set_new(errors, "link", json_integer(link));
		json_array_append(list, errors);
	}
	json_decref(errors);
}

/* Sorts the links into those that are up, how many, and those that are down. */
static unsigned sort_links(struct nvml_report *report, json_t *down, json_t *errors)
{
	const struct nvml *nvml = report->nvml;
	unsigned n_up = 0;

	for (unsigned link = 0; link < LINKS_MAX && !report->lost; link++) {
		unsigned active = 0;
		int result = nvml->DeviceGetNvLinkState(report->device, link, &active);

		if (result == NVML_ERROR_INVALID_ARGUMENT)
			break; /* there are no more */
		if (!nvml_told(report, result, "an NVLink's state"))
			continue;
		if (active == 1) {
			n_up++;
			add_errors(report, errors, link);
		} else {
			json_array_append_new(down, json_integer(link));
		}
	}
	return n_up;
}

/* A card whose links are all down is in no company: a PCIe card without a bridge, or one of whose neighbours none is there. The class says. */
static void judge(struct nvml_report *report, unsigned n_up, const json_t *down)
{
	json_t *link;
	size_t i;

	json_array_foreach(down, i, link)
		if (n_up)
			nvml_fault(report, "nvlink",
				   "NVLink %lld is down, %u others are up: reseat the GPU, and its bridge or "
				   "switch board",
				   json_integer_value(link), n_up);
}

static void read_nvlinks(struct nvml_report *report)
{
	_cleanup_json_ json_t *down = json_array(), *errors = json_array();
	const struct nvml *nvml = report->nvml;
	unsigned n_up, version = 0;
	json_t *links;

	if (!nvml_has(report, nvml->DeviceGetNvLinkState, "NVLinks"))
		return;
	n_up = sort_links(report, down, errors);
	if (!n_up && !json_array_size(down))
		return;
	links = json_pack("{s:i, s:O, s:O}", "up", (int)n_up, "down", down, "errors", errors);
	if (n_up && nvml->DeviceGetNvLinkVersion &&
	    nvml->DeviceGetNvLinkVersion(report->device, 0, &version) == NVML_SUCCESS)
		nvml_add(report, links, "version", version, VERSION_MAX);
	json_object_set_new(report->health, "nvlinks", links);
	judge(report, n_up, down);
}

void nvml_links(struct nvml_report *report)
{
	read_pcie(report);
	read_nvlinks(report);
}

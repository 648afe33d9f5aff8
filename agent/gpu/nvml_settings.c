/* SPDX-License-Identifier: Apache-2.0 */
/* What the card is set to. Locked clocks are not here: NVML sets them, and has no call that tells them. */
#include "agent/gpu/nvml_settings.h"
#include "agent/gpu/nvml_mig.h"
#include "agent/gpu/nvml_report.h"
#include "core/io.h"

enum { WATTS_MAX = 100000, MHZ_MAX = 100000 };

const char *nvml_switch_word(unsigned on)
{
	return on ? "on" : "off";
}

const char *nvml_compute_word(unsigned mode)
{
	static const char *const words[] = {
		[NVML_COMPUTEMODE_DEFAULT] = "default",
		[1] = "exclusive_thread",
		[NVML_COMPUTEMODE_PROHIBITED] = "prohibited",
		[NVML_COMPUTEMODE_EXCLUSIVE_PROCESS] = "exclusive",
	};

	return mode < sizeof(words) / sizeof(*words) ? words[mode] : "unknown";
}

unsigned nvml_watts(unsigned milliwatts)
{
	return milliwatts / 1000 + (milliwatts % 1000 >= 500);
}

/* ---- each of them ---- */

static void read_persistence(struct nvml_report *report)
{
	const struct nvml *nvml = report->nvml;
	unsigned on = 0;

	if (nvml_has(report, nvml->DeviceGetPersistenceMode, "persistence") &&
	    nvml_told(report, nvml->DeviceGetPersistenceMode(report->device, &on), "persistence"))
		json_object_set_new(report->settings, "persistence", json_string(nvml_switch_word(on)));
}

typedef int pair_call(struct nvmlDevice_st *device, unsigned *current, unsigned *pending);

/* What a reset will change lies beside what is: settings.pending. */
static void add_pending(struct nvml_report *report, const char *key, const char *word)
{
	json_t *pending = json_object_get(report->settings, "pending");

	if (!pending) {
		pending = json_object();
		json_object_set_new(report->settings, "pending", pending);
	}
	json_object_set_new(pending, key, json_string(word));
}

/* A switch that a reset throws. Returns whether it is on now. */
static bool read_pair(struct nvml_report *report, const char *key, pair_call *call)
{
	unsigned now = 0, pending = 0;

	if (!nvml_has(report, call, key) || !nvml_told(report, call(report->device, &now, &pending), key))
		return false;
	json_object_set_new(report->settings, key, json_string(nvml_switch_word(now)));
	if (!now != !pending)
		add_pending(report, key, nvml_switch_word(pending));
	return now;
}

void nvml_mig(struct nvml_report *report)
{
	_cleanup_free_ struct nvml_mig_instances *instances = xcalloc(1, sizeof(*instances));
	struct nvml_mig_profiles profiles;
	const struct nvml *nvml = report->nvml;

	if (!read_pair(report, "mig", nvml->DeviceGetMigMode))
		return;
	if (nvml_told(report, nvml_mig_profiles(nvml, report->device, &profiles), "MIG profiles") &&
	    nvml_told(report, nvml_mig_instances(nvml, report->device, &profiles, instances),
		      "MIG instances"))
		json_object_set_new(report->settings, "profiles", nvml_mig_names(instances));
}

static void read_compute(struct nvml_report *report)
{
	const struct nvml *nvml = report->nvml;
	unsigned mode = 0;

	if (nvml_has(report, nvml->DeviceGetComputeMode, "the compute mode") &&
	    nvml_told(report, nvml->DeviceGetComputeMode(report->device, &mode), "the compute mode"))
		json_object_set_new(report->settings, "compute_mode", json_string(nvml_compute_word(mode)));
}

static void read_power_range(struct nvml_report *report)
{
	const struct nvml *nvml = report->nvml;
	unsigned otherwise = 0, min = 0, max = 0;
	json_t *power = json_object();

	json_object_set_new(report->health, "power", power);
	if (nvml_has(report, nvml->DeviceGetPowerManagementDefaultLimit, "the default power limit") &&
	    nvml_told(report, nvml->DeviceGetPowerManagementDefaultLimit(report->device, &otherwise),
		      "the default power limit"))
		nvml_add(report, power, "default_limit", nvml_watts(otherwise), WATTS_MAX);
	if (!nvml_has(report, nvml->DeviceGetPowerManagementLimitConstraints, "the power limit's range") ||
	    !nvml_told(report, nvml->DeviceGetPowerManagementLimitConstraints(report->device, &min, &max),
		       "the power limit's range"))
		return;
	nvml_add(report, power, "min_limit", nvml_watts(min), WATTS_MAX);
	nvml_add(report, power, "max_limit", nvml_watts(max), WATTS_MAX);
}

static void read_power(struct nvml_report *report)
{
	const struct nvml *nvml = report->nvml;
	unsigned now = 0;

	if (!nvml_has(report, nvml->DeviceGetPowerManagementLimit, "the power limit") ||
	    !nvml_told(report, nvml->DeviceGetPowerManagementLimit(report->device, &now), "the power limit"))
		return;
	nvml_add(report, report->settings, "power_limit", nvml_watts(now), WATTS_MAX);
	read_power_range(report);
}

static void read_clock(struct nvml_report *report, json_t *clocks, unsigned type, const char *key,
		       const char *max_key)
{
	const struct nvml *nvml = report->nvml;
	unsigned mhz = 0;

	if (nvml->DeviceGetClockInfo &&
	    nvml_told(report, nvml->DeviceGetClockInfo(report->device, type, &mhz), key))
		nvml_add(report, clocks, key, mhz, MHZ_MAX);
	if (nvml->DeviceGetMaxClockInfo &&
	    nvml_told(report, nvml->DeviceGetMaxClockInfo(report->device, type, &mhz), max_key))
		nvml_add(report, clocks, max_key, mhz, MHZ_MAX);
}

void nvml_settings(struct nvml_report *report)
{
	json_t *clocks = json_object();

	read_persistence(report);
	read_pair(report, "ecc", report->nvml->DeviceGetEccMode);
	read_compute(report);
	read_power(report);
	read_clock(report, clocks, NVML_CLOCK_GRAPHICS, "graphics", "max_graphics");
	read_clock(report, clocks, NVML_CLOCK_MEM, "memory", "max_memory");
	json_object_set_new(report->health, "clocks", clocks);
}

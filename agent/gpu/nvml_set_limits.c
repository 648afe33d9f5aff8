/* SPDX-License-Identifier: Apache-2.0 */
/* Power limit and locked clocks. */
#include "agent/gpu/nvml_set.h"
#include "agent/gpu/nvml_settings.h"
#include "agent/hw/transport.h"
#include "core/json.h"

enum {
	CLOCK_TOLERANCE = 30, /* MHz: the card has steps of 15 and takes the nearest one below */
	CLOCK_TRIES = 30,
	CLOCK_PAUSE_MS = 100,
};

/* ---- power ---- */

/* In whole watts, as an order names them. */
static int read_power(const struct nvml_set *s, unsigned *ret)
{
	unsigned milliwatts = 0;
	int result = s->nvml->DeviceGetPowerManagementLimit
			     ? s->nvml->DeviceGetPowerManagementLimit(s->device, &milliwatts)
			     : NVML_ERROR_FUNCTION_NOT_FOUND;

	*ret = nvml_watts(milliwatts);
	return result;
}

static int write_power(const struct nvml_set *s, unsigned watts)
{
	return s->nvml->DeviceSetPowerManagementLimit
		       ? s->nvml->DeviceSetPowerManagementLimit(s->device, watts * 1000)
		       : NVML_ERROR_FUNCTION_NOT_FOUND;
}

static json_t *say_power(unsigned watts)
{
	return json_integer(watts);
}

static bool is_out_of_range(struct nvml_set *s)
{
	unsigned min = 0, max = 0, wanted = s->wish->power_limit;

	if (!s->nvml->DeviceGetPowerManagementLimitConstraints ||
	    s->nvml->DeviceGetPowerManagementLimitConstraints(s->device, &min, &max) != NVML_SUCCESS ||
	    (wanted * 1000ull >= min && wanted * 1000ull <= max))
		return false;
	nvml_not_set(s, "power_limit", json_integer(wanted), "the card takes %u to %u W", nvml_watts(min),
		     nvml_watts(max));
	return true;
}

/* The card's default; false where it has none. */
static bool default_power(struct nvml_set *s, unsigned *ret)
{
	_cleanup_json_ json_t *wanted = json_string("default");
	unsigned milliwatts = 0;
	int result = s->nvml->DeviceGetPowerManagementDefaultLimit
			     ? s->nvml->DeviceGetPowerManagementDefaultLimit(s->device, &milliwatts)
			     : NVML_ERROR_FUNCTION_NOT_FOUND;

	*ret = nvml_watts(milliwatts);
	return !nvml_has_not(result) && !nvml_refused(s, "power_limit", wanted, result);
}

void nvml_set_power(struct nvml_set *s)
{
	struct nvml_change change = {"power_limit", s->wish->power_limit, false,
				     read_power,    write_power,          say_power};

	if (change.wanted ? is_out_of_range(s) : !default_power(s, &change.wanted))
		return;
	change.by_default = !s->wish->power_limit;
	(void)nvml_change(s, &change);
}

/* ---- clocks ---- */

struct clock {
	const char *name; /* in an order's "clocks" */
	unsigned type, wanted;
	int (*lock)(struct nvmlDevice_st *device, unsigned min_mhz, unsigned max_mhz);
	int (*unlock)(struct nvmlDevice_st *device);
};

static json_t *say_clock(const struct clock *clock, unsigned mhz)
{
	return json_pack("{s:i}", clock->name, (int)mhz);
}

/* NVML has no call that tells a lock: the clock itself must come to stand where it was locked. */
static bool wait_for_clock(const struct nvml_set *s, const struct clock *clock, unsigned *mhz)
{
	*mhz = 0;
	for (unsigned i = 0; s->nvml->DeviceGetClockInfo && i < CLOCK_TRIES; i++) {
		if (s->nvml->DeviceGetClockInfo(s->device, clock->type, mhz) == NVML_SUCCESS &&
		    *mhz <= clock->wanted && *mhz + CLOCK_TOLERANCE >= clock->wanted)
			return true;
		device_transport()->pause(CLOCK_PAUSE_MS);
	}
	return false;
}

static void lock_clock(struct nvml_set *s, const struct clock *clock)
{
	_cleanup_json_ json_t *wanted = say_clock(clock, clock->wanted);
	unsigned before = 0, after;

	if (s->nvml->DeviceGetClockInfo)
		(void)s->nvml->DeviceGetClockInfo(s->device, clock->type, &before);
	if (!clock->lock)
		nvml_not_set(s, "clocks", json_incref(wanted), "this version of NVML cannot lock it");
	else if (nvml_refused(s, "clocks", wanted, clock->lock(s->device, clock->wanted, clock->wanted)))
		return;
	else if (!wait_for_clock(s, clock, &after))
		nvml_not_set(s, "clocks", json_incref(wanted), "NVML took it, and the clock stands at %u MHz",
			     after);
	else
		nvml_was_set(s, "clocks", say_clock(clock, before), json_incref(wanted));
}

/* Whether it was locked cannot be told; what was refused can. */
static void unlock_clock(struct nvml_set *s, const struct clock *clock)
{
	_cleanup_json_ json_t *wanted = json_pack("{s:n}", clock->name);
	int result = clock->unlock ? clock->unlock(s->device) : NVML_ERROR_FUNCTION_NOT_FOUND;

	if (!nvml_has_not(result))
		(void)nvml_refused(s, "clocks", wanted, result);
}

void nvml_set_clocks(struct nvml_set *s)
{
	const struct clock clocks[] = {
		{"graphics", NVML_CLOCK_GRAPHICS, s->wish->graphics_clock, s->nvml->DeviceSetGpuLockedClocks,
		 s->nvml->DeviceResetGpuLockedClocks},
		{"memory", NVML_CLOCK_MEM, s->wish->memory_clock, s->nvml->DeviceSetMemoryLockedClocks,
		 s->nvml->DeviceResetMemoryLockedClocks},
	};

	for (size_t i = 0; i < sizeof(clocks) / sizeof(*clocks); i++) {
		if (clocks[i].wanted)
			lock_clock(s, &clocks[i]);
		else
			unlock_clock(s, &clocks[i]);
	}
}

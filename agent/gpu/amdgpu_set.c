/* SPDX-License-Identifier: Apache-2.0 */
/* Settings by attributes: each is written where it differs, and read back. */
#include <string.h>

#include "agent/gpu/amdgpu.h"
#include "agent/hw/sysfs.h"
#include "core/json.h"

#define MICRO 1000000ull

struct setting {
	const struct gpu_host *host;
	const struct gpu *gpu;
	json_t *set, *not_set;
	bool needs_reset;
};

static void refused(struct setting *s, const char *name, json_t *wanted, const char *why)
{
	json_array_append_new(s->not_set,
			      json_pack("{ss so ss}", "setting", name, "wanted", wanted, "why", why));
}

static void done(struct setting *s, const char *name, json_t *from, json_t *to)
{
	json_array_append_new(s->set, json_pack("{ss so so}", "setting", name, "from", from, "to", to));
}

/* What amdgpu has not, and the order asks for by another value than the default. */
static void refuse_others(struct setting *s, const struct order_gpu *wish)
{
	static const char why[] = "a setting of NVIDIA's GPUs";
	static const char *const words[] = {
		[ORDER_GPU_PROHIBITED] = "prohibited", [ORDER_GPU_EXCLUSIVE] = "exclusive"};
	const char *ecc = wish->ecc == ORDER_GPU_ON ? "on" : wish->ecc == ORDER_GPU_OFF ? "off" : NULL;

	if (wish->persistence == ORDER_GPU_ON)
		refused(s, "persistence", json_string("on"), why);
	if (ecc)
		refused(s, "ecc", json_string(ecc), "amdgpu has no switch for it");
	if (wish->mig == ORDER_GPU_ON)
		refused(s, "mig", json_string("on"), why);
	if (wish->compute != ORDER_GPU_SHARED)
		refused(s, "compute_mode", json_string(words[wish->compute]), why);
	if (wish->graphics_clock || wish->memory_clock)
		refused(s, "clocks",
			json_pack("{si si}", "graphics", (int)wish->graphics_clock, "memory",
				  (int)wish->memory_clock),
			"locking clocks of AMD's GPUs is not built in");
}

static void set_power(struct setting *s, unsigned wanted)
{
	struct amdgpu_power before, after;
	char hwmon[64], uw[32];
	struct err err;

	amdgpu_power(s->host, s->gpu, &before);
	if (!before.now || !amdgpu_hwmon(s->host, s->gpu, hwmon)) {
		if (wanted)
			refused(s, "power_limit", json_integer(wanted), "this card has no power limit");
		return;
	}
	if (!wanted)
		wanted = before.by_default;
	if (!wanted || wanted == before.now)
		return;
	snprintf(uw, sizeof(uw), "%llu", wanted * MICRO);
	if (sysfs_write(uw, &err, AMDGPU_DEVICE "/%s/power1_cap", s->host->root, s->gpu->pci, hwmon) < 0) {
		refused(s, "power_limit", json_integer(wanted), err.text);
		return;
	}
	amdgpu_power(s->host, s->gpu, &after);
	if (after.now == wanted)
		done(s, "power_limit", json_integer(before.now), json_integer(wanted));
	else
		refused(s, "power_limit", json_integer(wanted), "it was taken, and reads back as another");
}

/* True: `word` is among "SPX, DPX, CPX"; or the driver does not say which there are. */
static bool is_available(const struct setting *s, const char *attribute, const char *word)
{
	char list[256], *save = NULL;

	if (!sysfs_text(list, sizeof(list), AMDGPU_DEVICE "/%s", s->host->root, s->gpu->pci, attribute))
		return true;
	for (char *w = strtok_r(list, ", ", &save); w; w = strtok_r(NULL, ", ", &save))
		if (!strcmp(w, word))
			return true;
	return false;
}

struct partition {
	const char *name, *current, *available, *by_default;
	bool after_reset; /* takes place when the driver starts anew */
};

static const struct partition compute_partition = {"compute_partition", "current_compute_partition",
						   "available_compute_partition", "SPX", false},
			      memory_partition = {"memory_partition", "current_memory_partition",
						  "available_memory_partition", "NPS1", true};

static bool read_partition(const struct setting *s, const struct partition *p, char text[ORDER_GPU_NAME_MAX])
{
	return sysfs_text(text, ORDER_GPU_NAME_MAX, AMDGPU_DEVICE "/%s", s->host->root, s->gpu->pci,
			  p->current);
}

static void write_partition(struct setting *s, const struct partition *p, const char *from,
			    const char *wanted)
{
	char now[ORDER_GPU_NAME_MAX];
	struct err err;

	if (sysfs_write(wanted, &err, AMDGPU_DEVICE "/%s", s->host->root, s->gpu->pci, p->current) < 0)
		refused(s, p->name, json_string(wanted), err.text);
	else if (read_partition(s, p, now) && !strcmp(now, wanted))
		done(s, p->name, json_string(from), json_string(wanted));
	else if (p->after_reset)
		s->needs_reset = true;
	else
		refused(s, p->name, json_string(wanted), "it was taken, and reads back as another");
}

static void set_partition(struct setting *s, const struct partition *p, const char *wish)
{
	const char *wanted = *wish ? wish : p->by_default;
	char now[ORDER_GPU_NAME_MAX];

	if (!read_partition(s, p, now)) {
		if (*wish)
			refused(s, p->name, json_string(wish),
				"this card, or this driver, has no such setting");
		return;
	}
	if (!strcmp(now, wanted))
		return;
	if (is_available(s, p->available, wanted))
		write_partition(s, p, now, wanted);
	else
		refused(s, p->name, json_string(wanted), "the driver does not offer it");
}

int amdgpu_set(const struct gpu_host *host, const struct gpu *gpu, const struct order_gpu *wish, json_t **ret,
	       struct err *err)
{
	struct setting s = {.host = host, .gpu = gpu, .set = json_array(), .not_set = json_array()};

	refuse_others(&s, wish);
	set_power(&s, wish->power_limit);
	set_partition(&s, &memory_partition,
		      wish->memory_partition); /* first: it decides which of the others there are */
	set_partition(&s, &compute_partition, wish->compute_partition);
	*ret = json_pack("{so so sb}", "set", s.set, "not_set", s.not_set, "needs_reset", (int)s.needs_reset);
	return *ret ? 0 : err_set(err, ENOMEM, "%s: out of memory", gpu->pci);
}

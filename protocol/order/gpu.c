/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/order/gpu.h"

#include <string.h>

#include "core/json.h"

#define WHAT      "order.gpu"
#define SETTINGS  WHAT ".settings"
#define POWER_MAX 100000 /* W */
#define CLOCK_MAX 100000 /* MHz */

static const char *const efforts[] = {
	[ORDER_GPU_TRY] = "try", [ORDER_GPU_MUST] = "must", [ORDER_GPU_NEVER] = "never", NULL};
static const char *const switches[] = {[ORDER_GPU_DEFAULT] = "default",
				       [ORDER_GPU_LEAVE] = "leave",
				       [ORDER_GPU_OFF] = "off",
				       [ORDER_GPU_ON] = "on",
				       NULL};
static const char *const computes[] = {[ORDER_GPU_SHARED] = "default",
				       [ORDER_GPU_PROHIBITED] = "prohibited",
				       [ORDER_GPU_EXCLUSIVE] = "exclusive",
				       NULL};

/* The place of a word among NULL-terminated ones; the first where the key is missing. */
static int read_word(const json_t *json, const char *what, const char *key, const char *const *words,
		     unsigned *ret, struct err *err)
{
	const char *text = words[0];
	int r = json_opt_str(json, what, key, 32, &text, err);

	if (r < 0)
		return r;
	for (unsigned i = 0; words[i]; i++)
		if (!strcmp(text, words[i])) {
			*ret = i;
			return 0;
		}
	return err_set(err, EBADMSG, "%s.%s: \"%s\" is not a word that may stand there", what, key, text);
}

static int read_effort(const json_t *json, const char *key, enum order_gpu_effort *ret, struct err *err)
{
	unsigned i = 0;
	int r = read_word(json, WHAT, key, efforts, &i, err);

	if (r == 0)
		*ret = (enum order_gpu_effort)i;
	return r;
}

static int read_switch(const json_t *json, const char *key, enum order_gpu_switch *ret, struct err *err)
{
	unsigned i = 0;
	int r = read_word(json, SETTINGS, key, switches, &i, err);

	if (r == 0)
		*ret = (enum order_gpu_switch)i;
	return r;
}

/* A name that a vendor's library or a file of sysfs is given: one word. */
static int copy_name(const char *text, const char *what, char to[ORDER_GPU_NAME_MAX], struct err *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+_-";

	if (!*text || strlen(text) >= ORDER_GPU_NAME_MAX || text[strspn(text, letters)])
		return err_set(
			err, EBADMSG,
			"%s must be a name of at most %d letters, digits and . + _ -, as in \"1g.10gb\"",
			what, ORDER_GPU_NAME_MAX - 1);
	strcpy(to, text);
	return 0;
}

static int read_name(const json_t *json, const char *key, char to[ORDER_GPU_NAME_MAX], struct err *err)
{
	const char *text = NULL;
	char what[64];
	int r = json_opt_str(json, SETTINGS, key, ORDER_GPU_NAME_MAX - 1, &text, err);

	snprintf(what, sizeof(what), SETTINGS ".%s", key);
	return r || !text ? r : copy_name(text, what, to, err);
}

static int read_profiles(const json_t *json, struct order_gpu *gpu, struct err *err)
{
	const json_t *list = json_object_get(json, "profiles");
	int r = 0;

	if (!list || json_is_null(list))
		return 0;
	if (!json_is_array(list) || json_array_size(list) > ORDER_GPU_PROFILES_MAX)
		return err_set(err, EBADMSG, SETTINGS ".profiles must be an array of at most %d names",
			       ORDER_GPU_PROFILES_MAX);
	for (size_t i = 0; !r && i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		r = copy_name(text ? text : "", SETTINGS ".profiles[]", gpu->profiles[gpu->n_profiles], err);
		gpu->n_profiles += !r;
	}
	if (!r && gpu->n_profiles && gpu->mig != ORDER_GPU_ON)
		r = err_set(err, EBADMSG, SETTINGS ".profiles asks for \"mig\": \"on\"");
	return r;
}

static int read_number(const json_t *json, const char *what, const char *key, uint64_t max, unsigned *ret,
		       struct err *err)
{
	uint64_t n = 0;
	int r = json_opt_u64(json, what, key, 1, max, &n, err);

	if (r == 0)
		*ret = (unsigned)n;
	return r;
}

static int read_clocks(const json_t *json, struct order_gpu *gpu, struct err *err)
{
	static const char *const keys[] = {"graphics", "memory", NULL};
	const json_t *there = json_object_get(json, "clocks");
	json_t *clocks;
	int r;

	if (!there || json_is_null(there))
		return 0;
	r = json_get_object(json, SETTINGS, "clocks", &clocks, err);
	if (!r)
		r = json_only_keys(clocks, SETTINGS ".clocks", keys, err);
	if (!r)
		r = read_number(clocks, SETTINGS ".clocks", "graphics", CLOCK_MAX, &gpu->graphics_clock, err);
	return r ? r : read_number(clocks, SETTINGS ".clocks", "memory", CLOCK_MAX, &gpu->memory_clock, err);
}

static int read_settings(const json_t *json, struct order_gpu *gpu, struct err *err)
{
	static const char *const keys[] = {"persistence",      "ecc",         "mig",    "profiles",
					   "compute_mode",     "power_limit", "clocks", "compute_partition",
					   "memory_partition", NULL};
	unsigned compute = 0;
	int r = json_only_keys(json, SETTINGS, keys, err);

	if (!r)
		r = read_switch(json, "persistence", &gpu->persistence, err);
	if (!r)
		r = read_switch(json, "ecc", &gpu->ecc, err);
	if (!r)
		r = read_switch(json, "mig", &gpu->mig, err);
	if (!r)
		r = read_profiles(json, gpu, err);
	if (!r)
		r = read_word(json, SETTINGS, "compute_mode", computes, &compute, err);
	if (!r)
		r = read_number(json, SETTINGS, "power_limit", POWER_MAX, &gpu->power_limit, err);
	if (!r)
		r = read_clocks(json, gpu, err);
	if (!r)
		r = read_name(json, "compute_partition", gpu->compute_partition, err);
	if (!r)
		r = read_name(json, "memory_partition", gpu->memory_partition, err);
	gpu->compute = (enum order_gpu_compute)compute;
	return r;
}

static int read_settings_or_leave(const json_t *json, struct order_gpu *gpu, struct err *err)
{
	const json_t *settings = json_object_get(json, "settings");
	const char *word = json_string_value(settings);

	if (!settings || json_is_null(settings))
		return 0;
	gpu->leave = word && !strcmp(word, "leave");
	if (gpu->leave)
		return 0;
	if (!json_is_object(settings))
		return err_set(err, EBADMSG, SETTINGS " must be an object, or \"leave\"");
	return read_settings(settings, gpu, err);
}

int order_gpu_read(const json_t *order, struct order_gpu *ret, struct err *err)
{
	static const char *const keys[] = {"reset", "scrub", "settings", NULL};
	const json_t *there = json_object_get(order, "gpu");
	struct order_gpu gpu = {0};
	json_t *object;
	int r;

	if (!there || json_is_null(there))
		return 0;
	r = json_get_object(order, "order", "gpu", &object, err);
	if (!r)
		r = json_only_keys(object, WHAT, keys, err);
	if (!r)
		r = read_effort(object, "reset", &gpu.reset, err);
	if (!r)
		r = read_effort(object, "scrub", &gpu.scrub, err);
	if (!r)
		r = read_settings_or_leave(object, &gpu, err);
	if (!r)
		*ret = gpu;
	return r;
}

static json_t *clocks_to_json(const struct order_gpu *gpu)
{
	json_t *clocks = json_object();

	if (gpu->graphics_clock)
		json_object_set_new(clocks, "graphics", json_integer(gpu->graphics_clock));
	if (gpu->memory_clock)
		json_object_set_new(clocks, "memory", json_integer(gpu->memory_clock));
	return clocks;
}

/* What is not the default. */
static json_t *settings_to_json(const struct order_gpu *gpu)
{
	json_t *json, *profiles;

	if (gpu->leave)
		return json_string("leave");
	json = json_pack("{ss ss ss ss}", "persistence", switches[gpu->persistence], "ecc",
			 switches[gpu->ecc], "mig", switches[gpu->mig], "compute_mode",
			 computes[gpu->compute]);
	profiles = json_array();
	for (unsigned i = 0; i < gpu->n_profiles; i++)
		json_array_append_new(profiles, json_string(gpu->profiles[i]));
	json_object_set_new(json, "profiles", profiles);
	if (gpu->power_limit)
		json_object_set_new(json, "power_limit", json_integer(gpu->power_limit));
	if (gpu->graphics_clock || gpu->memory_clock)
		json_object_set_new(json, "clocks", clocks_to_json(gpu));
	if (*gpu->compute_partition)
		json_object_set_new(json, "compute_partition", json_string(gpu->compute_partition));
	if (*gpu->memory_partition)
		json_object_set_new(json, "memory_partition", json_string(gpu->memory_partition));
	return json;
}

static bool says_nothing(const struct order_gpu *gpu)
{
	return gpu->reset == ORDER_GPU_TRY && gpu->scrub == ORDER_GPU_TRY && !gpu->leave &&
	       gpu->persistence == ORDER_GPU_DEFAULT && gpu->ecc == ORDER_GPU_DEFAULT &&
	       gpu->mig == ORDER_GPU_DEFAULT && !gpu->n_profiles && gpu->compute == ORDER_GPU_SHARED &&
	       !gpu->power_limit && !gpu->graphics_clock && !gpu->memory_clock && !*gpu->compute_partition &&
	       !*gpu->memory_partition;
}

json_t *order_gpu_to_json(const struct order_gpu *gpu)
{
	if (says_nothing(gpu))
		return NULL;
	return json_pack("{ss ss so}", "reset", efforts[gpu->reset], "scrub", efforts[gpu->scrub], "settings",
			 settings_to_json(gpu));
}

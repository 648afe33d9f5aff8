/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MIG: the mode, then the parts in the order's order. A part is a GPU instance of the named profile with one compute instance that is as large: what
 * nvidia-smi makes of "-cgi PROFILE -C". Where the mode waits for a reset the parts come after it, when set() is called again.
 */
#include <string.h>

#include "agent/gpu/nvml_mig_parts.h"
#include "agent/gpu/nvml_set.h"
#include "agent/gpu/nvml_settings.h"
#include "core/io.h"
#include "core/json.h"

static json_t *say_switch(unsigned on)
{
	return json_string(nvml_switch_word(on));
}

/* What it will be: on some cards a reset makes it so. */
static int read_mode(const struct nvml_set *s, unsigned *ret)
{
	unsigned now = 0;

	return s->nvml->DeviceGetMigMode ? s->nvml->DeviceGetMigMode(s->device, &now, ret)
					 : NVML_ERROR_FUNCTION_NOT_FOUND;
}

static int write_mode(const struct nvml_set *s, unsigned on)
{
	int activation = NVML_SUCCESS; /* why it is not in force yet; read back as the mode's two values */

	return s->nvml->DeviceSetMigMode ? s->nvml->DeviceSetMigMode(s->device, on, &activation)
					 : NVML_ERROR_FUNCTION_NOT_FOUND;
}

static bool is_on_now(const struct nvml_set *s)
{
	unsigned now = 0, pending = 0;

	return s->nvml->DeviceGetMigMode &&
	       s->nvml->DeviceGetMigMode(s->device, &now, &pending) == NVML_SUCCESS && now;
}

/* ---- parts ---- */

static json_t *wanted_names(const struct order_gpu *wish)
{
	json_t *names = json_array();

	for (unsigned i = 0; i < wish->n_profiles; i++)
		json_array_append_new(names, json_string(wish->profiles[i]));
	return names;
}

/* In whatever order they lie. */
static bool same_names(const json_t *a, const json_t *b)
{
	_cleanup_json_ json_t *left = json_copy((json_t *)b);
	json_t *name;
	size_t i, k;

	json_array_foreach(a, i, name) {
		for (k = 0; k < json_array_size(left) && !json_equal(json_array_get(left, k), name); k++)
			continue;
		if (json_array_remove(left, k) < 0)
			return false;
	}
	return json_array_size(left) == 0;
}

static const struct nvml_mig_profile *find_profile(const struct nvml_mig_profiles *profiles, const char *name)
{
	for (unsigned i = 0; i < profiles->n; i++)
		if (!strcmp(profiles->list[i].name, name))
			return &profiles->list[i];
	return NULL;
}

static void tell_unknown(struct nvml_set *s, const struct nvml_mig_profiles *profiles, const char *name)
{
	char has[400] = "";

	for (unsigned i = 0; i < profiles->n; i++) {
		size_t len = strlen(has);

		snprintf(has + len, sizeof(has) - len, "%s%s", i ? ", " : "", profiles->list[i].name);
	}
	nvml_not_set(s, "profiles", json_string(name), "the card has no such profile; it has %s", has);
}

/* Stops at the first that fails: where a part lies depends on those before it. */
static bool make_parts(struct nvml_set *s, const struct nvml_mig_profiles *profiles)
{
	for (unsigned i = 0; i < s->wish->n_profiles; i++) {
		const char *name = s->wish->profiles[i];
		const struct nvml_mig_profile *profile = find_profile(profiles, name);
		_cleanup_json_ json_t *wanted = json_string(name);

		if (!profile) {
			tell_unknown(s, profiles, name);
			return false;
		}
		if (nvml_refused(s, "profiles", wanted, nvml_mig_make_part(s->nvml, s->device, profile)))
			return false;
	}
	return true;
}

struct parts {
	struct nvml_mig_profiles profiles;
	struct nvml_mig_instances instances;
};

/* What there is becomes what is wanted, and is read back. */
static void change_parts(struct nvml_set *s, struct parts *parts, json_t *wanted)
{
	_cleanup_json_ json_t *before = nvml_mig_names(&parts->instances);
	_cleanup_json_ json_t *after = NULL;

	if (nvml_refused(s, "profiles", wanted, nvml_mig_destroy_parts(s->nvml, &parts->instances)) ||
	    !make_parts(s, &parts->profiles) ||
	    nvml_refused(s, "profiles", wanted,
			 nvml_mig_instances(s->nvml, s->device, &parts->profiles, &parts->instances)))
		return;
	after = nvml_mig_names(&parts->instances);
	if (same_names(after, wanted) && nvml_mig_are_whole(s->nvml, &parts->instances))
		nvml_was_set(s, "profiles", json_incref(before), json_incref(wanted));
	else
		nvml_not_set(s, "profiles", json_incref(wanted),
			     "NVML took it, and the card has %zu parts that are not the wanted ones",
			     json_array_size(after));
}

static void set_parts(struct nvml_set *s, json_t *wanted)
{
	_cleanup_free_ struct parts *parts = xcalloc(1, sizeof(*parts));
	_cleanup_json_ json_t *now = NULL;

	if (!parts ||
	    nvml_refused(s, "profiles", wanted, nvml_mig_profiles(s->nvml, s->device, &parts->profiles)) ||
	    nvml_refused(s, "profiles", wanted,
			 nvml_mig_instances(s->nvml, s->device, &parts->profiles, &parts->instances)))
		return;
	now = nvml_mig_names(&parts->instances);
	if (!same_names(now, wanted) || !nvml_mig_are_whole(s->nvml, &parts->instances))
		change_parts(s, parts, wanted);
}

void nvml_set_mig(struct nvml_set *s)
{
	bool on = s->wish->mig == ORDER_GPU_ON;
	const struct nvml_change change = {"mig", on, !on, read_mode, write_mode, say_switch};
	_cleanup_json_ json_t *wanted = wanted_names(s->wish);

	if (s->wish->mig == ORDER_GPU_LEAVE)
		return;
	if (!on && is_on_now(s))
		set_parts(s, wanted); /* none: a card with parts does not leave the mode */
	if (!nvml_change(s, &change))
		return;
	if (is_on_now(s) != on)
		s->needs_reset = true;
	else if (on)
		set_parts(s, wanted);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* BIOS attributes set: checked, written in one request, read again where they wait. */
#include <string.h>

#include "core/io.h"
#include "core/time.h"
#include "redfish/begin.h"
#include "redfish/bios_registry.h"
#include "redfish/client.h"
#include "redfish/value.h"

struct setting {
	struct rf_bmc *bmc;
	struct rf_bios bios;
	json_t *wanted;  /* {NAME: VALUE}, of the right types */
	json_t *already; /* [NAME] */
};

static void setting_clear(struct setting *s)
{
	rf_bios_clear(&s->bios);
	json_decref(s->wanted);
	json_decref(s->already);
}

/* What the attribute is, or will be from the next start on. */
static const json_t *will_be(const struct rf_bios *bios, const char *name)
{
	const json_t *later = json_object_get(bios->later, name);

	return later ? later : json_object_get(bios->attributes, name);
}

static int check_one(struct setting *s, const json_t *entries, const char *name, const json_t *value,
		     bool as_text, struct err *err)
{
	_cleanup_free_ char *shown = rf_plain(name);
	_cleanup_json_ json_t *checked = NULL;
	const json_t *is = json_object_get(s->bios.attributes, name);
	int r;

	if (!is)
		return err_set(err, EINVAL, "%s has no BIOS attribute %s that can be read", s->bmc->origin,
			       shown);
	r = rf_bios_check(name, json_object_get(entries, name), is, value, as_text, &checked, err);
	if (r < 0)
		return r;
	if (rf_bios_same(will_be(&s->bios, name), checked))
		json_array_append_new(s->already, json_string(name));
	else
		json_object_set(s->wanted, name, checked);
	return 0;
}

static int check_all(struct setting *s, const json_t *wanted, bool as_text, struct err *err)
{
	_cleanup_json_ json_t *entries = NULL;
	json_t *value;
	const char *name;
	int r = rf_bios_registry(s->bmc, &s->bios, &entries, err);

	json_object_foreach((json_t *)wanted, name, value) {
		if (r == 0)
			r = check_one(s, entries, name, value, as_text, err);
		if (r < 0)
			return r;
	}
	return r;
}

/* DSP0266, 9.10: a settings resource may apply at once or at a reset; without a word for it some BMCs (iDRAC) never do. */
static int add_apply_time(const struct rf_bios *bios, json_t *body, struct err *err)
{
	_cleanup_json_ json_t *times = NULL;
	int r = rf_strings(bios->json, bios->path, "@Redfish.Settings/SupportedApplyTimes", &times, err);

	if (r == 0 && rf_among(times, "OnReset"))
		json_object_set_new(body, "@Redfish.SettingsApplyTime",
				    json_pack("{s:s, s:s}", "@odata.type",
					      "#Settings.v1_3_0.PreferredApplyTime", "ApplyTime", "OnReset"));
	return r;
}

/* The first that is not as it was written, or NULL. */
static const char *first_missing(const struct setting *s)
{
	json_t *value;
	const char *name;

	json_object_foreach(s->wanted, name, value)
		if (!rf_bios_same(will_be(&s->bios, name), value))
			return name;
	return NULL;
}

static int unchanged(const struct setting *s, const char *name, struct err *err)
{
	_cleanup_free_ char *asked = rf_bios_shown(json_object_get(s->wanted, name));
	_cleanup_free_ char *there = rf_bios_shown(will_be(&s->bios, name));

	return err_set(err, RF_UNCHANGED, "%s%s: the BMC agreed to %s = %s; there is %s", s->bmc->origin,
		       s->bios.settings[0] ? s->bios.settings : s->bios.path, name, asked, there);
}

static int await(struct setting *s, struct err *err)
{
	uint64_t end = monotonic_ns() / 1000000 + s->bmc->times.settle;

	for (;;) {
		int r = rf_bios_read(s->bmc, &s->bios, err);
		const char *missing = r < 0 ? NULL : first_missing(s);

		if (!missing)
			return r;
		if (monotonic_ns() / 1000000 >= end)
			return unchanged(s, missing, err);
		r = rf_sleep(s->bmc->loop, s->bmc->times.poll, err);
		if (r < 0)
			return r;
	}
}

static int write_all(struct setting *s, char *monitor, struct err *err)
{
	_cleanup_json_ json_t *body = json_pack("{s:O}", "Attributes", s->wanted);
	char at[RF_PATH_MAX];
	int r = add_apply_time(&s->bios, body, err);

	memcpy(at, s->bios.settings[0] ? s->bios.settings : s->bios.path, sizeof(at));
	if (r == 0)
		r = rf_patch_begin(s->bmc, at, body, monitor, NULL, err);
	return r < 0 ? r : await(s, err);
}

int rf_bios_set(struct rf_bmc *bmc, const json_t *wanted, bool as_text, json_t **ret, struct err *err)
{
	_cleanup_(setting_clear) struct setting s = {
		.bmc = bmc, .wanted = json_object(), .already = json_array()};
	char monitor[RF_PATH_MAX] = "";
	int r = rf_bios_find(bmc, &s.bios, err);

	if (r == 0)
		r = check_all(&s, wanted, as_text, err);
	if (r == 0 && json_object_size(s.wanted))
		r = write_all(&s, monitor, err);
	if (r == 0)
		*ret = json_pack("{s:O, s:O, s:s?}", "set", s.wanted, "already", s.already, "task",
				 monitor[0] ? monitor : NULL);
	return r < 0 ? err_prepend(err, "BIOS") : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/boot_state.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "redfish/boot.h"
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/value.h"

void rf_boot_place_clear(struct rf_boot_place *place)
{
	rf_system_clear(&place->system);
	json_decref(place->pending);
	*place = (struct rf_boot_place){0};
}

/* What belongs to the system that has just been read. */
static int read_rest(struct rf_bmc *bmc, struct rf_boot_place *place, struct err *err)
{
	int r = rf_need_object(place->system.json, place->system.path, "Boot", &place->boot, err);

	if (r == 0)
		r = rf_ref_at(place->system.json, place->system.path,
			      "@Redfish.Settings/SettingsObject/@odata.id", bmc->origin, place->settings,
			      err);
	json_decref(place->pending);
	place->pending = NULL;
	if (r == 0 && place->settings[0])
		r = rf_get(bmc, place->settings, &place->pending, NULL, err);
	return r;
}

int rf_boot_find(struct rf_bmc *bmc, struct rf_boot_place *ret, struct err *err)
{
	int r;

	*ret = (struct rf_boot_place){0};
	r = rf_system_find(bmc, &ret->system, err);
	return r < 0 ? r : read_rest(bmc, ret, err);
}

int rf_boot_read(struct rf_bmc *bmc, struct rf_boot_place *place, struct err *err)
{
	int r;

	place->boot = NULL;
	r = rf_system_read(bmc, &place->system, err);
	return r < 0 ? r : read_rest(bmc, place, err);
}

static int same(const json_t *boot, const json_t *written, const char *name, bool *ret, struct err *err)
{
	const char *want = json_string_value(json_object_get(written, name)), *there = NULL;
	int r = rf_str(boot, "Boot", name, &there, err);

	if (r == 0 && want && (!there || strcmp(want, there) != 0))
		*ret = false;
	return r;
}

int rf_boot_is(const json_t *boot, const json_t *written, bool *ret, struct err *err)
{
	static const char *const names[] = {RF_BOOT_ENABLED, RF_BOOT_TARGET, RF_BOOT_MODE, RF_BOOT_URI};
	const char *enabled = json_string_value(json_object_get(written, RF_BOOT_ENABLED));
	unsigned n = enabled && !strcmp(enabled, "Disabled") ? 1 : sizeof(names) / sizeof(names[0]);
	bool is = boot != NULL;
	int r = 0;

	for (unsigned i = 0; i < n && r == 0 && boot; i++)
		r = same(boot, written, names[i], &is, err);
	if (r == 0)
		*ret = is;
	return r;
}

static const char *word(const json_t *boot, const char *name)
{
	const char *text = json_string_value(json_object_get(boot, name));

	return text ? text : "-";
}

char *rf_boot_words(const json_t *boot)
{
	bool has_uri = json_is_string(json_object_get(boot, RF_BOOT_URI));
	_cleanup_free_ char *text =
		str_printf("Target=%.40s Enabled=%.40s Mode=%.40s%s%.200s", word(boot, RF_BOOT_TARGET),
			   word(boot, RF_BOOT_ENABLED), word(boot, RF_BOOT_MODE),
			   has_uri ? " HttpBootUri=" : "", has_uri ? word(boot, RF_BOOT_URI) : "");

	return rf_plain(text);
}

static int describe(const json_t *boot, json_t *into, struct err *err)
{
	static const struct rf_field fields[] = {{RF_BOOT_TARGET, "target"}, {RF_BOOT_ENABLED, "enabled"},
						 {RF_BOOT_MODE, "mode"},     {RF_BOOT_URI, "uri"},
						 {"BootNext", "next"},       {}};

	return rf_copy(boot, "Boot", fields, into, err);
}

/* Arrays that may be missing become null. */
static int describe_lists(const json_t *boot, json_t *into, struct err *err)
{
	json_t *targets = NULL, *order = NULL;
	int r = rf_strings(boot, "Boot", RF_BOOT_TARGET "@Redfish.AllowableValues", &targets, err);

	json_object_set_new(into, "targets", targets ? targets : json_null());
	if (r == 0)
		r = rf_strings(boot, "Boot", "BootOrder", &order, err);
	json_object_set_new(into, "order", order ? order : json_null());
	return r;
}

int rf_boot_get(struct rf_bmc *bmc, json_t **ret, struct err *err)
{
	_cleanup_(rf_boot_place_clear) struct rf_boot_place place = {0};
	_cleanup_json_ json_t *made = json_object(), *pending = json_object();
	json_t *later = NULL;
	int r = rf_boot_find(bmc, &place, err);

	if (r == 0)
		r = describe(place.boot, made, err);
	if (r == 0 && place.pending)
		r = rf_object(place.pending, place.settings, "Boot", &later, err);
	if (r == 0 && later)
		r = describe(later, pending, err);
	json_object_set(made, "pending", later && !json_equal(made, pending) ? pending : json_null());
	if (r == 0)
		r = describe_lists(place.boot, made, err);
	if (r == 0)
		*ret = TAKE_PTR(made);
	return r < 0 ? err_prepend(err, "%s", bmc->origin) : 0;
}

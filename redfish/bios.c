/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/bios.h"

#include <string.h>

#include "core/io.h"
#include "redfish/begin.h"
#include "redfish/bios_read.h"
#include "redfish/bios_registry.h"
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/value.h"

void rf_bios_clear(struct rf_bios *bios)
{
	json_decref(bios->json);
	json_decref(bios->pending);
	json_decref(bios->attributes);
	json_decref(bios->later);
	json_decref(bios->unreadable);
	*bios = (struct rf_bios){0};
}

bool rf_bios_same(const json_t *a, const json_t *b)
{
	if (json_is_number(a) && json_is_number(b) && json_typeof(a) != json_typeof(b))
		return json_number_value(a) == json_number_value(b);
	return json_equal(a, b);
}

char *rf_bios_shown(const json_t *value)
{
	_cleanup_free_ char *text = json_dumps(value, JSON_ENCODE_ANY);

	return rf_plain(text ? text : "nothing");
}

/* A name that can be shown and written: DSP2046 has letters, digits and punctuation. */
static bool is_name(const char *name)
{
	size_t len = strlen(name);

	for (const char *p = name; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			return false;
	return len && len <= RF_ATTRIBUTE_NAME_MAX;
}

static bool is_value(const json_t *value)
{
	return json_is_number(value) || json_is_boolean(value) || json_is_null(value) ||
	       (json_is_string(value) && json_string_length(value) <= RF_ATTRIBUTE_TEXT_MAX);
}

int rf_bios_attributes(const json_t *json, const char *what, json_t *unreadable, json_t **ret,
		       struct err *err)
{
	json_t *found = NULL, *made, *value;
	const char *name;
	int r = rf_object(json, what, "Attributes", &found, err);

	if (r < 0)
		return r;
	if (json_object_size(found) > RF_ATTRIBUTES_MAX)
		return err_set(err, EFBIG, "%s: %zu attributes", what, json_object_size(found));
	made = json_object();
	json_object_foreach(found, name, value) {
		if (!is_name(name))
			continue; /* what cannot be named cannot be asked for */
		if (is_value(value))
			json_object_set(made, name, value);
		else
			json_array_append_new(unreadable, json_string(name));
	}
	*ret = made;
	return 0;
}

int rf_bios_read(struct rf_bmc *bmc, struct rf_bios *bios, struct err *err)
{
	char path[RF_PATH_MAX];
	int r;

	memcpy(path, bios->path, sizeof(path));
	rf_bios_clear(bios);
	memcpy(bios->path, path, sizeof(path));
	bios->unreadable = json_array();
	r = rf_get(bmc, path, &bios->json, NULL, err);
	if (r == 0)
		r = rf_bios_attributes(bios->json, path, bios->unreadable, &bios->attributes, err);
	if (r == 0)
		r = rf_ref_at(bios->json, path, "@Redfish.Settings/SettingsObject/@odata.id", bmc->origin,
			      bios->settings, err);
	if (r < 0 || !bios->settings[0])
		return r;
	r = rf_get(bmc, bios->settings, &bios->pending, NULL, err);
	if (r == 0) {
		_cleanup_json_ json_t *ignored = json_array();

		r = rf_bios_attributes(bios->pending, bios->settings, ignored, &bios->later, err);
	}
	return r;
}

int rf_bios_find(struct rf_bmc *bmc, struct rf_bios *ret, struct err *err)
{
	_cleanup_(rf_system_clear) struct rf_system system = {0};
	int r;

	*ret = (struct rf_bios){0};
	r = rf_system_find(bmc, &system, err);
	if (r == 0)
		r = rf_ref_at(system.json, system.path, "Bios/@odata.id", bmc->origin, ret->path, err);
	if (r == 0 && !ret->path[0])
		r = err_set(err, EOPNOTSUPP, "%s does not show its BIOS attributes", bmc->origin);
	return r < 0 ? r : rf_bios_read(bmc, ret, err);
}

/* What waits for the next start and differs; null where there is no place for it. */
static json_t *pending_of(const struct rf_bios *bios)
{
	json_t *made, *value;
	const char *name;

	if (!bios->later)
		return json_null();
	made = json_object();
	json_object_foreach(bios->later, name, value)
		if (!rf_bios_same(value, json_object_get(bios->attributes, name)))
			json_object_set(made, name, value);
	return made;
}

int rf_bios_get(struct rf_bmc *bmc, bool entries, json_t **ret, struct err *err)
{
	_cleanup_(rf_bios_clear) struct rf_bios bios = {0};
	_cleanup_json_ json_t *registry = NULL;
	const char *name = NULL;
	int r = rf_bios_find(bmc, &bios, err);

	if (r == 0)
		r = rf_str(bios.json, bios.path, "AttributeRegistry", &name, err);
	if (r == 0 && entries)
		r = rf_bios_registry(bmc, &bios, &registry, err);
	if (r == 0)
		*ret = json_pack("{s:s, s:s?, s:O, s:o, s:O, s:O?}", "path", bios.path, "registry", name,
				 "attributes", bios.attributes, "pending", pending_of(&bios), "unreadable",
				 bios.unreadable, "entries", registry);
	return r < 0 ? err_prepend(err, "BIOS") : 0;
}

int rf_bios_reset(struct rf_bmc *bmc, json_t **ret, struct err *err)
{
	_cleanup_(rf_bios_clear) struct rf_bios bios = {0};
	_cleanup_json_ json_t *nothing = json_object();
	char target[RF_PATH_MAX] = "", monitor[RF_PATH_MAX];
	int r = rf_bios_find(bmc, &bios, err);

	if (r == 0)
		r = rf_ref_at(bios.json, bios.path, "Actions/#Bios.ResetBios/target", bmc->origin, target,
			      err);
	if (r == 0 && !target[0])
		r = err_set(err, EOPNOTSUPP, "%s%s: the BMC offers no reset to defaults", bmc->origin,
			    bios.path);
	if (r == 0)
		r = rf_post_begin(bmc, target, nothing, monitor, NULL, err);
	if (r == 0)
		*ret = json_pack("{s:b, s:s?}", "reset", true, "task", monitor[0] ? monitor : NULL);
	return r;
}

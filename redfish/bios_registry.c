/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/bios_registry.h"

#include <string.h>

#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/collection.h"
#include "redfish/value.h"

#define REGISTRIES_MAX 256 /* that are looked at */
#define VALUES_MAX     1024

/* "BiosAttributeRegistry.v1_0_3" and ".../Registries/BiosAttributeRegistry" are of the same name: those are looked at first. */
static bool is_likely(const char *path, const char *registry)
{
	const char *last = rf_last_part(path);
	size_t len = strcspn(registry, ".");

	return !strcmp(last, registry) || (!strncmp(last, registry, len) && (!last[len] || last[len] == '.'));
}

/* Where a registry file is, in English or else in its first language; "" where it is not on the BMC. */
static int find_location(struct rf_bmc *bmc, const json_t *file, const char *what, char path[RF_PATH_MAX],
			 struct err *err)
{
	json_t *locations = NULL, *one;
	size_t i;
	int r = rf_array(file, what, "Location", &locations, err);

	path[0] = '\0';
	json_array_foreach(locations, i, one) {
		const char *language = NULL;
		bool english;

		if (r == 0)
			r = rf_str(one, what, "Language", &language, err);
		english = language && !strncmp(language, "en", 2);
		if (r == 0 && (english || !path[0]))
			r = rf_ref_at(one, what, "Uri", bmc->origin, path, err);
		if (r < 0 || (english && path[0]))
			return r;
	}
	return r;
}

/* One registry file: where the registry is, if it is the one of that name. */
static int look(struct rf_bmc *bmc, const char *file_path, const char *registry, char path[RF_PATH_MAX],
		struct err *err)
{
	_cleanup_json_ json_t *file = NULL;
	const char *name = NULL;
	int r = rf_get(bmc, file_path, &file, NULL, err);

	if (r == 0)
		r = rf_str(file, file_path, "Registry", &name, err);
	if (r < 0)
		return r;
	if (name ? strcmp(name, registry) != 0 : strcmp(rf_last_part(file_path), registry) != 0)
		return 0;
	return find_location(bmc, file, file_path, path, err);
}

static int find_registry(struct rf_bmc *bmc, const char *registry, char path[RF_PATH_MAX], struct err *err)
{
	_cleanup_(rf_members_clear) struct rf_members files = {0};
	int r = rf_members_at(bmc, bmc->root, "service root", "Registries", &files, err);

	path[0] = '\0';
	if (r == 0 && files.n > REGISTRIES_MAX)
		r = err_set(err, EFBIG, "%s has %u registries", bmc->origin, files.n);
	for (unsigned pass = 0; pass < 2; pass++)
		for (unsigned i = 0; i < files.n && r == 0 && !path[0]; i++)
			if (is_likely(files.paths[i], registry) == (pass == 0))
				r = look(bmc, files.paths[i], registry, path, err);
	return r;
}

/* ValueName of each value of an Enumeration. */
static int read_values(const json_t *entry, const char *what, json_t *into, struct err *err)
{
	json_t *values = NULL, *one, *names;
	size_t i;
	int r = rf_array(entry, what, "Value", &values, err);

	if (r == 0 && json_array_size(values) > VALUES_MAX)
		r = err_set(err, EFBIG, "%s: an attribute of %zu values", what, json_array_size(values));
	if (r < 0 || !values) {
		json_object_set_new(into, "values", json_null());
		return r;
	}
	names = json_array();
	json_object_set_new(into, "values", names);
	json_array_foreach(values, i, one) {
		const char *name = NULL;

		r = rf_need_str(one, what, "ValueName", &name, err);
		if (r < 0)
			return r;
		json_array_append_new(names, json_string(name));
	}
	return 0;
}

static int read_entry(const json_t *entry, const char *what, json_t *into, struct err *err)
{
	static const struct rf_field fields[] = {{"Type", "type"},
						 {"ReadOnly", "read_only", RF_FLAG},
						 {"LowerBound", "min", RF_NUMBER},
						 {"UpperBound", "max", RF_NUMBER},
						 {"ScalarIncrement", "step", RF_NUMBER},
						 {"MinLength", "min_length", RF_NUMBER},
						 {"MaxLength", "max_length", RF_NUMBER},
						 {}};
	bool immutable = false;
	const char *name = NULL;
	json_t *made;
	int r = rf_need_str(entry, what, "AttributeName", &name, err);

	if (r < 0)
		return r;
	made = json_object();
	json_object_set_new(into, name, made);
	r = rf_copy(entry, what, fields, made, err);
	if (r == 0)
		r = rf_bool(entry, what, "Immutable", &immutable, err);
	if (r == 0 && immutable)
		json_object_set_new(made, "read_only", json_true());
	return r < 0 ? r : read_values(entry, what, made, err);
}

int rf_bios_entries(const json_t *registry, const char *what, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *made = json_object();
	json_t *entries = NULL, *one;
	size_t i;
	int r = rf_array(registry, what, "RegistryEntries/Attributes", &entries, err);

	if (r == 0 && json_array_size(entries) > RF_ATTRIBUTES_MAX)
		r = err_set(err, EFBIG, "%s: %zu attributes", what, json_array_size(entries));
	json_array_foreach(entries, i, one) {
		if (r == 0)
			r = read_entry(one, what, made, err);
		if (r < 0)
			return r;
	}
	if (r == 0)
		*ret = TAKE_PTR(made);
	return r;
}

int rf_bios_registry(struct rf_bmc *bmc, const struct rf_bios *bios, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *registry = NULL;
	const char *name = NULL;
	char path[RF_PATH_MAX] = "";
	int r = rf_str(bios->json, bios->path, "AttributeRegistry", &name, err);

	if (r == 0 && name && *name)
		r = find_registry(bmc, name, path, err);
	if (r < 0 || !path[0])
		return r;
	r = rf_get(bmc, path, &registry, NULL, err);
	if (r == -ENOENT) /* it is named, and not there */
		return 0;
	return r < 0 ? r : rf_bios_entries(registry, path, ret, err);
}

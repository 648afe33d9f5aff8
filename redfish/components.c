/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/components.h"

#include <string.h>

#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/inspect_part.h"
#include "redfish/value.h"

static json_t *components_of(struct rf_inspection *i)
{
	return json_object_get(i->document, "components");
}

static json_t *same(const json_t *value)
{
	return value ? json_incref((json_t *)value) : json_null();
}

static void add(struct rf_inspection *i, const char *kind, const json_t *id, const json_t *name,
		const json_t *version)
{
	json_array_append_new(components_of(i),
			      json_pack("{s:s, s:o, s:o, s:o}", "kind", kind, "id", same(id), "name",
					same(name), "version", same(version)));
}

static int add_bios(struct rf_inspection *i, struct err *err)
{
	static const struct rf_field fields[] = {{"BiosVersion", "version"}, {}};
	_cleanup_json_ json_t *made = json_object();
	int r = rf_copy(i->system.json, i->system.path, fields, made, err);

	if (r == 0 && json_is_string(json_object_get(made, "version")))
		add(i, "bios", NULL, NULL, json_object_get(made, "version"));
	return rf_inspect_note(i, "bios", r, err);
}

/* What a part of the inspection has put into the document under `list`; the list is taken out again. */
static void take_list(struct rf_inspection *i, const char *list, const char *kind, const char *id,
		      const char *name, const char *version)
{
	const json_t *one;
	size_t n;

	json_array_foreach(json_object_get(i->document, list), n, one) {
		const json_t *told = json_object_get(one, id);

		add(i, kind, json_is_null(told) ? json_object_get(one, "id") : told,
		    json_object_get(one, name), json_object_get(one, version));
	}
	json_object_del(i->document, list);
}

static int add_managers(struct rf_inspection *i, struct err *err)
{
	int r = rf_inspect_managers(i, err);

	take_list(i, "managers", "bmc", "id", "model", "firmware");
	return r;
}

static int add_drives(struct rf_inspection *i, struct err *err)
{
	int r = rf_inspect_drives(i, err);

	take_list(i, "drives", "drive", "serial", "model", "firmware");
	return r;
}

static int add_inventory(struct rf_inspection *i, struct err *err)
{
	int r = rf_inspect_firmware(i, err);

	take_list(i, "firmware", "inventory", "id", "name", "version");
	return r;
}

/* The other processors have microcode, which is the BIOS's. */
static int add_gpus(struct rf_inspection *i, struct err *err)
{
	int r = rf_inspect_gpus(i, err);

	take_list(i, "gpus", "gpu", "id", "model", "firmware");
	return r;
}

/* An adapter has a controller or several, each with a package of firmware (DSP2046, NetworkAdapter). */
static int add_nic(struct rf_inspection *i, const char *path, struct err *err)
{
	static const struct rf_field names[] = {{"Id", "id"}, {"Model", "name"}, {}},
				     fields[] = {{"FirmwarePackageVersion", "version"}, {}};
	_cleanup_json_ json_t *adapter = NULL, *made = json_object();
	json_t *controllers = NULL, *one;
	size_t n;
	int r = rf_get(i->bmc, path, &adapter, NULL, err);

	if (r == 0)
		r = rf_copy(adapter, path, names, made, err);
	if (r == 0)
		r = rf_array(adapter, path, "Controllers", &controllers, err);
	if (r < 0)
		return rf_inspect_note(i, path, r, err);
	json_array_foreach(controllers, n, one) {
		r = rf_copy(one, path, fields, made, err);
		if (r < 0)
			return rf_inspect_note(i, path, r, err);
		add(i, "nic", json_object_get(made, "id"), json_object_get(made, "name"),
		    json_object_get(made, "version"));
	}
	return 0;
}

/* Each member of a collection that a resource refers to. */
static int each(struct rf_inspection *i, const json_t *json, const char *what, const char *at,
		int (*add_one)(struct rf_inspection *i, const char *path, struct err *err), struct err *err)
{
	_cleanup_(rf_members_clear) struct rf_members members = {0};
	int r = rf_members_at(i->bmc, json, what, at, &members, err);

	if (r < 0)
		return rf_inspect_note(i, at, r, err);
	for (unsigned n = 0; n < members.n && r == 0; n++)
		r = add_one(i, members.paths[n], err);
	return r;
}

static int add_adapters(struct rf_inspection *i, const char *path, struct err *err)
{
	_cleanup_json_ json_t *chassis = NULL;
	int r = rf_get(i->bmc, path, &chassis, NULL, err);

	return r < 0 ? rf_inspect_note(i, path, r, err)
		     : each(i, chassis, path, "NetworkAdapters", add_nic, err);
}

static int add_nics(struct rf_inspection *i, struct err *err)
{
	return each(i, i->bmc->root, "service root", "Chassis", add_adapters, err);
}

int rf_components(struct rf_bmc *bmc, json_t **ret, struct err *err)
{
	static int (*const parts[])(struct rf_inspection * i, struct err * err) = {
		add_bios, add_managers, add_nics, add_drives, add_gpus, add_inventory,
	};
	_cleanup_json_ json_t *document = json_object();
	struct rf_inspection i = {.bmc = bmc, .document = document, .problems = json_array()};
	int r = rf_system_find(bmc, &i.system, err);

	json_object_set_new(document, "problems", i.problems);
	json_object_set_new(document, "components", json_array());
	for (unsigned n = 0; n < sizeof(parts) / sizeof(parts[0]) && r == 0; n++)
		r = parts[n](&i, err);
	rf_system_clear(&i.system);
	if (r == 0)
		*ret = TAKE_PTR(document);
	return r;
}

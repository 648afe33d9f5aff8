/* SPDX-License-Identifier: Apache-2.0 */
/* Which firmware there is. DSP2046, UpdateService and SoftwareInventory. */
#include <stdlib.h>
#include <string.h>

#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/firmware.h"
#include "redfish/inspect_part.h"

/* Of which devices it is the firmware: an array of paths. */
static int add_related(struct rf_inspection *i, const json_t *json, const char *path, json_t *made,
		       struct err *err)
{
	_cleanup_(rf_members_clear) struct rf_members related = {0};
	json_t *paths = json_array();
	int r = rf_links(i->bmc, json, path, "RelatedItem", &related, err);

	for (unsigned n = 0; n < related.n; n++)
		json_array_append_new(paths, json_string(related.paths[n]));
	json_object_set_new(made, "path", json_string(path));
	json_object_set_new(made, "related", paths);
	return r;
}

static int by_id(const void *a, const void *b)
{
	const json_t *const *x = a, *const *y = b;
	const char *left = json_string_value(json_object_get(*x, "id")),
		   *right = json_string_value(json_object_get(*y, "id"));
	int order = strcmp(left ? left : "", right ? right : "");

	/* Ids are each BMC's word; paths are there once. */
	return order ? order
		     : strcmp(json_string_value(json_object_get(*x, "path")),
			      json_string_value(json_object_get(*y, "path")));
}

/* BMCs give members in any order, and in another one after an update. A new array. */
static json_t *sorted(const json_t *list)
{
	json_t *items[RF_MEMBERS_MAX] = {0}, *made = json_array();
	size_t n = json_array_size(list);

	for (size_t i = 0; i < n; i++)
		items[i] = json_array_get(list, i);
	qsort(items, n, sizeof(items[0]), by_id);
	for (size_t i = 0; i < n; i++)
		json_array_append(made, items[i]);
	return made;
}

int rf_inspect_firmware(struct rf_inspection *i, struct err *err)
{
	static const struct rf_field fields[] = {{"Id", "id"},
						 {"Name", "name"},
						 {"Version", "version"},
						 {"SoftwareId", "software_id"},
						 {"Manufacturer", "manufacturer"},
						 {"Updateable", "updateable", RF_FLAG},
						 {"Status/State", "state"},
						 {}};
	const struct rf_inspect_kind kind = {.fields = fields, .more = add_related};
	_cleanup_json_ json_t *service = NULL;
	char path[RF_PATH_MAX];
	int r = rf_ref_at(i->bmc->root, "service root", "UpdateService/@odata.id", i->bmc->origin, path, err);

	json_object_set_new(i->document, "firmware", json_array());
	if (r == 0 && path[0])
		r = rf_get(i->bmc, path, &service, NULL, err);
	if (r < 0 || !path[0])
		return rf_inspect_note(i, "firmware", r, err);
	r = rf_inspect_collection(i, service, "FirmwareInventory", "firmware", &kind, err);
	if (r == 0)
		json_object_set_new(i->document, "firmware",
				    sorted(json_object_get(i->document, "firmware")));
	return r;
}

int rf_firmware_list(struct rf_bmc *bmc, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *document = json_object();
	struct rf_inspection i = {.bmc = bmc, .document = document, .problems = json_array()};
	int r;

	json_object_set_new(document, "problems", i.problems);
	r = rf_inspect_firmware(&i, err);
	if (r == 0)
		*ret = TAKE_PTR(document);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Which drives there are. DSP2046, Storage and Drive. */
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/drives.h"
#include "redfish/inspect_part.h"

/* Whether the BMC can have it erased, and how. */
static int add_erasure(struct rf_inspection *i, const json_t *json, const char *path, json_t *made,
		       struct err *err)
{
	_cleanup_(rf_action_clear) struct rf_action erase = {0};
	int r = rf_action_find(i->bmc, json, RF_SECURE_ERASE, RF_SANITIZATION, &erase, err);

	json_object_set_new(made, "path", json_string(path));
	json_object_set_new(made, "secure_erase", json_boolean(r == 0 && erase.target[0]));
	json_object_set_new(made, "sanitization_types",
			    erase.allowed ? json_incref(erase.allowed) : json_null());
	return r;
}

int rf_inspect_drives(struct rf_inspection *i, struct err *err)
{
	static const struct rf_field fields[] = {
		{"Id", "id"},
		{"Name", "name"},
		{"Manufacturer", "manufacturer"},
		{"Model", "model"},
		{"SerialNumber", "serial"},
		{"Revision", "firmware"},
		{"CapacityBytes", "bytes", RF_NUMBER},
		{"MediaType", "media"},
		{"Protocol", "protocol"},
		{"BlockSizeBytes", "block_bytes", RF_NUMBER},
		{"EncryptionAbility", "encryption"},
		{"EncryptionStatus", "encryption_status"},
		{"FailurePredicted", "failure_predicted", RF_FLAG},
		{"PredictedMediaLifeLeftPercent", "life_left_percent", RF_NUMBER},
		{"Status/Health", "health"},
		{}};
	const struct rf_inspect_kind kind = {.fields = fields, .more = add_erasure};
	_cleanup_(rf_members_clear) struct rf_members storages = {0};
	json_t *list = json_array();
	int r;

	json_object_set_new(i->document, "drives", list);
	r = rf_members_at(i->bmc, i->system.json, i->system.path, "Storage", &storages, err);
	for (unsigned n = 0; n < storages.n && r == 0; n++) {
		_cleanup_(rf_members_clear) struct rf_members drives = {0};
		_cleanup_json_ json_t *storage = NULL;

		r = rf_get(i->bmc, storages.paths[n], &storage, NULL, err);
		if (r == 0)
			r = rf_links(i->bmc, storage, storages.paths[n], "Drives", &drives, err);
		if (r == 0)
			r = rf_inspect_members(i, &drives, &kind, list, err);
		r = rf_inspect_note(i, storages.paths[n], r, err);
	}
	return rf_inspect_note(i, "drives", r, err);
}

int rf_drives_list(struct rf_bmc *bmc, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *document = json_object();
	struct rf_inspection i = {.bmc = bmc, .document = document, .problems = json_array()};
	int r;

	json_object_set_new(document, "problems", i.problems);
	r = rf_system_find(bmc, &i.system, err);
	if (r == 0)
		r = rf_inspect_drives(&i, err);
	rf_system_clear(&i.system);
	if (r == 0)
		*ret = TAKE_PTR(document);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/inspect_part.h"

#include "core/io.h"
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/value.h"

/* Reads each of the members and adds what is named; what cannot be read is noted, and the others are read. */
static int add_members(struct rf_inspection *i, const struct rf_members *members,
		       const struct rf_field *fields, json_t *list, struct err *err)
{
	for (unsigned n = 0; n < members->n; n++) {
		const char *path = members->paths[n];
		_cleanup_json_ json_t *json = NULL, *made = json_object();
		int r = rf_get(i->bmc, path, &json, NULL, err);

		if (r == 0)
			r = rf_copy(json, path, fields, made, err);
		if (r == 0)
			json_array_append(list, made);
		r = rf_inspect_note(i, path, r, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* A collection that `json` refers to at `at`, as a list of the document. */
static int add_collection(struct rf_inspection *i, const json_t *json, const char *at, const char *as,
			  const struct rf_field *fields, struct err *err)
{
	_cleanup_(rf_members_clear) struct rf_members members = {0};
	json_t *list = json_array();
	int r;

	json_object_set_new(i->document, as, list);
	r = rf_members_at(i->bmc, json, as, at, &members, err);
	if (r == 0)
		r = add_members(i, &members, fields, list, err);
	return rf_inspect_note(i, as, r, err);
}

int rf_inspect_chassis(struct rf_inspection *i, struct err *err)
{
	static const struct rf_field fields[] = {{"Id", "id"},
						 {"ChassisType", "type"},
						 {"Manufacturer", "manufacturer"},
						 {"Model", "model"},
						 {"SerialNumber", "serial"},
						 {"PartNumber", "part_number"},
						 {"PowerState", "power"},
						 {"AssetTag", "asset"},
						 {"Status/Health", "health"},
						 {}};

	return add_collection(i, i->bmc->root, "Chassis", "chassis", fields, err);
}

int rf_inspect_managers(struct rf_inspection *i, struct err *err)
{
	static const struct rf_field fields[] = {
		{"Id", "id"},       {"ManagerType", "type"},     {"Manufacturer", "manufacturer"},
		{"Model", "model"}, {"SerialNumber", "serial"},  {"FirmwareVersion", "firmware"},
		{"UUID", "uuid"},   {"Status/Health", "health"}, {}};

	return add_collection(i, i->bmc->root, "Managers", "managers", fields, err);
}

int rf_inspect_nics(struct rf_inspection *i, struct err *err)
{
	static const struct rf_field fields[] = {{"Id", "id"},
						 {"Name", "name"},
						 {"MACAddress", "mac"},
						 {"PermanentMACAddress", "permanent_mac"},
						 {"LinkStatus", "link"},
						 {"SpeedMbps", "speed_mbps", RF_NUMBER},
						 {"UefiDevicePath", "uefi_path"},
						 {"Status/Health", "health"},
						 {}};

	return add_collection(i, i->system.json, "EthernetInterfaces", "nics", fields, err);
}

int rf_inspect_firmware(struct rf_inspection *i, struct err *err)
{
	static const struct rf_field fields[] = {{"Id", "id"},
						 {"Name", "name"},
						 {"Version", "version"},
						 {"SoftwareId", "software_id"},
						 {"Manufacturer", "manufacturer"},
						 {"Updateable", "updateable", RF_FLAG},
						 {}};
	_cleanup_json_ json_t *service = NULL;
	char path[RF_PATH_MAX];
	int r = rf_ref_at(i->bmc->root, "service root", "UpdateService/@odata.id", i->bmc->origin, path, err);

	json_object_set_new(i->document, "firmware", json_array());
	if (r == 0 && path[0])
		r = rf_get(i->bmc, path, &service, NULL, err);
	if (r < 0 || !path[0])
		return rf_inspect_note(i, "firmware", r, err);
	return add_collection(i, service, "FirmwareInventory", "firmware", fields, err);
}

static const struct rf_field drive_names[] = {
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
	{"FailurePredicted", "failure_predicted", RF_FLAG},
	{"PredictedMediaLifeLeftPercent", "life_left_percent", RF_NUMBER},
	{"Status/Health", "health"},
	{}};

int rf_inspect_drives(struct rf_inspection *i, struct err *err)
{
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
			r = add_members(i, &drives, drive_names, list, err);
		r = rf_inspect_note(i, storages.paths[n], r, err);
	}
	return rf_inspect_note(i, "drives", r, err);
}

int rf_inspect_secure_boot(struct rf_inspection *i, struct err *err)
{
	static const struct rf_field fields[] = {{"SecureBootEnable", "enable", RF_FLAG},
						 {"SecureBootCurrentBoot", "current_boot"},
						 {"SecureBootMode", "mode"},
						 {}};
	_cleanup_json_ json_t *json = NULL, *made = json_object();
	char path[RF_PATH_MAX];
	int r = rf_ref_at(i->system.json, i->system.path, "SecureBoot/@odata.id", i->bmc->origin, path, err);

	json_object_set_new(i->document, "secure_boot", json_null());
	if (r == 0 && path[0])
		r = rf_get(i->bmc, path, &json, NULL, err);
	if (r == 0 && json) {
		r = rf_copy(json, path, fields, made, err);
		if (r == 0)
			json_object_set(i->document, "secure_boot", made);
	}
	return rf_inspect_note(i, "Secure Boot", r, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/inspect_part.h"

#include "redfish/call.h"
#include "redfish/client.h"

int rf_inspect_members(struct rf_inspection *i, const struct rf_members *members,
		       const struct rf_inspect_kind *kind, json_t *list, struct err *err)
{
	for (unsigned n = 0; n < members->n; n++) {
		const char *path = members->paths[n];
		_cleanup_json_ json_t *json = NULL, *made = json_object();
		int r = rf_get(i->bmc, path, &json, NULL, err);

		if (r == 0)
			r = rf_copy(json, path, kind->fields, made, err);
		if (r == 0 && kind->more)
			r = kind->more(i, json, path, made, err);
		if (r == 0)
			json_array_append(list, made);
		r = rf_inspect_note(i, path, r, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int rf_inspect_collection(struct rf_inspection *i, const json_t *json, const char *at, const char *as,
			  const struct rf_inspect_kind *kind, struct err *err)
{
	_cleanup_(rf_members_clear) struct rf_members members = {0};
	json_t *list = json_array();
	int r;

	json_object_set_new(i->document, as, list);
	r = rf_members_at(i->bmc, json, as, at, &members, err);
	if (r == 0)
		r = rf_inspect_members(i, &members, kind, list, err);
	return rf_inspect_note(i, as, r, err);
}

/* Members of which nothing but scalars is copied. */
static int add_collection(struct rf_inspection *i, const json_t *json, const char *at, const char *as,
			  const struct rf_field *fields, struct err *err)
{
	return rf_inspect_collection(i, json, at, as, &(struct rf_inspect_kind){.fields = fields}, err);
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

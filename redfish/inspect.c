/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/inspect.h"

#include "core/io.h"
#include "redfish/boot.h"
#include "redfish/client.h"
#include "redfish/inspect_part.h"
#include "redfish/value.h"

#define PROBLEMS_MAX 64 /* a BMC that gives nothing but errors is left after so many */

int rf_inspect_note(struct rf_inspection *i, const char *what, int r, struct err *err)
{
	if (r >= 0)
		return 0;
	/* What is wrong with all of the BMC, or with us, is not wrong with a part of it. */
	if (r == -ECANCELED || r == -ETIMEDOUT || r == -ENOMEM || r == -EIO || r == -EKEYREJECTED ||
	    r == -EACCES)
		return r;
	if (json_array_size(i->problems) == PROBLEMS_MAX)
		return err_set(err, EPROTO, "more than %d parts of the BMC cannot be read", PROBLEMS_MAX);
	json_array_append_new(i->problems, json_pack("{s:s, s:s}", "part", what, "reason", err->text));
	return 0;
}

static int describe_service(struct rf_inspection *i, struct err *err)
{
	static const struct rf_field fields[] = {{"Vendor", "vendor"},
						 {"Product", "product"},
						 {"Name", "name"},
						 {"RedfishVersion", "redfish_version"},
						 {"UUID", "uuid"},
						 {"ServiceIdentification", "identification"},
						 {}};
	json_t *made = json_object();

	json_object_set_new(i->document, "service", made);
	return rf_copy(i->bmc->root, "service root", fields, made, err);
}

static int describe_system(struct rf_inspection *i, struct err *err)
{
	static const struct rf_field fields[] = {
		{"Id", "id"},
		{"Name", "name"},
		{"Manufacturer", "manufacturer"},
		{"Model", "model"},
		{"SKU", "sku"},
		{"SerialNumber", "serial"},
		{"UUID", "uuid"},
		{"AssetTag", "asset"},
		{"HostName", "host_name"},
		{"BiosVersion", "bios_version"},
		{"PowerState", "power"},
		{"Status/Health", "health"},
		{"Status/HealthRollup", "health_rollup"},
		{"ProcessorSummary/Model", "processor"},
		{"ProcessorSummary/Count", "processors", RF_NUMBER},
		{"MemorySummary/TotalSystemMemoryGiB", "memory_gib", RF_NUMBER},
		{"BootProgress/LastState", "boot_progress"},
		{"LastResetTime", "last_reset"},
		{}};
	json_t *made = json_object();

	json_object_set_new(i->document, "system", made);
	json_object_set_new(made, "path", json_string(i->system.path));
	return rf_copy(i->system.json, i->system.path, fields, made, err);
}

static int describe_boot(struct rf_inspection *i, struct err *err)
{
	json_t *boot = NULL;
	int r = rf_boot_get(i->bmc, &boot, err);

	json_object_set_new(i->document, "boot", r == 0 ? boot : json_null());
	return rf_inspect_note(i, "boot", r, err);
}

static int inspect(struct rf_inspection *i, struct err *err)
{
	static int (*const parts[])(struct rf_inspection * i, struct err * err) = {
		describe_service,   describe_system,     describe_boot,   rf_inspect_secure_boot,
		rf_inspect_chassis, rf_inspect_managers, rf_inspect_nics, rf_inspect_drives,
		rf_inspect_gpus,    rf_inspect_firmware,
	};
	int r = rf_system_find(i->bmc, &i->system, err);

	for (unsigned n = 0; n < sizeof(parts) / sizeof(parts[0]) && r == 0; n++)
		r = parts[n](i, err);
	return r;
}

int rf_inspect(struct rf_bmc *bmc, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *document = json_object();
	struct rf_inspection i = {.bmc = bmc, .document = document, .problems = json_array()};
	int r;

	json_object_set_new(document, "problems", i.problems);
	r = inspect(&i, err);
	rf_system_clear(&i.system);
	if (r == 0)
		*ret = TAKE_PTR(document);
	return r;
}

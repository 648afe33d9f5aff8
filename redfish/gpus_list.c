/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which GPUs there are: processors of that kind (DSP2046, Processor) of every System, since those of an NVIDIA HGX baseboard are in a System of
 * their own, which can be neither switched nor booted.
 */
#include <string.h>

#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/inspect_part.h"

/* 1: a processor of another kind. */
static int only_gpus(struct rf_inspection *i, const json_t *json, const char *path, json_t *made,
		     struct err *err)
{
	const char *type = NULL;
	int r = rf_str(json, path, "ProcessorType", &type, err);

	(void)i;
	if (r < 0)
		return r;
	json_object_set_new(made, "path", json_string(path));
	return type && !strcmp(type, "GPU") ? 0 : 1;
}

static int add_of_system(struct rf_inspection *i, const char *path, json_t *list, struct err *err)
{
	static const struct rf_field fields[] = {
		{"Id", "id"},
		{"Manufacturer", "manufacturer"},
		{"Model", "model"},
		{"SerialNumber", "serial"},
		{"UUID", "uuid"},
		{"FirmwareVersion", "firmware"},
		{"MemorySummary/TotalMemorySizeMiB", "memory_mib", RF_NUMBER},
		{"Status/State", "state"},
		{"Status/Health", "health"},
		{}};
	const struct rf_inspect_kind kind = {.fields = fields, .more = only_gpus};
	_cleanup_(rf_members_clear) struct rf_members processors = {0};
	_cleanup_json_ json_t *system = NULL;
	int r = rf_get(i->bmc, path, &system, NULL, err);

	if (r == 0)
		r = rf_members_at(i->bmc, system, path, "Processors", &processors, err);
	if (r == 0)
		r = rf_inspect_members(i, &processors, &kind, list, err);
	return rf_inspect_note(i, path, r, err);
}

int rf_inspect_gpus(struct rf_inspection *i, struct err *err)
{
	_cleanup_(rf_members_clear) struct rf_members systems = {0};
	json_t *list = json_array();
	int r;

	json_object_set_new(i->document, "gpus", list);
	r = rf_members_at(i->bmc, i->bmc->root, "service root", "Systems", &systems, err);
	for (unsigned n = 0; n < systems.n && r == 0; n++)
		r = add_of_system(i, systems.paths[n], list, err);
	return rf_inspect_note(i, "gpus", r, err);
}

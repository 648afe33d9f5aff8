/* SPDX-License-Identifier: Apache-2.0 */
/* remint bmc, and bmc inspect. docs/redfish.md */
#include "cli/bmc/bmc.h"

#include "cli/client.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "redfish/inspect.h"

#define CELL 64

static int inspect(struct rf_bmc *bmc, const void *what, json_t **ret, struct err *err)
{
	(void)what;
	return rf_inspect(bmc, ret, err);
}

/* A scalar as text in `cell`; "-" for null. */
static const char *cell_of(const json_t *obj, const char *key, char cell[CELL])
{
	const json_t *value = json_object_get(obj, key);

	if (json_is_integer(value))
		snprintf(cell, CELL, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		snprintf(cell, CELL, "%g", json_real_value(value));
	else if (json_is_boolean(value))
		snprintf(cell, CELL, "%s", json_is_true(value) ? "yes" : "no");
	else
		return json_text(obj, key);
	return cell;
}

/* The values that stand under `keys` in each of the objects, in four columns. */
static void show_list(const json_t *document, const char *name, const char *const headings[5],
		      const char *const keys[4])
{
	const json_t *list = json_object_get(document, name), *one;
	struct table *table;
	size_t i;

	if (!json_array_size(list))
		return;
	putchar('\n');
	table = table_new(headings);
	json_array_foreach((json_t *)list, i, one) {
		char cells[4][CELL];

		table_row(table, cell_of(one, keys[0], cells[0]), cell_of(one, keys[1], cells[1]),
			  cell_of(one, keys[2], cells[2]), cell_of(one, keys[3], cells[3]));
	}
	table_print(table);
}

static void show_pairs(const json_t *document)
{
	static const struct {
		const char *label, *object, *key;
	} rows[] = {
		{"service", "service", "product"},
		{"Redfish", "service", "redfish_version"},
		{"manufacturer", "system", "manufacturer"},
		{"model", "system", "model"},
		{"serial", "system", "serial"},
		{"UUID", "system", "uuid"},
		{"BIOS", "system", "bios_version"},
		{"power", "system", "power"},
		{"health", "system", "health"},
		{"boot target", "boot", "target"},
		{"boot override", "boot", "enabled"},
		{"boot mode", "boot", "mode"},
		{"Secure Boot", "secure_boot", "current_boot"},
	};
	static const char *const headings[] = {"WHAT", "VALUE", NULL};
	struct table *table = table_new(headings);

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char cell[CELL];

		table_row(table, rows[i].label,
			  cell_of(json_object_get(document, rows[i].object), rows[i].key, cell));
	}
	table_print(table);
}

static void show_inspection(const json_t *document)
{
	show_pairs(document);
	show_list(document, "chassis", (const char *const[]){"CHASSIS", "TYPE", "MODEL", "SERIAL", NULL},
		  (const char *const[]){"id", "type", "model", "serial"});
	show_list(document, "managers", (const char *const[]){"MANAGER", "MODEL", "FIRMWARE", "HEALTH", NULL},
		  (const char *const[]){"id", "model", "firmware", "health"});
	show_list(document, "nics", (const char *const[]){"NIC", "MAC", "LINK", "MBIT/S", NULL},
		  (const char *const[]){"id", "mac", "link", "speed_mbps"});
	show_list(document, "drives", (const char *const[]){"DRIVE", "MODEL", "SERIAL", "BYTES", NULL},
		  (const char *const[]){"id", "model", "serial", "bytes"});
	show_list(document, "gpus", (const char *const[]){"GPU", "MODEL", "SERIAL", "FIRMWARE", NULL},
		  (const char *const[]){"id", "model", "serial", "firmware"});
	show_list(document, "firmware",
		  (const char *const[]){"FIRMWARE", "NAME", "VERSION", "UPDATEABLE", NULL},
		  (const char *const[]){"id", "name", "version", "updateable"});
	show_list(document, "problems", (const char *const[]){"NOT READABLE", "WHY", "", "", NULL},
		  (const char *const[]){"part", "reason", "", ""});
}

int bmc_inspect(int argc, char **argv)
{
	struct bmc_options options = {0};
	const char *hosts[BMC_HOSTS_MAX + 1] = {0};
	const struct arg_option rows[] = {BMC_ARGS(&options), {}};
	const struct arg_spec spec = {
		"remint bmc inspect HOST...",
		"Shows what the BMCs know of their machines: identity, firmware, power, health, "
		"boot settings, NICs, drives, GPUs.",
		rows, 1, BMC_HOSTS_MAX};
	const struct bmc_action action = {.run = inspect, .show = show_inspection};
	enum arg_result parsed = args_parse(&spec, argc, argv, hosts);

	return parsed == ARG_GO ? bmc_on_all(&options, hosts, &action) : args_exit(parsed);
}

int verb_bmc(int argc, char **argv)
{
	static const struct sub_command table[] = {
		{"trust", "record that a BMC's certificate is the right one", bmc_trust},
		{"inspect", "what a BMC knows of its machine", bmc_inspect},
		{"power", "on, off, restart; awaited", bmc_power},
		{"boot", "what the machine boots from next", bmc_boot},
		{"media", "images as virtual drives", bmc_media},
		{"accounts", "the BMC's own accounts and their passwords", bmc_accounts},
		{"bios", "the firmware's attributes: shown, set, compared", bmc_bios},
		{"log", "event logs: shown, cleared", bmc_log},
		{"firmware", "versions, and updates", bmc_firmware},
		{"secure-boot", "Secure Boot and its keys", bmc_secure_boot},
		{"drives", "drives, and their erasure by the BMC", bmc_drives},
		{"reset", "the BMC itself: restart it, or its settings from the factory", bmc_reset},
		{"events", "what happens, as it happens", bmc_events},
		{},
	};

	return run_sub_command("bmc", "Machines through their management controllers (Redfish).", table, argc,
			       argv);
}

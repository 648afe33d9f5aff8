/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/certificate/nic.h"

#include <string.h>

#include "cli/client.h"
#include "core/io.h"

static void say(json_t *list, char *sentence)
{
	json_array_append_new(list, json_string(sentence));
	free(sentence);
}

/* A value as it stands there; malloc'd. */
static char *shown(const json_t *value)
{
	if (json_is_string(value))
		return xstrdup(json_string_value(value));
	return json_is_integer(value)
		       ? str_printf("%lld", (long long)json_integer_value(value))
		       : xstrdup(json_is_boolean(value) ? json_is_true(value) ? "true" : "false" : "unknown");
}

static void say_firmware(json_t *list, const char *pci, const json_t *firmware)
{
	const json_t *flashed = json_object_get(firmware, "flashed");

	if (!json_is_string(json_object_get(firmware, "running")))
		return;
	if (json_is_object(flashed))
		say(list, str_printf("%s: firmware %s was written (%s) in place of %s; %s runs.", pci,
				     json_text(flashed, "version"), json_text(flashed, "file"),
				     json_text(firmware, "found"), json_text(firmware, "running")));
	else
		say(list, str_printf("%s: firmware %s runs.", pci, json_text(firmware, "running")));
}

static void say_settings(json_t *list, const char *pci, const json_t *settings)
{
	const json_t *setting;
	size_t i;

	json_array_foreach(settings, i, setting) {
		_cleanup_free_ char *before = shown(json_object_get(setting, "before")),
				    *after = shown(json_object_get(setting, "after"));

		say(list, str_printf("%s: %s (by %s) was %s, and is %s, as the card said after it.", pci,
				     json_text(setting, "name"), json_text(setting, "by"), before, after));
	}
}

static void say_sriov(json_t *list, const char *pci, const json_t *sriov)
{
	_cleanup_free_ char *made = shown(json_object_get(sriov, "made")),
			    *total = shown(json_object_get(sriov, "total")),
			    *left = shown(json_object_get(sriov, "left"));

	if (json_is_object(sriov))
		say(list, str_printf("%s: %s virtual functions could be made, of %s; %s are left. Their "
				     "number does not "
				     "outlast the kernel that made them.",
				     pci, made, total, left));
}

static void say_card(json_t *list, const json_t *record)
{
	const char *pci = json_text(record, "pci");
	_cleanup_free_ char *name = str_printf(
		"%s%s%s%s%s", pci, *json_text(record, "psid") ? ", PSID " : "", json_text(record, "psid"),
		*json_text(record, "serial") ? ", serial " : "", json_text(record, "serial"));

	if (!json_is_string(json_object_get(record, "pci")))
		return;
	say(list, str_printf("%s: set as order.nic[%lld] says%s.", name,
			     (long long)json_integer_value(json_object_get(record, "entry")),
			     json_is_true(json_object_get(record, "after_reset")) ? ", and read after a reset"
										  : ""));
	say_firmware(list, pci, json_object_get(record, "firmware"));
	say_settings(list, pci, json_object_get(record, "settings"));
	say_sriov(list, pci, json_object_get(record, "sriov"));
}

json_t *words_nics(const json_t *certificate)
{
	const json_t *record;
	json_t *list = json_array();
	size_t i;

	json_array_foreach(json_object_get(certificate, "nics"), i, record)
		say_card(list, record);
	return list;
}

void words_nics_not_done(const json_t *certificate, json_t *list,
			 void (*add)(json_t *list, const char *what, const char *where, const char *reason))
{
	const json_t *record, *item;
	size_t i, j;

	json_array_foreach(json_object_get(certificate, "nics"), i, record) {
		const char *pci = json_text(record, "pci");

		json_array_foreach(json_object_get(record, "not_done"), j, item)
			add(list, json_text(item, "what"), *pci ? pci : "network cards",
			    json_text(item, "why"));
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/certificate/firmware.h"

#include <string.h>

#include "cli/client.h"
#include "core/io.h"

static size_t count(const json_t *obj, const char *key)
{
	return json_array_size(json_object_get(obj, key));
}

static long long number(const json_t *obj, const char *key)
{
	return json_integer_value(json_object_get(obj, key));
}

static void say(json_t *list, char *sentence)
{
	json_array_append_new(list, json_string(sentence));
	free(sentence);
}

static void say_entries(json_t *list, const json_t *efi)
{
	if (!json_is_object(efi))
		return;
	say(list, str_printf("Boot entries: %zu removed, %zu stay, of which %zu lost their load options.",
			     count(efi, "removed"), count(efi, "kept") + count(efi, "cleaned"),
			     count(efi, "cleaned")));
}

static void say_variables(json_t *list, const json_t *variables)
{
	if (!json_is_object(variables))
		return;
	say(list,
	    str_printf("Other variables: %lld seen, %zu removed, %lld reported that neither the firmware's "
		       "nor the "
		       "station's list has. Variables for boot services alone, such as shim's list of keys, "
		       "are not shown to a running system.",
		       number(variables, "seen"), count(variables, "removed"),
		       (long long)count(variables, "reported") + number(variables, "reported_more")));
}

static void say_pstore(json_t *list, const json_t *pstore)
{
	if (json_is_object(pstore))
		say(list, str_printf("Dumps of former kernels: %lld removed, %lld bytes.",
				     number(pstore, "removed"), number(pstore, "bytes")));
}

static void say_memory(json_t *list, const json_t *memory)
{
	if (!json_is_object(memory))
		return;
	if (json_is_true(json_object_get(memory, "requested")))
		say(list, str_printf("The firmware was asked to clear the memory at its next start%s.",
				     json_is_true(json_object_get(memory, "guarded"))
					     ? ""
					     : "; it does not guard the request, so whether it heeds it is "
					       "not known"));
}

static void say_reset(json_t *list, const json_t *reset)
{
	if (json_is_object(reset))
		say(list,
		    str_printf(
			    "After a reset the firmware had kept what was written; it added %zu to the boot "
			    "order. Its clearing of the memory: %s.",
			    count(reset, "appeared"), json_text(reset, "memory")));
}

json_t *words_firmware(const json_t *certificate)
{
	const json_t *firmware = json_object_get(certificate, "firmware");
	json_t *list = json_array();

	if (!json_is_object(firmware))
		return list;
	say_entries(list, json_object_get(certificate, "efi"));
	say_variables(list, json_object_get(firmware, "variables"));
	say_pstore(list, json_object_get(firmware, "pstore"));
	say_memory(list, json_object_get(firmware, "memory"));
	say_reset(list, json_object_get(firmware, "after_reset"));
	return list;
}

void words_firmware_not_done(const json_t *certificate, json_t *list,
			     void (*add)(json_t *list, const char *what, const char *where,
					 const char *reason))
{
	const json_t *firmware = json_object_get(certificate, "firmware"),
		     *memory = json_object_get(firmware, "memory"), *item;
	size_t i;

	json_array_foreach(json_object_get(json_object_get(firmware, "variables"), "not_removed"), i, item)
		add(list, "removing a UEFI variable", json_text(item, "name"), json_text(item, "reason"));
	json_array_foreach(json_object_get(json_object_get(certificate, "efi"), "not_removed"), i, item) {
		_cleanup_free_ char *name = str_printf("Boot%s", json_text(item, "number"));

		add(list, "removing a boot entry", name,
		    "the firmware protects it; it is out of the boot order");
	}
	if (json_is_string(json_object_get(memory, "reason")))
		add(list, "clearing the memory", json_text(certificate, "node"), json_text(memory, "reason"));
}

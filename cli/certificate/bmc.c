/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/certificate/bmc.h"

#include "cli/client.h"
#include "core/io.h"

static void say(json_t *list, char *sentence)
{
	json_array_append_new(list, json_string(sentence));
	free(sentence);
}

static const char *or_unknown(const char *text)
{
	return *text ? text : "unknown";
}

static void say_starts(json_t *list, const json_t *bmc)
{
	const json_t *starts = json_object_get(bmc, "starts");

	for (size_t i = 0; i < json_array_size(starts); i++) {
		const json_t *start = json_array_get(starts, i);
		const char *outcome = json_text(start, "outcome");

		say(list, str_printf("Started at %s, %s: %s.", json_text(start, "begun"),
				     json_text(start, "how"), *outcome ? outcome : "not over"));
	}
}

/* "0003, 0001", malloc'd. */
static char *listed(const json_t *order)
{
	char *text = xstrdup(json_array_size(order) ? "" : json_is_array(order) ? "none" : "not told");

	for (size_t i = 0; i < json_array_size(order); i++) {
		char *longer = str_printf("%s%s%.64s", text, i ? ", " : "",
					  json_string_value(json_array_get(order, i)) ?: "?");

		free(text);
		text = longer;
	}
	return text;
}

static void say_order(json_t *list, const json_t *bmc)
{
	const json_t *order = json_object_get(bmc, "boot_order");
	_cleanup_free_ char *uefi = listed(json_object_get(order, "uefi")),
			    *redfish = listed(json_object_get(order, "redfish"));
	const char *read = json_text(order, "read");

	say(list, str_printf("Boot order: %s. UEFI variables: %s. The BMC, read at %s: %s.",
			     json_text(order, "verdict"), uefi, *read ? read : "no time", redfish));
}

json_t *words_bmc(const json_t *certificate)
{
	const json_t *bmc = json_object_get(certificate, "bmc"), *service = json_object_get(bmc, "service");
	json_t *list = json_array();

	if (!json_is_object(bmc))
		return list;
	say(list,
	    str_printf("The station drove the machine through its BMC (vendor %s, product %s). Power "
		       "actions: %lld; "
		       "problems: %lld.",
		       or_unknown(json_text(service, "vendor")), or_unknown(json_text(service, "product")),
		       (long long)json_integer_value(json_object_get(bmc, "power_actions")),
		       (long long)json_integer_value(json_object_get(bmc, "problems"))));
	say_starts(list, bmc);
	say_order(list, bmc);
	return list;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "station/drive/order.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/time.h"

void drive_order_read(json_t *record, const json_t *boot)
{
	json_t *order = json_object_get(boot, "order");
	char now[TIME_TEXT_SIZE];

	time_format(time(NULL), now);
	json_object_set_new(record, "boot_order", json_pack("{s:O?, s:s}", "redfish", order, "read", now));
}

/* "Boot0003" is the entry "0003"; NULL: another kind of name. */
static const char *number_of(const json_t *reference)
{
	const char *text = json_string_value(reference);

	if (!text || strlen(text) != 8 || strncasecmp(text, "Boot", 4) != 0)
		return NULL;
	for (const char *c = text + 4; *c; c++)
		if (!isxdigit((unsigned char)*c))
			return NULL;
	return text + 4;
}

static bool is_entry(const json_t *uefi, const json_t *redfish, size_t i)
{
	const char *number = number_of(json_array_get(redfish, i)),
		   *entry = json_string_value(json_array_get(uefi, i));

	return number && entry && !strcasecmp(number, entry);
}

static const char *judge(const json_t *uefi, const json_t *redfish)
{
	size_t n = json_array_size(redfish);

	if (!json_is_array(uefi))
		return "not read on the machine";
	if (!json_is_array(redfish))
		return "not told by the BMC";
	for (size_t i = 0; i < n; i++)
		if (!number_of(json_array_get(redfish, i)))
			return "not comparable";
	if (!n || !json_array_size(uefi))
		return n == json_array_size(uefi) ? "same" : "differs";
	if (!is_entry(uefi, redfish, 0))
		return "another comes first";
	for (size_t i = 0; i < n; i++)
		if (!is_entry(uefi, redfish, i))
			return "differs behind the first";
	return n == json_array_size(uefi) ? "same" : "differs behind the first";
}

json_t *drive_order_compare(const json_t *record, const json_t *efi, const char *policy)
{
	const json_t *said = json_object_get(record, "boot_order");
	json_t *uefi = json_object_get(efi, "boot_order"), *redfish = json_object_get(said, "redfish"),
	       *read = json_object_get(said, "read");

	return json_pack("{s:s?, s:O?, s:O?, s:O?, s:s}", "policy", policy, "uefi",
			 json_is_array(uefi) ? uefi : NULL, "redfish",
			 json_is_array(redfish) ? redfish : NULL, "read", read, "verdict",
			 said ? judge(uefi, redfish) : "not read through the BMC");
}

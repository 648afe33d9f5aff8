/* SPDX-License-Identifier: Apache-2.0 */
/* Who a machine is: SMBIOS system UUID and serial (DMTF DSP0134, type 1) and the MACs of its cards. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/json.h"
#include "protocol/node.h"

/* What boards say whose maker has written nothing; seen in SMBIOS dumps of several makers. */
static const char *const no_serials[] = {
	"To be filled by O.E.M.",
	"To Be Filled By O.E.M",
	"Default string",
	"System Serial Number",
	"Serial Number",
	"Chassis Serial Number",
	"Not Specified",
	"Not Applicable",
	"Not Available",
	"None",
	"N/A",
	"NA",
	"Unknown",
	"Invalid",
	"Empty",
	"OEM",
	"0123456789",
	"1234567890",
	"123456789",
	"12345678",
};

/* The same for UUIDs, besides all zeros and all ones. */
static const char *const no_uuids[] = {
	"03000200-0400-0500-0006-000700080009",
	"12345678-1234-5678-90ab-cddeefaabbcc",
};

int node_mac_normalise(const char *text, char ret[18])
{
	char mac[18];

	if (strlen(text) != 17)
		return -EINVAL;
	for (unsigned i = 0; i < 17; i++) {
		if (i % 3 == 2) {
			if (text[i] != text[2] || (text[i] != ':' && text[i] != '-'))
				return -EINVAL;
			mac[i] = ':';
		} else {
			if (!isxdigit((unsigned char)text[i]))
				return -EINVAL;
			mac[i] = (char)tolower((unsigned char)text[i]);
		}
	}
	mac[17] = '\0';
	memcpy(ret, mac, sizeof(mac));
	return 0;
}

int node_uuid_normalise(const char *text, char ret[37])
{
	char uuid[37];

	if (strlen(text) != 36)
		return -EINVAL;
	for (unsigned i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return -EINVAL;
		uuid[i] = (char)tolower((unsigned char)text[i]);
	}
	uuid[36] = '\0';
	memcpy(ret, uuid, sizeof(uuid));
	return 0;
}

static bool is_uuid_placeholder(const char *uuid)
{
	for (size_t i = 0; i < sizeof(no_uuids) / sizeof(no_uuids[0]); i++)
		if (!strcmp(uuid, no_uuids[i]))
			return true;
	return strspn(uuid, "0-") == 36 || strspn(uuid, "f-") == 36;
}

static bool is_serial_placeholder(const char *serial)
{
	for (size_t i = 0; i < sizeof(no_serials) / sizeof(no_serials[0]); i++)
		if (!strcasecmp(serial, no_serials[i]))
			return true;
	/* one character over and over: "0000000", "xxxxxxx", "......" */
	return !serial[strspn(serial, (char[]){serial[0], '\0'})];
}

static bool is_mac_placeholder(const char *mac)
{
	return !strcmp(mac, "00:00:00:00:00:00") || !strcmp(mac, "ff:ff:ff:ff:ff:ff");
}

static int read_uuid(const json_t *json, struct node_identity *identity, struct err *err)
{
	const char *text = "";

	if (json_object_get(json, "uuid")) {
		int r = json_get_str_or_empty(json, "identity", "uuid", 36, &text, err);

		if (r < 0)
			return r;
	}
	if (!*text)
		return 0;
	if (node_uuid_normalise(text, identity->uuid) < 0)
		return err_set(err, EBADMSG, "identity.uuid: \"%s\" is not a UUID", text);
	if (is_uuid_placeholder(identity->uuid))
		identity->uuid[0] = '\0';
	return 0;
}

/* Makers pad serials with spaces. */
static int read_serial(const json_t *json, struct node_identity *identity, struct err *err)
{
	const char *text = "";
	size_t len;

	if (json_object_get(json, "serial")) {
		int r = json_get_str_or_empty(json, "identity", "serial", sizeof(identity->serial) - 1, &text,
					      err);

		if (r < 0)
			return r;
	}
	text += strspn(text, " ");
	len = strlen(text);
	while (len && text[len - 1] == ' ')
		len--;
	memcpy(identity->serial, text, len);
	identity->serial[len] = '\0';
	if (is_serial_placeholder(identity->serial))
		identity->serial[0] = '\0';
	return 0;
}

static bool has_mac(const struct node_identity *identity, const char *mac)
{
	for (unsigned i = 0; i < identity->n_macs; i++)
		if (!strcmp(identity->macs[i], mac))
			return true;
	return false;
}

static int read_macs(const json_t *json, struct node_identity *identity, struct err *err)
{
	json_t *list, *value;
	size_t i;
	int r;

	if (!json_object_get(json, "macs"))
		return 0;
	r = json_get_array(json, "identity", "macs", NODE_MACS_MAX, &list, err);
	if (r < 0)
		return r;
	json_array_foreach(list, i, value) {
		char mac[18];

		if (!json_is_string(value) || node_mac_normalise(json_string_value(value), mac) < 0)
			return err_set(err, EBADMSG,
				       "identity.macs[%zu] is not a MAC such as 52:54:00:12:34:56", i);
		if (!is_mac_placeholder(mac) && !has_mac(identity, mac))
			memcpy(identity->macs[identity->n_macs++], mac, sizeof(mac));
	}
	return 0;
}

int node_identity_from_json(const json_t *json, struct node_identity *ret, struct err *err)
{
	static const char *const keys[] = {"uuid", "serial", "macs", NULL};
	struct node_identity identity = {0};
	int r;

	if (!json_is_object(json))
		return err_set(err, EBADMSG, "identity must be an object");
	r = json_only_keys(json, "identity", keys, err);
	if (!r)
		r = read_uuid(json, &identity, err);
	if (!r)
		r = read_serial(json, &identity, err);
	if (!r)
		r = read_macs(json, &identity, err);
	if (!r)
		*ret = identity;
	return r;
}

json_t *node_identity_to_json(const struct node_identity *identity)
{
	json_t *macs = json_array();

	for (unsigned i = 0; i < identity->n_macs; i++)
		json_array_append_new(macs, json_string(identity->macs[i]));
	return json_pack("{ss ss so}", "uuid", identity->uuid, "serial", identity->serial, "macs", macs);
}

bool node_identity_matches(const struct node_identity *known, const struct node_identity *seen,
			   const char **ret_why)
{
	bool both_uuid = *known->uuid && *seen->uuid, both_serial = *known->serial && *seen->serial;
	bool both_macs = known->n_macs && seen->n_macs, a_mac = false;
	const char *why = NULL;

	for (unsigned i = 0; i < seen->n_macs && !a_mac; i++)
		a_mac = has_mac(known, seen->macs[i]);
	if (both_uuid && strcmp(known->uuid, seen->uuid) != 0)
		why = "the SMBIOS UUID is another";
	else if (both_serial && strcmp(known->serial, seen->serial) != 0)
		why = "the SMBIOS serial number is another";
	else if (both_macs && !a_mac)
		why = "none of the MAC addresses is the node's";
	else if (!both_uuid && !both_serial && !both_macs)
		why = "the two have no UUID, serial number or MAC address to compare";
	if (why && ret_why)
		*ret_why = why;
	return !why;
}

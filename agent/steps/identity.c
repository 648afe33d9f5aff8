/* SPDX-License-Identifier: Apache-2.0 */
/* SMBIOS and NICs as a node's identity; protocol/node.h normalises and drops makers' placeholders. */
#include "agent/steps/identity.h"

#include <string.h>

static const char *text_or_empty(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static json_t *macs_of(const json_t *nics)
{
	json_t *macs = json_array();
	char mac[18];

	for (size_t i = 0; i < json_array_size(nics) && json_array_size(macs) < NODE_MACS_MAX; i++) {
		const char *text = text_or_empty(json_array_get(nics, i), "mac");
		if (!node_mac_normalise(text, mac) && strcmp(mac, "00:00:00:00:00:00") != 0)
			json_array_append_new(macs, json_string(mac));
	}
	return macs;
}

/* A field of firmware's that is too long or malformed counts as unknown; it is not worth a machine. */
static const char *known_serial(const json_t *system)
{
	const char *serial = text_or_empty(system, "serial");
	return strlen(serial) < sizeof(((struct node_identity *)0)->serial) ? serial : "";
}

static const char *known_uuid(const json_t *system)
{
	const char *uuid = text_or_empty(system, "uuid");
	char normal[37];
	return node_uuid_normalise(uuid, normal) ? "" : uuid;
}

int identity_make(const json_t *smbios, const json_t *nics, struct node_identity *ret, struct err *err)
{
	const json_t *system = json_object_get(smbios, "system");
	json_t *json = json_pack("{ss ss so}", "uuid", known_uuid(system), "serial", known_serial(system),
				 "macs", macs_of(nics));
	if (!json)
		return err_set(err, EBADMSG, "this machine's identity is not UTF-8");
	struct node_identity identity;
	int r = node_identity_from_json(json, &identity, err);
	json_decref(json);
	if (r)
		return err_prepend(err, "this machine's identity");
	if (!identity.uuid[0] && !identity.serial[0] && !identity.n_macs)
		return err_set(err, ENODATA,
			       "this machine has no identity: no SMBIOS UUID or serial, and no network card");
	*ret = identity;
	return 0;
}

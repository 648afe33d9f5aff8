/* SPDX-License-Identifier: Apache-2.0 */
/* A neighbour as the inventory shows it. */
#include <arpa/inet.h>
#include <string.h>

#include "agent/hw/lldp/frame.h"
#include "agent/hw/lldp/spec.h"
#include "agent/hw/sysfs.h"
#include "core/hash.h"

#define ID_TEXT_MAX 516 /* "0x", 255 bytes in hexadecimal, NUL */

enum form { FORM_TEXT, FORM_MAC, FORM_NETWORK, FORM_ANY };

/* Tables 8-2 and 8-3 */
static const struct kind {
	const char *name;
	enum form form;
} chassis_kinds[] =
	{
		[LLDP_CHASSIS_COMPONENT] = {"component", FORM_TEXT},
		[LLDP_CHASSIS_IF_ALIAS] = {"interface-alias", FORM_TEXT},
		[LLDP_CHASSIS_PORT_COMPONENT] = {"port-component", FORM_TEXT},
		[LLDP_CHASSIS_MAC] = {"mac", FORM_MAC},
		[LLDP_CHASSIS_NETWORK] = {"address", FORM_NETWORK},
		[LLDP_CHASSIS_IF_NAME] = {"interface-name", FORM_TEXT},
		[LLDP_CHASSIS_LOCAL] = {"local", FORM_ANY},
},
  port_kinds[] = {
	  [LLDP_PORT_IF_ALIAS] = {"interface-alias", FORM_TEXT},
	  [LLDP_PORT_COMPONENT] = {"port-component", FORM_TEXT},
	  [LLDP_PORT_MAC] = {"mac", FORM_MAC},
	  [LLDP_PORT_NETWORK] = {"address", FORM_NETWORK},
	  [LLDP_PORT_IF_NAME] = {"interface-name", FORM_TEXT},
	  [LLDP_PORT_CIRCUIT] = {"circuit", FORM_ANY},
	  [LLDP_PORT_LOCAL] = {"local", FORM_ANY},
};

static void show_hex(const uint8_t *bytes, size_t len, char text[ID_TEXT_MAX])
{
	memcpy(text, "0x", 3);
	hex_encode(bytes, len, text + 2);
}

static void show_mac(const uint8_t *m, char text[ID_TEXT_MAX])
{
	snprintf(text, ID_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

/* An address of a family that is not known, or of a length that is not its own, is shown in hexadecimal. */
static void show_address(unsigned family, const uint8_t *bytes, size_t len, char text[ID_TEXT_MAX])
{
	if (family == LLDP_FAMILY_IPV4 && len == 4)
		inet_ntop(AF_INET, bytes, text, ID_TEXT_MAX);
	else if (family == LLDP_FAMILY_IPV6 && len == 16)
		inet_ntop(AF_INET6, bytes, text, ID_TEXT_MAX);
	else if (family == LLDP_FAMILY_802 && len == 6)
		show_mac(bytes, text);
	else
		show_hex(bytes, len, text);
}

static bool is_printable(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] < 0x20 || bytes[i] > 0x7e)
			return false;
	return true;
}

static void show_id(const struct lldp_id *id, enum form form, char text[ID_TEXT_MAX])
{
	if (form == FORM_MAC && id->len == 6)
		show_mac(id->bytes, text);
	else if (form == FORM_NETWORK && id->len > 1)
		show_address(id->bytes[0], id->bytes + 1, id->len - 1u, text);
	else if (form == FORM_TEXT || (form == FORM_ANY && is_printable(id->bytes, id->len)))
		text_clean(text, ID_TEXT_MAX, id->bytes, id->len);
	else
		show_hex(id->bytes, id->len, text);
}

static json_t *id_to_json(const struct lldp_id *id, const struct kind *kinds, size_t n)
{
	bool known = id->subtype < n && kinds[id->subtype].name;
	char text[ID_TEXT_MAX], number[16];

	snprintf(number, sizeof(number), "subtype-%u", id->subtype);
	show_id(id, known ? kinds[id->subtype].form : FORM_ANY, text);
	return json_pack("{s:s, s:s}", "type", known ? kinds[id->subtype].name : number, "id", text);
}

/* Table 8-4 */
static json_t *capabilities_to_json(uint16_t bits)
{
	static const char *const names[] = {"other",  "repeater", "bridge", "wlan",   "router", "telephone",
					    "docsis", "station",  "c-vlan", "s-vlan", "relay"};
	json_t *list = json_array();

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (bits & 1u << i)
			json_array_append_new(list, json_string(names[i]));
	return list;
}

static void add_text(json_t *to, const char *key, const char *text)
{
	if (*text)
		json_object_set_new(to, key, json_string(text));
}

static json_t *management_to_json(const struct lldp_frame *f)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < f->n_management; i++) {
		const struct lldp_address *a = &f->management[i];
		char text[ID_TEXT_MAX];

		show_address(a->family, a->bytes, a->len, text);
		json_array_append_new(list, json_string(text));
	}
	return list;
}

json_t *lldp_frame_to_json(const struct lldp_frame *f)
{
	json_t *json = json_object();

	json_object_set_new(
		json, "chassis",
		id_to_json(&f->chassis, chassis_kinds, sizeof(chassis_kinds) / sizeof(*chassis_kinds)));
	json_object_set_new(json, "port",
			    id_to_json(&f->port, port_kinds, sizeof(port_kinds) / sizeof(*port_kinds)));
	json_object_set_new(json, "ttl", json_integer(f->ttl_s));
	add_text(json, "port_description", f->port_description);
	add_text(json, "system_name", f->system_name);
	add_text(json, "system_description", f->system_description);
	if (f->has_capabilities) {
		json_object_set_new(json, "capabilities", capabilities_to_json(f->capabilities));
		json_object_set_new(json, "enabled", capabilities_to_json(f->enabled));
	}
	if (f->n_management)
		json_object_set_new(json, "management", management_to_json(f));
	if (f->has_vlan)
		json_object_set_new(json, "vlan", json_integer(f->vlan));
	if (f->max_frame)
		json_object_set_new(json, "max_frame", json_integer(f->max_frame));
	if (f->has_aggregation)
		json_object_set_new(json, "aggregation",
				    json_pack("{s:b, s:b, s:I}", "capable",
					      f->aggregation & LLDP_AGGREGATION_CAPABLE, "enabled",
					      !!(f->aggregation & LLDP_AGGREGATION_ENABLED), "port",
					      (json_int_t)f->aggregation_port));
	if (f->n_ignored)
		json_object_set_new(json, "ignored", json_integer(f->n_ignored));
	return json;
}

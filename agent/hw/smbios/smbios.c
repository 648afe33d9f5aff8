/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the structure table. Nothing outside [table, table + len) is read, whatever lengths and string
 * numbers it claims. */
#include "agent/hw/smbios/smbios.h"

#include <stdbool.h>
#include <string.h>

#include "agent/hw/smbios/spec.h"
#include "agent/hw/sysfs.h"

#define TABLE_MAX (1024 * 1024)
#define LIST_MAX \
	4096 /* memory devices, slots; a table of hostile size must not become a document of hostile size */

/* One structure: its formatted area, and the strings behind it. */
struct structure {
	const uint8_t *data;
	size_t length;
	const char *strings;
	size_t strings_len; /* without the final NUL */
};

/* A string by its number from 1 (6.1.3); numbers of no string give "". */
static const char *string_at(const struct structure *s, size_t offset, size_t *ret_len)
{
	unsigned want = offset < s->length ? s->data[offset] : 0;
	const char *p = s->strings, *end = s->strings + s->strings_len;

	*ret_len = 0;
	while (want && p < end) {
		size_t len = strnlen(p, (size_t)(end - p));

		if (--want == 0) {
			*ret_len = len;
			return p;
		}
		p += len + 1;
	}
	return "";
}

static void add_string(json_t *to, const char *key, const struct structure *s, size_t offset)
{
	char text[128];
	size_t len;
	const char *raw = string_at(s, offset, &len);

	text_clean(text, sizeof(text), raw, len);
	json_object_set_new(to, key, json_string(text));
}

static uint32_t number_at(const struct structure *s, size_t offset, size_t bytes)
{
	uint32_t value = 0;

	if (offset + bytes > s->length)
		return 0;
	for (size_t i = bytes; i--;)
		value = value << 8 | s->data[offset + i];
	return value;
}

/* From 2.6 on the first three fields are little-endian (7.2.1). */
static void add_uuid(json_t *to, const struct structure *s, unsigned version)
{
	static const uint8_t little[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	char text[37] = "";
	size_t n = 0;

	if (SMBIOS_SYSTEM_UUID + 16 <= s->length)
		for (unsigned i = 0; i < 16; i++) {
			uint8_t byte = s->data[SMBIOS_SYSTEM_UUID + (version >= 0x0206 ? little[i] : i)];
			bool dash = i == 4 || i == 6 || i == 8 || i == 10;

			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%02x", dash ? "-" : "", byte);
		}
	json_object_set_new(to, "uuid", json_string(text));
}

/* Where the fixed texts of types 0 to 3 stand. */
static const struct field {
	uint8_t type, offset;
	const char *object, *key;
} fields[] = {
	{SMBIOS_BIOS, 0x04, "bios", "vendor"},
	{SMBIOS_BIOS, 0x05, "bios", "version"},
	{SMBIOS_BIOS, 0x08, "bios", "date"},
	{SMBIOS_SYSTEM, 0x04, "system", "manufacturer"},
	{SMBIOS_SYSTEM, 0x05, "system", "product"},
	{SMBIOS_SYSTEM, 0x06, "system", "version"},
	{SMBIOS_SYSTEM, 0x07, "system", "serial"},
	{SMBIOS_SYSTEM, 0x19, "system", "sku"},
	{SMBIOS_BASEBOARD, 0x04, "board", "manufacturer"},
	{SMBIOS_BASEBOARD, 0x05, "board", "product"},
	{SMBIOS_BASEBOARD, 0x06, "board", "version"},
	{SMBIOS_BASEBOARD, 0x07, "board", "serial"},
	{SMBIOS_CHASSIS, 0x04, "chassis", "manufacturer"},
	{SMBIOS_CHASSIS, 0x06, "chassis", "version"},
	{SMBIOS_CHASSIS, 0x07, "chassis", "serial"},
	{SMBIOS_CHASSIS, 0x08, "chassis", "asset_tag"},
};

/* The first structure of a type counts: a blade lists its own board first, then the enclosure's. */
static void add_fixed(json_t *to, const struct structure *s, unsigned version)
{
	json_t *object = NULL;

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct field *f = &fields[i];

		if (f->type != s->data[0])
			continue;
		if (!object) {
			if (json_object_get(to, f->object))
				return;
			object = json_object();
			json_object_set_new(to, f->object, object);
		}
		add_string(object, f->key, s, f->offset);
	}
	if (s->data[0] == SMBIOS_SYSTEM)
		add_uuid(object, s, version);
}

/* 0: empty slot; -1: unknown. */
static json_int_t memory_size(const struct structure *s)
{
	uint32_t size = number_at(s, SMBIOS_MEMORY_SIZE, 2);

	if (size == 0xffff)
		return -1;
	if (size == 0x7fff)
		return (json_int_t)(number_at(s, SMBIOS_MEMORY_EXTENDED_SIZE, 4) & 0x7fffffff) << 20;
	return size & 0x8000 ? (json_int_t)(size & 0x7fff) << 10 : (json_int_t)size << 20;
}

static void add_memory(json_t *to, const struct structure *s)
{
	json_int_t size = memory_size(s);
	uint32_t speed = number_at(s, SMBIOS_MEMORY_SPEED, 2);
	json_t *slot;

	if (!size)
		return;
	if (speed == 0xffff)
		speed = number_at(s, SMBIOS_MEMORY_EXTENDED_SPEED, 4);
	slot = json_object();
	add_string(slot, "locator", s, SMBIOS_MEMORY_LOCATOR);
	add_string(slot, "manufacturer", s, SMBIOS_MEMORY_MANUFACTURER);
	add_string(slot, "serial", s, SMBIOS_MEMORY_SERIAL);
	add_string(slot, "part", s, SMBIOS_MEMORY_PART);
	json_object_set_new(slot, "size", size < 0 ? json_null() : json_integer(size));
	json_object_set_new(slot, "speed", speed ? json_integer(speed) : json_null());
	json_array_append_new(to, slot);
}

/* Where cards go; the text is what is printed beside the slot. */
static void add_slot(json_t *to, const struct structure *s)
{
	uint32_t segment = number_at(s, SMBIOS_SLOT_SEGMENT, 2), bus = number_at(s, SMBIOS_SLOT_BUS, 1);
	uint32_t devfn = number_at(s, SMBIOS_SLOT_DEVFN, 1);
	json_t *slot = json_object();

	add_string(slot, "designation", s, SMBIOS_SLOT_DESIGNATION);
	json_object_set_new(slot, "in_use",
			    json_boolean(number_at(s, SMBIOS_SLOT_USAGE, 1) == SMBIOS_SLOT_IN_USE));
	if (s->length > SMBIOS_SLOT_DEVFN && !(segment == 0xffff || (bus == 0xff && devfn == 0xff)))
		json_object_set_new(slot, "address",
				    json_sprintf("%04x:%02x:%02x.%x", segment, bus, devfn >> 3, devfn & 7));
	json_array_append_new(to, slot);
}

/* Lists of structures that there are several of, by type. */
static int add_listed(json_t *to, const struct structure *s, struct err *err)
{
	json_t *list = json_object_get(to, s->data[0] == SMBIOS_SLOT ? "slots" : "memory");

	if (json_array_size(list) == LIST_MAX)
		return err_set(err, EBADMSG, "SMBIOS: more than %d structures of type %u", LIST_MAX,
			       s->data[0]);
	if (s->data[0] == SMBIOS_SLOT)
		add_slot(list, s);
	else
		add_memory(list, s);
	return 0;
}

/* Cuts the structure at *offset out of the table; the strings end with two NULs, also when there is none
 * (6.1.3). */
static int next_structure(const uint8_t *table, size_t len, size_t *offset, struct structure *ret,
			  struct err *err)
{
	const uint8_t *data = table + *offset;
	size_t left = len - *offset, end;

	if (left < sizeof(struct smbios_header))
		return err_set(err, EBADMSG, "SMBIOS: the table ends in a structure's header at byte %zu",
			       *offset);
	if (data[1] < sizeof(struct smbios_header))
		return err_set(err, EBADMSG, "SMBIOS: the structure at byte %zu is %u bytes long", *offset,
			       data[1]);
	for (end = data[1]; end + 2 <= left; end++)
		if (!data[end] && !data[end + 1])
			break;
	if (end + 2 > left)
		return err_set(err, EBADMSG, "SMBIOS: the table ends in the structure at byte %zu (type %u)",
			       *offset, data[0]);
	*ret = (struct structure){data, data[1], (const char *)data + data[1], end - data[1]};
	*offset += end + 2;
	return 0;
}

int smbios_parse(const void *table, size_t len, unsigned version, json_t **ret, struct err *err)
{
	_cleanup_(json_decrefp) json_t *json = json_object();
	bool end = false;

	json_object_set_new(json, "memory", json_array());
	json_object_set_new(json, "slots", json_array());
	if (len > TABLE_MAX)
		return err_set(err, EBADMSG, "SMBIOS: the table has %zu bytes, more than %d", len, TABLE_MAX);
	for (size_t offset = 0; offset < len && !end;) {
		static const uint8_t none[sizeof(struct smbios_header)];
		struct structure s = {none, sizeof(none), "", 0};
		int r = next_structure(table, len, &offset, &s, err);

		if (r < 0)
			return r;
		end = s.data[0] == SMBIOS_END;
		if (s.data[0] == SMBIOS_MEMORY_DEVICE || s.data[0] == SMBIOS_SLOT)
			r = add_listed(json, &s, err);
		else
			add_fixed(json, &s, version);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(json);
	return 0;
}

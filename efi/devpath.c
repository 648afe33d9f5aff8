/* SPDX-License-Identifier: Apache-2.0 */
#include "efi/devpath.h"

#include <efivar/efivar.h>
/* efivar-dp.h needs efivar.h first */
#include <efivar/efivar-dp.h>
#include <stdbool.h>
#include <string.h>

#include "core/io.h"
#include "efi/guid.h"

/* UEFI 2.10, 10.3.1: each node has type, subtype and a length (16 bits, with these 4 bytes). */
#define NODE_HEADER 4u

#define HARDWARE 1
#define ACPI     2
#define MESSAGE  3
#define MEDIA    4
#define BIOS     5
#define END      0x7f

#define END_ENTIRE 0xff

/* What seeing a node says about the entry; of several, the highest wins. */
enum sign { SIGN_NONE, SIGN_DEVICE, SIGN_FILE, SIGN_FIRMWARE, SIGN_NETWORK };

/* Nodes whose text libefivar makes safely when their length is within these bounds (10.3.2 to 10.3.6). */
static const struct node_kind {
	uint8_t type, subtype;
	uint16_t min, max; /* bytes, with the header */
	enum sign sign;
} node_kinds[] = {
	{HARDWARE, 1, 6, 6, SIGN_DEVICE},    /* PCI */
	{HARDWARE, 5, 8, 8, SIGN_DEVICE},    /* controller */
	{ACPI, 1, 12, 12, SIGN_DEVICE},      /* ACPI */
	{MESSAGE, 1, 8, 8, SIGN_DEVICE},     /* ATAPI */
	{MESSAGE, 2, 8, 8, SIGN_DEVICE},     /* SCSI */
	{MESSAGE, 5, 6, 6, SIGN_DEVICE},     /* USB */
	{MESSAGE, 11, 37, 37, SIGN_NETWORK}, /* MAC address */
	{MESSAGE, 12, 27, 27, SIGN_NETWORK}, /* IPv4 */
	{MESSAGE, 13, 60, 60, SIGN_NETWORK}, /* IPv6 */
	{MESSAGE, 17, 5, 5, SIGN_DEVICE},    /* logical unit */
	{MESSAGE, 18, 10, 10, SIGN_DEVICE},  /* SATA */
	{MESSAGE, 20, 6, 6, SIGN_NETWORK},   /* VLAN */
	{MESSAGE, 23, 16, 16, SIGN_DEVICE},  /* NVMe namespace */
	{MESSAGE, 24, 4, 512, SIGN_NETWORK}, /* URI */
	{MEDIA, 1, 42, 42, SIGN_NONE},       /* partition */
	{MEDIA, 4, 6, 1024, SIGN_FILE},      /* file path */
	{MEDIA, 6, 20, 20, SIGN_FIRMWARE},   /* firmware file */
	{MEDIA, 7, 20, 20, SIGN_FIRMWARE},   /* firmware volume */
};

static uint16_t le16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static const struct node_kind *find_kind(const uint8_t *node)
{
	for (size_t i = 0; i < sizeof(node_kinds) / sizeof(node_kinds[0]); i++)
		if (node_kinds[i].type == node[0] && node_kinds[i].subtype == node[1])
			return &node_kinds[i];
	return NULL;
}

/* 10.3.5.4: the name ends with a NUL within its node. */
static bool file_path_ends(const uint8_t *node, uint16_t len)
{
	return len % 2 == 0 && le16(node + len - 2) == 0;
}

/* A node that says nothing by our table: by its type alone. BIOS boot devices (10.3.6): 6 and 0x80 are network. */
static enum sign sign_by_type(const uint8_t *node, uint16_t len)
{
	if (node[0] == BIOS && len >= 8)
		return le16(node + NODE_HEADER) == 0x06 || le16(node + NODE_HEADER) == 0x80 ? SIGN_NETWORK
											    : SIGN_DEVICE;
	if (node[0] == MESSAGE && (node[1] == 28 || node[1] == 31)) /* Wi-Fi, DNS */
		return SIGN_NETWORK;
	return node[0] == HARDWARE || node[0] == ACPI || node[0] == MESSAGE ? SIGN_DEVICE : SIGN_NONE;
}

struct seen {
	enum sign sign;
	bool text_is_safe;
};

static void look_at_node(const uint8_t *node, uint16_t len, struct efi_entry *entry, struct seen *seen)
{
	const struct node_kind *kind = find_kind(node);
	bool sound = kind && len >= kind->min && len <= kind->max;
	enum sign sign = kind ? kind->sign : sign_by_type(node, len);

	if (sound && node[0] == MEDIA && node[1] == 4)
		sound = file_path_ends(node, len);
	/* 10.3.5.1: signature at 24, MBR type at 40, signature type at 41; 2 and 2: GPT */
	if (sound && node[0] == MEDIA && node[1] == 1 && node[40] == 2 && node[41] == 2)
		guid_text(node + 24, entry->partition);
	if (!sound)
		seen->text_is_safe = false;
	if (sign > seen->sign)
		seen->sign = sign;
}

/* A file name or URI is whatever its writer liked: only printable ASCII is shown. */
static void format_text(const uint8_t *path, size_t len, char text[], size_t room)
{
	ssize_t n = efidp_format_device_path(text, room, (const_efidp)path, (ssize_t)len);

	text[n < 0 ? 0 : room - 1] = '\0';
	for (char *c = text; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
}

static int kind_of(enum sign sign)
{
	static const enum efi_entry_kind kinds[] = {[SIGN_NONE] = EFI_ENTRY_UNKNOWN,
						    [SIGN_DEVICE] = EFI_ENTRY_DEVICE,
						    [SIGN_FILE] = EFI_ENTRY_DISK_FILE,
						    [SIGN_FIRMWARE] = EFI_ENTRY_FIRMWARE,
						    [SIGN_NETWORK] = EFI_ENTRY_NETWORK};

	return kinds[sign];
}

int devpath_describe(const uint8_t *bytes, size_t len, struct efi_entry *entry, struct err *err)
{
	struct seen seen = {.text_is_safe = true};
	size_t at = 0;

	for (;;) {
		uint16_t node_len;

		if (len - at < NODE_HEADER)
			return err_set(err, EBADMSG, "its device path has no end");
		node_len = le16(bytes + at + 2);
		if (node_len < NODE_HEADER || node_len > len - at)
			return err_set(err, EBADMSG, "a node of its device path reaches beyond the end");
		if (bytes[at] == END) {
			at += node_len;
			if (bytes[at - node_len + 1] != END_ENTIRE || node_len != NODE_HEADER)
				seen.text_is_safe = false;
			break;
		}
		look_at_node(bytes + at, node_len, entry, &seen);
		at += node_len;
	}
	entry->kind = kind_of(seen.sign);
	if (seen.text_is_safe && at > NODE_HEADER)
		format_text(bytes, at, entry->path, sizeof(entry->path));
	return 0;
}

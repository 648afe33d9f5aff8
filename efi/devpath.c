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

/* What a node is, for what the whole path names. */
enum part {
	PART_OTHER,
	PART_DEVICE,
	PART_NETWORK,
	PART_URI,
	PART_REMOTE, /* storage behind a network */
	PART_DISK,   /* a partition, or a file in a file system */
	PART_VOLUME, /* of the firmware */
	PART_FVFILE, /* a file of such a volume */
	PART_BIOS,
	PART_BIOS_NETWORK,
	N_PARTS
};

/* Nodes whose text libefivar makes safely when their length is within these bounds (10.3.2 to 10.3.6). */
static const struct node_kind {
	uint8_t type, subtype;
	uint16_t min, max; /* bytes, with the header */
	enum part part;
} node_kinds[] = {
	{HARDWARE, 1, 6, 6, PART_DEVICE},    /* PCI */
	{HARDWARE, 3, 24, 24, PART_VOLUME},  /* memory mapped: where some firmware has its volumes */
	{HARDWARE, 5, 8, 8, PART_DEVICE},    /* controller */
	{ACPI, 1, 12, 12, PART_DEVICE},      /* ACPI */
	{MESSAGE, 1, 8, 8, PART_DEVICE},     /* ATAPI */
	{MESSAGE, 2, 8, 8, PART_DEVICE},     /* SCSI */
	{MESSAGE, 5, 6, 6, PART_DEVICE},     /* USB */
	{MESSAGE, 11, 37, 37, PART_NETWORK}, /* MAC address */
	{MESSAGE, 12, 27, 27, PART_NETWORK}, /* IPv4 */
	{MESSAGE, 13, 60, 60, PART_NETWORK}, /* IPv6 */
	{MESSAGE, 17, 5, 5, PART_DEVICE},    /* logical unit */
	{MESSAGE, 18, 10, 10, PART_DEVICE},  /* SATA */
	{MESSAGE, 20, 6, 6, PART_NETWORK},   /* VLAN */
	{MESSAGE, 23, 16, 16, PART_DEVICE},  /* NVMe namespace */
	{MESSAGE, 24, 4, 512, PART_URI},     /* URI */
	{MEDIA, 1, 42, 42, PART_DISK},       /* partition */
	{MEDIA, 4, 6, 1024, PART_DISK},      /* file path */
	{MEDIA, 6, 20, 20, PART_FVFILE},     /* firmware file */
	{MEDIA, 7, 20, 20, PART_VOLUME},     /* firmware volume */
};

/* Of the others those that are network, or storage behind one; their text is not made. */
static const struct {
	uint8_t subtype;
	enum part part;
} messages[] = {
	{3, PART_REMOTE},   /* Fibre Channel */
	{9, PART_REMOTE},   /* InfiniBand */
	{19, PART_REMOTE},  /* iSCSI */
	{21, PART_REMOTE},  /* Fibre Channel Ex */
	{28, PART_NETWORK}, /* Wi-Fi */
	{31, PART_NETWORK}, /* DNS */
	{32, PART_NETWORK}, /* REST service */
	{34, PART_REMOTE},  /* NVMe over fabrics */
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

/* A node that our first table lacks. BIOS boot devices (10.3.6): 6 and 0x80 are network. */
static enum part part_by_type(const uint8_t *node, uint16_t len)
{
	if (node[0] == BIOS && len >= 8)
		return le16(node + NODE_HEADER) == 0x06 || le16(node + NODE_HEADER) == 0x80
			       ? PART_BIOS_NETWORK
			       : PART_BIOS;
	for (size_t i = 0; node[0] == MESSAGE && i < sizeof(messages) / sizeof(messages[0]); i++)
		if (messages[i].subtype == node[1])
			return messages[i].part;
	return node[0] == HARDWARE || node[0] == ACPI || node[0] == MESSAGE ? PART_DEVICE : PART_OTHER;
}

struct seen {
	unsigned parts[N_PARTS]; /* how many nodes of each */
	unsigned nodes;
	bool text_is_safe;
};

/* 10.3.4.23: the rest of the node is the URI, without a NUL. A second one, or one that is too long, is never a known one. */
static void take_uri(const uint8_t *node, uint16_t len, struct efi_entry *entry)
{
	size_t n = len - NODE_HEADER;

	entry->uri_is_whole = !*entry->uri && n < sizeof(entry->uri);
	if (n >= sizeof(entry->uri))
		n = sizeof(entry->uri) - 1;
	for (size_t i = 0; i < n; i++)
		entry->uri[i] = (char)(node[NODE_HEADER + i] > 0x20 && node[NODE_HEADER + i] < 0x7f
					       ? node[NODE_HEADER + i]
					       : '?');
	entry->uri[n] = '\0';
}

static void look_at_node(const uint8_t *node, uint16_t len, struct efi_entry *entry, struct seen *seen)
{
	const struct node_kind *kind = find_kind(node);
	bool sound = kind && len >= kind->min && len <= kind->max;
	enum part part = kind ? kind->part : part_by_type(node, len);

	if (sound && node[0] == MEDIA && node[1] == 4)
		sound = file_path_ends(node, len);
	/* 10.3.5.1: signature at 24, MBR type at 40, signature type at 41; 2 and 2: GPT */
	if (sound && node[0] == MEDIA && node[1] == 1 && node[40] == 2 && node[41] == 2)
		guid_text(node + 24, entry->partition);
	if (part == PART_URI && len > NODE_HEADER)
		take_uri(node, len, entry);
	if (!sound)
		seen->text_is_safe = false;
	seen->parts[part]++;
	seen->nodes++;
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

/*
 * A path that mixes what no firmware mixes is of no kind: else a node that looks harmless would vouch for the file behind
 * it. Storage behind a network is told whatever surrounds it.
 */
static enum efi_entry_kind kind_of(const struct seen *seen)
{
	const unsigned *n = seen->parts;
	unsigned network = n[PART_NETWORK] + n[PART_URI], firmware = n[PART_VOLUME] + n[PART_FVFILE],
		 bios = n[PART_BIOS] + n[PART_BIOS_NETWORK];

	if (n[PART_REMOTE])
		return EFI_ENTRY_REMOTE;
	if (n[PART_OTHER] || !seen->nodes)
		return EFI_ENTRY_UNKNOWN;
	if (n[PART_DISK])
		return network || firmware || bios ? EFI_ENTRY_UNKNOWN : EFI_ENTRY_DISK_FILE;
	if (firmware)
		return seen->nodes == firmware && firmware <= 2 ? EFI_ENTRY_FIRMWARE : EFI_ENTRY_UNKNOWN;
	if (bios)
		return seen->nodes > 1        ? EFI_ENTRY_UNKNOWN
		       : n[PART_BIOS_NETWORK] ? EFI_ENTRY_NETWORK
					      : EFI_ENTRY_DEVICE;
	return network ? EFI_ENTRY_NETWORK : EFI_ENTRY_DEVICE;
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
	entry->kind = kind_of(&seen);
	entry->is_bios = seen.parts[PART_BIOS] + seen.parts[PART_BIOS_NETWORK] > 0;
	if (seen.text_is_safe && at > NODE_HEADER)
		format_text(bytes, at, entry->path, sizeof(entry->path));
	return 0;
}

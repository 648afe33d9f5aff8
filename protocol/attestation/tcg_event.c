/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/attestation/tcg_event.h"

#include <string.h>

#include "core/io.h"
#include "protocol/attestation/tcg_log_spec.h"

static const struct {
	uint32_t type;
	const char *name;
} types[] = {
	{EV_POST_CODE, "EV_POST_CODE"},
	{EV_NO_ACTION, "EV_NO_ACTION"},
	{EV_SEPARATOR, "EV_SEPARATOR"},
	{EV_ACTION, "EV_ACTION"},
	{EV_EVENT_TAG, "EV_EVENT_TAG"},
	{EV_S_CRTM_CONTENTS, "EV_S_CRTM_CONTENTS"},
	{EV_S_CRTM_VERSION, "EV_S_CRTM_VERSION"},
	{EV_CPU_MICROCODE, "EV_CPU_MICROCODE"},
	{EV_PLATFORM_CONFIG_FLAGS, "EV_PLATFORM_CONFIG_FLAGS"},
	{EV_TABLE_OF_DEVICES, "EV_TABLE_OF_DEVICES"},
	{EV_COMPACT_HASH, "EV_COMPACT_HASH"},
	{EV_IPL, "EV_IPL"},
	{EV_IPL_PARTITION_DATA, "EV_IPL_PARTITION_DATA"},
	{EV_NONHOST_CODE, "EV_NONHOST_CODE"},
	{EV_NONHOST_CONFIG, "EV_NONHOST_CONFIG"},
	{EV_NONHOST_INFO, "EV_NONHOST_INFO"},
	{EV_OMIT_BOOT_DEVICE_EVENTS, "EV_OMIT_BOOT_DEVICE_EVENTS"},
	{EV_EFI_VARIABLE_DRIVER_CONFIG, "EV_EFI_VARIABLE_DRIVER_CONFIG"},
	{EV_EFI_VARIABLE_BOOT, "EV_EFI_VARIABLE_BOOT"},
	{EV_EFI_BOOT_SERVICES_APPLICATION, "EV_EFI_BOOT_SERVICES_APPLICATION"},
	{EV_EFI_BOOT_SERVICES_DRIVER, "EV_EFI_BOOT_SERVICES_DRIVER"},
	{EV_EFI_RUNTIME_SERVICES_DRIVER, "EV_EFI_RUNTIME_SERVICES_DRIVER"},
	{EV_EFI_GPT_EVENT, "EV_EFI_GPT_EVENT"},
	{EV_EFI_ACTION, "EV_EFI_ACTION"},
	{EV_EFI_PLATFORM_FIRMWARE_BLOB, "EV_EFI_PLATFORM_FIRMWARE_BLOB"},
	{EV_EFI_HANDOFF_TABLES, "EV_EFI_HANDOFF_TABLES"},
	{EV_EFI_PLATFORM_FIRMWARE_BLOB2, "EV_EFI_PLATFORM_FIRMWARE_BLOB2"},
	{EV_EFI_HANDOFF_TABLES2, "EV_EFI_HANDOFF_TABLES2"},
	{EV_EFI_VARIABLE_BOOT2, "EV_EFI_VARIABLE_BOOT2"},
	{EV_EFI_GPT_EVENT2, "EV_EFI_GPT_EVENT2"},
	{EV_EFI_HCRTM_EVENT, "EV_EFI_HCRTM_EVENT"},
	{EV_EFI_VARIABLE_AUTHORITY, "EV_EFI_VARIABLE_AUTHORITY"},
	{EV_EFI_SPDM_FIRMWARE_BLOB, "EV_EFI_SPDM_FIRMWARE_BLOB"},
	{EV_EFI_SPDM_FIRMWARE_CONFIG, "EV_EFI_SPDM_FIRMWARE_CONFIG"},
};

const char *tcg_event_type(uint32_t type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == type)
			return types[i].name;
	return "an event of unknown type";
}

bool tcg_event_is_of_data(const struct tcg_event *event)
{
	uint8_t digest[SHA256_SIZE];

	sha256(event->data, event->len, digest);
	return !memcmp(digest, event->sha256, sizeof(digest));
}

static uint16_t le16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

/* So many UTF-16 units, up to a NUL; what is not printable ASCII is '?'. */
static void copy_ascii(const uint8_t *utf16, size_t units, char *text, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < units && n + 1 < size && le16(utf16 + 2 * i); i++) {
		uint16_t c = le16(utf16 + 2 * i);

		text[n++] = c >= 0x20 && c < 0x7f ? (char)c : '?';
	}
	text[n] = '\0';
}

int tcg_event_variable(const struct tcg_event *event, struct tcg_variable *ret)
{
	struct uefi_variable_data head;
	uint64_t rest;

	if (event->len < sizeof(head))
		return -EBADMSG;
	memcpy(&head, event->data, sizeof(head));
	rest = event->len - sizeof(head);
	if (head.UnicodeNameLength > rest / 2 || head.VariableDataLength != rest - 2 * head.UnicodeNameLength)
		return -EBADMSG;
	memcpy(ret->guid, head.VariableName, sizeof(ret->guid));
	copy_ascii(event->data + sizeof(head), (size_t)head.UnicodeNameLength, ret->name, sizeof(ret->name));
	ret->data = event->data + sizeof(head) + 2 * head.UnicodeNameLength;
	ret->len = (size_t)head.VariableDataLength;
	return 0;
}

/* UEFI 2.10, 10.3.2.1 (PCI), 10.3.4.22 (URI), 10.3.4.11 (MAC address), 10.3.5.4 (file path), 10.3.5.8 (offsets in an option ROM). */
static void add_node(const uint8_t *node, uint16_t len, char *words, size_t size)
{
	size_t used = strlen(words);
	char *end = words + used;

	size -= used;
	if (node[0] == 1 && node[1] == 1 && len == 6)
		snprintf(end, size, "%sPCI %02x.%u", used ? ", " : "", node[5], node[4]);
	else if (node[0] == 3 && node[1] == 11 && len >= 10)
		snprintf(end, size, "%snetwork card %02x:%02x:%02x:%02x:%02x:%02x", used ? ", " : "", node[4],
			 node[5], node[6], node[7], node[8], node[9]);
	else if (node[0] == 4 && node[1] == 8)
		snprintf(end, size, "%soption ROM", used ? ", " : "");
	else if ((node[0] == 4 && node[1] == 4) || (node[0] == 3 && node[1] == 24)) {
		snprintf(end, size, "%s", used ? ", " : "");
		used = strlen(end);
		if (node[0] == 4)
			copy_ascii(node + 4, (len - 4u) / 2, end + used, size - used);
		else
			snprintf(end + used, size - used, "%.*s", len - 4, (const char *)node + 4);
	}
}

static void path_words(const uint8_t *path, size_t len, char *words, size_t size)
{
	for (size_t at = 0; len - at >= sizeof(struct efi_device_path_node);) {
		uint16_t node = le16(path + at + 2);

		if (path[at] == 0x7f || node < sizeof(struct efi_device_path_node) || node > len - at)
			break;
		add_node(path + at, node, words, size);
		at += node;
	}
	for (char *c = words; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
}

void tcg_event_image_words(const struct tcg_event *event, char *words, size_t size)
{
	struct uefi_image_load_event head;

	words[0] = '\0';
	if (event->len >= sizeof(head)) {
		memcpy(&head, event->data, sizeof(head));
		if (head.LengthOfDevicePath <= event->len - sizeof(head))
			path_words(event->data + sizeof(head), (size_t)head.LengthOfDevicePath, words, size);
	}
	if (!words[0])
		snprintf(words, size, "an unknown place");
}

int tcg_event_tag(const struct tcg_event *event, uint32_t *ret)
{
	struct tcg_tagged_event head;

	if (event->type != EV_EVENT_TAG || event->len < sizeof(head))
		return -EBADMSG;
	memcpy(&head, event->data, sizeof(head));
	if (head.taggedEventDataSize > event->len - sizeof(head))
		return -EBADMSG;
	*ret = head.taggedEventID;
	return 0;
}

int tcg_event_text(const struct tcg_event *event, char *text, size_t size)
{
	size_t n = event->len / 2;

	if (event->len % 2 || n == 0 || n > size || le16(event->data + 2 * (n - 1)) != 0)
		return -EBADMSG;
	for (size_t i = 0; i + 1 < n; i++) {
		uint16_t c = le16(event->data + 2 * i);

		if (c < 0x20 || c > 0x7e)
			return -EBADMSG;
	}
	copy_ascii(event->data, n, text, size);
	return 0;
}

uint8_t *tcg_text_bytes(const char *text, size_t *ret_len)
{
	size_t n = strlen(text) + 1;
	uint8_t *bytes = xcalloc(n, 2);

	for (size_t i = 0; i < n; i++)
		bytes[2 * i] = (uint8_t)text[i];
	*ret_len = 2 * n;
	return bytes;
}

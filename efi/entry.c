/* SPDX-License-Identifier: Apache-2.0 */
/* One EFI_LOAD_OPTION (UEFI 2.10, 3.1.3): attributes (32 bits), length of the device paths (16 bits), description (UTF-16,
 * ended by NUL), device paths, optional data. */
#include <stdbool.h>
#include <string.h>

#include "core/io.h"
#include "efi/bootorder.h"
#include "efi/devpath.h"

#define OPTION_FIXED 6u
#define OPTION_MAX   (64u * 1024)

static uint16_t unit_at(const uint8_t *bytes, size_t i)
{
	return (uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
}

/* One code point from n units of UTF-16 at *i; what is no character is U+FFFD. */
static uint32_t next_character(const uint8_t *bytes, size_t n, size_t *i)
{
	uint32_t unit = unit_at(bytes, (*i)++), low;

	if (unit < 0xd800 || unit > 0xdfff)
		return unit;
	if (unit > 0xdbff || *i == n)
		return 0xfffd;
	low = unit_at(bytes, *i);
	if (low < 0xdc00 || low > 0xdfff)
		return 0xfffd;
	(*i)++;
	return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

static size_t encode(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* As much as fits; controls (C0, DEL and C1) become '?'. */
static void to_utf8(const uint8_t *bytes, size_t n, char *out, size_t room)
{
	size_t used = 0;

	for (size_t i = 0; i < n;) {
		uint32_t c = next_character(bytes, n, &i);
		char utf8[4];
		size_t len = encode(c < 0x20 || (c >= 0x7f && c < 0xa0) ? '?' : c, utf8);

		if (used + len >= room)
			break;
		memcpy(out + used, utf8, len);
		used += len;
	}
	out[used] = '\0';
}

/* Units before the NUL; false: there is no NUL. */
static bool description_len(const uint8_t *bytes, size_t len, size_t *ret)
{
	for (size_t i = 0; i < len / 2; i++)
		if (unit_at(bytes, i) == 0) {
			*ret = i;
			return true;
		}
	return false;
}

static int parse(const uint8_t *option, size_t len, struct efi_entry *entry, struct err *err)
{
	size_t paths, units, at;

	if (len < OPTION_FIXED || len > OPTION_MAX)
		return err_set(err, EBADMSG, "%zu bytes are no load option", len);
	entry->attributes = option[0] | option[1] << 8 | option[2] << 16 | (uint32_t)option[3] << 24;
	paths = (size_t)(option[4] | option[5] << 8);
	if (!description_len(option + OPTION_FIXED, len - OPTION_FIXED, &units))
		return err_set(err, EBADMSG, "its description has no end");
	to_utf8(option + OPTION_FIXED, units, entry->description, sizeof(entry->description));
	at = OPTION_FIXED + 2 * (units + 1);
	if (paths > len - at)
		return err_set(err, EBADMSG, "its device path reaches beyond the end");
	entry->paths_at = at;
	entry->data_at = at + paths;
	return devpath_describe(option + at, paths, entry, err);
}

int efi_entry_parse(uint16_t number, const void *option, size_t len, struct efi_entry *ret, struct err *err)
{
	struct efi_entry entry = {.number = number, .kind = EFI_ENTRY_UNKNOWN};
	int r = parse(option, len, &entry, err);

	if (r < 0)
		return err_prepend(err, "Boot%04X", number);
	entry.option = xcalloc(1, len);
	memcpy(entry.option, option, len);
	entry.option_len = len;
	*ret = entry;
	return 0;
}

const char *efi_entry_kind_name(enum efi_entry_kind kind)
{
	static const char *const names[] = {
		[EFI_ENTRY_NETWORK] = "network",   [EFI_ENTRY_DISK_FILE] = "disk-file",
		[EFI_ENTRY_FIRMWARE] = "firmware", [EFI_ENTRY_DEVICE] = "device",
		[EFI_ENTRY_REMOTE] = "remote",     [EFI_ENTRY_UNKNOWN] = "unknown"};

	return names[kind];
}

void efi_entry_clear(struct efi_entry *entry)
{
	free(entry->option);
	*entry = (struct efi_entry){0};
}

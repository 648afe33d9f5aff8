/* SPDX-License-Identifier: Apache-2.0 */
/* The tables as the kernel hands them out. It has checked the entry point's checksum and copied the
 * table from firmware's memory. */
#include <stdint.h>
#include <string.h>

#include "agent/hw/smbios/smbios.h"
#include "core/io.h"

#define TABLE_MAX (1024 * 1024)

/* 5.2.1: "_SM_", version at 6 and 7; 5.2.2: "_SM3_", version at 7 and 8. "_DMI_" alone is older than 2.1
 * and has BCD at 14. */
static int entry_version(const char *entry, size_t len, unsigned *ret, struct err *err)
{
	const uint8_t *p = (const uint8_t *)entry;

	if (len >= 24 && !memcmp(entry, "_SM3_", 5))
		*ret = (unsigned)p[7] << 8 | p[8];
	else if (len >= 31 && !memcmp(entry, "_SM_", 4))
		*ret = (unsigned)p[6] << 8 | p[7];
	else if (len >= 15 && !memcmp(entry, "_DMI_", 5))
		*ret = (unsigned)(p[14] >> 4) << 8 | (p[14] & 0xf);
	else
		return err_set(err, EBADMSG, "SMBIOS: no known entry point");
	return 0;
}

int smbios_read(const char *root, json_t **ret, struct err *err)
{
	_cleanup_free_ char *entry_path = str_printf("%s/sys/firmware/dmi/tables/smbios_entry_point", root);
	_cleanup_free_ char *table_path = str_printf("%s/sys/firmware/dmi/tables/DMI", root);
	_cleanup_free_ char *entry = NULL, *table = NULL;
	size_t entry_len = 0, table_len = 0;
	unsigned version = 0;
	int r;

	r = file_read(entry_path, 4096, &entry, &entry_len, err);
	if (!r)
		r = file_read(table_path, TABLE_MAX, &table, &table_len, err);
	if (!r)
		r = entry_version(entry, entry_len, &version, err);
	return r < 0 ? r : smbios_parse(table, table_len, version, ret, err);
}

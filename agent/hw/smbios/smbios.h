/* SPDX-License-Identifier: Apache-2.0 */
/* SMBIOS 3 tables (DMTF DSP0134): system, board, chassis, memory. Input from firmware: hostile. */
#ifndef AGENT_HW_SMBIOS_H
#define AGENT_HW_SMBIOS_H

#include <jansson.h>
#include <stddef.h>

#include "core/err.h"

/* Parses a structure table of at most 1 MiB: {"bios":{...},"system":{manufacturer, product, version,
 * serial, uuid, sku}, "board":{...},"chassis":{...},"memory":[{locator, size, speed, manufacturer,
 * serial, part}],"slots":[{designation, in_use, address?}]}. `version` is 0x0208 and the like (it decides the byte order of the UUID, 7.2.1).
 * -EBADMSG for a table that ends in a structure. */
int smbios_parse(const void *table, size_t len, unsigned version, json_t **ret, struct err *err) _must_check_;

/* Reads <root>/sys/firmware/dmi/tables/; -ENOENT without. */
int smbios_read(const char *root, json_t **ret, struct err *err) _must_check_;

#endif

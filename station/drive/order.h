/* SPDX-License-Identifier: Apache-2.0 */
/* The boot order from both sides: what Redfish says of it, and what the agent's evidence says of the UEFI variables. Pure. */
#ifndef STATION_DRIVE_ORDER_H
#define STATION_DRIVE_ORDER_H

#include "core/json.h"

/* Notes in the record what Redfish says now; boot is from rf_boot_get(). */
void drive_order_read(json_t *record, const json_t *boot);

/*
 * {"policy", "uefi", "redfish", "read", "verdict"}: policy of the order ("disk-first", ..., NULL), evidence.efi (NULL: none), and the record. A new
 * object. Redfish's references count as numbers of boot entries where they have that form (Boot0003), and cannot be compared otherwise.
 */
json_t *drive_order_compare(const json_t *record, const json_t *efi, const char *policy) _must_check_;

#endif

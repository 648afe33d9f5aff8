/* SPDX-License-Identifier: Apache-2.0 */
/* The Boot object, read and compared. DSP2046, ComputerSystem: Boot. */
#ifndef REDFISH_BOOT_STATE_H
#define REDFISH_BOOT_STATE_H

#include "redfish/system.h"

#define RF_BOOT_TARGET  "BootSourceOverrideTarget"
#define RF_BOOT_ENABLED "BootSourceOverrideEnabled"
#define RF_BOOT_MODE    "BootSourceOverrideMode"
#define RF_BOOT_URI     "HttpBootUri"

/* Where Boot is, and may be written. */
struct rf_boot_place {
	struct rf_system system;
	json_t *boot;               /* of the system; borrowed from it */
	char settings[RF_PATH_MAX]; /* @Redfish.Settings; "": there is none */
	json_t *pending;            /* the settings' resource; NULL: none */
};
void rf_boot_place_clear(struct rf_boot_place *place);

/* *ret is to be cleared in each case. */
int rf_boot_find(struct rf_bmc *bmc, struct rf_boot_place *ret, struct err *err) _must_check_;
/* Reads all of it anew. */
int rf_boot_read(struct rf_bmc *bmc, struct rf_boot_place *place, struct err *err) _must_check_;

/* Does a Boot object hold what has been written? An override that is disabled may keep its target. */
int rf_boot_is(const json_t *boot, const json_t *written, bool *ret, struct err *err) _must_check_;

/* "Target=Pxe Enabled=Once Mode=UEFI", for messages; malloc'd. */
char *rf_boot_words(const json_t *boot) _must_check_;

#endif

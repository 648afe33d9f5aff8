/* SPDX-License-Identifier: Apache-2.0 */
/* What the machine boots from next: the boot override of its System. */
#ifndef REDFISH_BOOT_H
#define REDFISH_BOOT_H

#include "redfish/bmc.h"

enum rf_boot_target { RF_BOOT_NONE, RF_BOOT_PXE, RF_BOOT_HTTP, RF_BOOT_CD, RF_BOOT_DISK };

struct rf_boot_want {
	enum rf_boot_target target; /* RF_BOOT_NONE: no override */
	bool continuous;            /* at each boot; else once */
	bool legacy;                /* BIOS mode; else UEFI */
	const char *uri;            /* RF_BOOT_HTTP: what is booted; NULL: DHCP says */
};

/*
 * Boot as it is: {"target", "enabled", "mode", "uri", "targets", "order", "next"}, null where the BMC does not say; "pending" is what
 * @Redfish.Settings holds for the next start where that differs, or null. A new object.
 */
int rf_boot_get(struct rf_bmc *bmc, json_t **ret, struct err *err) _must_check_;

/*
 * Writes it where the BMC takes it, reads it again and compares. -EOPNOTSUPP: it cannot do that, with what there is instead; -RF_UNCHANGED: it
 * agreed, and something else is there. *ret as above.
 */
int rf_boot_set(struct rf_bmc *bmc, const struct rf_boot_want *want, json_t **ret,
		struct err *err) _must_check_;

#endif

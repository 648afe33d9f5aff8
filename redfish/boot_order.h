/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order in which the firmware tries its boot options. DSP2046, ComputerSystem: Boot.BootOrder; BootOption. The order of the collection of
 * options says nothing of it (Dell R770).
 */
#ifndef REDFISH_BOOT_ORDER_H
#define REDFISH_BOOT_ORDER_H

#include "redfish/bmc.h"

#define RF_BOOT_OPTIONS_MAX 256

/*
 * {"order": [{"reference", "name", "alias", "enabled"}], "others": the options that are not in it, "pending": [reference] or null}. What a BMC does
 * not say is null. -EOPNOTSUPP: no BootOrder. A new object.
 */
int rf_boot_order_get(struct rf_bmc *bmc, json_t **ret, struct err *err) _must_check_;

/*
 * `options` (strings: reference, name or alias) come first, in this order; an alias may stand for several. The others follow in the order that they
 * have: an order that leaves one out would lose it. Written where the BMC takes it, read again. -ENOENT: there is no such option;
 * -RF_UNCHANGED. *ret as above.
 */
int rf_boot_order_set(struct rf_bmc *bmc, const json_t *options, json_t **ret, struct err *err) _must_check_;

/* The order that comes of it: a new array of references, from the document of rf_boot_order_get(). No I/O. */
int rf_boot_order_make(const json_t *document, const json_t *options, json_t **ret,
		       struct err *err) _must_check_;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The boot order as it is read: what the files of boot_order.h share. */
#ifndef REDFISH_BOOT_ORDER_READ_H
#define REDFISH_BOOT_ORDER_READ_H

#include "redfish/boot_order.h"
#include "redfish/boot_state.h"

/* BootOrder of a Boot object, a new array; -EOPNOTSUPP where there is none. */
int rf_boot_order_now(const json_t *boot, json_t **ret, struct err *err) _must_check_;
/* What waits for the next start where that differs from `now`, else null; new. */
int rf_boot_order_pending(const struct rf_boot_place *place, const json_t *now, json_t **ret,
			  struct err *err) _must_check_;
/* The document of rf_boot_order_get(). */
int rf_boot_order_describe(struct rf_bmc *bmc, const struct rf_boot_place *place, json_t **ret,
			   struct err *err) _must_check_;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files that read order.nic. */
#ifndef PROTOCOL_ORDER_NIC_PART_H
#define PROTOCOL_ORDER_NIC_PART_H

#include "protocol/order/nic.h"

#define NIC_UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define NIC_LOWER  "abcdefghijklmnopqrstuvwxyz"
#define NIC_DIGITS "0123456789"

/* It is not empty, and has no other characters than these. */
bool order_nic_consists_of(const char *text, const char *characters);

/* Settings: an object, empty where the entry has none. `what` is for messages. */
int order_nic_devlink(const json_t *entry, const char *what, json_t **ret, struct err *err) _must_check_;
int order_nic_config(const json_t *entry, const char *what, json_t **ret, struct err *err) _must_check_;
int order_nic_firmware(const json_t *entry, const char *what, struct order_nic *nic,
		       struct err *err) _must_check_;

#endif

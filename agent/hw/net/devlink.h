/* SPDX-License-Identifier: Apache-2.0 */
/* devlink: which firmware runs on a card, which will after the next reset, and the card's own identity. Nothing is set. */
#ifndef AGENT_HW_DEVLINK_H
#define AGENT_HW_DEVLINK_H

#include <jansson.h>

#include "agent/hw/net/genl.h"

/*
 * {"0000:3b:00.0": {"driver"?, "serial"?, "board_serial"?, "fixed": {...}, "running": {...}, "stored": {...}}} of every PCI function that
 * has devlink. -ENOENT: this kernel has none.
 */
int devlink_inventory(json_t **ret, struct err *err) _must_check_;

/* One answer to DEVLINK_CMD_INFO_GET, added to that object. Pure. */
void devlink_take(const struct nlmsghdr *message, json_t *to);

#endif

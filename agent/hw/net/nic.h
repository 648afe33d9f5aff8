/* SPDX-License-Identifier: Apache-2.0 */
/* Network cards in full: what sysfs shows (netif_inventory()), and what their drivers say by rtnetlink, ethtool and devlink. */
#ifndef AGENT_HW_NIC_H
#define AGENT_HW_NIC_H

#include <jansson.h>

#include "core/err.h"

/* The array "nics" of docs/inventory.md, of this machine. A kernel without ethtool or devlink, and a driver that does not answer, are
 * no error: "unsupported" lists what could not be asked. */
int nic_inventory(const char *root, json_t **ret, struct err *err) _must_check_;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What a network card's driver says of it: ethtool by generic netlink, and the one request that has an ioctl alone. Nothing is set. */
#ifndef AGENT_HW_ETHTOOL_H
#define AGENT_HW_ETHTOOL_H

#include <jansson.h>
#include <stddef.h>

#include "agent/hw/net/genl.h"

/*
 * Asks all about the interface and adds it to `to`: docs/inventory.md, "nics". What the driver does not answer is listed in the
 * array `unsupported`.
 */
void ethtool_describe(struct genl *ethtool, int index, json_t *to, json_t *unsupported);

/* One answer of the kernel; what it is of no use is passed over. Pure. */
void ethtool_take(const struct nlmsghdr *message, json_t *to);

/* Bytes 0 to 255 of a transceiver's first page (SFF-8472, SFF-8636, CMIS): {"vendor", "part", "revision", "serial"}, NULL for a kind
 * that is not known. Pure. */
json_t *ethtool_module_identity(const uint8_t bytes[256]);
/* Adds "module"; 0, -EOPNOTSUPP where the driver cannot, or another error. */
int ethtool_module(struct genl *ethtool, int index, json_t *to, struct err *err) _must_check_;

/* Adds "firmware" when the driver tells its version (ETHTOOL_GDRVINFO). */
void ethtool_firmware(const char *interface, json_t *to);

/* A request about one interface: genl_request() with ethtool's header. */
struct nlmsghdr *ethtool_request(struct genl *ethtool, void *buf, uint8_t command, uint16_t header,
				 int index);

#endif

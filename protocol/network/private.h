/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files that read a network. */
#ifndef PROTOCOL_NETWORK_PRIVATE_H
#define PROTOCOL_NETWORK_PRIVATE_H

#include "protocol/network/network.h"

/* What every kind of interface may have: mtu, DHCP, addresses, routes, name servers. */
int network_read_common(struct network_interface *at, struct err *err) _must_check_;
/* What one kind alone has; names of other interfaces are not looked up yet. */
int network_read_ethernet(struct network_interface *at, struct err *err) _must_check_;
int network_read_bond(struct network_interface *at, struct err *err) _must_check_;
int network_read_vlan(struct network_interface *at, struct err *err) _must_check_;

/* Looks up the names by which interfaces speak of one another; each may be spoken of in one way. */
int network_join(struct network *network, struct err *err) _must_check_;
/* What no interface shows alone. */
int network_check(const struct network *network, struct err *err) _must_check_;

#endif

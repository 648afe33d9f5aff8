/* SPDX-License-Identifier: Apache-2.0 */
/* The interface that the DHCP server is to serve, as this host has it. */
#ifndef STATION_DHCP_INTERFACE_H
#define STATION_DHCP_INTERFACE_H

#include "station/dhcp/config.h"

/* dhcp_config_make() with the interface's IPv4 address; of several, with the first that the wish fits. -ENODEV: there is no such interface, or it has
 * no address; -EINVAL: it is a loopback, or the wish fits none of its addresses. */
int dhcp_interface_config(const struct dhcp_wish *wish, const char *http_url, struct dhcp_config *ret,
			  struct err *err) _must_check_;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The segment's DHCP and TFTP server: dnsmasq as a child with a configuration of ours. It is started again when it ends, with growing pauses and a bound; it
 * ends with the station, however that ends. docs/netboot.md
 */
#ifndef STATION_DHCP_H
#define STATION_DHCP_H

#include "core/err.h"
#include "station/dhcp/config.h"

struct dhcp;

/*
 * Checks interface and values, writes the folder "dhcp" of the state folder, has dnsmasq check its configuration, and starts it. tftp: the folder with
 * iPXE. -EINVAL, -ENODEV: the wish does not fit this host; -ENOENT: no dnsmasq; -EIO: it does not run.
 */
int dhcp_start(const struct dhcp_wish *wish, const char *state_dir, const char *tftp, const char *http_url,
	       struct dhcp **ret, struct err *err) _must_check_;
/* Ends it and waits for its end. NULL: nothing to do. */
void dhcp_stop(struct dhcp *dhcp);

#endif

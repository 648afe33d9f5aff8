/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/net/rtnl.h"

#include <linux/rtnetlink.h>

#define NAME "rtnetlink"

int rtnl_request(struct nlmsghdr *request, rtnl_fn each, void *data, struct err *err)
{
	_cleanup_close_ int fd = netlink_open(NETLINK_ROUTE, NAME, 0, err);

	if (fd < 0)
		return fd;
	request->nlmsg_seq = 1;
	return netlink_exchange(fd, NAME, request, each, data, err);
}

int rtnl_listen(unsigned group, struct err *err)
{
	return netlink_open(NETLINK_ROUTE, NAME, group, err);
}

int rtnl_hear(int fd, unsigned timeout_ms, rtnl_fn each, void *data, struct err *err)
{
	return netlink_hear(fd, NAME, timeout_ms, each, data, err);
}

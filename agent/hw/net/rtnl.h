/* SPDX-License-Identifier: Apache-2.0 */
/* One exchange with rtnetlink, and notifications. Private to agent/hw/netif. */
#ifndef AGENT_HW_RTNL_H
#define AGENT_HW_RTNL_H

#include "agent/hw/net/netlink.h"

typedef netlink_fn rtnl_fn;

/* Sends and waits for the acknowledgement, or (NLM_F_DUMP) for all answers. Returns a negative errno of
 * the kernel with err set. */
int rtnl_request(struct nlmsghdr *request, rtnl_fn each, void *data, struct err *err) _must_check_;

/* A socket, non-blocking, that hears a multicast group (RTNLGRP_*); close() it. */
int rtnl_listen(unsigned group, struct err *err) _must_check_;
/* Hands on what has arrived within timeout_ms at most; returns after the first batch. -ETIMEDOUT. */
int rtnl_hear(int fd, unsigned timeout_ms, rtnl_fn each, void *data, struct err *err) _must_check_;

#endif

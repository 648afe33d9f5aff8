/* SPDX-License-Identifier: Apache-2.0 */
/* One exchange with a netlink family of the kernel, and notifications. Private to agent/hw: rtnl.h and genl.h are the families. */
#ifndef AGENT_HW_NETLINK_H
#define AGENT_HW_NETLINK_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

/* Handles one message of an answer; 0 or a negative errno. */
typedef int (*netlink_fn)(const struct nlmsghdr *message, void *data);

/* A socket, non-blocking, of NETLINK_* `family`; it hears the multicast group unless that is 0. close() it. `name` is for messages. */
int netlink_open(int family, const char *name, unsigned group, struct err *err) _must_check_;

/*
 * Sends and waits for the acknowledgement, or (NLM_F_DUMP) for all answers, 5 s at most. Returns a negative errno of the kernel with err
 * set, to the kernel's own words where it gives any.
 */
int netlink_exchange(int fd, const char *name, struct nlmsghdr *request, netlink_fn each, void *data,
		     struct err *err) _must_check_;

/* Hands on what has arrived within timeout_ms at most; returns after the first batch. -ETIMEDOUT. */
int netlink_hear(int fd, const char *name, unsigned timeout_ms, netlink_fn each, void *data,
		 struct err *err) _must_check_;

/* The attributes of a message behind its own header of `header` bytes, or of a nest, by type; those above max are left out, of two
 * of a type the last counts. False when they are malformed. */
bool netlink_attributes(const struct nlmsghdr *message, size_t header, const struct nlattr **ret,
			unsigned max);
bool netlink_nest(const struct nlattr *nest, const struct nlattr **ret, unsigned max);

/* An attribute's value when it is there and of that type; else `otherwise`, or NULL. */
uint32_t netlink_u32(const struct nlattr *attr, uint32_t otherwise);
uint8_t netlink_u8(const struct nlattr *attr, uint8_t otherwise);
const char *netlink_text(const struct nlattr *attr);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Generic netlink: a family by its name, and requests to it. Every exchange is bounded (netlink.h). Others than agent/hw hold a socket and hand it on. */
#ifndef AGENT_HW_GENL_H
#define AGENT_HW_GENL_H

#include <linux/genetlink.h>

#include "agent/hw/net/netlink.h"

#define GENL_REQUEST_MAX 1024 /* bytes */

struct genl {
	int fd; /* -EBADF: closed */
	uint16_t family;
	uint8_t version;
	uint32_t seq;
	char name[GENL_NAMSIZ];
};

/* -ENOENT: this kernel has no such family. genl_close() it. */
int genl_open(const char *name, struct genl *ret, struct err *err) _must_check_;
void genl_close(struct genl *genl);
/* From now on genl->fd hears the family's multicast group of that name, by netlink_hear(). -ENOENT: there is none. */
int genl_join(struct genl *genl, const char *group, struct err *err) _must_check_;

/* A request in `buf` (GENL_REQUEST_MAX bytes, aligned to 8) to which the caller adds attributes. */
struct nlmsghdr *genl_request(struct genl *genl, void *buf, uint8_t command, uint16_t flags);
int genl_exchange(struct genl *genl, struct nlmsghdr *request, netlink_fn each, void *data,
		  struct err *err) _must_check_;

/* A message's attributes, as netlink_attributes(). False as well for another command. */
bool genl_attributes(const struct nlmsghdr *message, uint8_t command, const struct nlattr **ret,
		     unsigned max);

#endif

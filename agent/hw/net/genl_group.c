/* SPDX-License-Identifier: Apache-2.0 */
/* Multicast groups of generic netlink families: their numbers are given out as families are registered. */
#include <string.h>
#include <sys/socket.h>

#include "agent/hw/net/genl.h"

struct wanted {
	const char *name;
	uint32_t id; /* 0: not found */
};

static int see_groups(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *attrs[CTRL_ATTR_MAX + 1] = {NULL}, *group;
	struct wanted *wanted = data;

	if (!genl_attributes(message, CTRL_CMD_NEWFAMILY, attrs, CTRL_ATTR_MAX) ||
	    !attrs[CTRL_ATTR_MCAST_GROUPS])
		return 0;
	mnl_attr_for_each_nested(group, attrs[CTRL_ATTR_MCAST_GROUPS])
	{
		const struct nlattr *inner[CTRL_ATTR_MCAST_GRP_MAX + 1] = {NULL};
		const char *name;

		if (!netlink_nest(group, inner, CTRL_ATTR_MCAST_GRP_MAX))
			continue;
		name = netlink_text(inner[CTRL_ATTR_MCAST_GRP_NAME]);
		if (name && !strcmp(name, wanted->name))
			wanted->id = netlink_u32(inner[CTRL_ATTR_MCAST_GRP_ID], 0);
	}
	return 0;
}

int genl_join(struct genl *genl, const char *group, struct err *err)
{
	char buf[GENL_REQUEST_MAX] __attribute__((aligned(8)));
	struct genl control = {.fd = genl->fd, .family = GENL_ID_CTRL, .version = 1, .seq = genl->seq};
	struct wanted wanted = {.name = group};
	struct nlmsghdr *request;
	int r;

	snprintf(control.name, sizeof(control.name), "%s", genl->name);
	request = genl_request(&control, buf, CTRL_CMD_GETFAMILY, 0);
	mnl_attr_put_strz(request, CTRL_ATTR_FAMILY_NAME, control.name);
	r = genl_exchange(&control, request, see_groups, &wanted, err);
	genl->seq = control.seq;
	if (r < 0)
		return err_prepend(err, "generic netlink");
	if (!wanted.id)
		return err_set(err, ENOENT, "%s has no group %s", genl->name, group);
	if (setsockopt(genl->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &wanted.id, sizeof(wanted.id)) < 0)
		return err_sys(err, errno, "join %s's group %s", genl->name, group);
	return 0;
}

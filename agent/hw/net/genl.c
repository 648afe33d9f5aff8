/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/net/genl.h"

#include <string.h>

static int see_family(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *attrs[CTRL_ATTR_MAX + 1] = {NULL};
	struct genl *genl = data;

	if (!genl_attributes(message, CTRL_CMD_NEWFAMILY, attrs, CTRL_ATTR_MAX) ||
	    !attrs[CTRL_ATTR_FAMILY_ID] || mnl_attr_validate(attrs[CTRL_ATTR_FAMILY_ID], MNL_TYPE_U16) < 0)
		return 0;
	genl->family = mnl_attr_get_u16(attrs[CTRL_ATTR_FAMILY_ID]);
	genl->version = (uint8_t)netlink_u32(attrs[CTRL_ATTR_VERSION], 1);
	return 0;
}

int genl_open(const char *name, struct genl *ret, struct err *err)
{
	char buf[GENL_REQUEST_MAX] __attribute__((aligned(8)));
	struct genl control = {.family = GENL_ID_CTRL, .version = 1}, found = {.fd = -EBADF};
	struct nlmsghdr *request;
	_cleanup_close_ int fd = netlink_open(NETLINK_GENERIC, name, 0, err);
	int r;

	if (fd < 0)
		return fd;
	control.fd = fd;
	snprintf(control.name, sizeof(control.name), "%s", name);
	request = genl_request(&control, buf, CTRL_CMD_GETFAMILY, 0);
	mnl_attr_put_strz(request, CTRL_ATTR_FAMILY_NAME, control.name);
	r = genl_exchange(&control, request, see_family, &found, err);
	if (r == -ENOENT || (r == 0 && !found.family))
		return err_set(err, ENOENT, "this kernel has no %s", name);
	if (r < 0)
		return err_prepend(err, "generic netlink");
	control.family = found.family;
	control.version = found.version;
	control.fd = TAKE_FD(fd);
	*ret = control;
	return 0;
}

void genl_close(struct genl *genl)
{
	close_fdp(&genl->fd);
	genl->fd = -EBADF;
}

struct nlmsghdr *genl_request(struct genl *genl, void *buf, uint8_t command, uint16_t flags)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *head = mnl_nlmsg_put_extra_header(request, sizeof(*head));

	request->nlmsg_type = genl->family;
	request->nlmsg_flags = flags;
	request->nlmsg_seq = ++genl->seq;
	head->cmd = command;
	head->version = genl->version;
	return request;
}

int genl_exchange(struct genl *genl, struct nlmsghdr *request, netlink_fn each, void *data, struct err *err)
{
	return netlink_exchange(genl->fd, genl->name, request, each, data, err);
}

bool genl_attributes(const struct nlmsghdr *message, uint8_t command, const struct nlattr **ret, unsigned max)
{
	const struct genlmsghdr *head = mnl_nlmsg_get_payload(message);

	return mnl_nlmsg_get_payload_len(message) >= sizeof(*head) && head->cmd == command &&
	       netlink_attributes(message, sizeof(*head), ret, max);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes. The kernel is trusted, its drivers' texts are not. */
#include <stdbool.h>

#include "agent/hw/net/netlink.h"

struct table {
	const struct nlattr **at;
	unsigned max;
};

static int keep(const struct nlattr *attr, void *data)
{
	struct table *table = data;
	unsigned type = mnl_attr_get_type(attr);

	if (type <= table->max)
		table->at[type] = attr;
	return MNL_CB_OK;
}

bool netlink_attributes(const struct nlmsghdr *message, size_t header, const struct nlattr **ret,
			unsigned max)
{
	struct table table = {ret, max};

	return mnl_nlmsg_get_payload_len(message) >= header &&
	       mnl_attr_parse(message, (unsigned)header, keep, &table) >= 0;
}

bool netlink_nest(const struct nlattr *nest, const struct nlattr **ret, unsigned max)
{
	struct table table = {ret, max};

	return nest && mnl_attr_parse_nested(nest, keep, &table) >= 0;
}

uint32_t netlink_u32(const struct nlattr *attr, uint32_t otherwise)
{
	return attr && mnl_attr_validate(attr, MNL_TYPE_U32) >= 0 ? mnl_attr_get_u32(attr) : otherwise;
}

uint8_t netlink_u8(const struct nlattr *attr, uint8_t otherwise)
{
	return attr && mnl_attr_validate(attr, MNL_TYPE_U8) >= 0 ? mnl_attr_get_u8(attr) : otherwise;
}

const char *netlink_text(const struct nlattr *attr)
{
	return attr && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0 ? mnl_attr_get_str(attr) : NULL;
}

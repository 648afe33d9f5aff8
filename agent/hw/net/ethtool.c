/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/net/ethtool.h"

#include <assert.h>
#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "agent/hw/sysfs.h"
#include "core/log.h"

struct nlmsghdr *ethtool_request(struct genl *ethtool, void *buf, uint8_t command, uint16_t header, int index)
{
	struct nlmsghdr *request = genl_request(ethtool, buf, command, 0);
	struct nlattr *nest = mnl_attr_nest_start(request, header);

	mnl_attr_put_u32(request, ETHTOOL_A_HEADER_DEV_INDEX, (uint32_t)index);
	mnl_attr_nest_end(request, nest);
	return request;
}

/* The number of the header's attribute is 1 in each. */
static const struct question {
	const char *name; /* as `unsupported` lists it */
	uint8_t command;
} questions[] = {
	{"link-modes", ETHTOOL_MSG_LINKMODES_GET},
	{"port", ETHTOOL_MSG_LINKINFO_GET},
	{"link-state", ETHTOOL_MSG_LINKSTATE_GET},
	{"fec", ETHTOOL_MSG_FEC_GET},
	{"rings", ETHTOOL_MSG_RINGS_GET},
	{"channels", ETHTOOL_MSG_CHANNELS_GET},
	{"private-flags", ETHTOOL_MSG_PRIVFLAGS_GET},
};
static_assert(ETHTOOL_A_LINKMODES_HEADER == 1 && ETHTOOL_A_LINKINFO_HEADER == 1 &&
		      ETHTOOL_A_LINKSTATE_HEADER == 1 && ETHTOOL_A_FEC_HEADER == 1 &&
		      ETHTOOL_A_RINGS_HEADER == 1 && ETHTOOL_A_CHANNELS_HEADER == 1 &&
		      ETHTOOL_A_PRIVFLAGS_HEADER == 1,
	      "one number for all");

static int see(const struct nlmsghdr *message, void *data)
{
	ethtool_take(message, data);
	return 0;
}

static void note(const char *name, int r, const struct err *err, json_t *unsupported)
{
	if (r == 0)
		return;
	json_array_append_new(unsupported, json_string(name));
	if (r != -EOPNOTSUPP)
		log_debug("%s: %s", name, err->text);
}

void ethtool_describe(struct genl *ethtool, int index, json_t *to, json_t *unsupported)
{
	char buf[GENL_REQUEST_MAX] __attribute__((aligned(8)));
	struct err err;

	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++) {
		struct nlmsghdr *request = ethtool_request(ethtool, buf, questions[i].command, 1, index);

		note(questions[i].name, genl_exchange(ethtool, request, see, to, &err), &err, unsupported);
	}
	note("module", ethtool_module(ethtool, index, to, &err), &err, unsupported);
}

void ethtool_firmware(const char *interface, json_t *to)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	struct ifreq request = {.ifr_data = (void *)&info};
	char text[ETHTOOL_FWVERS_LEN];

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	if (fd < 0 || ioctl(fd, SIOCETHTOOL, &request) < 0)
		return;
	text_clean(text, sizeof(text), info.fw_version, strnlen(info.fw_version, sizeof(info.fw_version)));
	/* "N/A" is what several drivers write for nothing. */
	if (*text && strcmp(text, "N/A") != 0)
		json_object_set_new(to, "firmware", json_string(text));
}

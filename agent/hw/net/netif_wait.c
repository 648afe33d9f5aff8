/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for a link and for an IPv6 address by the kernel's notifications, IPv6's switches, and RDNSS. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include <linux/if.h> /* IFF_LOWER_UP; must come behind net/if.h */

#include "agent/hw/net/netif.h"
#include "agent/hw/net/rtnl.h"
#include "core/io.h"
#include "core/log.h"
#include "core/time.h"

#define REQUEST_SIZE 256
#define RECHECK_MS   1000 /* a notification may be lost: the state is asked again at least this often */

struct wanted {
	int index;
	int family; /* of addresses */
	bool found;
	struct netif_address *addresses;
	unsigned n, max;
};

static int see_link(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct wanted *wanted = data;

	if (message->nlmsg_type == RTM_NEWLINK && mnl_nlmsg_get_payload_len(message) >= sizeof(*info) &&
	    info->ifi_index == wanted->index)
		wanted->found = info->ifi_flags & IFF_LOWER_UP;
	return 0;
}

static int ask_link(struct wanted *wanted, struct err *err)
{
	char buf[REQUEST_SIZE] __attribute__((aligned(8)));
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));

	request->nlmsg_type = RTM_GETLINK;
	info->ifi_index = wanted->index;
	return rtnl_request(request, see_link, wanted, err);
}

/* The addresses of one interface and family; temporary, tentative and deprecated ones left out, of IPv6
 * the global ones alone. */
static int see_address(const struct nlmsghdr *message, void *data)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
	const uint32_t unfit = IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED;
	struct wanted *wanted = data;
	const struct nlattr *attr;
	struct netif_address *a;
	uint16_t which;

	if (message->nlmsg_type != RTM_NEWADDR || mnl_nlmsg_get_payload_len(message) < sizeof(*info) ||
	    (int)info->ifa_index != wanted->index || info->ifa_family != wanted->family ||
	    wanted->n == wanted->max)
		return 0;
	if (wanted->family == AF_INET6 && (info->ifa_flags & unfit || info->ifa_scope != RT_SCOPE_UNIVERSE))
		return 0;
	which = wanted->family == AF_INET ? IFA_LOCAL : IFA_ADDRESS;
	a = &wanted->addresses[wanted->n];
	*a = (struct netif_address){.family = wanted->family, .prefix = info->ifa_prefixlen};
	mnl_attr_for_each(attr, message, sizeof(*info)) if (mnl_attr_get_type(attr) == which &&
							    mnl_attr_get_payload_len(attr) ==
								    (a->family == AF_INET ? 4 : 16))
	{
		memcpy(a->bytes, mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));
		wanted->found = true;
		wanted->n++;
		break;
	}
	return 0;
}

static int ask_addresses(struct wanted *wanted, struct err *err)
{
	char buf[REQUEST_SIZE] __attribute__((aligned(8)));
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct ifaddrmsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));

	request->nlmsg_type = RTM_GETADDR;
	request->nlmsg_flags = NLM_F_DUMP;
	info->ifa_family = (uint8_t)wanted->family;
	wanted->n = 0;
	return rtnl_request(request, see_address, wanted, err);
}

int netif_flush(int index, struct err *err)
{
	struct netif_address addresses[64];
	struct wanted wanted = {.index = index, .family = AF_INET, .addresses = addresses, .max = 64};
	int r = ask_addresses(&wanted, err);

	for (unsigned i = 0; !r && i < wanted.n; i++)
		r = netif_address_remove(index, &addresses[i], err);
	return r < 0 ? err_prepend(err, "flush addresses") : 0;
}

/* A notification is only a reason to ask again: the answer is the state, and cannot be older than the
 * question. */
static int wait_for(struct wanted *wanted, unsigned group, int (*ask)(struct wanted *, struct err *),
		    unsigned timeout_ms, struct err *err)
{
	_cleanup_close_ int fd = rtnl_listen(group, err);
	uint64_t deadline = monotonic_ns() + timeout_ms * 1000000ull, now;
	int r = fd;

	while (r >= 0) {
		struct err none;
		unsigned left;

		r = ask(wanted, err);
		if (r < 0 || wanted->found)
			break;
		now = monotonic_ns();
		if (now >= deadline)
			return err_set(err, ETIMEDOUT, "nothing within %u s", timeout_ms / 1000);
		left = (unsigned)((deadline - now) / 1000000) + 1;
		if (rtnl_hear(fd, left < RECHECK_MS ? left : RECHECK_MS, NULL, NULL, &none) < 0 &&
		    none.code != ETIMEDOUT)
			log_debug("netif: %s", none.text); /* lost notifications: the state is asked anyway */
	}
	return r < 0 ? r : 0;
}

int netif_wait_link(int index, unsigned timeout_ms, struct err *err)
{
	struct wanted wanted = {.index = index};

	return wait_for(&wanted, RTNLGRP_LINK, ask_link, timeout_ms, err) < 0
		       ? err_prepend(err, "wait for a link")
		       : 0;
}

int netif_wait_address6(int index, unsigned timeout_ms, struct netif_address *ret, struct err *err)
{
	struct wanted wanted = {.index = index, .family = AF_INET6, .addresses = ret, .max = 1};

	return wait_for(&wanted, RTNLGRP_IPV6_IFADDR, ask_addresses, timeout_ms, err) < 0
		       ? err_prepend(err, "wait for an IPv6 address")
		       : 0;
}

static int write_switch(const char *name, const char *key, bool on, struct err *err)
{
	_cleanup_free_ char *path = str_printf("/proc/sys/net/ipv6/conf/%s/%s", name, key);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return 0; /* a kernel without IPv6 */
	if (fd < 0)
		return err_sys(err, errno, "open %s", path);
	return write_full(fd, on ? "1" : "0", 1, err) < 0 ? err_prepend(err, "%s", path) : 0;
}

int netif_ipv6(const char *name, bool on, bool accept_ra, struct err *err)
{
	/* Off first: switching on is what makes the kernel solicit routers. */
	int r = write_switch(name, "disable_ipv6", true, err);

	if (!r)
		r = write_switch(name, "accept_ra", accept_ra, err);
	if (!r && on)
		r = write_switch(name, "disable_ipv6", false, err);
	return r;
}

int netif_rdnss_open(struct err *err)
{
	return rtnl_listen(RTNLGRP_ND_USEROPT, err);
}

/* RFC 8106, 5.1: type 25, length in units of 8 bytes, 2 reserved bytes, lifetime, addresses of 16 bytes. */
unsigned netif_rdnss_parse(const void *options, size_t len, char (*ret)[46], unsigned max)
{
	const uint8_t *p = options;
	unsigned n = 0;

	while (len >= 8 && p[1] && p[1] * 8u <= len) {
		size_t size = p[1] * 8u;
		bool lives = p[4] | p[5] | p[6] | p[7];

		if (p[0] == 25 && lives)
			for (size_t at = 8; at + 16 <= size && n < max; at += 16)
				inet_ntop(AF_INET6, p + at, ret[n++], 46);
		p += size;
		len -= size;
	}
	return n;
}

struct rdnss {
	int index;
	char (*servers)[46];
	unsigned n, max;
};

static int see_option(const struct nlmsghdr *message, void *data)
{
	const struct nduseroptmsg *info = mnl_nlmsg_get_payload(message);
	size_t len = mnl_nlmsg_get_payload_len(message);
	struct rdnss *rdnss = data;
	unsigned n;

	if (message->nlmsg_type != RTM_NEWNDUSEROPT || len < sizeof(*info) ||
	    info->nduseropt_ifindex != rdnss->index || info->nduseropt_opts_len > len - sizeof(*info))
		return 0;
	n = netif_rdnss_parse(info + 1, info->nduseropt_opts_len, rdnss->servers, rdnss->max);
	if (n)
		rdnss->n = n;
	return 0;
}

unsigned netif_rdnss_read(int fd, int index, char (*ret)[46], unsigned max)
{
	struct rdnss rdnss = {index, ret, 0, max};
	struct err none;

	for (unsigned batches = 0; batches < 256; batches++)
		if (rtnl_hear(fd, 0, see_option, &rdnss, &none) < 0)
			break; /* nothing more has come */
	return rdnss.n;
}

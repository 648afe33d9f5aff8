/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/rtnl.h"

#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>

#include "core/io.h"
#include "core/time.h"

#define ANSWER_MS   5000
#define BUFFER_SIZE 32768 /* what the kernel puts into one answer to a dump at most */

static int open_socket(unsigned groups_of, struct err *err)
{
	struct sockaddr_nl self = {.nl_family = AF_NETLINK};
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	int group = (int)groups_of;

	if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0)
		return err_sys(err, errno, "open rtnetlink");
	if (group && setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		return err_sys(err, errno, "join rtnetlink group %u", groups_of);
	return TAKE_FD(fd);
}

/* One datagram of the kernel, or -ETIMEDOUT after the deadline. -ENOBUFS (messages were lost) is for the
 * caller to judge. */
static ssize_t receive(int fd, void *buf, uint64_t deadline_ns, struct err *err)
{
	for (;;) {
		struct sockaddr_nl from = {0};
		struct iovec part = {buf, BUFFER_SIZE};
		struct msghdr message = {
			.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &part, .msg_iovlen = 1};
		struct pollfd poll_fd = {fd, POLLIN, 0};
		ssize_t n = recvmsg(fd, &message, 0);
		uint64_t now = monotonic_ns();

		if (n > 0 && !from.nl_pid && !(message.msg_flags & MSG_TRUNC))
			return n;
		if (n > 0)
			continue; /* another process may send to this socket as well */
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return err_sys(err, errno, "read rtnetlink");
		if (now >= deadline_ns)
			return err_set(err, ETIMEDOUT, "rtnetlink: nothing came in time");
		if (n < 0 && errno == EAGAIN)
			poll(&poll_fd, 1, (int)((deadline_ns - now + 999999) / 1000000));
	}
}

/* Walks the messages of one datagram. 1: the exchange has ended, 0: more will come, negative: errno. */
static int take(const void *buf, size_t len, uint32_t seq, rtnl_fn each, void *data)
{
	const struct nlmsghdr *message = buf;
	int left = (int)len, r = 0;

	for (; !r && mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
		if (seq && message->nlmsg_seq != seq)
			continue;
		if (message->nlmsg_type == NLMSG_DONE)
			return 1;
		if (message->nlmsg_type == NLMSG_ERROR) {
			const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);

			if (mnl_nlmsg_get_payload_len(message) < sizeof(*error))
				return -EBADMSG;
			return error->error ? error->error : 1;
		}
		if (each && message->nlmsg_type >= NLMSG_MIN_TYPE)
			r = each(message, data);
	}
	return r;
}

int rtnl_request(struct nlmsghdr *request, rtnl_fn each, void *data, struct err *err)
{
	_cleanup_close_ int fd = open_socket(0, err);
	_cleanup_free_ void *buf = NULL;
	uint64_t deadline = monotonic_ns() + ANSWER_MS * 1000000ull;
	int r = 0;

	if (fd < 0)
		return fd;
	buf = xcalloc(1, BUFFER_SIZE);
	request->nlmsg_seq = 1;
	request->nlmsg_flags |= NLM_F_REQUEST;
	/* The bits of a dump mean "replace" and "exclusive" with requests that make something; both
	 * together never do. */
	if ((request->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		request->nlmsg_flags |= NLM_F_ACK;
	if (send(fd, request, request->nlmsg_len, 0) < 0)
		return err_sys(err, errno, "send to rtnetlink");
	while (!r) {
		ssize_t n = receive(fd, buf, deadline, err);

		if (n < 0)
			return (int)n;
		r = take(buf, (size_t)n, request->nlmsg_seq, each, data);
	}
	return r < 0 ? err_sys(err, -r, "rtnetlink") : 0;
}

int rtnl_listen(unsigned group, struct err *err)
{
	return open_socket(group, err);
}

int rtnl_hear(int fd, unsigned timeout_ms, rtnl_fn each, void *data, struct err *err)
{
	_cleanup_free_ void *buf = xcalloc(1, BUFFER_SIZE);
	ssize_t n;
	int r;

	n = receive(fd, buf, monotonic_ns() + timeout_ms * 1000000ull, err);
	if (n < 0)
		return (int)n;
	r = take(buf, (size_t)n, 0, each, data);
	return r < 0 ? err_sys(err, -r, "rtnetlink") : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/net/netlink.h"

#include <linux/netlink.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/hw/sysfs.h"
#include "core/io.h"
#include "core/time.h"

#define ANSWER_MS   5000
#define BUFFER_SIZE 32768 /* what the kernel puts into one answer to a dump at most */

int netlink_open(int family, const char *name, unsigned group_number, struct err *err)
{
	struct sockaddr_nl self = {.nl_family = AF_NETLINK};
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, family);
	int group = (int)group_number, on = 1;

	if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0)
		return err_sys(err, errno, "open %s", name);
	/* The kernel's own words for what it refuses, and errors without the request that they repeat; kernels before 4.12 have neither. */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	if (group && setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		return err_sys(err, errno, "join %s group %u", name, group_number);
	return TAKE_FD(fd);
}

/* One datagram of the kernel, or -ETIMEDOUT after the deadline. -ENOBUFS (messages were lost) is for the
 * caller to judge. */
static ssize_t receive(int fd, const char *name, void *buf, uint64_t deadline_ns, struct err *err)
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
			return err_sys(err, errno, "read %s", name);
		if (now >= deadline_ns)
			return err_set(err, ETIMEDOUT, "%s: nothing came in time", name);
		if (n < 0 && errno == EAGAIN)
			poll(&poll_fd, 1, (int)((deadline_ns - now + 999999) / 1000000));
	}
}

/* What the kernel says of an error besides its number (NLMSGERR_ATTR_MSG); "" without. */
static void kernel_words(const struct nlmsghdr *message, char *to, size_t size)
{
	const struct nlattr *attrs[NLMSGERR_ATTR_MAX + 1] = {NULL};
	const char *text = NULL;

	/* With NETLINK_CAP_ACK the request's header alone stands between. */
	if (message->nlmsg_flags & NLM_F_ACK_TLVS && message->nlmsg_flags & NLM_F_CAPPED &&
	    netlink_attributes(message, sizeof(struct nlmsgerr), attrs, NLMSGERR_ATTR_MAX))
		text = netlink_text(attrs[NLMSGERR_ATTR_MSG]);
	text_clean(to, size, text ? text : "", text ? strlen(text) : 0);
}

/* The end of a dump says how it went (since Linux 4.15). */
static int end_of_dump(const struct nlmsghdr *message)
{
	const int *code = mnl_nlmsg_get_payload(message);

	return mnl_nlmsg_get_payload_len(message) >= sizeof(*code) && *code < 0 ? *code : 1;
}

struct answer {
	uint32_t seq; /* 0: any */
	netlink_fn each;
	void *data;
	char words[160];
};

/* Walks the messages of one datagram. 1: the exchange has ended, 0: more will come, negative: errno. */
static int take(const void *buf, size_t len, struct answer *answer)
{
	const struct nlmsghdr *message = buf;
	int left = (int)len, r = 0;

	for (; !r && mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
		if (answer->seq && message->nlmsg_seq != answer->seq)
			continue;
		if (message->nlmsg_type == NLMSG_DONE)
			return end_of_dump(message);
		if (message->nlmsg_type == NLMSG_ERROR) {
			const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);

			if (mnl_nlmsg_get_payload_len(message) < sizeof(*error))
				return -EBADMSG;
			if (error->error)
				kernel_words(message, answer->words, sizeof(answer->words));
			return error->error ? error->error : 1;
		}
		if (answer->each && message->nlmsg_type >= NLMSG_MIN_TYPE)
			r = answer->each(message, answer->data);
	}
	return r;
}

static int fail(const struct answer *answer, int r, const char *name, struct err *err)
{
	return *answer->words ? err_set(err, -r, "%s: %s", name, answer->words)
			      : err_sys(err, -r, "%s", name);
}

int netlink_exchange(int fd, const char *name, struct nlmsghdr *request, netlink_fn each, void *data,
		     struct err *err)
{
	_cleanup_free_ void *buf = xcalloc(1, BUFFER_SIZE);
	uint64_t deadline = monotonic_ns() + ANSWER_MS * 1000000ull;
	struct answer answer = {.seq = request->nlmsg_seq, .each = each, .data = data};
	int r = 0;

	request->nlmsg_flags |= NLM_F_REQUEST;
	/* The bits of a dump mean "replace" and "exclusive" with requests that make something; both
	 * together never do. */
	if ((request->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		request->nlmsg_flags |= NLM_F_ACK;
	if (send(fd, request, request->nlmsg_len, 0) < 0)
		return err_sys(err, errno, "send to %s", name);
	while (!r) {
		ssize_t n = receive(fd, name, buf, deadline, err);

		if (n < 0)
			return (int)n;
		r = take(buf, (size_t)n, &answer);
	}
	return r < 0 ? fail(&answer, r, name, err) : 0;
}

int netlink_hear(int fd, const char *name, unsigned timeout_ms, netlink_fn each, void *data, struct err *err)
{
	_cleanup_free_ void *buf = xcalloc(1, BUFFER_SIZE);
	struct answer answer = {.each = each, .data = data};
	ssize_t n;
	int r;

	n = receive(fd, name, buf, monotonic_ns() + timeout_ms * 1000000ull, err);
	if (n < 0)
		return (int)n;
	r = take(buf, (size_t)n, &answer);
	return r < 0 ? fail(&answer, r, name, err) : 0;
}

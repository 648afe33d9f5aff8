/* SPDX-License-Identifier: Apache-2.0 */
/* sd_notify(3)'s protocol, as far as readiness goes: datagrams of lines NAME=VALUE, and the sender's credentials by the kernel's word. */
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "agent/overlay/inside_private.h"

#define READY         "READY=1"
#define MESSAGE_MAX   4096 /* bytes; of a longer one the beginning counts */
#define MESSAGES_ONCE 64   /* taken before the others are looked after */

bool notify_says_ready(const char *message, size_t len)
{
	for (size_t at = 0; at < len;) {
		const char *end = memchr(message + at, '\n', len - at);
		size_t line = end ? (size_t)(end - message) - at : len - at;

		if (line == strlen(READY) && !memcmp(message + at, READY, line))
			return true;
		at += line + 1;
	}
	return false;
}

int notify_open(const char *path, int *ret, struct err *err)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	const int on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		return err_sys(err, errno, "the socket for READY=1");
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	/* A service may have become another user before it speaks. */
	if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 || chmod(path, 0666) < 0)
		return err_sys(err, errno, "the socket %s", path);
	*ret = TAKE_FD(fd);
	return 0;
}

/* The kernel translates the sender into the receiver's PID namespace: 0 is somebody outside of it, also of one that has ended since. */
static bool is_ours(struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		struct ucred who;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS ||
		    c->cmsg_len != CMSG_LEN(sizeof(who)))
			continue;
		memcpy(&who, CMSG_DATA(c), sizeof(who));
		return who.pid > 0;
	}
	return false;
}

bool notify_take(int fd)
{
	bool ready = false;

	for (unsigned i = 0; i < MESSAGES_ONCE; i++) {
		char text[MESSAGE_MAX];
		/* No room for descriptors: the kernel closes those that come along, which is what sd_notify_barrier(3) waits for. */
		char control[CMSG_SPACE(sizeof(struct ucred))] __attribute__((aligned(8)));
		struct iovec into = {text, sizeof(text)};
		struct msghdr message = {.msg_iov = &into,
					 .msg_iovlen = 1,
					 .msg_control = control,
					 .msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);

		if (n < 0)
			break;
		ready |= is_ours(&message) && notify_says_ready(text, (size_t)n);
	}
	return ready;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "station/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "core/io.h"

#define BACKLOG 4096 /* the kernel takes net.core.somaxconn when that is less */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static int parse(const char *text, union address *ret, struct listening *listening, struct err *err)
{
	const char *colon = strrchr(text, ':');
	const char *host = text;
	size_t host_len;
	unsigned long port;
	char *end;

	if (!colon || strspn(colon + 1, "0123456789") != strlen(colon + 1) || strlen(colon + 1) > 5 ||
	    !colon[1])
		return err_set(err, EINVAL, "%s: not ADDRESS:PORT", text);
	port = strtoul(colon + 1, &end, 10);
	host_len = (size_t)(colon - text);
	listening->v6 = *host == '[';
	if (listening->v6) {
		if (host_len < 2 || colon[-1] != ']')
			return err_set(err, EINVAL, "%s: not [ADDRESS]:PORT", text);
		host++;
		host_len -= 2;
	}
	if (port > 65535 || host_len >= sizeof(listening->address))
		return err_set(err, EINVAL, "%s: not ADDRESS:PORT", text);
	memcpy(listening->address, host, host_len);
	listening->address[host_len] = '\0';
	*ret = (union address){0};
	if (listening->v6) {
		ret->v6.sin6_family = AF_INET6;
		ret->v6.sin6_port = htons((uint16_t)port);
		if (inet_pton(AF_INET6, listening->address, &ret->v6.sin6_addr) == 1)
			return 0;
	} else {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons((uint16_t)port);
		if (inet_pton(AF_INET, listening->address, &ret->v4.sin_addr) == 1)
			return 0;
	}
	return err_set(err, EINVAL, "%s: the address must be numeric", text);
}

/* What accepted sockets inherit. */
static int set_options(int fd, unsigned idle_s)
{
	int one = 1, unsent = LISTEN_UNSENT;
	unsigned idle_ms = idle_s * 1000;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent)) < 0)
		return -1;
	return setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &idle_ms, sizeof(idle_ms));
}

int listen_open(const char *text, unsigned idle_s, struct listening *ret, struct err *err)
{
	struct listening listening = {0};
	_cleanup_close_ int fd = -EBADF;
	union address address;
	socklen_t len = sizeof(address);
	int r;

	r = parse(text, &address, &listening, err);
	if (r < 0)
		return r;
	fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(err, errno, "cannot make a socket for %s", text);
	if (set_options(fd, idle_s) < 0 ||
	    bind(fd, &address.any, listening.v6 ? sizeof(address.v6) : sizeof(address.v4)) < 0 ||
	    listen(fd, BACKLOG) < 0 || getsockname(fd, &address.any, &len) < 0)
		return err_sys(err, errno, "cannot listen at %s%s", text,
			       errno == EADDRINUSE ? " (--http and --https name other ports)" : "");
	listening.port = ntohs(listening.v6 ? address.v6.sin6_port : address.v4.sin_port);
	listening.fd = TAKE_FD(fd);
	*ret = listening;
	return 0;
}

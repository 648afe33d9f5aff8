/* SPDX-License-Identifier: Apache-2.0 */
/* The client's exchanges: packets for what has no address yet, an ordinary UDP socket for renewals. */
#include "agent/dhcp.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "core/hash.h"
#include "core/log.h"
#include "core/time.h"

#define MS             1000000ull
#define FIRST_WAIT_MS  4000 /* RFC 2131, 4.1: 4, 8, 16, 32, 64 s, each off by up to 1 s */
#define LAST_WAIT_MS   64000
#define REQUEST_TRIES  3
#define NAK_PAUSE_MS   1000
#define PACKETS_A_WAIT 4096 /* a flood of answers must not keep us here */

/* IPv4, UDP, not a later fragment, to port 68: the kernel hands on nothing else. */
static int attach_filter(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 6),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 4, 0),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, DHCP_CLIENT_PORT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(*code), code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

/* The interface is bound last, so that no packet comes in before the filter. */
static int open_packets(const struct dhcp_port *port, struct err *err)
{
	_cleanup_close_ int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_ll self = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = port->index,
	};
	int on = 1;

	if (fd < 0 || attach_filter(fd) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0)
		return err_sys(err, errno, "DHCP on %s: open a packet socket", port->name);
	return TAKE_FD(fd);
}

static int send_broadcast(int fd, const struct dhcp_port *port, const struct dhcp_request *request,
			  struct err *err)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = port->index,
		.sll_halen = 6,
		.sll_addr = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	};
	uint8_t message[DHCP_REQUEST_MAX], frame[DHCP_FRAME_MAX];
	size_t len = dhcp_frame_build(message, dhcp_build(request, message), frame);

	if (sendto(fd, frame, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		return err_sys(err, errno, "DHCP on %s: send", port->name);
	return 0;
}

/* A packet that a local card or a virtual one has not summed yet is marked so. */
static bool sum_is_there(struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		struct tpacket_auxdata aux;

		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA ||
		    c->cmsg_len < CMSG_LEN(sizeof(aux)))
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		return !(aux.tp_status & TP_STATUS_CSUMNOTREADY);
	}
	return true;
}

static ssize_t receive(int fd, uint8_t *buf, size_t size, bool *ret_summed)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control;
	struct iovec part = {buf, size};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(fd, &message, 0);

	*ret_summed = n > 0 && sum_is_there(&message);
	return n;
}

/* An exchange that waits for one kind of answer. */
struct exchange {
	const struct dhcp_port *port;
	int fd;
	bool framed; /* a packet socket */
	struct dhcp_request request;
	enum dhcp_type want;
};

/* One packet: is it a sound answer of the kind we wait for, or a NAK to a request? Whatever else comes
 * is ignored. */
static bool is_answer(const struct exchange *x, const uint8_t *buf, size_t len, bool summed,
		      struct dhcp_reply *ret)
{
	const uint8_t *message = buf;
	struct err why;

	if (x->framed && dhcp_frame_parse(buf, len, summed, &message, &len) < 0)
		return false;
	if (dhcp_parse(message, len, x->request.xid, x->request.mac, ret, &why) < 0) {
		log_debug("DHCP on %s: ignored an answer: %s", x->port->name, why.text);
		return false;
	}
	/* An ACK is the chosen server's; a NAK may come from another one that knows the network. */
	if (ret->type == DHCP_NAK)
		return x->want == DHCP_ACK;
	return ret->type == x->want &&
	       (!x->request.server.s_addr || ret->server.s_addr == x->request.server.s_addr);
}

/* 0, or -ETIMEDOUT. */
static int await(const struct exchange *x, uint64_t until_ns, struct dhcp_reply *ret)
{
	uint8_t buf[2048];
	bool summed;

	for (unsigned packets = 0; packets < PACKETS_A_WAIT;) {
		struct pollfd poll_fd = {x->fd, POLLIN, 0};
		ssize_t n = receive(x->fd, buf, sizeof(buf), &summed);
		uint64_t now = monotonic_ns();

		if (n >= 0) {
			packets++;
			if (is_answer(x, buf, (size_t)n, summed, ret))
				return 0;
		}
		if (now >= until_ns)
			return -ETIMEDOUT;
		if (n < 0 && poll(&poll_fd, 1, (int)((until_ns - now) / MS) + 1) < 0 && errno != EINTR)
			return -ETIMEDOUT;
	}
	return -ETIMEDOUT;
}

/* Nodes of a rack that start together must not ask in step (4.1). */
static uint64_t wait_ns(unsigned wait_ms)
{
	uint16_t random;

	random_bytes(&random, sizeof(random));
	return (wait_ms - 1000 + random % 2001) * MS;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int discover(struct exchange *x, uint64_t deadline, uint64_t begun, struct dhcp_reply *offer,
		    struct err *err)
{
	x->want = DHCP_OFFER;
	x->request.type = DHCP_DISCOVER;
	x->request.server.s_addr = x->request.requested.s_addr = 0;
	random_bytes(&x->request.xid, sizeof(x->request.xid));
	for (unsigned wait_ms = FIRST_WAIT_MS; monotonic_ns() < deadline;) {
		int r;

		x->request.secs = (uint16_t)((monotonic_ns() - begun) / (1000 * MS));
		r = send_broadcast(x->fd, x->port, &x->request, err);
		if (r < 0)
			return r;
		if (!await(x, earlier(monotonic_ns() + wait_ns(wait_ms), deadline), offer))
			return 0;
		wait_ms = wait_ms < LAST_WAIT_MS ? 2 * wait_ms : LAST_WAIT_MS;
	}
	return err_set(err, ETIMEDOUT, "DHCP on %s: no server offered an address", x->port->name);
}

/* SELECTING to BOUND: 0, -ETIMEDOUT (the server fell silent) or -ENOTUNIQ (NAK). */
static int request(struct exchange *x, const struct dhcp_reply *offer, uint64_t deadline,
		   struct dhcp_lease *ret, struct err *err)
{
	unsigned wait_ms = FIRST_WAIT_MS;

	x->want = DHCP_ACK;
	x->request.type = DHCP_REQUEST;
	x->request.requested = offer->address;
	x->request.server = offer->server;
	for (unsigned tries = 0; tries < REQUEST_TRIES && monotonic_ns() < deadline; tries++, wait_ms *= 2) {
		int r = send_broadcast(x->fd, x->port, &x->request, err);

		if (r < 0)
			return r;
		ret->from_ns = monotonic_ns();
		if (await(x, earlier(ret->from_ns + wait_ns(wait_ms), deadline), &ret->reply))
			continue;
		if (ret->reply.type == DHCP_ACK)
			return 0;
		return err_set(err, ENOTUNIQ,
			       "DHCP on %s: the server offered an address and refused it then%s%s",
			       x->port->name, *ret->reply.text ? ": " : "", ret->reply.text);
	}
	return err_set(err, ETIMEDOUT, "DHCP on %s: the server offered an address and fell silent then",
		       x->port->name);
}

int dhcp_acquire(const struct dhcp_port *port, unsigned timeout_ms, struct dhcp_lease *ret, struct err *err)
{
	uint64_t begun = monotonic_ns(), deadline = begun + timeout_ms * MS;
	_cleanup_close_ int fd = open_packets(port, err);
	struct exchange x = {.port = port, .fd = fd, .framed = true};
	struct dhcp_lease lease;
	int r = fd;

	if (r < 0)
		return r;
	memcpy(x.request.mac, port->mac, 6);
	do {
		struct dhcp_reply offer;

		r = discover(&x, deadline, begun, &offer, err);
		if (!r)
			r = request(&x, &offer, deadline, &lease, err);
		if (!r)
			*ret = lease;
		if (r == -ENOTUNIQ) /* 3.1, 5: start over; not at once, lest two machines chase each other */
			poll(NULL, 0, NAK_PAUSE_MS);
	} while ((r == -ENOTUNIQ || r == -ETIMEDOUT) && monotonic_ns() < deadline);
	return r;
}

static int open_udp(const struct dhcp_port *port, struct err *err)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_in self = {.sin_family = AF_INET, .sin_port = htons(DHCP_CLIENT_PORT)};
	int on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, port->name, (socklen_t)strlen(port->name)) < 0 ||
	    bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0)
		return err_sys(err, errno, "DHCP on %s: open a socket for renewal", port->name);
	return TAKE_FD(fd);
}

int dhcp_renew(const struct dhcp_port *port, bool broadcast, unsigned timeout_ms, struct dhcp_lease *lease,
	       struct err *err)
{
	_cleanup_close_ int fd = open_udp(port, err);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(DHCP_SERVER_PORT)};
	struct exchange x = {.port = port, .fd = fd, .want = DHCP_ACK};
	uint64_t from = monotonic_ns();
	uint8_t message[DHCP_REQUEST_MAX];
	struct dhcp_reply reply;
	size_t len;

	if (fd < 0)
		return fd;
	x.request = (struct dhcp_request){.type = DHCP_REQUEST, .client = lease->reply.address};
	random_bytes(&x.request.xid, sizeof(x.request.xid));
	memcpy(x.request.mac, port->mac, 6);
	to.sin_addr.s_addr = broadcast ? INADDR_BROADCAST : lease->reply.server.s_addr;
	len = dhcp_build(&x.request, message);
	if (sendto(fd, message, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		return err_sys(err, errno, "DHCP on %s: send a renewal", port->name);
	if (await(&x, from + timeout_ms * MS, &reply))
		return err_set(err, ETIMEDOUT, "DHCP on %s: no answer to a renewal", port->name);
	if (reply.type == DHCP_NAK)
		return err_set(err, ENOTUNIQ, "DHCP on %s: the server took the address away%s%s", port->name,
			       *reply.text ? ": " : "", reply.text);
	*lease = (struct dhcp_lease){reply, from};
	return 0;
}

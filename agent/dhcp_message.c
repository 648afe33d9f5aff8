/* SPDX-License-Identifier: Apache-2.0 */
/* Builder and parser of DHCPv4 messages. */
#include "agent/dhcp_message.h"

#include <arpa/inet.h>
#include <string.h>

/* RFC 2131, 2: offsets in the message */
enum {
	OP = 0,
	HTYPE = 1,
	HLEN = 2,
	XID = 4,
	SECS = 8,
	CIADDR = 12,
	YIADDR = 16,
	CHADDR = 28,
	SNAME = 44,
	FILE_NAME = 108,
	COOKIE = 236,
	OPTIONS = 240
};
enum { SNAME_SIZE = 64, FILE_SIZE = 128, BUILD_MIN = 300 };

/* RFC 2132, and 3442 for the last */
enum {
	OPT_PAD = 0,
	OPT_MASK = 1,
	OPT_ROUTER = 3,
	OPT_DNS = 6,
	OPT_MTU = 26,
	OPT_REQUESTED = 50,
	OPT_LEASE = 51,
	OPT_OVERLOAD = 52,
	OPT_TYPE = 53,
	OPT_SERVER = 54,
	OPT_PARAMETERS = 55,
	OPT_TEXT = 56,
	OPT_MAX_SIZE = 57,
	OPT_T1 = 58,
	OPT_T2 = 59,
	OPT_VENDOR_CLASS = 60,
	OPT_CLIENT_ID = 61,
	OPT_CLASSLESS_ROUTES = 121,
	OPT_END = 255,
};

static const uint8_t cookie[4] = {99, 130, 83, 99};

#define LEASE_MIN 4 /* seconds: shorter ones cannot be renewed in time */

static uint8_t *put(uint8_t *p, uint8_t code, const void *value, size_t len)
{
	*p++ = code;
	*p++ = (uint8_t)len;
	memcpy(p, value, len);
	return p + len;
}

size_t dhcp_build(const struct dhcp_request *request, uint8_t buf[DHCP_REQUEST_MAX])
{
	/* 121 stands before 3, as RFC 3442 wants it. */
	static const uint8_t parameters[] = {
		OPT_MASK, OPT_CLASSLESS_ROUTES, OPT_ROUTER, OPT_DNS, OPT_MTU, OPT_LEASE, OPT_T1, OPT_T2};
	const uint8_t type = (uint8_t)request->type;
	const uint16_t secs = htons(request->secs), size = htons(DHCP_MESSAGE_MAX);
	const uint32_t xid = htonl(request->xid);
	uint8_t client_id[7] = {1}, *p = buf + OPTIONS;

	memset(buf, 0, DHCP_REQUEST_MAX);
	buf[OP] = 1;
	buf[HTYPE] = 1;
	buf[HLEN] = 6;
	memcpy(buf + XID, &xid, 4);
	memcpy(buf + SECS, &secs, 2);
	memcpy(buf + CIADDR, &request->client, 4);
	memcpy(buf + CHADDR, request->mac, 6);
	memcpy(buf + COOKIE, cookie, 4);
	p = put(p, OPT_TYPE, &type, 1);
	/* Type 1 and the MAC, as iPXE sends it: the server then gives the address that booted the node. */
	memcpy(client_id + 1, request->mac, 6);
	p = put(p, OPT_CLIENT_ID, client_id, sizeof(client_id));
	p = put(p, OPT_MAX_SIZE, &size, 2);
	p = put(p, OPT_VENDOR_CLASS, "remint", 6);
	if (request->requested.s_addr)
		p = put(p, OPT_REQUESTED, &request->requested, 4);
	if (request->server.s_addr)
		p = put(p, OPT_SERVER, &request->server, 4);
	p = put(p, OPT_PARAMETERS, parameters, sizeof(parameters));
	*p++ = OPT_END;
	return p - buf > BUILD_MIN ? (size_t)(p - buf) : BUILD_MIN;
}

/* Values of one option in one area, appended to out: an option that stands twice is one value (RFC 3396). */
static int gather_area(const uint8_t *area, size_t len, uint8_t code, uint8_t *out, size_t room, size_t *n)
{
	size_t at = 0;

	while (at < len && area[at] != OPT_END) {
		size_t size;

		if (area[at] == OPT_PAD) {
			at++;
			continue;
		}
		if (len - at < 2 || len - at - 2 < area[at + 1])
			return -EBADMSG;
		size = area[at + 1];
		if (area[at] == code) {
			if (size > room - *n)
				return -EBADMSG;
			memcpy(out + *n, area + at + 2, size);
			*n += size;
		}
		at += 2 + size;
	}
	return 0;
}

struct message {
	const uint8_t *data;
	size_t len;
	uint8_t overload; /* option 52: bit 0: `file` holds options, bit 1: `sname` does */
};

/* The option's length, or -EBADMSG when options run over the end of their area or the value is longer
 * than room. */
static int gather(const struct message *m, uint8_t code, uint8_t *out, size_t room)
{
	size_t n = 0;
	int r = gather_area(m->data + OPTIONS, m->len - OPTIONS, code, out, room, &n);

	if (!r && m->overload & 1)
		r = gather_area(m->data + FILE_NAME, FILE_SIZE, code, out, room, &n);
	if (!r && m->overload & 2)
		r = gather_area(m->data + SNAME, SNAME_SIZE, code, out, room, &n);
	return r < 0 ? r : (int)n;
}

/* An option of exactly `size` bytes: 1 there, 0 missing, -EBADMSG another length. */
static int exact(const struct message *m, uint8_t code, void *out, size_t size)
{
	uint8_t raw[8];
	int n = gather(m, code, raw, sizeof(raw));

	if (n <= 0)
		return n;
	if ((size_t)n != size)
		return -EBADMSG;
	memcpy(out, raw, size);
	return 1;
}

static bool is_host(struct in_addr a)
{
	uint32_t host = ntohl(a.s_addr);

	return host >> 24 && host >> 24 != 127 && host >> 28 < 0xe;
}

static int parse_mask(const struct message *m, struct dhcp_reply *reply)
{
	uint32_t mask = 0, host = ntohl(reply->address.s_addr);
	int r = exact(m, OPT_MASK, &mask, 4);

	if (r < 0)
		return r;
	mask = ntohl(mask);
	if (!r) /* a server from before subnetting: the class decides */
		mask = host >> 31 == 0 ? 0xff000000 : host >> 30 == 2 ? 0xffff0000 : 0xffffff00;
	if (!mask || (~mask & (~mask + 1)))
		return -EBADMSG;
	reply->prefix = (unsigned)__builtin_popcount(mask);
	return 0;
}

/* RFC 3442: prefix length, as many bytes of the destination as it needs, gateway. */
static int parse_classless(const uint8_t *p, size_t len, struct dhcp_reply *reply)
{
	while (len) {
		struct dhcp_route route = {.prefix = *p};
		size_t bytes = (route.prefix + 7) / 8;

		if (route.prefix > 32 || len < 1 + bytes + 4 || reply->n_routes == DHCP_ROUTES_MAX)
			return -EBADMSG;
		memcpy(&route.to, p + 1, bytes);
		memcpy(&route.gateway, p + 1 + bytes, 4);
		if (route.prefix)
			route.to.s_addr &= htonl(~0u << (32 - route.prefix));
		if (route.gateway.s_addr && !is_host(route.gateway))
			return -EBADMSG;
		reply->routes[reply->n_routes++] = route;
		p += 1 + bytes + 4;
		len -= 1 + bytes + 4;
	}
	return 0;
}

static int parse_routes(const struct message *m, struct dhcp_reply *reply)
{
	uint8_t raw[DHCP_ROUTES_MAX * 9];
	int n = gather(m, OPT_CLASSLESS_ROUTES, raw, sizeof(raw));

	if (n)
		return n < 0 ? n : parse_classless(raw, (size_t)n, reply);
	n = gather(m, OPT_ROUTER, raw, sizeof(raw));
	if (n < 0 || n % 4)
		return -EBADMSG;
	if (n) {
		memcpy(&reply->routes[0].gateway, raw, 4);
		if (!is_host(reply->routes[0].gateway))
			return -EBADMSG;
		reply->n_routes = 1;
	}
	return 0;
}

static int parse_dns(const struct message *m, struct dhcp_reply *reply)
{
	uint8_t raw[256];
	int n = gather(m, OPT_DNS, raw, sizeof(raw));

	if (n < 0 || n % 4)
		return -EBADMSG;
	for (int at = 0; at < n && reply->n_dns < DHCP_SERVERS_MAX; at += 4) {
		struct in_addr server;

		memcpy(&server, raw + at, 4);
		if (server.s_addr)
			reply->dns[reply->n_dns++] = server;
	}
	return 0;
}

/* RFC 2131, 4.4.5: T1 is half of the lease and T2 seven eighths when the server does not say, or says
 * nonsense. */
static int parse_times(const struct message *m, struct dhcp_reply *reply)
{
	uint32_t lease = 0, t1 = 0, t2 = 0;

	if (exact(m, OPT_LEASE, &lease, 4) <= 0 || exact(m, OPT_T1, &t1, 4) < 0 ||
	    exact(m, OPT_T2, &t2, 4) < 0)
		return -EBADMSG;
	lease = ntohl(lease);
	t1 = ntohl(t1);
	t2 = ntohl(t2);
	if (lease < LEASE_MIN)
		return -EBADMSG;
	if (lease == UINT32_MAX)
		t1 = t2 = UINT32_MAX;
	else if (!t1 || !t2 || t1 >= t2 || t2 >= lease) {
		t1 = lease / 2;
		t2 = (uint32_t)(lease * 7ull / 8);
	}
	reply->lease_s = lease;
	reply->t1_s = t1;
	reply->t2_s = t2;
	return 0;
}

static void parse_text(const struct message *m, struct dhcp_reply *reply)
{
	uint8_t raw[sizeof(reply->text) - 1];
	int n = gather(m, OPT_TEXT, raw, sizeof(raw));

	for (int i = 0; i < n; i++)
		reply->text[i] = raw[i] >= 0x20 && raw[i] < 0x7f ? (char)raw[i] : '?';
}

static int parse_parameters(const struct message *m, struct dhcp_reply *reply, struct err *err)
{
	uint16_t mtu = 0;

	memcpy(&reply->address, m->data + YIADDR, 4);
	if (!is_host(reply->address))
		return err_set(err, EBADMSG, "the address that is offered is none for a host");
	if (parse_mask(m, reply) < 0)
		return err_set(err, EBADMSG, "the netmask (option 1) is malformed");
	if (parse_routes(m, reply) < 0)
		return err_set(err, EBADMSG, "a route (option 3 or 121) is malformed");
	if (parse_dns(m, reply) < 0)
		return err_set(err, EBADMSG, "the DNS servers (option 6) are malformed");
	if (parse_times(m, reply) < 0)
		return err_set(err, EBADMSG, "the lease time (option 51, 58 or 59) is missing or malformed");
	if (exact(m, OPT_MTU, &mtu, 2) < 0)
		return err_set(err, EBADMSG, "the MTU (option 26) is malformed");
	/* RFC 791's smallest; smaller values are known as misconfigured servers. */
	reply->mtu = ntohs(mtu) >= 576 ? ntohs(mtu) : 0;
	return 0;
}

static int check_header(const uint8_t *p, size_t len, uint32_t xid, const uint8_t mac[6], struct err *err)
{
	const uint32_t want = htonl(xid);

	if (len < OPTIONS || len > DHCP_MESSAGE_MAX || memcmp(p + COOKIE, cookie, 4) != 0)
		return err_set(err, EBADMSG, "no DHCP message");
	if (p[OP] != 2 || p[HTYPE] != 1 || p[HLEN] != 6 || memcmp(p + XID, &want, 4) != 0 ||
	    memcmp(p + CHADDR, mac, 6) != 0)
		return err_set(err, EBADMSG, "not an answer to us");
	return 0;
}

int dhcp_parse(const void *buf, size_t len, uint32_t xid, const uint8_t mac[6], struct dhcp_reply *ret,
	       struct err *err)
{
	struct message m = {buf, len, 0};
	struct dhcp_reply reply = {.type = 0};
	uint8_t type = 0, overload = 0;
	int r = check_header(buf, len, xid, mac, err);

	if (r < 0)
		return r;
	if (exact(&m, OPT_OVERLOAD, &overload, 1) < 0 || overload > 3)
		return err_set(err, EBADMSG, "the options are malformed");
	m.overload = overload;
	if (exact(&m, OPT_TYPE, &type, 1) <= 0 ||
	    (type != DHCP_OFFER && type != DHCP_ACK && type != DHCP_NAK))
		return err_set(err, EBADMSG, "the message type (option 53) is missing or none of a server's");
	if (exact(&m, OPT_SERVER, &reply.server, 4) <= 0 || !is_host(reply.server))
		return err_set(err, EBADMSG, "the server's identifier (option 54) is missing or malformed");
	reply.type = type;
	parse_text(&m, &reply);
	r = type == DHCP_NAK ? 0 : parse_parameters(&m, &reply, err);
	if (!r)
		*ret = reply;
	return r;
}

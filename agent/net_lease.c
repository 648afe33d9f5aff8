/* SPDX-License-Identifier: Apache-2.0 */
/* A lease on an interface: put in place, and kept (RFC 2131, 4.4.5). Jobs take hours, leases may take
 * minutes. */
#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "agent/net_private.h"
#include "core/io.h"
#include "core/log.h"
#include "core/time.h"

#define ANSWER_MS     4000
#define RETRY_LEAST_S 60 /* 4.4.5: half of what is left, but not more often than each minute */
#define ACQUIRE_MS    60000

static struct netif_address address_of(struct in_addr a, unsigned prefix)
{
	struct netif_address address = {.family = AF_INET, .prefix = prefix};

	memcpy(address.bytes, &a, 4);
	return address;
}

void net_dns_add(struct net_port *port, const char *server)
{
	for (unsigned i = 0; i < port->n_dns; i++)
		if (!strcmp(port->dns[i], server))
			return;
	if (port->n_dns < NET_DNS_MAX)
		snprintf(port->dns[port->n_dns++], sizeof(port->dns[0]), "%s", server);
}

int net_resolv_write(const struct net_port *port, struct err *err)
{
	char text[NET_DNS_MAX * 64] = "";
	size_t n = 0;

	for (unsigned i = 0; i < port->n_dns; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "nameserver %s\n", port->dns[i]);
	return n ? file_write_atomic("/etc/resolv.conf", text, n, 0644, err) : 0;
}

static int add_routes(const struct net_port *port, struct err *err)
{
	const struct dhcp_reply *reply = &port->lease.reply;
	int r = 0;

	for (unsigned i = 0; !r && i < reply->n_routes; i++) {
		const struct dhcp_route *route = &reply->routes[i];
		struct netif_address to = address_of(route->to, route->prefix);
		struct netif_address gateway = address_of(route->gateway, 32);

		r = netif_route_add(port->index, &to, route->gateway.s_addr ? &gateway : NULL, err);
	}
	return r;
}

int net_lease_apply(struct net_port *port, struct err *err)
{
	const struct dhcp_reply *reply = &port->lease.reply;
	struct netif_address address = address_of(reply->address, reply->prefix);
	char text[64], server[INET_ADDRSTRLEN];
	struct err ignored;
	int r;

	if (reply->mtu && netif_set_mtu(port->index, reply->mtu, &ignored) < 0)
		log_warn("network: %s: the card does not take the MTU of DHCP: %s", port->name, ignored.text);
	r = netif_address_add(port->index, &address, err);
	if (!r)
		r = add_routes(port, err);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < reply->n_dns; i++) {
		inet_ntop(AF_INET, &reply->dns[i], server, sizeof(server));
		net_dns_add(port, server);
	}
	netif_address_format(&address, text);
	inet_ntop(AF_INET, &reply->server, server, sizeof(server));
	log_info("network: %s has %s from %s for %u s", port->name, text, server, reply->lease_s);
	return 0;
}

static uint64_t lease_time(const struct net_port *port, uint32_t seconds)
{
	return port->lease.from_ns + seconds * 1000000000ull;
}

static void sleep_until(uint64_t when)
{
	uint64_t now = monotonic_ns();
	struct timespec pause = {.tv_sec = 0};

	if (when <= now)
		return;
	pause.tv_sec = (time_t)((when - now) / 1000000000);
	pause.tv_nsec = (long)((when - now) % 1000000000);
	while (nanosleep(&pause, &pause) < 0 && errno == EINTR)
		;
}

/* Tries until T2 at the lease's server, then until the end at any. 0, or why the address may not be used
 * any more. */
static int renew(struct net_port *port, struct err *err)
{
	const struct dhcp_port dhcp = {port->index, port->name, port->card.mac};
	uint64_t t2 = lease_time(port, port->lease.reply.t2_s),
		 end = lease_time(port, port->lease.reply.lease_s);
	int r = -ETIMEDOUT;

	for (uint64_t now = monotonic_ns(); now < end; now = monotonic_ns()) {
		uint64_t left = (now < t2 ? t2 : end) - now;
		unsigned wait_ms = left / 1000000 < ANSWER_MS ? (unsigned)(left / 1000000) + 1 : ANSWER_MS;
		uint64_t pause =
			left / 2 > RETRY_LEAST_S * 1000000000ull ? left / 2 : RETRY_LEAST_S * 1000000000ull;

		r = dhcp_renew(&dhcp, now >= t2, wait_ms, &port->lease, err);
		if (!r || r == -ENOTUNIQ)
			return r;
		log_warn("network: %s", err->text);
		sleep_until(now + (pause < left ? pause : left));
	}
	return r;
}

static void drop_and_acquire(struct net_port *port, struct err *err)
{
	const struct dhcp_port dhcp = {port->index, port->name, port->card.mac};

	log_error("network: %s; the address is given up and another one asked for", err->text);
	if (netif_flush(port->index, err) < 0)
		log_error("network: %s", err->text);
	/* Without an address the node can do nothing else: no limit, and the runner holds the job when
	 * the station stays away. */
	while (dhcp_acquire(&dhcp, ACQUIRE_MS, &port->lease, err) < 0) {
		log_error("network: %s", err->text);
		sleep_until(monotonic_ns() + 1000000000ull);
	}
}

static void *maintain(void *data)
{
	struct net_port *port = data;
	struct err err;

	while (port->lease.reply.lease_s != UINT32_MAX) {
		struct in_addr before = port->lease.reply.address;

		sleep_until(lease_time(port, port->lease.reply.t1_s));
		if (renew(port, &err) < 0)
			drop_and_acquire(port, &err);
		else if (before.s_addr != port->lease.reply.address.s_addr &&
			 netif_flush(port->index, &err) < 0)
			log_error("network: %s", err.text);
		if (net_lease_apply(port, &err) < 0 || net_resolv_write(port, &err) < 0)
			log_error("network: %s", err.text);
	}
	free(port);
	return NULL;
}

int net_maintain(const struct net_port *port, struct err *err)
{
	struct net_port *own = xcalloc(1, sizeof(*own));
	pthread_t thread;
	int r;

	*own = *port;
	r = pthread_create(&thread, NULL, maintain, own);
	if (r) {
		free(own);
		return err_sys(err, r, "start the thread that keeps the DHCP lease");
	}
	pthread_detach(thread);
	return 0;
}

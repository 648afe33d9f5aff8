/* SPDX-License-Identifier: Apache-2.0 */
/* One socket a port: a neighbour that floods its own fills no other's. */
#include "agent/hw/lldp/lldp.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/hw/lldp/spec.h"
#include "agent/hw/lldp/table.h"
#include "agent/hw/net/netif.h"
#include "core/io.h"
#include "core/log.h"
#include "core/time.h"

#define BUFFER_SIZE   65536 /* bytes that the kernel keeps of one port's frames */
#define FRAMES_A_TURN 256   /* of one port, so that a flood does not keep us */
#define REFRESH_MS    1000
#define MS            1000000ull

struct port {
	struct netif netif;
	int fd;
	struct lldp_table table;
};

struct lldp {
	struct port *ports[LLDP_PORTS_MAX];
	unsigned n_ports;
	uint64_t since_ns;
};

/* ---- ports ---- */

static int join(int fd, int index)
{
	for (unsigned i = 0; i < sizeof(lldp_groups) / sizeof(*lldp_groups); i++) {
		struct packet_mreq group = {
			.mr_ifindex = index, .mr_type = PACKET_MR_MULTICAST, .mr_alen = 6};

		memcpy(group.mr_address, lldp_groups[i], 6);
		if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
			return -errno;
	}
	return 0;
}

static int open_port(const struct netif *netif, int *ret, struct err *err)
{
	_cleanup_close_ int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const struct sockaddr_ll self = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(LLDP_ETHERTYPE),
		.sll_ifindex = netif->index,
	};
	int size = BUFFER_SIZE;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) < 0 ||
	    bind(fd, (const struct sockaddr *)&self, sizeof(self)) < 0 || join(fd, netif->index) < 0)
		return err_sys(err, errno, "LLDP on %s: open a packet socket", netif->name);
	*ret = TAKE_FD(fd);
	return 0;
}

static struct port *port_of(const struct lldp *lldp, int index)
{
	for (unsigned i = 0; i < lldp->n_ports; i++)
		if (lldp->ports[i]->netif.index == index)
			return lldp->ports[i];
	return NULL;
}

static int add_port(struct lldp *lldp, const struct netif *netif, struct err *err)
{
	struct port *port;
	int fd = -EBADF, r;

	if (lldp->n_ports == LLDP_PORTS_MAX)
		return err_set(err, EMFILE, "LLDP on %s: there are more than %d ports", netif->name,
			       LLDP_PORTS_MAX);
	r = open_port(netif, &fd, err);
	if (r < 0)
		return r;
	port = xcalloc(1, sizeof(*port));
	port->netif = *netif;
	port->fd = fd;
	lldp->ports[lldp->n_ports++] = port;
	return 0;
}

/* The kernel's list anew: names, links, and ports that were not there. A port that cannot be listened on hides no other. */
static int refresh(struct lldp *lldp, struct err *err)
{
	_cleanup_free_ struct netif *list = NULL;
	struct err why;
	unsigned n = 0;
	int r = netif_list(&list, &n, err);

	for (unsigned i = 0; r == 0 && i < lldp->n_ports; i++)
		lldp->ports[i]->netif.link = false; /* of one that is gone */
	for (unsigned i = 0; i < n; i++) {
		struct port *port = port_of(lldp, list[i].index);

		if (port)
			port->netif = list[i];
		else if (add_port(lldp, &list[i], &why) < 0)
			log_warn("%s", why.text);
	}
	return r;
}

/* ---- frames ---- */

/* What has come on one port; our own frames and cut ones are no neighbour's. */
static void drain(struct port *port)
{
	uint8_t frame[ETH_HLEN + LLDP_FRAME_MAX + 1];

	for (unsigned i = 0; i < FRAMES_A_TURN; i++) {
		struct sockaddr_ll from = {0};
		socklen_t size = sizeof(from);
		ssize_t n = recvfrom(port->fd, frame, sizeof(frame), 0, (struct sockaddr *)&from, &size);

		if (n < 0 && errno != EINTR &&
		    errno != ENETDOWN) /* ENETDOWN is told once when a port goes down */
			return;
		if (n > 0 && from.sll_pkttype != PACKET_OUTGOING)
			lldp_table_take(&port->table, frame, (size_t)n);
	}
}

static unsigned count_silent(const struct lldp *lldp)
{
	unsigned silent = 0;

	for (unsigned i = 0; i < lldp->n_ports; i++)
		silent += !lldp->ports[i]->table.n_heard;
	return silent;
}

static void wait_for_frames(struct lldp *lldp, unsigned ms)
{
	struct pollfd fds[LLDP_PORTS_MAX];

	for (unsigned i = 0; i < lldp->n_ports; i++)
		fds[i] = (struct pollfd){lldp->ports[i]->fd, POLLIN, 0};
	if (poll(fds, lldp->n_ports, (int)ms) < 0)
		return;
	for (unsigned i = 0; i < lldp->n_ports; i++)
		if (fds[i].revents)
			drain(lldp->ports[i]);
}

unsigned lldp_hear(struct lldp *lldp, unsigned wait_ms)
{
	uint64_t until = monotonic_ns() + wait_ms * MS, refreshed = 0;

	for (;;) {
		uint64_t now = monotonic_ns();
		unsigned left = now < until ? (unsigned)((until - now + MS - 1) / MS) : 0, silent;
		struct err err;

		/* A link that comes or goes tells no socket of ours. */
		if (!left || now - refreshed >= REFRESH_MS * MS) {
			if (refresh(lldp, &err) < 0)
				log_debug("LLDP: %s", err.text); /* as it was seen last, then */
			refreshed = now;
		}
		wait_for_frames(lldp, 0);
		silent = count_silent(lldp);
		if (!left || !silent)
			return silent;
		wait_for_frames(lldp, left < REFRESH_MS ? left : REFRESH_MS);
	}
}

void lldp_forget(struct lldp *lldp)
{
	lldp_hear(lldp, 0);
	for (unsigned i = 0; i < lldp->n_ports; i++)
		lldp->ports[i]->table = (struct lldp_table){0};
	lldp->since_ns = monotonic_ns();
}

/* ---- whole ---- */

int lldp_open(struct lldp **ret, struct err *err)
{
	_cleanup_(lldp_freep) struct lldp *lldp = xcalloc(1, sizeof(*lldp));
	int r;

	lldp->since_ns = monotonic_ns();
	r = refresh(lldp, err);
	if (r < 0)
		return err_prepend(err, "LLDP");
	*ret = TAKE_PTR(lldp);
	return 0;
}

void lldp_free(struct lldp *lldp)
{
	if (!lldp)
		return;
	for (unsigned i = 0; i < lldp->n_ports; i++) {
		close(lldp->ports[i]->fd);
		free(lldp->ports[i]);
	}
	free(lldp);
}

unsigned lldp_listened_ms(const struct lldp *lldp)
{
	return (unsigned)((monotonic_ns() - lldp->since_ns) / MS);
}

static json_t *port_to_json(const struct port *port, unsigned listened_ms)
{
	json_t *json = json_pack("{s:s, s:s}", "name", port->netif.name, "mac", port->netif.mac_text);

	if (!json)
		abort(); /* out of memory, or a name that is no UTF-8: nobody but us names interfaces */
	lldp_table_to_json(&port->table, json);
	if (!port->table.n_heard && !port->netif.link)
		json_object_set_new(json, "not_seen", json_string(LLDP_NO_CARRIER));
	else if (!port->table.n_heard)
		json_object_set_new(json, "not_seen",
				    json_sprintf("nothing heard within %u s", listened_ms / 1000));
	return json;
}

json_t *lldp_to_json(const struct lldp *lldp)
{
	unsigned listened_ms = lldp_listened_ms(lldp);
	json_t *json = json_object(), *ports = json_array();

	json_object_set_new(json, "listened", json_integer(listened_ms / 1000));
	for (unsigned i = 0; i < lldp->n_ports; i++)
		json_array_append_new(ports, port_to_json(lldp->ports[i], listened_ms));
	json_object_set_new(json, "ports", ports);
	return json;
}

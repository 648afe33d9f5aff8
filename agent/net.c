/* SPDX-License-Identifier: Apache-2.0 */
/* Which card: the one that booted the node, then every other with a link, USB last. */
#include "agent/net.h"

#include <string.h>

#include "agent/net_private.h"
#include "core/log.h"
#include "core/time.h"

#define LINK_MS 20000 /* negotiation of the speed, with time for optics */

static const char *booted_mac; /* for the comparison alone */

static int rank(const struct netif *card)
{
	if (!strcmp(card->mac_text, booted_mac))
		return 0;
	return card->usb ? 2 : 1;
}

static int by_rank(const void *a, const void *b)
{
	const struct netif *x = a, *y = b;
	int r = rank(x) - rank(y);

	return r ? r : x->index - y->index;
}

/* All are switched on at once, so that their links negotiate side by side; IPv6 stays off until a card's
 * turn. */
static int prepare(const struct netif *cards, unsigned n, struct err *err)
{
	int r = 0;

	for (unsigned i = 0; i < n; i++) {
		/* What a worker that was restarted had set up. */
		r = netif_flush(cards[i].index, err);
		if (!r)
			r = netif_ipv6(cards[i].name, false, false, err);
		if (!r)
			r = netif_set_up(cards[i].index, true, err);
		if (r < 0)
			log_warn("network: %s: %s", cards[i].name,
				 err->text); /* a broken card must not hide a good one */
	}
	return r;
}

static int try_card(const struct net_config *config, const struct netif *card, uint64_t links_until,
		    struct net_port *port, struct err *err)
{
	uint64_t now = monotonic_ns();
	unsigned left_ms = now < links_until ? (unsigned)((links_until - now) / 1000000) : 0;

	*port = (struct net_port){.card = *card};
	if (config->mac_alone && strcmp(card->mac_text, config->mac) != 0)
		return err_set(err, ENODEV, "not the card that is meant (%s)", config->mac);
	if (netif_wait_link(card->index, left_ms, err) < 0)
		return err_set(err, ENOLINK, "no link");
	return net_port_up(config, port, !strcmp(card->mac_text, config->mac), err);
}

/* Each card's reason, for a person who stands before the machine. */
static void add_reason(char *reasons, size_t size, const struct netif *card, const struct err *err)
{
	size_t n = strlen(reasons);

	snprintf(reasons + n, size - n, "%s%s (%s): %.200s", n ? "; " : "", card->name, card->mac_text,
		 err->text);
}

static int finish(const struct net_config *config, struct net_port *port, char ret_interface[32],
		  struct err *err)
{
	int r = net_resolv_write(port, err);

	if (!r && port->leased)
		r = net_maintain(port, err);
	if (r < 0)
		return err_prepend(err, "network");
	if (*config->mac && strcmp(port->card.mac_text, config->mac) != 0)
		log_warn("network: %s (%s) is in use, not the card that booted the node (%s)",
			 port->card.name, port->card.mac_text, config->mac);
	snprintf(ret_interface, 32, "%s", port->name);
	return 0;
}

int net_up(const struct net_config *config, char ret_interface[32], struct err *err)
{
	uint64_t links_until = monotonic_ns() + LINK_MS * 1000000ull;
	_cleanup_free_ struct netif *cards = NULL;
	char reasons[900] = "";
	struct net_port port;
	unsigned n;
	int r = netif_list(&cards, &n, err);

	if (r < 0)
		return err_prepend(err, "network");
	if (!n)
		return err_set(err, ENODEV,
			       "network: no Ethernet card, or no driver for it in the boot image");
	booted_mac = config->mac;
	qsort(cards, n, sizeof(*cards), by_rank);
	if (prepare(cards, n, err) < 0)
		log_debug("network: not every card could be prepared");
	for (unsigned i = 0; i < n; i++) {
		if (!try_card(config, &cards[i], links_until, &port, err))
			return finish(config, &port, ret_interface, err);
		log_warn("network: %s (%s): %s", cards[i].name, cards[i].mac_text, err->text);
		add_reason(reasons, sizeof(reasons), &cards[i], err);
	}
	return err_set(err, ENETUNREACH, "network: no card works: %s", reasons);
}

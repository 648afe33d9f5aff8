/* SPDX-License-Identifier: Apache-2.0 */
/* What no interface of a network shows alone: each of these would come up halfway at the tenant's, who has no console to see why. */
#include <string.h>
#include <sys/socket.h>

#include "protocol/network/private.h"

static int check_macs(const struct network *network, struct err *err)
{
	for (unsigned i = 0; i < network->n; i++)
		for (unsigned k = 0; *network->at[i].mac && k < i; k++)
			if (!strcmp(network->at[i].mac, network->at[k].mac))
				return err_set(err, EBADMSG, "%s.mac: %s is that of %s too",
					       network->at[i].what, network->at[i].mac, network->at[k].what);
	return 0;
}

/* Frames of a member are the bond's. */
static int check_member(const struct network *network, const struct network_interface *at, struct err *err)
{
	const char *given = at->n_addresses                ? "addresses"
			    : at->n_routes                 ? "routes"
			    : at->dhcp4                    ? "dhcp4"
			    : at->dhcp6                    ? "dhcp6"
			    : at->accept_ra                ? "accept_ra"
			    : at->n_servers + at->n_search ? "nameservers"
							   : NULL;

	if (at->master < 0 || !given)
		return 0;
	return err_set(err, EBADMSG, "%s.%s: \"%s\" is in the bond \"%s\": say it there", at->what, given,
		       at->name, network->at[at->master].name);
}

/* From link to link there are at most as many VLANs as there are interfaces, or they go round. */
static int check_vlan(const struct network *network, unsigned i, struct err *err)
{
	const struct network_interface *at = &network->at[i], *link = &network->at[at->link];
	unsigned place = at->link;

	if (link->master >= 0)
		return err_set(err, EBADMSG, "%s.link: \"%s\" is in the bond \"%s\": put the VLAN on that",
			       at->what, link->name, network->at[link->master].name);
	for (unsigned steps = 0; network->at[place].kind == NETWORK_VLAN; steps++) {
		if (steps == network->n)
			return err_set(err, EBADMSG, "%s.link: from \"%s\" on the links go round in a circle",
				       at->what, link->name);
		place = network->at[place].link;
	}
	for (unsigned k = 0; k < i; k++)
		if (network->at[k].kind == NETWORK_VLAN && network->at[k].link == at->link &&
		    network->at[k].id == at->id)
			return err_set(err, EBADMSG, "%s: VLAN %u of \"%s\" is %s already", at->what, at->id,
				       link->name, network->at[k].what);
	return 0;
}

static bool has_ipv6(const struct network_interface *at)
{
	for (unsigned i = 0; i < at->n_addresses; i++)
		if (at->addresses[i].family == AF_INET6)
			return true;
	return at->dhcp6 || at->accept_ra == NETWORK_YES;
}

/* What an interface will have: a VLAN takes its link's where nothing is said. Circles have been found before. */
static unsigned mtu_of(const struct network *network, const struct network_interface *at)
{
	while (!at->mtu && at->kind == NETWORK_VLAN)
		at = &network->at[at->link];
	return at->mtu ? at->mtu : NETWORK_MTU_USUAL;
}

static int check_mtu(const struct network *network, const struct network_interface *at, struct err *err)
{
	unsigned mtu = mtu_of(network, at), other;

	if (has_ipv6(at) && mtu < NETWORK_MTU_MIN6)
		return err_set(err, EBADMSG, "%s.mtu is %u, and IPv6 needs at least %d", at->what, mtu,
			       NETWORK_MTU_MIN6);
	if (at->kind == NETWORK_VLAN && mtu > (other = mtu_of(network, &network->at[at->link])))
		return err_set(err, EBADMSG, "%s.mtu is %u, and its link \"%s\" has %u: raise that first",
			       at->what, mtu, network->at[at->link].name, other);
	if (at->mtu && at->master >= 0 && mtu < (other = mtu_of(network, &network->at[at->master])))
		return err_set(err, EBADMSG,
			       "%s.mtu is %u, and the bond \"%s\" has %u: say nothing here, or the same",
			       at->what, mtu, network->at[at->master].name, other);
	return 0;
}

/* With DHCP or router advertisements it has networks that nobody knows yet. */
static bool reaches(const struct network_interface *at, const struct ip *via)
{
	if (ip_is_link_local(via))
		return true;
	if (via->family == AF_INET ? at->dhcp4 : at->dhcp6 || at->accept_ra == NETWORK_YES)
		return true;
	for (unsigned i = 0; i < at->n_addresses; i++)
		if (ip_contains(&at->addresses[i], via))
			return true;
	return false;
}

static bool same_host(const struct ip *a, const struct ip *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static int check_routes(const struct network_interface *at, struct err *err)
{
	char via[IP_TEXT_SIZE];

	for (unsigned i = 0; i < at->n_routes; i++) {
		const struct network_route *route = &at->routes[i];

		ip_format(&route->via, false, via);
		for (unsigned k = 0; k < at->n_addresses; k++)
			if (same_host(&at->addresses[k], &route->via))
				return err_set(err, EBADMSG,
					       "%s.routes[%u].via: %s is the interface's own address",
					       at->what, i, via);
		if (!route->on_link && !reaches(at, &route->via))
			return err_set(err, EBADMSG,
				       "%s.routes[%u].via: %s is in no network of \"%s\": add an address of "
				       "its network, or \"on_link\": true",
				       at->what, i, via, at->name);
	}
	return 0;
}

/* Goes through a list of each interface as through one. */
struct place {
	unsigned interface, i;
};

static const struct ip *next_address(const struct network *network, struct place *at)
{
	for (; at->interface < network->n; at->interface++, at->i = 0)
		if (at->i < network->at[at->interface].n_addresses)
			return &network->at[at->interface].addresses[at->i++];
	return NULL;
}

static const struct network_route *next_route(const struct network *network, struct place *at)
{
	for (; at->interface < network->n; at->interface++, at->i = 0)
		if (at->i < network->at[at->interface].n_routes)
			return &network->at[at->interface].routes[at->i++];
	return NULL;
}

static int check_addresses_once(const struct network *network, struct err *err)
{
	const struct ip *address, *other;
	struct place place = {0};
	unsigned n = 0;

	while ((address = next_address(network, &place))) {
		struct place earlier = {0};
		char text[IP_TEXT_SIZE];

		if (++n > NETWORK_TOTAL_MAX)
			return err_set(err, EBADMSG, "network has more than %d addresses", NETWORK_TOTAL_MAX);
		ip_format(address, false, text);
		while ((other = next_address(network, &earlier)) && other != address)
			if (same_host(other, address))
				return err_set(err, EBADMSG,
					       "%s.addresses[%u]: %s is an address of \"%s\" already",
					       network->at[place.interface].what, place.i - 1, text,
					       network->at[earlier.interface].name);
	}
	return 0;
}

static bool same_route(const struct network_route *a, const struct network_route *b)
{
	return same_host(&a->to, &b->to) && a->to.bits == b->to.bits && a->metric == b->metric;
}

/* The kernel takes the first of two and refuses the other: which one that is nobody knows. */
static int check_routes_once(const struct network *network, struct err *err)
{
	const struct network_route *route, *other;
	struct place place = {0};
	unsigned n = 0;

	while ((route = next_route(network, &place))) {
		struct place earlier = {0};
		char text[IP_TEXT_SIZE];

		if (++n > NETWORK_TOTAL_MAX)
			return err_set(err, EBADMSG, "network has more than %d routes", NETWORK_TOTAL_MAX);
		ip_format(&route->to, true, text);
		while ((other = next_route(network, &earlier)) && other != route)
			if (same_route(other, route))
				return err_set(err, EBADMSG,
					       "%s.routes[%u]: \"%s\" has a route to %s with the metric %u "
					       "already: give one of them another metric",
					       network->at[place.interface].what, place.i - 1,
					       network->at[earlier.interface].name, text, route->metric);
	}
	return 0;
}

int network_check(const struct network *network, struct err *err)
{
	int r = check_macs(network, err);

	for (unsigned i = 0; r == 0 && i < network->n; i++) {
		r = check_member(network, &network->at[i], err);
		if (r == 0 && network->at[i].kind == NETWORK_VLAN)
			r = check_vlan(network, i, err);
	}
	for (unsigned i = 0; r == 0 && i < network->n; i++) {
		r = check_mtu(network, &network->at[i], err);
		if (r == 0)
			r = check_routes(&network->at[i], err);
	}
	if (r == 0)
		r = check_addresses_once(network, err);
	return r ? r : check_routes_once(network, err);
}

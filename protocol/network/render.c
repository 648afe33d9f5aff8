/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cloud-init's network-config, version 2, which is netplan's YAML. Texts stand in double quotes: unquoted, YAML 1.1 takes a MAC for a number to the base of 60,
 * and "no" for false. None has a character to escape: the reader admits names, addresses, domains and words of its own alone. Numbers and true and
 * false are made here, because cloud-init takes a quoted "false" for true.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "core/io.h"
#include "protocol/network/network.h"

static void ip_item(FILE *out, const char *before, const struct ip *ip, bool bits)
{
	char text[IP_TEXT_SIZE];

	ip_format(ip, bits, text);
	fprintf(out, "%s\"%s\"\n", before, text);
}

static void render_addresses(FILE *out, const struct network_interface *at)
{
	if (at->n_addresses)
		fputs("    addresses:\n", out);
	for (unsigned i = 0; i < at->n_addresses; i++)
		ip_item(out, "      - ", &at->addresses[i], true);
}

/*
 * A default route that says no more than its gateway. As a route, cloud-init 22.4 makes ::/64 of ::/0, takes no "default" at all, and has ifupdown call route(8), which may not be
 * there. netplan calls the two keys deprecated, and knows them.
 */
static bool is_gateway(const struct network_interface *at, const struct network_route *route)
{
	if (route->to.bits || route->has_metric || route->on_link)
		return false;
	for (unsigned i = 0; i < at->n_addresses; i++) /* with none, ifupdown would have no place for it */
		if (at->addresses[i].family == route->via.family)
			return true;
	return false;
}

static void render_gateways(FILE *out, const struct network_interface *at)
{
	for (unsigned i = 0; i < at->n_routes; i++)
		if (is_gateway(at, &at->routes[i]))
			ip_item(out,
				at->routes[i].via.family == AF_INET ? "    gateway4: " : "    gateway6: ",
				&at->routes[i].via, false);
}

static void render_routes(FILE *out, const struct network_interface *at)
{
	bool first = true;

	for (unsigned i = 0; i < at->n_routes; i++) {
		const struct network_route *route = &at->routes[i];

		if (is_gateway(at, route))
			continue;
		if (first)
			fputs("    routes:\n", out);
		first = false;
		ip_item(out, "      - to: ", &route->to, true);
		ip_item(out, "        via: ", &route->via, false);
		if (route->has_metric)
			fprintf(out, "        metric: %u\n", route->metric);
		if (route->on_link)
			fputs("        on-link: true\n", out);
	}
}

static void render_nameservers(FILE *out, const struct network_interface *at)
{
	if (at->n_servers || at->n_search)
		fputs("    nameservers:\n", out);
	if (at->n_servers)
		fputs("      addresses:\n", out);
	for (unsigned i = 0; i < at->n_servers; i++)
		ip_item(out, "        - ", &at->servers[i], false);
	if (at->n_search)
		fputs("      search:\n", out);
	for (unsigned i = 0; i < at->n_search; i++)
		fprintf(out, "        - \"%s\"\n", at->search[i]);
}

static void render_common(FILE *out, const struct network_interface *at)
{
	if (at->optional)
		fputs("    optional: true\n", out);
	if (at->mtu)
		fprintf(out, "    mtu: %u\n", at->mtu);
	if (at->dhcp4)
		fputs("    dhcp4: true\n", out);
	if (at->dhcp6)
		fputs("    dhcp6: true\n", out);
	if (at->accept_ra)
		fprintf(out, "    accept-ra: %s\n", at->accept_ra == NETWORK_YES ? "true" : "false");
	render_addresses(out, at);
	render_gateways(out, at);
	render_routes(out, at);
	render_nameservers(out, at);
}

static void render_ethernet(FILE *out, const struct network_interface *at)
{
	fprintf(out, "    match:\n      macaddress: \"%s\"\n    set-name: \"%s\"\n", at->mac, at->name);
	if (at->wakeonlan)
		fputs("    wakeonlan: true\n", out);
}

static void render_bond(FILE *out, const struct network *network, const struct network_interface *at)
{
	const struct network_bond *bond = &at->bond;

	fputs("    interfaces:\n", out);
	for (unsigned i = 0; i < bond->n_members; i++)
		fprintf(out, "      - \"%s\"\n", network->at[bond->members[i]].name);
	fprintf(out, "    parameters:\n      mode: \"%s\"\n      mii-monitor-interval: %u\n", bond->mode,
		bond->mii_ms);
	if (bond->lacp_rate)
		fprintf(out, "      lacp-rate: \"%s\"\n", bond->lacp_rate);
	if (bond->hash_policy)
		fprintf(out, "      transmit-hash-policy: \"%s\"\n", bond->hash_policy);
	if (bond->primary >= 0)
		fprintf(out, "      primary: \"%s\"\n", network->at[bond->primary].name);
}

static void render_kind(FILE *out, const struct network *network, enum network_kind kind)
{
	static const char *const headings[] = {
		[NETWORK_ETHERNET] = "ethernets", [NETWORK_BOND] = "bonds", [NETWORK_VLAN] = "vlans"};
	bool first = true;

	for (unsigned i = 0; i < network->n; i++) {
		const struct network_interface *at = &network->at[i];

		if (at->kind != kind)
			continue;
		if (first)
			fprintf(out, "%s:\n", headings[kind]);
		first = false;
		fprintf(out, "  \"%s\":\n", at->name);
		if (kind == NETWORK_ETHERNET)
			render_ethernet(out, at);
		else if (kind == NETWORK_BOND)
			render_bond(out, network, at);
		else
			fprintf(out, "    id: %u\n    link: \"%s\"\n", at->id, network->at[at->link].name);
		render_common(out, at);
	}
}

int network_render(const struct network *network, char **ret, size_t *ret_len, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return err_set(err, ENOMEM, "out of memory");
	fputs("version: 2\n", out);
	for (enum network_kind kind = NETWORK_ETHERNET; kind <= NETWORK_VLAN; kind++)
		render_kind(out, network, kind);
	if (fclose(out) != 0)
		return err_set(err, ENOMEM, "out of memory");
	if (len > NETWORK_TEXT_MAX)
		return err_set(err, EFBIG,
			       "network comes to %zu bytes as network-config; at most %d are allowed", len,
			       NETWORK_TEXT_MAX);
	*ret = TAKE_PTR(text);
	*ret_len = len;
	return 0;
}

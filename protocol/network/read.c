/* SPDX-License-Identifier: Apache-2.0 */
/* What one interface says of itself, whatever its kind. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/network/private.h"

/* The array at obj[key], which may be missing or null: *ret is NULL then. */
static int opt_array(const json_t *obj, const char *what, const char *key, size_t max, json_t **ret,
		     struct err *err)
{
	json_t *value = json_object_get(obj, key);

	*ret = NULL;
	return !value || json_is_null(value) ? 0 : json_get_array(obj, what, key, max, ret, err);
}

static int read_address(const struct network_interface *at, size_t i, const json_t *value, struct ip *ret,
			struct err *err)
{
	const char *text = json_string_value(value);

	if (!text || !ip_parse_own(text, ret))
		return err_set(err, EBADMSG,
			       "%s.addresses[%zu] must be an address of one machine with its network's "
			       "length, as in \"10.0.0.2/24\" or \"2001:db8::2/64\"",
			       at->what, i);
	if (ip_is_edge(ret))
		return err_set(err, EBADMSG,
			       "%s.addresses[%zu]: \"%s\" is the first or the last address of its network, "
			       "which is no machine's",
			       at->what, i, text);
	return 0;
}

static int read_addresses(struct network_interface *at, struct err *err)
{
	json_t *list;
	int r = opt_array(at->json, at->what, "addresses", NETWORK_ADDRESSES_MAX, &list, err);

	at->addresses = xcalloc(json_array_size(list) + 1, sizeof(*at->addresses));
	for (; r == 0 && at->n_addresses < json_array_size(list); at->n_addresses++)
		r = read_address(at, at->n_addresses, json_array_get(list, at->n_addresses),
				 &at->addresses[at->n_addresses], err);
	return r;
}

static int read_destination(const json_t *json, const char *what, struct network_route *route,
			    struct err *err)
{
	const char *text;
	int r = json_get_str(json, what, "to", 64, &text, err);

	if (r < 0)
		return r;
	if (!strcmp(text, "default"))
		route->to = (struct ip){.family = route->via.family};
	else if (!ip_parse_network(text, &route->to))
		return err_set(err, EBADMSG,
			       "%s.to must be \"default\" or a network, as in \"10.1.0.0/16\", with "
			       "nothing set behind its length",
			       what);
	if (route->to.family != route->via.family)
		return err_set(err, EBADMSG, "%s: .to and .via must both be IPv4 or both IPv6", what);
	return 0;
}

static int read_route(const json_t *json, const char *what, struct network_route *route, struct err *err)
{
	static const char *const keys[] = {"to", "via", "metric", "on_link", NULL};
	const char *via;
	uint64_t metric = UINT64_MAX;
	int r;

	if (!json_is_object(json))
		return err_set(err, EBADMSG, "%s must be an object with \"to\" and \"via\"", what);
	r = json_only_keys(json, what, keys, err);
	if (r == 0)
		r = json_get_str(json, what, "via", 64, &via, err);
	if (r == 0 && !ip_parse_host(via, &route->via))
		r = err_set(err, EBADMSG, "%s.via must be an address of one machine, as in \"10.0.0.1\"",
			    what);
	if (r == 0)
		r = read_destination(json, what, route, err);
	if (r == 0)
		r = json_opt_bool(json, what, "on_link", &route->on_link, err);
	if (r == 0)
		r = json_opt_u64(json, what, "metric", 0, UINT32_MAX, &metric, err);
	route->has_metric = metric != UINT64_MAX;
	route->metric = route->has_metric ? (unsigned)metric : 0;
	return r;
}

static int read_routes(struct network_interface *at, struct err *err)
{
	json_t *list;
	int r = opt_array(at->json, at->what, "routes", NETWORK_ADDRESSES_MAX, &list, err);

	at->routes = xcalloc(json_array_size(list) + 1, sizeof(*at->routes));
	for (; r == 0 && at->n_routes < json_array_size(list); at->n_routes++) {
		char what[80];

		snprintf(what, sizeof(what), "%s.routes[%u]", at->what, at->n_routes);
		r = read_route(json_array_get(list, at->n_routes), what, &at->routes[at->n_routes], err);
	}
	return r;
}

static bool domain_valid(const char *text)
{
	size_t label = 0;

	for (const char *c = text; *c; c++) {
		label = *c == '.' ? 0 : label + 1;
		if (!isascii(*c) || (!isalnum(*c) && !strchr("_.-", *c)) || label > 63 ||
		    (*c == '.' && (c == text || c[-1] == '.')))
			return false;
	}
	return *text && *text != '-' && strlen(text) <= NETWORK_DOMAIN_MAX;
}

static int read_servers(struct network_interface *at, const json_t *json, const char *what, struct err *err)
{
	json_t *list;
	int r = opt_array(json, what, "addresses", NETWORK_SERVERS_MAX, &list, err);

	at->servers = xcalloc(json_array_size(list) + 1, sizeof(*at->servers));
	for (; r == 0 && at->n_servers < json_array_size(list); at->n_servers++) {
		const char *text = json_string_value(json_array_get(list, at->n_servers));

		if (!text || !ip_parse_host(text, &at->servers[at->n_servers]))
			r = err_set(err, EBADMSG,
				    "%s.addresses[%u] must be an address of one machine, without a length",
				    what, at->n_servers);
	}
	return r;
}

static int read_search(struct network_interface *at, const json_t *json, const char *what, struct err *err)
{
	json_t *list;
	int r = opt_array(json, what, "search", NETWORK_SERVERS_MAX, &list, err);

	for (; r == 0 && at->n_search < json_array_size(list); at->n_search++) {
		at->search[at->n_search] = json_string_value(json_array_get(list, at->n_search));
		if (!at->search[at->n_search] || !domain_valid(at->search[at->n_search]))
			return err_set(err, EBADMSG,
				       "%s.search[%u] must be a domain, as in \"rack1.example.org\"", what,
				       at->n_search);
	}
	return r;
}

static int read_nameservers(struct network_interface *at, struct err *err)
{
	static const char *const keys[] = {"addresses", "search", NULL};
	json_t *json = json_object_get(at->json, "nameservers");
	char what[80];
	int r;

	if (!json || json_is_null(json))
		return 0;
	snprintf(what, sizeof(what), "%s.nameservers", at->what);
	r = json_get_object(at->json, at->what, "nameservers", &json, err);
	if (r == 0)
		r = json_only_keys(json, what, keys, err);
	if (r == 0)
		r = read_servers(at, json, what, err);
	return r ? r : read_search(at, json, what, err);
}

static int read_flags(struct network_interface *at, struct err *err)
{
	const json_t *answer = json_object_get(at->json, "accept_ra");
	bool yes = false;
	int r = json_opt_bool(at->json, at->what, "dhcp4", &at->dhcp4, err);

	if (r == 0)
		r = json_opt_bool(at->json, at->what, "dhcp6", &at->dhcp6, err);
	if (r == 0)
		r = json_opt_bool(at->json, at->what, "optional", &at->optional, err);
	if (r == 0)
		r = json_opt_bool(at->json, at->what, "accept_ra", &yes, err);
	if (r == 0 && json_is_boolean(answer))
		at->accept_ra = yes ? NETWORK_YES : NETWORK_NO;
	return r;
}

int network_read_common(struct network_interface *at, struct err *err)
{
	uint64_t mtu = 0;
	int r = json_opt_u64(at->json, at->what, "mtu", NETWORK_MTU_MIN, NETWORK_MTU_MAX, &mtu, err);

	at->mtu = (unsigned)mtu;
	if (r == 0)
		r = read_flags(at, err);
	if (r == 0)
		r = read_addresses(at, err);
	if (r == 0)
		r = read_routes(at, err);
	return r ? r : read_nameservers(at, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/evidence/network.h"

#include <string.h>
#include <strings.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "protocol/evidence/fields.h"
#include "protocol/network/network.h"
#include "protocol/node.h"

#define WHAT  "evidence.network"
#define PORTS WHAT ".ports"

static int check_port(const json_t *port, struct err *err)
{
	const char *name, *mac, *pci = NULL;
	char normal[18];
	int r = json_get_str(port, PORTS "[]", "name", NETWORK_NAME_MAX, &name, err);

	if (!r && !network_name_valid(name))
		r = err_set(err, EBADMSG, PORTS "[].name: \"%s\" is no name for an interface", name);
	if (!r)
		r = json_get_str(port, PORTS "[]", "mac", sizeof(normal) - 1, &mac, err);
	if (!r && (node_mac_normalise(mac, normal) < 0 || strcmp(mac, normal) != 0))
		r = err_set(err, EBADMSG, PORTS "[].mac: \"%s\" is no address as we write them", mac);
	return r ? r : json_opt_str(port, PORTS "[]", "pci", 15, &pci, err);
}

int evidence_network_check(const json_t *evidence, struct err *err)
{
	static const char *const keys[] = {"sha256", "size", "ports", NULL}, *const inner[] = {"name", "mac",
											       "pci", NULL};
	const json_t *there = json_object_get(evidence, "network");
	json_t *network, *ports;
	uint64_t size;
	int r;

	if (!there || json_is_null(there))
		return 0;
	r = json_get_object(evidence, "evidence", "network", &network, err);
	if (!r)
		r = json_only_keys(network, WHAT, keys, err);
	if (!r)
		r = evidence_digest_check(network, WHAT, "sha256", err);
	if (!r)
		r = json_get_u64(network, WHAT, "size", 1, NETWORK_TEXT_MAX, &size, err);
	if (!r)
		r = evidence_list_check(network, WHAT, "ports", NETWORK_INTERFACES_MAX, inner, &ports, err);
	for (size_t i = 0; !r && i < json_array_size(ports); i++)
		r = check_port(json_array_get(ports, i), err);
	if (!r && !json_array_size(ports))
		r = err_set(err, EBADMSG, PORTS " is empty");
	return r;
}

static int check_text(const json_t *given, const struct network *network, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	char sha256[SHA256_HEX_SIZE];
	size_t len = 0;
	int r = network_render(network, &text, &len, err);

	if (r < 0)
		return r;
	sha256_hex(text, len, sha256);
	if (!strcasecmp(sha256, evidence_word(given, "sha256")) &&
	    json_integer_value(json_object_get(given, "size")) == (json_int_t)len)
		return 0;
	return err_set(err, EBADMSG,
		       WHAT ".sha256: the tenant's system was given a network-config of %lld bytes, %s; the "
			    "order's network is one of %zu, %s. An agent of another version may write it "
			    "otherwise: build the boot image with this version",
		       (long long)json_integer_value(json_object_get(given, "size")),
		       evidence_word(given, "sha256"), len, sha256);
}

static int check_ports(const json_t *ports, const struct network *network, struct err *err)
{
	size_t n = 0;

	for (unsigned i = 0; i < network->n; i++) {
		const struct network_interface *at = &network->at[i];
		const json_t *port = json_array_get(ports, n);

		if (at->kind != NETWORK_ETHERNET)
			continue;
		if (strcmp(evidence_word(port, "name"), at->name) != 0 ||
		    strcmp(evidence_word(port, "mac"), at->mac) != 0)
			return err_set(err, EBADMSG, PORTS "[%zu] is not the order's %s, %s", n, at->name,
				       at->mac);
		n++;
	}
	if (json_array_size(ports) != n)
		return err_set(err, EBADMSG, PORTS ": %zu ports, and the order names %zu",
			       json_array_size(ports), n);
	return 0;
}

int evidence_network_is_of(const json_t *evidence, const struct network *network, struct err *err)
{
	const json_t *given = json_object_get(evidence, "network");
	int r;

	if (!network && json_is_object(given))
		return err_set(err, EBADMSG, WHAT ": the order says nothing of a network");
	if (network && !json_is_object(given))
		return err_set(err, EBADMSG, WHAT ": the order's network was not written");
	if (!network)
		return 0;
	r = check_ports(json_object_get(given, "ports"), network, err);
	return r ? r : check_text(given, network, err);
}

char *evidence_network_statement(const json_t *evidence)
{
	const json_t *network = json_object_get(evidence, "network");
	size_t n = json_array_size(json_object_get(network, "ports"));

	if (!json_is_object(network))
		return xstrdup("");
	return str_printf(" The network that the order describes was written for the tenant's system, which "
			  "has to set it up: %zu port%s of this machine, named by %s.",
			  n, n == 1 ? "" : "s", n == 1 ? "its address" : "their addresses");
}

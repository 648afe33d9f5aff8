/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/evidence_network.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/evidence_fields.h"
#include "protocol/network.h"
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

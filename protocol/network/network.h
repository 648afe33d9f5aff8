/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network of a tenant's system: ports named by their MAC, bonds, VLANs, addresses and routes. docs/network.md describes the document. Pure.
 */
#ifndef PROTOCOL_NETWORK_H
#define PROTOCOL_NETWORK_H

#include <jansson.h>
#include <stdbool.h>

#include "core/err.h"
#include "protocol/network/ip.h"

#define NETWORK_FILE_MAX       (256 * 1024) /* bytes of a document */
#define NETWORK_TEXT_MAX       (256 * 1024) /* bytes of what is rendered */
#define NETWORK_INTERFACES_MAX 256          /* of all kinds */
#define NETWORK_ADDRESSES_MAX  256          /* of one interface; and its routes */
#define NETWORK_TOTAL_MAX      1024         /* addresses of all; and routes */
#define NETWORK_SERVERS_MAX    16           /* name servers of one interface; and search domains */
#define NETWORK_NAME_MAX       15           /* bytes: IFNAMSIZ without the NUL */
#define NETWORK_DOMAIN_MAX     253          /* bytes */
#define NETWORK_MTU_MIN        576          /* bytes */
#define NETWORK_MTU_MIN6       1280         /* of IPv6 (RFC 8200, 5) */
#define NETWORK_MTU_MAX        9216
#define NETWORK_MTU_USUAL      1500 /* of an Ethernet interface of which nothing is said */

enum network_kind { NETWORK_ETHERNET, NETWORK_BOND, NETWORK_VLAN };

enum network_answer { NETWORK_UNSAID, NETWORK_NO, NETWORK_YES };

struct network_route {
	struct ip to; /* ::/0 and 0.0.0.0/0: the default */
	struct ip via;
	bool on_link; /* via is reached though no network of the interface has it */
	bool has_metric;
	unsigned metric;
};

/* What a bond alone has. Words are the kernel's, of static tables; NULL: not said. */
struct network_bond {
	const char *mode, *lacp_rate, *hash_policy;
	unsigned mii_ms;   /* how often a member's link is looked at */
	unsigned *members; /* places in network.at */
	unsigned n_members;
	int primary; /* place, -1: none */
};

struct network_interface {
	enum network_kind kind;
	const json_t *json; /* of the document */
	char what[32];      /* "network.ethernets[3]", for messages */
	const char *name;
	unsigned mtu; /* bytes; 0: not said */
	bool dhcp4, dhcp6, optional, wakeonlan;
	enum network_answer accept_ra;
	struct ip *addresses;
	struct network_route *routes;
	struct ip *servers;
	const char *search[NETWORK_SERVERS_MAX];
	unsigned n_addresses, n_routes, n_servers, n_search;
	char mac[18];             /* of a port: its permanent address */
	struct network_bond bond; /* of a bond */
	unsigned id, link;        /* of a VLAN: 1 to 4094; place in network.at */
	int master;               /* of a port: the place of its bond, -1: none */
};

struct network {
	json_t *json; /* owns the texts */
	struct network_interface
		*at; /* the ports, then the bonds, then the VLANs, as the document has them */
	unsigned n;
};

/* Reads strictly: what is not understood, or could not come up, is -EBADMSG, which names the field; one that comes to too long a text -EFBIG.
 * *ret: network_free(). */
int network_from_json(json_t *json, struct network **ret, struct err *err) _must_check_;
void network_free(struct network *network);
DEFINE_CLEANUP(struct network *, network_free);

/* May an interface be called so? [A-Za-z0-9_.-], not digits alone, none of the kernel's own words. */
bool network_name_valid(const char *name);

/*
 * cloud-init's network-config, version 2, malloc'd, the same for the same document. Every text is quoted; of what is not, all is made here. -EFBIG: more
 * than NETWORK_TEXT_MAX.
 */
int network_render(const struct network *network, char **ret, size_t *ret_len, struct err *err) _must_check_;

/*
 * The port of a machine that each of "ethernets" means, by its inventory, of which nothing is believed: an array of {"name", "mac", "pci": "..." or null,
 * "kernel_name", "link"}. -ENODEV: for some there is none, or more than one; the text names them, and what there is.
 */
int network_ports_find(const struct network *network, const json_t *inventory, json_t **ret,
		       struct err *err) _must_check_;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The station: one process that answers nodes, their firmware and operators, on two ports.
 * docs/protocol.md is what it says; docs/operate.md is how it is run.
 */
#ifndef STATION_STATION_H
#define STATION_STATION_H

#include "core/err.h"
#include "station/dhcp/config.h"
#include "station/secrets/start.h"

#define STATION_HTTP_LISTEN  "0.0.0.0:8080"
#define STATION_HTTPS_LISTEN "0.0.0.0:8443"

/* A thousand nodes with four connections each, twice; one address may be a hall behind a router, yet it never gets all. */
#define STATION_CONNECTIONS     8192
#define STATION_PER_ADDRESS     6144
#define STATION_IDLE_S          60
#define STATION_CONNECTIONS_MAX 1000000
#define STATION_IDLE_MAX_S      3600

/* From iPXE's script to the check-in a kernel starts, and the network comes up. */
#define STATION_CHECKIN_S     1800
#define STATION_CHECKIN_MAX_S 86400

/* Large servers take ten minutes for their firmware alone. */
#define STATION_BMC_BOOT_S     900
#define STATION_BMC_BOOT_MAX_S 7200
#define STATION_BMC_TRIES      3
#define STATION_BMC_TRIES_MAX  20

struct station_options {
	const char *state_dir;  /* made when missing (0700): keys, store, admin.token */
	const char *images_dir; /* packed images, a folder each; NULL: STATE/images */
	const char *
		images_url; /* where nodes fetch images: a cache in front of this station; NULL: our own HTTP port */
	const char *boot_dir; /* vmlinuz, initrd.img, remint.efi; NULL: STATE/boot */

	/* "ADDR:PORT" or "[ADDR]:PORT"; port 0: any. The ports are written to STATE/listening.json.
	 * NULL: the defaults above. */
	const char *http_listen;
	const char *https_listen;

	/* Host names or addresses by which nodes and operators reach us, NULL-terminated; the first one stands
	 * in the URLs that are handed out, all (and localhost) in the TLS certificate. NULL: this host's name. */
	const char *const *addresses;

	const char *
		console; /* of the boot script's kernels: "ttyS0,115200 tty0" gives two console=; NULL: none */
	const char
		*order_ca; /* PEM file: CAs of those who sign orders for boot media; NULL: none is trusted */
	const char *ek_ca; /* PEM file: CAs of makers of TPMs; NULL: none is trusted */
	const char *name;  /* the station's name, which stands in certificates; NULL: "station" */
	/* Where the machines stand, and whom to ask about a certificate. Each is kept in the state folder; NULL: as it was given at an
	 * earlier start, if ever. */
	const char *place, *contact;

	/* Connections of each port: in all, and from one address; 0: the defaults above. More than this process may have open
	 * files for is cut down, with a warning. A client beyond gets 503. */
	unsigned max_connections, max_per_address;
	unsigned idle_s; /* a connection on which nothing has moved for so long ends; 0: the default above */

	/* Seconds from handing out the boot image to the node's check-in; then its order is held. 0: the default above. */
	unsigned checkin_s;

	struct secrets_options secrets; /* the key to what is sealed in the store */

	/* Orders through BMCs: seconds from the start of a machine to its agent's check-in, and how often it is tried. 0: the defaults above. */
	unsigned bmc_boot_within_s, bmc_tries;

	struct dhcp_wish dhcp; /* interface NULL: no DHCP server */
};

/*
 * Serves until SIGTERM or SIGINT, then returns 0. Both signals are blocked in the calling thread, which must be
 * the process's only one. The first start makes in state_dir: ca.key, ca.pem (trust anchor for TLS), tls.key,
 * tls.pem, evidence-ca.pem, sign.key, sign.pem (certificates are signed with these), station.db, secrets.key, place and contact once given, and
 * admin.token (0600, the token of the account "admin"); each start writes url (the HTTPS URL) and listening.json
 * ({"http":{"address","port","url"},"https":{...},"pid"}), the latter once both ports listen, and removes
 * it at the end. A bad option is -EINVAL; a state folder in use by another station is -EBUSY.
 */
int station_run(const struct station_options *options, struct err *err) _must_check_;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the station's DHCP and TFTP server is told: dnsmasq's configuration, and options for a server that is there already. Pure: text from
 * values, each of which is checked, so that none can become a line or an option of its own. docs/netboot.md
 */
#ifndef STATION_DHCP_CONFIG_H
#define STATION_DHCP_CONFIG_H

#include <netinet/in.h>
#include <stdbool.h>

#include "core/err.h"

/* In dnsmasq's working folder, so that no path stands in its configuration. */
#define DHCP_CONFIG "dnsmasq.conf"
#define DHCP_LEASES "leases"
#define DHCP_TFTP   "tftp"

#define DHCP_URI "/boot.efi" /* what UEFI HTTP boot is sent to, at the station */

#define DHCP_FILE_BIOS \
	"undionly.kpxe" /* by TFTP to firmware: iPXE, which then asks for the station's script */
#define DHCP_FILE_EFI "ipxe.efi"
#define DHCP_DNS_MAX  2

/* As an operator writes it; NULL: not given. */
struct dhcp_wish {
	const char *interface;
	const char *range;      /* "FIRST,LAST": this is the segment's DHCP server */
	bool proxy;             /* another one gives addresses. One of range and proxy */
	const char *router;     /* of the leases; without it they have none */
	const char *const *dns; /* at most DHCP_DNS_MAX, ends with NULL */
	const char *tftp;       /* folder with DHCP_FILE_BIOS and DHCP_FILE_EFI; NULL: the boot folder */
};

struct dhcp_config {
	char interface[16];
	struct in_addr address; /* the interface's */
	unsigned prefix;
	bool proxy;
	struct in_addr first, last; /* proxy: 0 */
	struct in_addr router;      /* 0: none */
	struct in_addr dns[DHCP_DNS_MAX];
	unsigned n_dns;
	const char *http_url; /* of the station, borrowed */
};

/* Letters, digits, '.', '_' and '-': what stands for itself in dnsmasq's configuration, where '*' would name other interfaces as well. */
bool dhcp_interface_plain(const char *name);

/*
 * Checks a wish against the interface's address, and http_url's host, which must be a numeric IPv4 address unless the leases have a DNS server. *ret borrows
 * http_url. -EINVAL says what is wrong.
 */
int dhcp_config_make(const struct dhcp_wish *wish, struct in_addr address, unsigned prefix,
		     const char *http_url, struct dhcp_config *ret, struct err *err) _must_check_;

/* dnsmasq.conf, malloc'd. */
int dhcp_config_text(const struct dhcp_config *config, char **ret, struct err *err) _must_check_;

/*
 * What a DHCP server that is there already must be told, in the language of `server`: "dnsmasq", "isc" or "kea". beside_proxy: a proxy of ours answers PXE, so
 * that UEFI HTTP boot alone is left. malloc'd. -EINVAL: another server, or a host name in http_url that is not plain.
 */
int dhcp_print_text(const char *server, const char *http_url, bool beside_proxy, char **ret,
		    struct err *err) _must_check_;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* remint serve: the station in the foreground. docs/operate.md */
#include <string.h>

#include "cli/args.h"
#include "cli/verbs.h"
#include "core/io.h"
#include "core/log.h"
#include "core/secret.h"
#include "station/station.h"

#define TEXT_OF(x) #x
#define TEXT(x)    TEXT_OF(x)

/* 0 is not a limit. */
static int take_number(const char *option, uint64_t n, uint64_t max, unsigned *ret, struct err *err)
{
	if (n == 0 || n > max)
		return err_set(err, EINVAL, "--%s must be 1 to %llu", option, (unsigned long long)max);
	*ret = (unsigned)n;
	return 0;
}

struct dhcp_arguments {
	struct arg_list dns;
	const char *print; /* the kind of server whose options are to be shown */
};

/* Options for a DHCP server that is there already; the station is not started. */
static int print_dhcp(const struct station_options *station, const char *server)
{
	_cleanup_free_ char *text = NULL, *url = NULL;
	const char *port = strrchr(station->http_listen ?: STATION_HTTP_LISTEN, ':');
	struct err err = {0};

	if (!station->addresses || !port) {
		fprintf(stderr, "remint: --dhcp-print needs --address, by which nodes reach the station\n");
		return EXIT_USAGE;
	}
	url = str_printf("http://%s%s", station->addresses[0], port);
	if (dhcp_print_text(server, url, station->dhcp.proxy, &text, &err) < 0)
		return fail_with(&err);
	fputs(text, stdout);
	return EXIT_SUCCESS;
}

/* Options that mean nothing alone are more likely a mistake. */
static int check_dhcp(const struct dhcp_wish *dhcp, struct err *err)
{
	if (!dhcp->interface && (dhcp->range || dhcp->proxy || dhcp->router || dhcp->dns || dhcp->tftp))
		return err_set(err, EINVAL, "the options of the DHCP server need --dhcp IFACE");
	return 0;
}

int verb_serve(int argc, char **argv)
{
	struct station_options station = {};
	struct arg_list addresses = {};
	uint64_t max_connections = STATION_CONNECTIONS, max_per_address = STATION_PER_ADDRESS,
		 idle = STATION_IDLE_S, checkin = STATION_CHECKIN_S, bmc_boot = STATION_BMC_BOOT_S,
		 bmc_tries = STATION_BMC_TRIES;
	struct dhcp_arguments dhcp = {};
	bool verbose = false;
	const struct arg_option options[] = {
		{"state", ARG_TEXT, &station.state_dir, "DIR",
		 "keys, store and admin.token; made at the first start (needed)"},
		{"address", ARG_MANY, &addresses, "HOST",
		 "name or address by which nodes reach us; the first stands in URLs (default: this host's "
		 "name)"},
		{"images", ARG_TEXT, &station.images_dir, "DIR",
		 "packed images (default: images in the state folder)"},
		{"images-url", ARG_TEXT, &station.images_url, "URL",
		 "where nodes fetch images, when caches stand in front (default: from this station)"},
		{"boot", ARG_TEXT, &station.boot_dir, "DIR",
		 "what 'remint boot build' made (default: boot in the state folder)"},
		{"http", ARG_TEXT, &station.http_listen, "ADDR:PORT",
		 "boot files and images (default: " STATION_HTTP_LISTEN ")"},
		{"https", ARG_TEXT, &station.https_listen, "ADDR:PORT",
		 "all else (default: " STATION_HTTPS_LISTEN ")"},
		{"console", ARG_TEXT, &station.console, "TEXT",
		 "consoles of booting nodes, such as 'ttyS0,115200 tty0'"},
		{"name", ARG_TEXT, &station.name, "TEXT",
		 "this station's name in certificates (default: station)"},
		{"order-ca", ARG_TEXT, &station.order_ca, "FILE",
		 "CAs of those who sign orders for boot media, PEM; without it no record of such an order is "
		 "imported"},
		{"ek-ca", ARG_TEXT, &station.ek_ca, "FILE",
		 "CAs of makers of TPMs, PEM: a TPM whose certificate chains to one is taken to be its "
		 "node's "
		 "at the first boot that proves it"},
		{"secrets-key", ARG_TEXT, &station.secrets.key, "FILE",
		 "the key with which BMCs' passwords are sealed in the store (default: secrets.key in the "
		 "state folder, made at the first start)"},
		{"secrets-key-new", ARG_TEXT, &station.secrets.key_new, "FILE",
		 "a key that takes its place: all is sealed anew at this start"},
		{"secrets-key-lost", ARG_FLAG, &station.secrets.lost, "",
		 "the key is gone for good: forget the passwords, and name the nodes that need theirs anew"},
		{"place", ARG_TEXT, &station.place, "TEXT",
		 "the site that stands in certificates; kept in the state folder for later starts"},
		{"contact", ARG_TEXT, &station.contact, "TEXT",
		 "whom to ask about a certificate; kept likewise"},
		{"max-connections", ARG_NUMBER, &max_connections, "N",
		 "connections that each port takes; a client beyond is told to come back (default: " TEXT(
			 STATION_CONNECTIONS) ")"},
		{"max-per-address", ARG_NUMBER, &max_per_address, "N",
		 "the same from one address, which may be a hall behind a router (default: " TEXT(
			 STATION_PER_ADDRESS) ")"},
		{"idle", ARG_NUMBER, &idle, "SECONDS",
		 "end a connection on which nothing has moved for so long (default: " TEXT(
			 STATION_IDLE_S) ")"},
		{"checkin-within", ARG_NUMBER, &checkin, "SECONDS",
		 "hold an order whose machine was given the boot image and has not checked in for so long "
		 "(default: " TEXT(STATION_CHECKIN_S) ")"},
		{"bmc-boot-within", ARG_NUMBER, &bmc_boot, "SECONDS",
		 "how long a machine that was started through its BMC may take until its agent checks in "
		 "(default: " TEXT(STATION_BMC_BOOT_S) ")"},
		{"bmc-tries", ARG_NUMBER, &bmc_tries, "N",
		 "how often that is tried before the order is held (default: " TEXT(STATION_BMC_TRIES) ")"},
		{"dhcp", ARG_TEXT, &station.dhcp.interface, "IFACE",
		 "also serve DHCP and TFTP there, by dnsmasq, so that nodes boot by PXE and UEFI HTTP"},
		{"dhcp-range", ARG_TEXT, &station.dhcp.range, "FIRST,LAST",
		 "the addresses that nodes get: there is no other DHCP server"},
		{"dhcp-proxy", ARG_FLAG, &station.dhcp.proxy, NULL,
		 "another DHCP server gives addresses; we answer PXE alone"},
		{"dhcp-router", ARG_TEXT, &station.dhcp.router, "ADDR", "the router that nodes get (none)"},
		{"dhcp-dns", ARG_MANY, &dhcp.dns, "ADDR",
		 "a DNS server that nodes get; twice at most (none)"},
		{"tftp", ARG_TEXT, &station.dhcp.tftp, "DIR",
		 "where ipxe.efi and undionly.kpxe are (default: the boot folder)"},
		{"dhcp-print", ARG_TEXT, &dhcp.print, "SERVER",
		 "show the options for a DHCP server that is there already (dnsmasq, isc, kea), and end"},
		{"verbose", ARG_FLAG, &verbose, "", "log more"},
		{},
	};
	const struct arg_spec spec = {
		"remint serve",
		"Runs the station until SIGTERM or SIGINT. The first start makes its keys and the\n"
		"administrator's token, STATE/admin.token.",
		options, 0, 0};
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, NULL);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	secret_process();
	log_set_name("station");
	if (verbose)
		log_set_level(LOG_DEBUG);
	station.addresses = addresses.n ? addresses.items : NULL;
	station.dhcp.dns = dhcp.dns.n ? dhcp.dns.items : NULL;
	if (dhcp.print)
		return print_dhcp(&station, dhcp.print);
	if (!station.state_dir) {
		fprintf(stderr, "remint: --state is needed; see --help\n");
		return EXIT_USAGE;
	}
	if (check_dhcp(&station.dhcp, &err) < 0)
		return fail_with(&err);
	if (take_number("max-connections", max_connections, STATION_CONNECTIONS_MAX, &station.max_connections,
			&err) < 0 ||
	    take_number("max-per-address", max_per_address, STATION_CONNECTIONS_MAX, &station.max_per_address,
			&err) < 0 ||
	    take_number("idle", idle, STATION_IDLE_MAX_S, &station.idle_s, &err) < 0 ||
	    take_number("checkin-within", checkin, STATION_CHECKIN_MAX_S, &station.checkin_s, &err) < 0 ||
	    take_number("bmc-boot-within", bmc_boot, STATION_BMC_BOOT_MAX_S, &station.bmc_boot_within_s,
			&err) < 0 ||
	    take_number("bmc-tries", bmc_tries, STATION_BMC_TRIES_MAX, &station.bmc_tries, &err) < 0)
		return fail_with(&err);
	if (station_run(&station, &err) < 0) {
		err_prepend(&err, "serve");
		return fail_with(&err);
	}
	return EXIT_SUCCESS;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* dnsmasq's configuration. Architectures are option 93 (RFC 4578, 2.1, and IANA's list of processor architecture types). */
#include "station/dhcp/config.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>

#include "core/io.h"

#define PREFIX_MAX 30 /* a server and a client */
#define LEASE      "1h"

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

static bool plain(const char *text, const char *also)
{
	for (; *text; text++)
		if (!strchr(letters, *text) && !strchr(also, *text))
			return false;
	return true;
}

bool dhcp_interface_plain(const char *name)
{
	return *name && *name != '-' && strlen(name) < IF_NAMESIZE && plain(name, "._-");
}

static uint32_t host(struct in_addr a)
{
	return ntohl(a.s_addr);
}

static uint32_t mask_of(unsigned prefix)
{
	return prefix ? ~0u << (32 - prefix) : 0;
}

static int take_address(const char *option, const char *text, struct in_addr *ret, struct err *err)
{
	if (inet_pton(AF_INET, text, ret) == 1 && host(*ret) >> 24 && host(*ret) >> 24 != 127 &&
	    host(*ret) >> 28 < 0xe)
		return 0;
	return err_set(err, EINVAL, "--%s %.80s: not the IPv4 address of a host", option, text);
}

/* Within the interface's network, and neither its first nor its last address. */
static int take_inside(const char *option, const char *text, const struct dhcp_config *config,
		       struct in_addr *ret, struct err *err)
{
	char own[INET_ADDRSTRLEN];
	uint32_t mask = mask_of(config->prefix);
	int r = take_address(option, text, ret, err);

	if (r < 0)
		return r;
	if ((host(*ret) & mask) == (host(config->address) & mask) && (host(*ret) & ~mask) &&
	    (host(*ret) & ~mask) != ~mask)
		return 0;
	inet_ntop(AF_INET, &config->address, own, sizeof(own));
	return err_set(err, EINVAL, "--%s: %s is no host's address in the network of %s, which is %s/%u",
		       option, text, config->interface, own, config->prefix);
}

static int take_range(const char *range, struct dhcp_config *config, struct err *err)
{
	const char *comma = strchr(range, ',');
	char first[INET_ADDRSTRLEN] = "";
	int r;

	if (!comma || (size_t)(comma - range) >= sizeof(first))
		return err_set(err, EINVAL, "--dhcp-range %.80s: not FIRST,LAST", range);
	memcpy(first, range, (size_t)(comma - range));
	r = take_inside("dhcp-range", first, config, &config->first, err);
	if (r == 0)
		r = take_inside("dhcp-range", comma + 1, config, &config->last, err);
	if (r < 0)
		return r;
	if (host(config->first) > host(config->last))
		return err_set(err, EINVAL, "--dhcp-range %s: the last address comes before the first",
			       range);
	if (host(config->address) >= host(config->first) && host(config->address) <= host(config->last))
		return err_set(err, EINVAL, "--dhcp-range %s: the address of %s itself is in it", range,
			       config->interface);
	return 0;
}

/* "http://HOST:PORT": without a DNS server a node cannot look a name up. */
static int check_url(const struct dhcp_config *config, struct err *err)
{
	const char *at = config->http_url + strlen("http://");
	char name[INET_ADDRSTRLEN] = "";
	size_t len = strcspn(at, ":");
	struct in_addr ignored;

	if (strncmp(config->http_url, "http://", strlen("http://")) != 0 || !plain(config->http_url, "-.:/"))
		return err_set(err, EINVAL, "%.80s: nodes cannot be sent there by DHCP over IPv4",
			       config->http_url);
	if (len < sizeof(name))
		memcpy(name, at, len);
	if (config->proxy || config->n_dns || inet_pton(AF_INET, name, &ignored) == 1)
		return 0;
	return err_set(err, EINVAL,
		       "nodes could not look up %.*s: give the station's IPv4 address as the first "
		       "--address, or a DNS server with --dhcp-dns",
		       (int)len, at);
}

static int take_options(const struct dhcp_wish *wish, struct dhcp_config *config, struct err *err)
{
	int r = 0;

	if (wish->router)
		r = take_inside("dhcp-router", wish->router, config, &config->router, err);
	for (unsigned i = 0; r == 0 && wish->dns && wish->dns[i]; i++) {
		if (config->n_dns == DHCP_DNS_MAX)
			return err_set(err, EINVAL, "--dhcp-dns: more than %d servers", DHCP_DNS_MAX);
		r = take_address("dhcp-dns", wish->dns[i], &config->dns[config->n_dns++], err);
	}
	return r;
}

int dhcp_config_make(const struct dhcp_wish *wish, struct in_addr address, unsigned prefix,
		     const char *http_url, struct dhcp_config *ret, struct err *err)
{
	struct dhcp_config config = {
		.address = address, .prefix = prefix, .proxy = wish->proxy, .http_url = http_url};
	int r;

	if (!dhcp_interface_plain(wish->interface))
		return err_set(err, EINVAL,
			       "--dhcp: an interface's name has letters, digits, '.', '_' and "
			       "'-' alone");
	strcpy(config.interface, wish->interface);
	if (!wish->range == !wish->proxy)
		return err_set(err, EINVAL,
			       "--dhcp %s: give either --dhcp-range FIRST,LAST, where no other DHCP server "
			       "is, or --dhcp-proxy beside one",
			       wish->interface);
	if (wish->proxy && (wish->router || (wish->dns && wish->dns[0])))
		return err_set(err, EINVAL,
			       "--dhcp-router and --dhcp-dns: with --dhcp-proxy the other server says them");
	if (prefix > PREFIX_MAX || !prefix)
		return err_set(err, EINVAL, "--dhcp %s: its network has no room for nodes (/%u)",
			       wish->interface, prefix);
	r = wish->range ? take_range(wish->range, &config, err) : 0;
	if (r == 0)
		r = take_options(wish, &config, err);
	if (r == 0)
		r = check_url(&config, err);
	if (r == 0)
		*ret = config;
	return r;
}

/* ---- the text ---- */

struct address_text {
	char text[INET_ADDRSTRLEN];
};

static struct address_text text_of(uint32_t address)
{
	struct in_addr a = {htonl(address)};
	struct address_text text = {""};

	inet_ntop(AF_INET, &a, text.text, sizeof(text.text));
	return text;
}

/* Who is asking: a tag for each. A former stage may set the tag "ipxe" together with an architecture's. */
static const char clients[] = "dhcp-match=set:ipxe,175\n"
			      "dhcp-userclass=set:ipxe,iPXE\n"
			      "dhcp-match=set:bios,option:client-arch,0\n"
			      "dhcp-match=set:efi64,option:client-arch,7\n"
			      "dhcp-match=set:efi64,option:client-arch,9\n"
			      "dhcp-match=set:http64,option:client-arch,16\n"
			      "dhcp-vendorclass=set:httpclient,HTTPClient\n";

/* Addresses and boot files. */
static void put_server(FILE *out, const struct dhcp_config *c)
{
	fprintf(out, "dhcp-range=%s,%s,%s," LEASE "\n", text_of(host(c->first)).text,
		text_of(host(c->last)).text, text_of(mask_of(c->prefix)).text);
	fprintf(out, "dhcp-option=option:router%s%s\n", c->router.s_addr ? "," : "",
		c->router.s_addr ? text_of(host(c->router)).text : "");
	fputs("dhcp-option=option:dns-server", out);
	for (unsigned i = 0; i < c->n_dns; i++)
		fprintf(out, ",%s", text_of(host(c->dns[i])).text);
	fprintf(out,
		"\ntag-if=set:uri,tag:http64,tag:httpclient,tag:!ipxe\n"
		"dhcp-boot=tag:bios,tag:!ipxe," DHCP_FILE_BIOS "\n"
		"dhcp-boot=tag:efi64,tag:!ipxe," DHCP_FILE_EFI "\n"
		"dhcp-boot=tag:uri,%s" DHCP_URI "\n"
		"dhcp-option-force=tag:uri,60,HTTPClient\n",
		c->http_url);
}

/* Boot files alone. The numbers are architectures; dnsmasq as a proxy answers no UEFI HTTP client. */
static void put_proxy(FILE *out, const struct dhcp_config *c)
{
	static const char *const efi[] = {"7", "9"};

	fprintf(out, "dhcp-range=%s,proxy,%s\n", text_of(host(c->address) & mask_of(c->prefix)).text,
		text_of(mask_of(c->prefix)).text);
	fputs("pxe-service=tag:!ipxe,0,\"remint\"," DHCP_FILE_BIOS "\n", out);
	for (unsigned i = 0; i < 2; i++)
		fprintf(out, "pxe-service=tag:!ipxe,%s,\"remint\"," DHCP_FILE_EFI "\n", efi[i]);
}

int dhcp_config_text(const struct dhcp_config *config, char **ret, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return err_set(err, ENOMEM, "out of memory");
	fprintf(out,
		"# Written by remint serve at each start: what is changed here is lost.\n"
		"port=0\n"
		"interface=%s\n"
		"except-interface=lo\n"
		"bind-interfaces\n"
		"log-facility=-\n"
		"dhcp-leasefile=" DHCP_LEASES "\n"
		"enable-tftp\n"
		/* dnsmasq takes what is not absolute for a path below "/". */
		"tftp-root=/proc/self/cwd/" DHCP_TFTP "\n",
		config->interface);
	fputs(clients, out);
	if (config->proxy)
		put_proxy(out, config);
	else
		put_server(out, config);
	fprintf(out, "dhcp-boot=tag:ipxe,%s/boot.ipxe\n", config->http_url);
	if (fclose(out) != 0)
		return err_set(err, ENOMEM, "out of memory");
	*ret = TAKE_PTR(text);
	return 0;
}

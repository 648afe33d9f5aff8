/* SPDX-License-Identifier: Apache-2.0 */
/* The network part of the kernel command line. Whoever can write it can boot the node, but a typing
 * error must not pass silently. */
#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "agent/hw/netif.h"
#include "agent/net.h"

#define CMDLINE_MAX 4096 /* COMMAND_LINE_SIZE of x86 is 2048 */
#define VALUE_MAX   63   /* bytes: the longest is an IPv6 address with its prefix */

static int malformed(struct err *err, const char *key, const char *value)
{
	return err_set(err, EINVAL, "kernel command line: remint.%s=%s is malformed", key, value);
}

static int take_mac(struct net_config *c, const char *value)
{
	size_t n = strlen(value);

	if (n != 17 || *c->mac)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		bool separator = i % 3 == 2;

		if (separator ? value[i] != ':' && value[i] != '-' : !isxdigit((unsigned char)value[i]))
			return -EINVAL;
		c->mac[i] = separator ? ':' : (char)tolower((unsigned char)value[i]);
	}
	return 0;
}

/* Slot 0 holds IPv4 and slot 1 IPv6; each may be given once. Stored as it was written, once it has been
 * understood. */
static int take_address(char (*slots)[64], const char *value)
{
	struct netif_address a;

	if (!strchr(value, '/') || netif_address_parse(value, &a) < 0 || !a.prefix)
		return -EINVAL;
	if (*slots[a.family == AF_INET6])
		return -EINVAL;
	snprintf(slots[a.family == AF_INET6], 64, "%s", value);
	return 0;
}

static int host_family(const char *value)
{
	struct netif_address a;

	return strchr(value, '/') || strlen(value) > 45 || netif_address_parse(value, &a) < 0 ? 0 : a.family;
}

static int take_gateway(struct net_config *c, const char *value)
{
	int family = host_family(value);

	if (!family || *c->gateway[family == AF_INET6])
		return -EINVAL;
	snprintf(c->gateway[family == AF_INET6], sizeof(c->gateway[0]), "%.45s", value);
	return 0;
}

/* Two servers of any family, in their order. */
static int take_dns(struct net_config *c, const char *value)
{
	unsigned slot = *c->dns[0] ? 1 : 0;

	if (!host_family(value) || *c->dns[slot])
		return -EINVAL;
	snprintf(c->dns[slot], sizeof(c->dns[0]), "%.45s", value);
	return 0;
}

static int take_vlan(struct net_config *c, const char *value)
{
	size_t digits = strspn(value, "0123456789");
	unsigned long id = strtoul(value, NULL, 10);

	if (!digits || digits > 4 || value[digits] || *value == '0' || id < 1 || id > 4094 || c->vlan)
		return -EINVAL;
	c->vlan = (unsigned)id;
	return 0;
}

/* Keys that others own (remint.hint=, console=) are theirs to check. */
static int take(struct net_config *c, const char *key, const char *value, struct err *err)
{
	int r = 0;

	if (!strcmp(key, "mac"))
		r = take_mac(c, value);
	else if (!strcmp(key, "ip"))
		r = take_address(c->address, value);
	else if (!strcmp(key, "gw"))
		r = take_gateway(c, value);
	else if (!strcmp(key, "dns"))
		r = take_dns(c, value);
	else if (!strcmp(key, "vlan"))
		r = take_vlan(c, value);
	else if (!strcmp(key, "dhcp") && (!strcmp(value, "0") || !strcmp(value, "1")))
		c->no_dhcp = *value == '0';
	else if (!strcmp(key, "dhcp"))
		r = -EINVAL;
	return r < 0 ? malformed(err, key, value) : 0;
}

/* Copies the next word without its quotes, as the kernel reads it: "..." may stand around the whole or
 * the value, and holds blanks. Returns where it ends. A word longer than the room is cut, and *ret_cut
 * says so. */
static const char *next_word(const char *p, char *word, size_t room, bool *ret_cut)
{
	bool quoted = false;
	size_t n = 0;

	*ret_cut = false;
	while (*p && isspace((unsigned char)*p))
		p++;
	for (; *p && (quoted || !isspace((unsigned char)*p)); p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (n + 1 < room)
			word[n++] = isprint((unsigned char)*p) ? *p : '?';
		else
			*ret_cut = true;
	}
	word[n] = '\0';
	return p;
}

static int check_whole(const struct net_config *c, struct err *err)
{
	for (int family = 0; family < 2; family++)
		if (*c->gateway[family] && !*c->address[family])
			return err_set(
				err, EINVAL,
				"kernel command line: remint.gw=%s has no remint.ip= of its kind beside it",
				c->gateway[family]);
	if (c->no_dhcp && !*c->address[0] && !*c->address[1])
		return err_set(err, EINVAL, "kernel command line: remint.dhcp=0 needs remint.ip=");
	return 0;
}

int net_config_parse(const char *cmdline, struct net_config *ret, struct err *err)
{
	static const char prefix[] = "remint.";
	struct net_config c = {.vlan = 0};
	char word[sizeof(prefix) + 8 + VALUE_MAX];

	if (strnlen(cmdline, CMDLINE_MAX + 1) > CMDLINE_MAX)
		return err_set(err, EINVAL, "kernel command line: longer than %d bytes", CMDLINE_MAX);
	for (const char *p = cmdline; *p;) {
		bool cut;
		char *value;
		int r;

		p = next_word(p, word, sizeof(word), &cut);
		value = strchr(word, '=');
		/* What follows "--" is for init, and is not ours. */
		if (!strcmp(word, "--"))
			break;
		if (!value || strncmp(word, prefix, sizeof(prefix) - 1) != 0)
			continue;
		*value++ = '\0';
		if (cut) /* a key of ours with an endless value; others' values may be long */
			value = "(too long)";
		r = take(&c, word + sizeof(prefix) - 1, value, err);
		if (r < 0)
			return r;
	}
	if (check_whole(&c, err) < 0)
		return -err->code;
	*ret = c;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/network/ip.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST_MAX 45 /* characters: INET6_ADDRSTRLEN without the NUL */

static unsigned whole(const struct ip *ip)
{
	return ip->family == AF_INET ? 32 : 128;
}

static bool is_unicast(const struct ip *ip)
{
	static const uint8_t loopback6[16] = {[15] = 1}, none6[16];
	const uint8_t *bytes = ip->bytes;

	if (ip->family == AF_INET)
		return bytes[0] != 0 && bytes[0] != 127 && bytes[0] < 224;
	return bytes[0] != 0xff && memcmp(bytes, loopback6, 16) != 0 && memcmp(bytes, none6, 16) != 0;
}

static bool parse(const char *text, size_t len, struct ip *ret)
{
	char host[HOST_MAX + 1];

	*ret = (struct ip){0};
	if (len > HOST_MAX)
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	ret->family = strchr(host, ':') ? AF_INET6 : AF_INET;
	ret->bits = whole(ret);
	return inet_pton(ret->family, host, ret->bytes) == 1;
}

bool ip_parse_host(const char *text, struct ip *ret)
{
	return parse(text, strlen(text), ret) && is_unicast(ret);
}

/* Decimal, without zeros in front. */
static bool parse_length(const char *text, unsigned min, struct ip *ret)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long n = strtoul(text, NULL, 10);

	if (digits < 1 || digits > 3 || text[digits] || (*text == '0' && digits > 1) || n < min ||
	    n > whole(ret))
		return false;
	ret->bits = (unsigned)n;
	return true;
}

bool ip_parse_own(const char *text, struct ip *ret)
{
	const char *slash = strchr(text, '/');

	return slash && parse(text, (size_t)(slash - text), ret) && is_unicast(ret) &&
	       parse_length(slash + 1, 1, ret);
}

/* Keeps the first `bits` bits, or turns the others on. */
static struct ip edge(const struct ip *ip, bool last)
{
	struct ip made = *ip;

	for (unsigned i = ip->bits; i < whole(ip); i++) {
		uint8_t bit = (uint8_t)(0x80 >> i % 8);

		made.bytes[i / 8] = last ? made.bytes[i / 8] | bit : made.bytes[i / 8] & (uint8_t)~bit;
	}
	return made;
}

static bool same(const struct ip *a, const struct ip *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool ip_parse_network(const char *text, struct ip *ret)
{
	const char *slash = strchr(text, '/');
	struct ip first;

	if (!slash || !parse(text, (size_t)(slash - text), ret) || !parse_length(slash + 1, 0, ret))
		return false;
	first = edge(ret, false);
	return same(ret, &first);
}

bool ip_contains(const struct ip *network, const struct ip *host)
{
	struct ip first = edge(network, false), its = *host;

	its.bits = network->bits;
	if (network->family != host->family)
		return false;
	its = edge(&its, false);
	return same(&first, &its);
}

bool ip_is_edge(const struct ip *own)
{
	struct ip first = edge(own, false), last = edge(own, true);

	return own->family == AF_INET && own->bits < 31 && (same(own, &first) || same(own, &last));
}

bool ip_is_link_local(const struct ip *host)
{
	return host->family == AF_INET6 && host->bytes[0] == 0xfe && (host->bytes[1] & 0xc0) == 0x80;
}

void ip_format(const struct ip *ip, bool bits, char ret[IP_TEXT_SIZE])
{
	inet_ntop(ip->family, ip->bytes, ret, IP_TEXT_SIZE);
	if (bits)
		snprintf(ret + strlen(ret), IP_TEXT_SIZE - strlen(ret), "/%u", ip->bits);
}

/* rooms: station images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever an operator writes, dnsmasq's configuration has the lines that it is to have: four texts, each ended by a NUL. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/io.h"
#include "station/dhcp/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned lines(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const known_dns[] = {"192.0.2.1", NULL};
	static const struct dhcp_wish known = {
		.interface = "lan", .range = "10.9.0.5,10.9.0.9", .router = "10.9.0.1", .dns = known_dns};
	_cleanup_free_ char *copy = xcalloc(1, size + 4), *made = NULL, *expected = NULL;
	const char *texts[4], *at = copy, *dns[2] = {NULL, NULL};
	struct in_addr address = {htonl(0x0a090002)};
	struct dhcp_config config;
	struct err err = {0};

	memcpy(copy, data, size);
	for (unsigned i = 0; i < 4; i++, at += at < copy + size ? strlen(at) + 1 : 0)
		texts[i] = at;
	dns[0] = texts[3];
	const struct dhcp_wish wish = {
		.interface = texts[0], .range = texts[1], .router = texts[2], .dns = dns};
	if (dhcp_config_make(&wish, address, 24, "http://10.9.0.2:8080", &config, &err) < 0)
		return 0;
	if (dhcp_config_text(&config, &made, &err) < 0 ||
	    dhcp_config_make(&known, address, 24, "http://10.9.0.2:8080", &config, &err) < 0 ||
	    dhcp_config_text(&config, &expected, &err) < 0 || lines(made) != lines(expected))
		abort();
	return 0;
}

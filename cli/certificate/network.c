/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/certificate/network.h"

#include "cli/client.h"
#include "core/io.h"

static void say(json_t *list, char *sentence)
{
	json_array_append_new(list, json_string(sentence));
	free(sentence);
}

json_t *words_network(const json_t *certificate)
{
	const json_t *network = json_object_get(certificate, "network"), *port;
	json_t *list = json_array();
	size_t i;

	if (!json_is_object(network))
		return list;
	say(list,
	    str_printf("The tenant's system was given a network-config (SHA-256 %s), which it has to set "
		       "up itself.",
		       json_text(network, "sha256")));
	json_array_foreach(json_object_get(network, "ports"), i, port)
		say(list, str_printf("%s: the port with the address %s, PCI %s.", json_text(port, "name"),
				     json_text(port, "mac"), json_text(port, "pci")));
	return list;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Which of a machine's ports the interfaces of a network mean. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/network/network.h"
#include "protocol/node.h"

#define PORTS_MAX 1024 /* more than a machine has, virtual functions included */
#define TOLD_MAX  8    /* so that what there is still has room in the message */

struct port {
	char mac[18];     /* as it was made; "" unknown */
	const char *name; /* the kernel's, of the inventory; "?" */
	const char *pci;  /* NULL: not on PCI */
	bool link;
};

static const char *text_at(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : "";
}

static bool is_pci_address(const char *text)
{
	return *text && strlen(text) <= 15 && text[strspn(text, "0123456789abcdef:.")] == '\0';
}

/* A card that does not tell the address that it was made with has the one that it uses. */
static struct port port_of(const json_t *nic)
{
	const char *name = text_at(nic, "name"), *pci = text_at(nic, "pci");
	struct port port = {.name = network_name_valid(name) ? name : "?",
			    .pci = is_pci_address(pci) ? pci : NULL,
			    .link = json_is_true(json_object_get(nic, "link"))};

	if (node_mac_normalise(text_at(nic, "permanent_mac"), port.mac) < 0 &&
	    node_mac_normalise(text_at(nic, "mac"), port.mac) < 0)
		port.mac[0] = '\0';
	return port;
}

struct ports {
	struct port *at;
	unsigned n;
};

static void ports_clear(struct ports *ports)
{
	free(ports->at);
}

static void read_ports(const json_t *inventory, struct ports *ret)
{
	const json_t *list = json_object_get(inventory, "nics");

	ret->at = xcalloc(PORTS_MAX, sizeof(*ret->at));
	for (size_t i = 0; i < json_array_size(list) && ret->n < PORTS_MAX; i++) {
		struct port port = port_of(json_array_get(list, i));

		if (*port.mac)
			ret->at[ret->n++] = port;
	}
}

/* "eth0 52:54:00:00:00:01 (0000:00:02.0), eth1 ...". */
static void say_ports(FILE *out, const struct ports *ports)
{
	if (!ports->n)
		fputs("none", out);
	for (unsigned i = 0; i < ports->n; i++)
		fprintf(out, "%s%s %s (%s%s)", i ? ", " : "", ports->at[i].name, ports->at[i].mac,
			ports->at[i].pci ?: "no PCI address", ports->at[i].link ? ", link" : "");
}

static unsigned find(const struct ports *ports, const char *mac, const struct port **ret)
{
	unsigned n = 0;

	for (unsigned i = 0; i < ports->n; i++) {
		if (strcmp(ports->at[i].mac, mac) != 0)
			continue;
		*ret = &ports->at[i];
		n++;
	}
	return n;
}

static json_t *found_json(const struct network_interface *at, const struct port *port)
{
	return json_pack("{ss ss ss? ss sb}", "name", at->name, "mac", at->mac, "pci", port->pci,
			 "kernel_name", port->name, "link", (int)port->link);
}

/* Not the first alone: one walk to the machine is enough. */
static void say_not_one(FILE *out, unsigned told, const struct network_interface *at, unsigned n)
{
	if (told < TOLD_MAX)
		fprintf(out, "%s%s has %s, of which there %s", told ? "; " : "", at->name, at->mac,
			n ? "are several" : "is none");
	else if (told == TOLD_MAX)
		fputs("; and more", out);
}

static int say_missing(const char *missing, const struct ports *ports, struct err *err)
{
	_cleanup_free_ char *there = NULL;
	size_t len;
	FILE *out = open_memstream(&there, &len);

	if (!out)
		return err_set(err, ENOMEM, "out of memory");
	say_ports(out, ports);
	if (fclose(out) != 0)
		return err_set(err, ENOMEM, "out of memory");
	return err_set(err, ENODEV, "network.ethernets: %s. The ports of this machine: %s", missing, there);
}

int network_ports_find(const struct network *network, const json_t *inventory, json_t **ret, struct err *err)
{
	_cleanup_(ports_clear) struct ports ports = {0};
	_cleanup_json_ json_t *list = json_array();
	_cleanup_free_ char *missing = NULL;
	unsigned told = 0;
	size_t len = 0;
	FILE *out = open_memstream(&missing, &len);

	if (!out)
		return err_set(err, ENOMEM, "out of memory");
	read_ports(inventory, &ports);
	for (unsigned i = 0; i < network->n; i++) {
		const struct network_interface *at = &network->at[i];
		const struct port *port = NULL;
		unsigned n = at->kind == NETWORK_ETHERNET ? find(&ports, at->mac, &port) : 1;

		if (n != 1)
			say_not_one(out, told++, at, n);
		else if (port)
			json_array_append_new(list, found_json(at, port));
	}
	if (fclose(out) != 0)
		return err_set(err, ENOMEM, "out of memory");
	if (len)
		return say_missing(missing, &ports, err);
	*ret = TAKE_PTR(list);
	return 0;
}

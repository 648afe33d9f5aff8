/* SPDX-License-Identifier: Apache-2.0 */
/* Network cards beside their class, and who is at the other end of their cables. */
#include <stdio.h>
#include <string.h>

#include "core/glob.h"
#include "protocol/class/private.h"

#define NAME_SIZE 256

/* "eth2 (52:54:00:..)": what the kernel calls it changes, the address is printed on the card. */
static void nic_name(const json_t *nic, char buf[NAME_SIZE])
{
	const char *mac = class_text(nic, "permanent_mac");

	snprintf(buf, NAME_SIZE, "network card %.100s (%.100s)", class_text(nic, "name"),
		 *mac ? mac : class_text(nic, "mac"));
}

static void compare_nic(const struct class_nic *n, const json_t *nic, json_t *to)
{
	const char *fec = class_text(json_object_get(nic, "fec"), "active"),
		   *firmware = class_text(nic, "firmware");
	const char *where = class_text(nic, "pci"), *fault = class_text(nic, "link_fault");
	char who[NAME_SIZE], list[CLASS_LIST_TEXT];

	nic_name(nic, who);
	if (n->speed && !json_is_true(json_object_get(nic, "link")))
		class_differs(to, n->required, "nics", where, "%s: no link%s%s%s, expected %llu Mbit/s", who,
			      *fault ? " (" : "", fault, *fault ? ")" : "", (unsigned long long)n->speed);
	else if (n->speed && class_number(nic, "speed") != n->speed)
		class_differs(to, n->required, "nics", where, "%s: %llu Mbit/s, expected %llu", who,
			      (unsigned long long)class_number(nic, "speed"), (unsigned long long)n->speed);
	if (n->fec && strcmp(n->fec, fec) != 0)
		class_differs(to, n->required, "nics", where, "%s: FEC \"%s\", expected \"%s\"", who, fec,
			      n->fec);
	if (!class_among(&n->firmware, firmware))
		class_differs(to, n->required, "nics", where, "%s: firmware \"%s\", expected %s", who,
			      firmware, class_list(&n->firmware, list));
}

static void compare_nics(const struct class_nic *n, const json_t *nics, json_t *to)
{
	uint64_t found = 0;

	for (size_t i = 0; i < json_array_size(nics); i++)
		found += !strcmp(class_text(json_array_get(nics, i), "driver"), n->driver);
	if (found != n->count)
		class_differs(to, n->required, "nics", NULL,
			      "network cards of driver %s: %llu, expected %llu", n->driver,
			      (unsigned long long)found, (unsigned long long)n->count);
	for (size_t i = 0; i < json_array_size(nics); i++)
		if (!strcmp(class_text(json_array_get(nics, i), "driver"), n->driver))
			compare_nic(n, json_array_get(nics, i), to);
}

/* ---- rails ---- */

/* What a port has heard; NULL: no such port, or nobody listened. */
static const json_t *port_of(const json_t *inventory, const json_t *nic)
{
	const json_t *ports = json_object_get(json_object_get(inventory, "neighbours"), "ports");

	for (size_t i = 0; i < json_array_size(ports); i++)
		if (!strcmp(class_text(json_array_get(ports, i), "name"), class_text(nic, "name")))
			return json_array_get(ports, i);
	return NULL;
}

static bool rail_fits(const struct class_rail *rail, const json_t *neighbour)
{
	const char *port = class_text(json_object_get(neighbour, "port"), "id");

	return (!rail->system || glob_matches(rail->system, class_text(neighbour, "system_name"))) &&
	       (!rail->port || glob_matches(rail->port, port));
}

static void rail_words(const char *system, const char *port, char buf[2 * NAME_SIZE])
{
	snprintf(buf, 2 * NAME_SIZE, "port %.200s of %.200s", port && *port ? port : "(any)",
		 system && *system ? system : "(any)");
}

static void tell_rail(const struct class_rail *rail, const char *who, const json_t *heard,
		      const char *not_seen, json_t *to)
{
	const json_t *first = json_array_get(heard, 0);
	char expected[2 * NAME_SIZE], found[2 * NAME_SIZE];

	rail_words(rail->system, rail->port, expected);
	rail_words(class_text(first, "system_name"), class_text(json_object_get(first, "port"), "id"), found);
	if (first)
		class_differs(to, rail->required, "rails", rail->pci,
			      "%s: its cable leads to %s, expected %s: it is in the wrong place at "
			      "one of its ends",
			      who, found, expected);
	else
		class_differs(to, rail->required, "rails", rail->pci,
			      "%s: where its cable leads could not be seen (%s), expected %s", who, not_seen,
			      expected);
}

/* An InfiniBand port has no LLDP: its link's state is all that can be asked of it. */
static bool compare_infiniband(const struct class_rail *rail, const json_t *list, json_t *to)
{
	bool found = false;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *port = json_array_get(list, i);

		if (strcmp(class_text(port, "pci"), rail->pci) != 0 ||
		    strcmp(class_text(port, "link_layer"), "InfiniBand") != 0)
			continue;
		found = true;
		if (strcmp(class_text(port, "state"), "active") != 0)
			class_differs(to, rail->required, "rails", rail->pci,
				      "InfiniBand port %s of %s (%s): it is \"%s\", expected \"active\"",
				      class_text(port, "port"), class_text(port, "device"), rail->pci,
				      class_text(port, "state"));
		class_differs(to, false, "rails", rail->pci,
			      "InfiniBand port %s of %s (%s, GUID %s): where its cable leads cannot be seen "
			      "without LLDP",
			      class_text(port, "port"), class_text(port, "device"), rail->pci,
			      class_text(port, "port_guid"));
	}
	return found;
}

static void compare_port(const struct class_rail *rail, const json_t *inventory, const json_t *nic,
			 json_t *to)
{
	const json_t *port = port_of(inventory, nic), *heard = json_object_get(port, "heard");
	const char *why = class_text(port, "not_seen");
	char who[NAME_SIZE];

	for (size_t i = 0; i < json_array_size(heard); i++)
		if (rail_fits(rail, json_array_get(heard, i)))
			return;
	nic_name(nic, who);
	tell_rail(rail, who, heard, *why ? why : "nobody listened", to);
}

static void compare_rail(const struct class_rail *rail, const json_t *inventory, json_t *to)
{
	const json_t *nics = json_object_get(inventory, "nics");
	bool found = compare_infiniband(rail, json_object_get(inventory, "infiniband"), to);

	for (size_t i = 0; !found && i < json_array_size(nics); i++) {
		const json_t *nic = json_array_get(nics, i);

		if (!strcmp(class_text(nic, "pci"), rail->pci)) {
			found = true;
			compare_port(rail, inventory, nic, to);
		}
	}
	if (!found)
		class_differs(to, rail->required, "rails", rail->pci, "rail at %s: there is no network card",
			      rail->pci);
}

static bool awaits(const struct class_rail *rail, const json_t *inventory, const json_t *nic)
{
	const json_t *heard = json_object_get(port_of(inventory, nic), "heard");

	return !strcmp(class_text(nic, "pci"), rail->pci) &&
	       !json_is_true(json_object_get(nic, "firmware_lldp")) && json_is_array(heard) &&
	       !json_array_size(heard);
}

bool class_awaits_neighbours(const struct class *c, const json_t *inventory)
{
	const json_t *nics = json_object_get(inventory, "nics");

	for (unsigned i = 0; i < c->n_rails; i++)
		for (size_t k = 0; k < json_array_size(nics); k++)
			if (awaits(&c->rails[i], inventory, json_array_get(nics, k)))
				return true;
	return false;
}

void class_compare_nics(const struct class *c, const json_t *inventory, json_t *to)
{
	for (unsigned i = 0; i < c->n_nics; i++)
		compare_nics(&c->nics[i], json_object_get(inventory, "nics"), to);
	for (unsigned i = 0; i < c->n_rails; i++)
		compare_rail(&c->rails[i], inventory, to);
}

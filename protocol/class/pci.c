/* SPDX-License-Identifier: Apache-2.0 */
/* PCI functions beside their class: how many, where, and the way to each. */
#include <stdio.h>
#include <string.h>

#include "protocol/class/private.h"

#define NAME_SIZE 256

static bool is_kind(const struct class_device *d, const json_t *f)
{
	return !strcmp(class_text(f, "vendor"), d->vendor) && !strcmp(class_text(f, "device"), d->device) &&
	       (!d->subsystem_vendor || !strcmp(class_text(f, "subsystem_vendor"), d->subsystem_vendor)) &&
	       (!d->subsystem_device || !strcmp(class_text(f, "subsystem_device"), d->subsystem_device));
}

static void kind_name(const struct class_device *d, char buf[NAME_SIZE])
{
	if (d->what)
		snprintf(buf, NAME_SIZE, "%s (%s:%s)", d->what, d->vendor, d->device);
	else
		snprintf(buf, NAME_SIZE, "%s:%s", d->vendor, d->device);
}

/* Speeds are told in GT/s, as on the box. */
static void link_words(uint64_t speed, uint64_t width, char buf[48])
{
	snprintf(buf, 48, "%llu.%llu GT/s x%llu", (unsigned long long)speed / 1000,
		 (unsigned long long)speed % 1000 / 100, (unsigned long long)width);
}

/* One link that is below what the class wants: whose fault it is decides what is to be done. */
static void tell_link(const struct class_device *d, const char *who, const char *address, const json_t *link,
		      json_t *to)
{
	uint64_t max_speed = class_number(link, "max_speed"), max_width = class_number(link, "max_width");
	bool could = max_speed >= d->speed && max_width >= d->width;
	char has[48], wants[48];

	link_words(class_number(link, "speed"), class_number(link, "width"), has);
	link_words(d->speed ? d->speed : max_speed, d->width ? d->width : max_width, wants);
	class_differs(to, d->required, "pci", address,
		      "%s: the link between %s and %s runs at %s, expected %s; %s", who,
		      class_text(link, "above"), class_text(link, "below"), has, wants,
		      could ? "both ends can: reseat the card, its riser or its cable, then exchange them"
			    : "its ends cannot: it is the wrong slot, riser or card");
}

static void compare_links(const struct class_device *d, const char *who, const json_t *f, json_t *to)
{
	const json_t *links = json_object_get(f, "links");
	const char *address = class_text(f, "address");

	if (!json_array_size(links) && (d->speed || d->width))
		class_differs(to, d->required, "pci", address, "%s: how it is linked cannot be seen", who);
	for (size_t i = 0; i < json_array_size(links); i++) {
		const json_t *link = json_array_get(links, i);

		if (class_number(link, "speed") < d->speed || class_number(link, "width") < d->width)
			tell_link(d, who, address, link, to);
	}
}

static void compare_function(const struct class_device *d, const char *kind, const json_t *f, json_t *to)
{
	const char *address = class_text(f, "address"), *slot = class_text(f, "slot"),
		   *firmware = class_text(f, "firmware");
	char who[2 * NAME_SIZE], list[CLASS_LIST_TEXT];

	snprintf(who, sizeof(who), "%s at %s%s%s%s", kind, address, *slot ? " in \"" : "", slot,
		 *slot ? "\"" : "");
	compare_links(d, who, f, to);
	if (!class_among(&d->firmware, firmware))
		class_differs(to, d->required, "pci", address, "%s: firmware \"%s\", expected %s", who,
			      firmware, class_list(&d->firmware, list));
}

/* Slots that the class has and where nothing of the kind is: which card is missing. */
static void find_empty_slots(const struct class_device *d, const char *kind, const json_t *list, json_t *to)
{
	for (unsigned s = 0; s < d->slots.n; s++) {
		bool there = false;

		for (size_t i = 0; i < json_array_size(list); i++)
			there |= is_kind(d, json_array_get(list, i)) &&
				 !strcmp(class_text(json_array_get(list, i), "slot"), d->slots.at[s]);
		if (!there)
			class_differs(to, d->required, "pci", d->slots.at[s],
				      "slot \"%s\": no %s, expected one", d->slots.at[s], kind);
	}
}

static void compare_device(const struct class_device *d, const json_t *list, json_t *to)
{
	char kind[NAME_SIZE];
	uint64_t n = 0;

	kind_name(d, kind);
	for (size_t i = 0; i < json_array_size(list); i++)
		if (is_kind(d, json_array_get(list, i))) {
			n++;
			compare_function(d, kind, json_array_get(list, i), to);
		}
	if (n != d->count)
		class_differs(to, d->required, "pci", NULL, "%s: %llu of them, expected %llu", kind,
			      (unsigned long long)n, (unsigned long long)d->count);
	find_empty_slots(d, kind, list, to);
}

static void compare_counter(const struct class_errors *e, const json_t *f, const char *severity,
			    uint64_t most, json_t *to)
{
	uint64_t n = class_number(json_object_get(f, "aer"), severity);

	if (n > most)
		class_differs(to, e->required, "errors", class_text(f, "address"),
			      "PCI function %s (%s:%s): %llu %s errors since boot, at most %llu expected",
			      class_text(f, "address"), class_text(f, "vendor"), class_text(f, "device"),
			      (unsigned long long)n, severity, (unsigned long long)most);
}

void class_compare_pci(const struct class *c, const json_t *inventory, json_t *to)
{
	const json_t *list = json_object_get(inventory, "pci");

	for (unsigned i = 0; i < c->n_devices; i++)
		compare_device(&c->devices[i], list, to);
	for (size_t i = 0; c->errors && i < json_array_size(list); i++) {
		const json_t *f = json_array_get(list, i);

		compare_counter(c->errors, f, "correctable", c->errors->correctable, to);
		compare_counter(c->errors, f, "nonfatal", c->errors->nonfatal, to);
		compare_counter(c->errors, f, "fatal", c->errors->fatal, to);
	}
}

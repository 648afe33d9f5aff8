/* SPDX-License-Identifier: Apache-2.0 */
/* The way from a device up to its root port, link by link. */
#include <ctype.h>
#include <string.h>

#include "agent/hw/pci/pci.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"

#define WIDTH_MAX  32   /* lanes */
#define SPEED_MAX  256  /* GT/s that are believed */
#define LINE_8B10B 5000 /* MT/s: up to here 8 of 10 bits count, above 128 of 130 (PCIe 6.0, 4.2) */

unsigned pci_speed_parse(const char *text)
{
	unsigned whole = 0, tenths = 0;
	const char *p = text;

	while (isdigit((unsigned char)*p) && whole <= SPEED_MAX)
		whole = whole * 10 + (unsigned)(*p++ - '0');
	if (p == text || whole > SPEED_MAX)
		return 0;
	if (*p == '.' && isdigit((unsigned char)p[1])) {
		tenths = (unsigned)(p[1] - '0');
		p += 2;
	}
	return strncmp(p, " GT/s", 5) ? 0 : whole * 1000 + tenths * 100;
}

/* A link's end: what the function says of itself. */
struct end {
	unsigned speed, width, max_speed, max_width; /* 0 unknown */
};

static unsigned read_speed(const char *root, const char *address, const char *attribute)
{
	char text[64];

	return sysfs_text(text, sizeof(text), "%s/sys/bus/pci/devices/%s/%s", root, address, attribute)
		       ? pci_speed_parse(text)
		       : 0;
}

static unsigned read_width(const char *root, const char *address, const char *attribute)
{
	uint64_t width = sysfs_number(0, "%s/sys/bus/pci/devices/%s/%s", root, address, attribute);

	return width <= WIDTH_MAX ? (unsigned)width : 0;
}

static struct end read_end(const char *root, const char *address)
{
	return (struct end){
		.speed = read_speed(root, address, "current_link_speed"),
		.width = read_width(root, address, "current_link_width"),
		.max_speed = read_speed(root, address, "max_link_speed"),
		.max_width = read_width(root, address, "max_link_width"),
	};
}

/* The lower of two, where both are known. */
static unsigned lower(unsigned a, unsigned b)
{
	if (!a || !b)
		return a ? a : b;
	return a < b ? a : b;
}

int pci_path_read(const char *root, const char *address, struct pci_path *ret, struct err *err)
{
	char folder[SYSFS_PATH_MAX], part[64];
	struct pci_path path = {.n = 0};

	if (!sysfs_device_path(root, folder, sizeof(folder), "%s/sys/bus/pci/devices/%s", root, address))
		return err_set(err, ENODEV, "PCI function %s: where it hangs cannot be seen", address);
	for (const char *p = folder; *p;) {
		size_t len = strcspn(p, "/");

		snprintf(part, sizeof(part), "%.*s", (int)(len < sizeof(part) ? len : sizeof(part) - 1), p);
		if (!strncmp(part, "pci", 3))
			path.n =
				0; /* a root of its own: the host's, or what a volume management device shows */
		else if (path.n < PCI_DEPTH_MAX && sysfs_pci_address(part, path.at[path.n]))
			path.n++;
		p += len + (p[len] == '/');
	}
	if (!path.n || strcmp(path.at[path.n - 1], address) != 0)
		return err_set(err, ELOOP, "PCI function %s: more than %d functions above it", address,
			       PCI_DEPTH_MAX);
	*ret = path;
	return 0;
}

/* Root ports and a switch's downstream ports stand at even places, what hangs on their links at odd ones: between a switch's
 * upstream and downstream ports there is no link. */
unsigned pci_path_links(const char *root, const struct pci_path *path, struct pci_link *ret)
{
	unsigned n = 0;

	for (unsigned i = 0; i + 1 < path->n; i += 2) {
		struct end above = read_end(root, path->at[i]), below = read_end(root, path->at[i + 1]);
		struct pci_link *link = &ret[n];

		if (!above.max_width && !below.max_width)
			continue; /* no PCI Express */
		*link = (struct pci_link){
			.speed = lower(above.speed, below.speed),
			.width = lower(above.width, below.width),
			.max_speed = lower(above.max_speed, below.max_speed),
			.max_width = lower(above.max_width, below.max_width),
		};
		memcpy(link->above, path->at[i], sizeof(link->above));
		memcpy(link->below, path->at[i + 1], sizeof(link->below));
		n++;
	}
	return n;
}

static unsigned rate(unsigned speed, unsigned width)
{
	return speed <= LINE_8B10B ? speed * width / 10 * 8 : (unsigned)((uint64_t)speed * width * 128 / 130);
}

unsigned pci_link_rate(const struct pci_link *link)
{
	return rate(link->speed, link->width);
}

bool pci_link_degraded(const struct pci_link *link)
{
	return (link->speed && link->speed < link->max_speed) ||
	       (link->width && link->width < link->max_width);
}

const struct pci_link *pci_limit(const struct pci_link *links, unsigned n)
{
	const struct pci_link *limit = NULL;

	for (unsigned i = 0; i < n; i++) {
		unsigned mine = pci_link_rate(&links[i]), least = limit ? pci_link_rate(limit) : 0;

		if (!mine)
			continue;
		if (!limit || mine < least ||
		    (mine == least && (pci_link_degraded(&links[i]) || !pci_link_degraded(limit))))
			limit = &links[i];
	}
	return limit;
}

static json_t *link_to_json(const struct pci_link *link)
{
	json_t *json =
		json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:b}", "above", link->above, "below", link->below,
			  "speed", link->speed, "width", link->width, "max_speed", link->max_speed,
			  "max_width", link->max_width, "degraded", pci_link_degraded(link));

	if (!json)
		abort(); /* out of memory */
	return json;
}

void pci_add_links(json_t *to, const char *root, const struct pci_path *path)
{
	struct pci_link links[PCI_DEPTH_MAX / 2];
	unsigned n = pci_path_links(root, path, links);
	struct end device = read_end(root, path->at[path->n - 1]);
	const struct pci_link *limit = pci_limit(links, n);
	json_t *list;

	if (!n)
		return;
	list = json_array();
	for (unsigned i = 0; i < n; i++)
		json_array_append_new(list, link_to_json(&links[i]));
	json_object_set_new(to, "links", list);
	if (limit && pci_link_rate(limit) < rate(device.max_speed, device.max_width))
		json_object_set_new(to, "limited_by", link_to_json(limit));
}

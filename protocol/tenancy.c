/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tenancy.h"

#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "protocol/class/private.h"

#define NAME_MAX_TEXT 200
#define PARTS_MAX     1024 /* of one kind that are looked at: each is compared with each */

/* Parts of one kind, each known by what is written on it. */
struct kind {
	const char *part, *what;
	const json_t *(*list)(const json_t *inventory);
	/* The part's own name, at most `size` bytes; "": it has none, and cannot be told from another. */
	void (*name)(const json_t *part, char *buf, size_t size);
	/* Where it is, and what it is: for the sentence. */
	const char *place, *model; /* keys */
};

static const json_t *disks(const json_t *inventory)
{
	return json_object_get(inventory, "disks");
}

static const json_t *modules(const json_t *inventory)
{
	return json_object_get(json_object_get(inventory, "smbios"), "memory");
}

static const json_t *nics(const json_t *inventory)
{
	return json_object_get(inventory, "nics");
}

static const json_t *ports(const json_t *inventory)
{
	return json_object_get(inventory, "infiniband");
}

/* What is on USB, or reached over a network, is not the machine's own. */
static void drive_name(const json_t *drive, char *buf, size_t size)
{
	const char *name = class_text(drive, "name");

	if (!json_object_get(drive, "untouchable") && strncmp(name, "path:", 5) != 0)
		snprintf(buf, size, "%s", name);
}

static void module_name(const json_t *module, char *buf, size_t size)
{
	const char *serial = class_text(module, "serial"), *part = class_text(module, "part");

	if (*serial && strspn(serial, "0 ") != strlen(serial))
		snprintf(buf, size, "%s%s%s", part, *part ? " " : "", serial);
}

static void nic_name(const json_t *nic, char *buf, size_t size)
{
	const char *mac = class_text(nic, "permanent_mac");

	snprintf(buf, size, "%s", *mac ? mac : class_text(nic, "mac"));
}

static void port_name(const json_t *port, char *buf, size_t size)
{
	snprintf(buf, size, "%s", class_text(port, "port_guid"));
}

static const json_t *gpus(const json_t *certificate)
{
	return json_object_get(certificate, "gpus");
}

static void gpu_name(const json_t *gpu, char *buf, size_t size)
{
	snprintf(buf, size, "%s", class_text(gpu, "serial"));
}

/* Of certificates: an inventory has no more of a GPU than its PCI function. */
static const struct kind gpu_kind = {"gpus", "GPU", gpus, gpu_name, "pci", "model"};

static const struct kind kinds[] = {
	{"drives", "drive", disks, drive_name, "slot", "model"},
	{"memory", "memory module", modules, module_name, "locator", "manufacturer"},
	{"nics", "network port", nics, nic_name, "pci", "driver"},
	{"infiniband", "InfiniBand port", ports, port_name, "pci", "device"},
};

static bool has(const struct kind *kind, const json_t *inventory, const char *name)
{
	const json_t *list = kind->list(inventory);

	for (size_t i = 0; i < json_array_size(list) && i < PARTS_MAX; i++) {
		char other[NAME_MAX_TEXT] = "";

		kind->name(json_array_get(list, i), other, sizeof(other));
		if (!strcmp(name, other))
			return true;
	}
	return false;
}

/* Those of one inventory that the other has not. */
static void tell_missing(const struct kind *kind, const json_t *in, const json_t *from, bool gone, json_t *to)
{
	const json_t *list = kind->list(in);

	for (size_t i = 0; i < json_array_size(list) && i < PARTS_MAX; i++) {
		const json_t *part = json_array_get(list, i);
		const char *place = class_text(part, kind->place), *model = class_text(part, kind->model);
		char name[NAME_MAX_TEXT] = "";

		kind->name(part, name, sizeof(name));
		if (!*name || has(kind, from, name))
			continue;
		class_differs(to, gone, kind->part, *place ? place : name, "%s %s%s%s%s%s%s %s", kind->what,
			      name, *model ? " (" : "", model, *model ? ")" : "", *place ? " at " : "", place,
			      gone ? "is gone" : "was not there before");
	}
}

/* A part of which there is one: another serial number is another part. */
static void tell_exchanged(const json_t *before, const json_t *after, const char *what, json_t *to)
{
	const char *was = class_text(json_object_get(json_object_get(before, "smbios"), what), "serial");
	const char *is = class_text(json_object_get(json_object_get(after, "smbios"), what), "serial");

	if (*was && strcmp(was, is) != 0)
		class_differs(to, true, "system", what, "%s: serial number \"%s\", was \"%s\"", what, is,
			      was);
}

static const json_t *nic_named(const json_t *inventory, const char *name)
{
	const json_t *list = nics(inventory);

	for (size_t i = 0; *name && i < json_array_size(list) && i < PARTS_MAX; i++) {
		char other[NAME_MAX_TEXT] = "";

		nic_name(json_array_get(list, i), other, sizeof(other));
		if (!strcmp(name, other))
			return json_array_get(list, i);
	}
	return NULL;
}

/* Cables and transceivers are worth something too, and the place that they are in is a port's. */
static void tell_transceivers(const json_t *before, const json_t *after, json_t *to)
{
	const json_t *list = nics(before);

	for (size_t i = 0; i < json_array_size(list) && i < PARTS_MAX; i++) {
		const json_t *nic = json_array_get(list, i), *now;
		const char *was = class_text(json_object_get(nic, "module"), "serial"), *is;
		char name[NAME_MAX_TEXT] = "";

		nic_name(nic, name, sizeof(name));
		now = nic_named(after, name);
		is = class_text(json_object_get(now, "module"), "serial");
		if (!now || !*was || !strcmp(was, is))
			continue;
		class_differs(to, true, "nics", class_text(nic, "pci"),
			      "transceiver or cable of network port %s: serial number \"%s\", was \"%s\"",
			      name, is, was);
	}
}

static int check_gpus(const json_t *certificate, const char *when, struct err *err)
{
	const json_t *list = gpus(certificate), *gpu;
	size_t i;

	if (!json_is_array(list))
		return err_set(err, ENODATA, "%s nobody looked at its GPUs", when);
	json_array_foreach(list, i, gpu)
		if (!*class_text(gpu, "serial"))
			return err_set(err, ENODATA, "%s GPU %s told no serial number", when,
				       class_text(gpu, "pci"));
	return 0;
}

int tenancy_compare_gpus(const json_t *before, const json_t *after, json_t *to, struct err *err)
{
	int r = check_gpus(before, "at the handover", err);

	if (r == 0)
		r = check_gpus(after, "when it came back", err);
	if (r < 0)
		return r;
	tell_missing(&gpu_kind, before, after, true, to);
	tell_missing(&gpu_kind, after, before, false, to);
	return 0;
}

static int add_class(const json_t *before, const json_t *after, json_t *to, struct err *err)
{
	_cleanup_json_ json_t *captured = NULL, *found = NULL;
	_cleanup_(class_freep) struct class *class = NULL;
	int r = class_capture(before, "before", &captured, err);

	if (r == 0)
		r = class_from_json(captured, &class, err);
	if (r < 0)
		return r;
	found = class_compare(class, after);
	json_array_extend(to, found);
	return 0;
}

int tenancy_compare(const json_t *before, const json_t *after, json_t **ret, struct err *err)
{
	static const char *const single[] = {"system", "board", "chassis", NULL};
	_cleanup_json_ json_t *found = json_array();
	int r;

	for (const char *const *what = single; *what; what++)
		tell_exchanged(before, after, *what, found);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		tell_missing(&kinds[i], before, after, true, found);
		tell_missing(&kinds[i], after, before, false, found);
	}
	tell_transceivers(before, after, found);
	r = add_class(before, after, found, err);
	if (r == 0)
		*ret = TAKE_PTR(found);
	return r;
}

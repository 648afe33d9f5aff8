/* SPDX-License-Identifier: Apache-2.0 */
/* A class from a machine that is as it should be. What is found is taken as it is; people loosen it afterwards. */
#include <string.h>

#include "protocol/class/private.h"

/* Of which PCI functions a class counts: those that a tenant pays for. Bridges only lead to them. */
static const struct kind {
	const char *prefix, *what; /* of the class code */
} kinds[] = {
	{"0108", "NVMe controller"}, {"01", "storage controller"}, {"02", "network card"}, {"03", "GPU"},
	{"12", "accelerator"},       {"0680", "switch"},
};

static const char *kind_of(const json_t *function)
{
	const char *code = class_text(function, "class");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strncmp(code, kinds[i].prefix, strlen(kinds[i].prefix)))
			return kinds[i].what;
	return NULL;
}

static bool usable(const char *text)
{
	return *text && strlen(text) <= CLASS_TEXT_MAX;
}

static void copy_text(json_t *to, const char *key, const json_t *from)
{
	if (usable(class_text(from, key)))
		json_object_set(to, key, json_object_get(from, key));
}

static void copy_number(json_t *to, const char *key, const json_t *from)
{
	if (class_number(from, key))
		json_object_set(to, key, json_object_get(from, key));
}

/* Adds a text to a list of an entry, once. */
static void add_word(json_t *entry, const char *key, const char *text)
{
	json_t *list = json_object_get(entry, key);

	if (!usable(text))
		return;
	if (!list) {
		list = json_array();
		json_object_set_new(entry, key, list);
	}
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!strcmp(json_string_value(json_array_get(list, i)), text))
			return;
	if (json_array_size(list) < CLASS_WORDS_MAX)
		json_array_append_new(list, json_string(text));
}

/* Where one of a kind does not tell its firmware, nothing can be asked of them all: null until the list is done. */
static void add_firmware(json_t *entry, const char *firmware)
{
	if (!usable(firmware))
		json_object_set_new(entry, "firmware", json_null());
	else if (!json_is_null(json_object_get(entry, "firmware")))
		add_word(entry, "firmware", firmware);
}

/* The entry that has the same values under these keys; a new one with count 0 where there is none. NULL: the list is full. */
static json_t *entry_like(json_t *list, const json_t *from, const char *const *keys)
{
	json_t *entry;

	for (size_t i = 0; i < json_array_size(list); i++) {
		bool same = true;

		entry = json_array_get(list, i);
		for (const char *const *key = keys; *key; key++) {
			const json_t *have = json_object_get(entry, *key),
				     *want = json_object_get(from, *key);

			same &= have ? want && json_equal(have, want)
				     : !usable(class_text(from, *key)) && !class_number(from, *key);
		}
		if (same)
			return entry;
	}
	if (json_array_size(list) == CLASS_LIST_MAX)
		return NULL;
	entry = json_object();
	for (const char *const *key = keys; *key; key++) {
		copy_text(entry, *key, from);
		copy_number(entry, *key, from);
	}
	json_object_set_new(entry, "count", json_integer(0));
	json_array_append_new(list, entry);
	return entry;
}

static void count(json_t *entry)
{
	json_object_set_new(entry, "count", json_integer((json_int_t)class_number(entry, "count") + 1));
}

/* The least that any link on the way to any of them carries: what the class then asks of each. */
static void add_links(json_t *entry, const json_t *links)
{
	for (size_t i = 0; i < json_array_size(links); i++) {
		static const char *const keys[] = {"speed", "width"};

		for (unsigned k = 0; k < 2; k++) {
			uint64_t now = class_number(json_array_get(links, i), keys[k]),
				 was = class_number(entry, keys[k]);

			if (now && (!was || now < was))
				json_object_set_new(entry, keys[k], json_integer((json_int_t)now));
		}
	}
}

static json_t *capture_pci(const json_t *functions)
{
	static const char *const keys[] = {"vendor", "device", "subsystem_vendor", "subsystem_device", NULL};
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(functions); i++) {
		const json_t *f = json_array_get(functions, i);
		const char *what = kind_of(f);
		json_t *entry =
			what && !json_object_get(f, "virtual_function_of") ? entry_like(list, f, keys) : NULL;

		if (!entry)
			continue;
		json_object_set_new(entry, "what", json_string(what));
		count(entry);
		add_links(entry, json_object_get(f, "links"));
		add_firmware(entry, class_text(f, "firmware"));
		add_word(entry, "slots", class_text(f, "slot"));
	}
	return list;
}

static json_t *capture_drives(const json_t *disks)
{
	static const char *const keys[] = {"model", "size", NULL};
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(disks); i++) {
		const json_t *disk = json_array_get(disks, i);
		json_t *entry = usable(class_text(disk, "model")) && !json_object_get(disk, "untouchable")
					? entry_like(list, disk, keys)
					: NULL;

		if (entry) {
			count(entry);
			add_firmware(entry, class_text(disk, "firmware"));
		}
	}
	return list;
}

static json_t *capture_nics(const json_t *nics)
{
	static const char *const keys[] = {"driver", NULL};
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(nics); i++) {
		const json_t *nic = json_array_get(nics, i);
		json_t *entry = usable(class_text(nic, "driver")) ? entry_like(list, nic, keys) : NULL;
		uint64_t speed = class_number(nic, "speed"), was = class_number(entry, "speed");

		if (!entry)
			continue;
		/* Cards of one driver that run at different speeds have no speed in common. */
		if (!class_number(entry, "count") && speed)
			json_object_set_new(entry, "speed", json_integer((json_int_t)speed));
		else if (was != speed)
			json_object_del(entry, "speed");
		count(entry);
		add_firmware(entry, class_text(nic, "firmware"));
	}
	return list;
}

static json_t *capture_memory(const json_t *modules)
{
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(modules) && i < CLASS_LIST_MAX; i++) {
		const json_t *module = json_array_get(modules, i);

		if (usable(class_text(module, "locator")) && class_number(module, "size"))
			json_array_append_new(list, json_pack("{s:O, s:O}", "locator",
							      json_object_get(module, "locator"), "size",
							      json_object_get(module, "size")));
	}
	return list;
}

static void capture_rail(json_t *list, const json_t *port, const json_t *nics)
{
	const json_t *neighbour = json_array_get(json_object_get(port, "heard"), 0);
	const char *system = class_text(neighbour, "system_name"),
		   *id = class_text(json_object_get(neighbour, "port"), "id");

	for (size_t i = 0; neighbour && i < json_array_size(nics); i++) {
		const json_t *nic = json_array_get(nics, i);
		const char *pci = class_text(nic, "pci");
		json_t *rail;

		if (strcmp(class_text(nic, "name"), class_text(port, "name")) != 0 || !*pci ||
		    strlen(pci) > 15)
			continue;
		rail = json_pack("{s:s}", "pci", pci);
		if (usable(system))
			json_object_set_new(rail, "system", json_string(system));
		if (usable(id))
			json_object_set_new(rail, "port", json_string(id));
		if (json_array_size(list) < CLASS_LIST_MAX)
			json_array_append(list, rail);
		json_decref(rail);
	}
}

static json_t *capture_rails(const json_t *inventory)
{
	const json_t *ports = json_object_get(json_object_get(inventory, "neighbours"), "ports");
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(ports); i++)
		capture_rail(list, json_array_get(ports, i), json_object_get(inventory, "nics"));
	return list;
}

static void add_list(json_t *to, const char *key, json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_is_null(json_object_get(json_array_get(list, i), "firmware")))
			json_object_del(json_array_get(list, i), "firmware");
	if (json_array_size(list))
		json_object_set(to, key, list);
	json_decref(list);
}

static json_t *capture_parts(const json_t *inventory)
{
	const json_t *smbios = json_object_get(inventory, "smbios"),
		     *cpus = json_object_get(inventory, "cpus");
	json_t *json = json_object(), *system = json_object(), *cpu = json_object();

	copy_text(system, "manufacturer", json_object_get(smbios, "system"));
	copy_text(system, "product", json_object_get(smbios, "system"));
	add_word(system, "bios", class_text(json_object_get(smbios, "bios"), "version"));
	json_object_set_new(json, "system", system);
	copy_text(cpu, "model", cpus);
	copy_number(cpu, "sockets", cpus);
	copy_number(cpu, "cores", cpus);
	copy_number(cpu, "threads", cpus);
	json_object_set_new(json, "cpus", cpu);
	add_list(json, "memory", capture_memory(json_object_get(smbios, "memory")));
	add_list(json, "pci", capture_pci(json_object_get(inventory, "pci")));
	add_list(json, "drives", capture_drives(json_object_get(inventory, "disks")));
	add_list(json, "nics", capture_nics(json_object_get(inventory, "nics")));
	add_list(json, "rails", capture_rails(inventory));
	json_object_set_new(json, "errors", json_pack("{s:i, s:i}", "nonfatal", 0, "fatal", 0));
	return json;
}

int class_capture(const json_t *inventory, const char *name, json_t **ret, struct err *err)
{
	_cleanup_(json_decrefp) json_t *json = NULL;
	_cleanup_(class_freep) struct class *read = NULL;
	int r;

	if (!json_is_array(json_object_get(inventory, "pci")) ||
	    !json_is_array(json_object_get(inventory, "disks")))
		return err_set(err, ENODATA,
			       "this is no inventory of a machine, or one that could not be read");
	json = capture_parts(inventory);
	json_object_set_new(json, "class", json_integer(CLASS_VERSION));
	json_object_set_new(json, "name", json_string(name));
	r = class_from_json(json, &read, err); /* what is written is what can be read */
	if (r < 0)
		return r;
	*ret = TAKE_PTR(json);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A machine beside its class: system, CPUs, memory, drives. */
#include <stdio.h>
#include <string.h>

#include "protocol/class/class.h"
#include "protocol/class/private.h"

/*
 * What devices and neighbours say of themselves stands in it: one line, without what would be a command to a terminal. Where a cut has left half a
 * character, others than ASCII's go too.
 */
static void set_line(json_t *json, const char *key, const char *text)
{
	char line[CLASS_DIFFERENCE_MAX + 1];

	snprintf(line, sizeof(line), "%s", text);
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	if (json_object_set_new(json, key, json_string(line)) == 0)
		return;
	for (char *c = line; *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	json_object_set_new(json, key, json_string(line));
}

void class_differs(json_t *to, bool required, const char *part, const char *where, const char *fmt, ...)
{
	json_t *json = json_object();
	char text[CLASS_DIFFERENCE_MAX + 1];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	json_object_set_new(json, "required", json_boolean(required));
	json_object_set_new(json, "part", json_string(part));
	if (where && *where)
		set_line(json, "where", where);
	set_line(json, "text", text);
	json_array_append_new(to, json);
}

const char *class_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

uint64_t class_number(const json_t *object, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(object, key));

	return n > 0 ? (uint64_t)n : 0;
}

bool class_among(const struct class_words *words, const char *text)
{
	for (unsigned i = 0; i < words->n; i++)
		if (!strcmp(words->at[i], text))
			return true;
	return !words->n;
}

const char *class_list(const struct class_words *words, char buf[CLASS_LIST_TEXT])
{
	size_t n = 0;

	*buf = '\0';
	for (unsigned i = 0; i < words->n && n < CLASS_LIST_TEXT - 1; i++) {
		int added = snprintf(buf + n, CLASS_LIST_TEXT - n, "%s%s", i ? " or " : "", words->at[i]);

		n += added > 0 ? (size_t)added : 0;
	}
	return buf;
}

static void compare_text(json_t *to, bool required, const char *part, const char *what, const char *expected,
			 const char *found)
{
	if (expected && strcmp(expected, found) != 0)
		class_differs(to, required, part, what, "%s %s: \"%s\", expected \"%s\"", part, what, found,
			      expected);
}

static void compare_number(json_t *to, bool required, const char *part, const char *what, uint64_t expected,
			   uint64_t found)
{
	if (expected && expected != found)
		class_differs(to, required, part, what, "%s: %llu %s, expected %llu", part,
			      (unsigned long long)found, what, (unsigned long long)expected);
}

static void compare_system(const struct class_system *s, const json_t *smbios, json_t *to)
{
	const json_t *system = json_object_get(smbios, "system");
	const char *bios = class_text(json_object_get(smbios, "bios"), "version");
	char list[CLASS_LIST_TEXT];

	compare_text(to, s->required, "system", "manufacturer", s->manufacturer,
		     class_text(system, "manufacturer"));
	compare_text(to, s->required, "system", "product", s->product, class_text(system, "product"));
	if (!class_among(&s->bios, bios))
		class_differs(to, s->required, "system", "bios",
			      "firmware of the machine: version \"%s\", expected %s", bios,
			      class_list(&s->bios, list));
}

static void compare_cpus(const struct class_cpus *c, const json_t *cpus, json_t *to)
{
	compare_text(to, c->required, "cpus", "model", c->model, class_text(cpus, "model"));
	compare_number(to, c->required, "cpus", "sockets", c->sockets, class_number(cpus, "sockets"));
	compare_number(to, c->required, "cpus", "cores", c->cores, class_number(cpus, "cores"));
	compare_number(to, c->required, "cpus", "threads", c->threads, class_number(cpus, "threads"));
}

/* ---- memory: by the place where a module sits; places of one name are taken one after the other ---- */

static const json_t *nth_module(const json_t *list, const char *locator, unsigned nth)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!strcmp(class_text(json_array_get(list, i), "locator"), locator) && !nth--)
			return json_array_get(list, i);
	return NULL;
}

static unsigned earlier_modules(const struct class *c, unsigned i)
{
	unsigned n = 0;

	for (unsigned k = 0; k < i; k++)
		n += !strcmp(c->modules[k].locator, c->modules[i].locator);
	return n;
}

static void compare_memory(const struct class *c, const json_t *list, json_t *to)
{
	bool all_required = false;
	size_t found = json_array_size(list);

	for (unsigned i = 0; i < c->n_modules; i++) {
		const struct class_module *m = &c->modules[i];
		const json_t *module = nth_module(list, m->locator, earlier_modules(c, i));
		unsigned long long size = class_number(module, "size");

		all_required |= m->required;
		if (!module)
			class_differs(to, m->required, "memory", m->locator,
				      "memory %s: empty or not recognised, expected %llu MiB", m->locator,
				      (unsigned long long)m->size >> 20);
		else if (size != m->size)
			class_differs(to, m->required, "memory", m->locator,
				      "memory %s: %llu MiB, expected %llu MiB", m->locator, size >> 20,
				      (unsigned long long)m->size >> 20);
	}
	if (found > c->n_modules)
		class_differs(to, all_required, "memory", NULL, "memory: %zu modules, expected %u", found,
			      c->n_modules);
}

/* ---- drives ---- */

static bool drive_fits(const struct class_drive *d, const json_t *disk)
{
	return !strcmp(class_text(disk, "model"), d->model) &&
	       (!d->size || class_number(disk, "size") == d->size);
}

static void compare_drive(const struct class_drive *d, const json_t *disks, json_t *to)
{
	char list[CLASS_LIST_TEXT];
	uint64_t n = 0;

	for (size_t i = 0; i < json_array_size(disks); i++) {
		const json_t *disk = json_array_get(disks, i);
		const char *firmware = class_text(disk, "firmware"), *name = class_text(disk, "name");

		if (!drive_fits(d, disk))
			continue;
		n++;
		if (!class_among(&d->firmware, firmware))
			class_differs(to, d->required, "drives", name,
				      "drive %s (%s): firmware \"%s\", expected %s", name, d->model, firmware,
				      class_list(&d->firmware, list));
	}
	if (n != d->count && d->size)
		class_differs(to, d->required, "drives", NULL,
			      "drives: %llu of model \"%s\" with %llu bytes, expected %llu",
			      (unsigned long long)n, d->model, (unsigned long long)d->size,
			      (unsigned long long)d->count);
	else if (n != d->count)
		class_differs(to, d->required, "drives", NULL, "drives: %llu of model \"%s\", expected %llu",
			      (unsigned long long)n, d->model, (unsigned long long)d->count);
}

/* A drive that is on USB or on a network is no part of the machine. */
static void find_other_drives(const struct class *c, const json_t *disks, json_t *to)
{
	for (size_t i = 0; i < json_array_size(disks); i++) {
		const json_t *disk = json_array_get(disks, i);
		const char *name = class_text(disk, "name");
		bool fits = json_is_string(json_object_get(disk, "untouchable"));

		for (unsigned k = 0; k < c->n_drives; k++)
			fits |= drive_fits(&c->drives[k], disk);
		if (!fits)
			class_differs(to, true, "drives", name,
				      "drive %s: \"%s\" with %llu bytes is none that the class has", name,
				      class_text(disk, "model"),
				      (unsigned long long)class_number(disk, "size"));
	}
}

json_t *class_compare(const struct class *c, const json_t *inventory)
{
	const json_t *smbios = json_object_get(inventory, "smbios"),
		     *disks = json_object_get(inventory, "disks");
	json_t *to = json_array();

	if (c->system)
		compare_system(c->system, smbios, to);
	if (c->cpus)
		compare_cpus(c->cpus, json_object_get(inventory, "cpus"), to);
	if (c->has_modules)
		compare_memory(c, json_object_get(smbios, "memory"), to);
	for (unsigned i = 0; i < c->n_drives; i++)
		compare_drive(&c->drives[i], disks, to);
	if (c->has_drives)
		find_other_drives(c, disks, to);
	class_compare_pci(c, inventory, to);
	class_compare_nics(c, inventory, to);
	return to;
}

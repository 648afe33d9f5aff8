/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a class. */
#include "protocol/class/private.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"

#define COUNT_MAX  4096
#define BYTES_MAX_ ((1ull << 62) - 1) /* bytes */

static int read_required(const json_t *json, const char *what, bool *ret, struct err *err)
{
	*ret = true;
	return json_opt_bool(json, what, "required", ret, err);
}

static int read_words(const json_t *json, const char *what, const char *key, struct class_words *ret,
		      struct err *err)
{
	json_t *list = json_object_get(json, key);

	if (!list)
		return 0;
	if (!json_is_array(list) || !json_array_size(list) || json_array_size(list) > CLASS_WORDS_MAX)
		return err_set(err, EBADMSG, "%s: %s must be an array of 1 to %d texts", what, key,
			       CLASS_WORDS_MAX);
	for (; ret->n < json_array_size(list); ret->n++) {
		const char *text = json_string_value(json_array_get(list, ret->n));

		if (!text || !*text || strlen(text) > CLASS_TEXT_MAX)
			return err_set(err, EBADMSG, "%s: entry %u of %s must be a text of 1 to %d bytes",
				       what, ret->n + 1, key, CLASS_TEXT_MAX);
		ret->at[ret->n] = text;
	}
	return 0;
}

int class_read_id(const json_t *json, const char *what, const char *key, bool must, const char **ret,
		  struct err *err)
{
	int r = must ? json_get_str(json, what, key, 4, ret, err)
		     : json_opt_str(json, what, key, 4, ret, err);

	if (r < 0 || !*ret)
		return r;
	if (strlen(*ret) != 4 || strspn(*ret, "0123456789abcdef") != 4)
		return err_set(err, EBADMSG, "%s: %s must be four hexadecimal digits, as in \"10de\"", what,
			       key);
	return 0;
}

/* Optional members of one entry. */
struct member {
	const char *key;
	const char **text;
	uint64_t *number, max;
};

static int read_members(const json_t *json, const char *what, const struct member *members, unsigned n,
			struct err *err)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < n; i++)
		r = members[i].text
			    ? json_opt_str(json, what, members[i].key, CLASS_TEXT_MAX, members[i].text, err)
			    : json_opt_u64(json, what, members[i].key, 0, members[i].max, members[i].number,
					   err);
	return r;
}

#define READ_MEMBERS(json, what, err, ...)                                                     \
	({                                                                                     \
		const struct member members_[] = {__VA_ARGS__};                                \
		read_members(json, what, members_, sizeof(members_) / sizeof(*members_), err); \
	})

static int check_keys(const json_t *json, const char *what, const char *const *keys, struct err *err)
{
	return json_is_object(json) ? json_only_keys(json, what, keys, err)
				    : err_set(err, EBADMSG, "%s must be an object", what);
}

/* ---- parts ---- */

static int read_system(const json_t *json, void *to, struct err *err)
{
	static const char *const keys[] = {"required", "manufacturer", "product", "bios", NULL};
	struct class_system *s = to;
	int r = check_keys(json, "system", keys, err);

	if (r == 0)
		r = read_required(json, "system", &s->required, err);
	if (r == 0)
		r = READ_MEMBERS(json, "system", err, {"manufacturer", &s->manufacturer},
				 {"product", &s->product});
	return r ? r : read_words(json, "system", "bios", &s->bios, err);
}

static int read_cpus(const json_t *json, void *to, struct err *err)
{
	static const char *const keys[] = {"required", "model", "sockets", "cores", "threads", NULL};
	struct class_cpus *c = to;
	int r = check_keys(json, "cpus", keys, err);

	if (r == 0)
		r = read_required(json, "cpus", &c->required, err);
	return r ? r
		 : READ_MEMBERS(
			   json, "cpus", err, {"model", &c->model}, {"sockets", NULL, &c->sockets, COUNT_MAX},
			   {"cores", NULL, &c->cores, COUNT_MAX}, {"threads", NULL, &c->threads, COUNT_MAX});
}

static int read_errors(const json_t *json, void *to, struct err *err)
{
	static const char *const keys[] = {"required", "correctable", "nonfatal", "fatal", NULL};
	struct class_errors *e = to;
	int r = check_keys(json, "errors", keys, err);

	e->correctable = e->nonfatal = e->fatal = UINT64_MAX;
	if (r == 0)
		r = read_required(json, "errors", &e->required, err);
	return r ? r
		 : READ_MEMBERS(json, "errors", err, {"correctable", NULL, &e->correctable, INT64_MAX},
				{"nonfatal", NULL, &e->nonfatal, INT64_MAX},
				{"fatal", NULL, &e->fatal, INT64_MAX});
}

static int read_module(const json_t *json, void *to, struct err *err)
{
	static const char *const keys[] = {"required", "locator", "size", NULL};
	struct class_module *m = to;
	int r = check_keys(json, "memory", keys, err);

	if (r == 0)
		r = read_required(json, "memory", &m->required, err);
	if (r == 0)
		r = json_get_str(json, "memory", "locator", CLASS_TEXT_MAX, &m->locator, err);
	return r ? r : json_get_u64(json, "memory", "size", 1, BYTES_MAX_, &m->size, err);
}

static int read_device(const json_t *json, void *to, struct err *err)
{
	static const char *const keys[] = {"required",
					   "what",
					   "vendor",
					   "device",
					   "subsystem_vendor",
					   "subsystem_device",
					   "count",
					   "speed",
					   "width",
					   "firmware",
					   "slots",
					   NULL};
	struct class_device *d = to;
	int r = check_keys(json, "pci", keys, err);

	if (r == 0)
		r = read_required(json, "pci", &d->required, err);
	if (r == 0)
		r = class_read_id(json, "pci", "vendor", true, &d->vendor, err);
	if (r == 0)
		r = class_read_id(json, "pci", "device", true, &d->device, err);
	if (r == 0)
		r = class_read_id(json, "pci", "subsystem_vendor", false, &d->subsystem_vendor, err);
	if (r == 0)
		r = class_read_id(json, "pci", "subsystem_device", false, &d->subsystem_device, err);
	if (r == 0)
		r = json_get_u64(json, "pci", "count", 0, COUNT_MAX, &d->count, err);
	if (r == 0)
		r = READ_MEMBERS(json, "pci", err, {"what", &d->what}, {"speed", NULL, &d->speed, 1000000},
				 {"width", NULL, &d->width, 32});
	if (r == 0)
		r = read_words(json, "pci", "firmware", &d->firmware, err);
	return r ? r : read_words(json, "pci", "slots", &d->slots, err);
}

static int read_drive(const json_t *json, void *to, struct err *err)
{
	static const char *const keys[] = {"required", "model", "size", "count", "firmware", NULL};
	struct class_drive *d = to;
	int r = check_keys(json, "drives", keys, err);

	if (r == 0)
		r = read_required(json, "drives", &d->required, err);
	if (r == 0)
		r = json_get_str(json, "drives", "model", CLASS_TEXT_MAX, &d->model, err);
	if (r == 0)
		r = json_get_u64(json, "drives", "count", 0, COUNT_MAX, &d->count, err);
	if (r == 0)
		r = READ_MEMBERS(json, "drives", err, {"size", NULL, &d->size, BYTES_MAX_});
	return r ? r : read_words(json, "drives", "firmware", &d->firmware, err);
}

static int read_nic(const json_t *json, void *to, struct err *err)
{
	static const char *const keys[] = {"required", "driver", "count", "speed", "fec", "firmware", NULL};
	struct class_nic *n = to;
	int r = check_keys(json, "nics", keys, err);

	if (r == 0)
		r = read_required(json, "nics", &n->required, err);
	if (r == 0)
		r = json_get_str(json, "nics", "driver", CLASS_TEXT_MAX, &n->driver, err);
	if (r == 0)
		r = json_get_u64(json, "nics", "count", 0, COUNT_MAX, &n->count, err);
	if (r == 0)
		r = READ_MEMBERS(json, "nics", err, {"speed", NULL, &n->speed, 10000000}, {"fec", &n->fec});
	return r ? r : read_words(json, "nics", "firmware", &n->firmware, err);
}

static int read_rail(const json_t *json, void *to, struct err *err)
{
	static const char *const keys[] = {"required", "pci", "system", "port", NULL};
	struct class_rail *rail = to;
	int r = check_keys(json, "rails", keys, err);

	if (r == 0)
		r = read_required(json, "rails", &rail->required, err);
	if (r == 0)
		r = json_get_str(json, "rails", "pci", 15, &rail->pci, err);
	return r ? r : READ_MEMBERS(json, "rails", err, {"system", &rail->system}, {"port", &rail->port});
}

/* ---- whole ---- */

static int read_one(const json_t *json, const char *key,
		    int (*read)(const json_t *json, void *to, struct err *err), size_t size, void **ret,
		    struct err *err)
{
	const json_t *part = json_object_get(json, key);

	if (!part)
		return 0;
	*ret = xcalloc(1, size);
	return read(part, *ret, err);
}

static int read_list(const json_t *json, const char *key,
		     int (*read)(const json_t *json, void *to, struct err *err), size_t size, void **ret,
		     unsigned *ret_n, struct err *err)
{
	const json_t *list = json_object_get(json, key);
	int r = 0;

	if (!list)
		return 0;
	if (!json_is_array(list) || json_array_size(list) > CLASS_LIST_MAX)
		return err_set(err, EBADMSG, "%s must be an array of at most %d entries", key,
			       CLASS_LIST_MAX);
	*ret = xcalloc(json_array_size(list) + 1, size);
	for (; r == 0 && *ret_n < json_array_size(list); ++*ret_n)
		r = read(json_array_get(list, *ret_n), (char *)*ret + *ret_n * size, err);
	return r ? err_prepend(err, "entry %u of %s", *ret_n, key) : 0;
}

static int read_parts(struct class *c, struct err *err)
{
	const json_t *json = c->json;
	int r = read_one(json, "system", read_system, sizeof(*c->system), (void **)&c->system, err);

	if (r == 0)
		r = read_one(json, "cpus", read_cpus, sizeof(*c->cpus), (void **)&c->cpus, err);
	if (r == 0)
		r = read_one(json, "errors", read_errors, sizeof(*c->errors), (void **)&c->errors, err);
	if (r == 0)
		r = read_list(json, "memory", read_module, sizeof(*c->modules), (void **)&c->modules,
			      &c->n_modules, err);
	if (r == 0)
		r = read_list(json, "pci", read_device, sizeof(*c->devices), (void **)&c->devices,
			      &c->n_devices, err);
	if (r == 0)
		r = read_list(json, "drives", read_drive, sizeof(*c->drives), (void **)&c->drives,
			      &c->n_drives, err);
	if (r == 0)
		r = read_list(json, "nics", read_nic, sizeof(*c->nics), (void **)&c->nics, &c->n_nics, err);
	if (r == 0)
		r = read_list(json, "rails", read_rail, sizeof(*c->rails), (void **)&c->rails, &c->n_rails,
			      err);
	return r ? r
		 : read_list(json, "gpus", class_read_gpu, sizeof(*c->gpus), (void **)&c->gpus, &c->n_gpus,
			     err);
}

int class_from_json(json_t *json, struct class **ret, struct err *err)
{
	static const char *const keys[] = {"class",  "name", "system", "cpus",   "memory", "pci",
					   "drives", "nics", "rails",  "errors", "gpus",   NULL};
	_cleanup_(class_freep) struct class *c = xcalloc(1, sizeof(*c));
	uint64_t version;
	int r = check_keys(json, "machine class", keys, err);

	c->json = json_incref(json);
	if (r == 0)
		r = json_get_u64(json, "machine class", "class", CLASS_VERSION, CLASS_VERSION, &version, err);
	if (r == 0)
		r = json_get_str(json, "machine class", "name", CLASS_NAME_MAX, &c->name, err);
	if (r < 0)
		return r;
	r = read_parts(c, err);
	if (r < 0)
		return err_prepend(err, "machine class %s", c->name);
	c->has_modules = json_object_get(json, "memory");
	c->has_drives = json_object_get(json, "drives");
	*ret = TAKE_PTR(c);
	return 0;
}

void class_free(struct class *c)
{
	if (!c)
		return;
	free(c->system);
	free(c->cpus);
	free(c->errors);
	free(c->modules);
	free(c->devices);
	free(c->drives);
	free(c->nics);
	free(c->rails);
	free(c->gpus);
	json_decref(c->json);
	free(c);
}

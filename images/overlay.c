/* SPDX-License-Identifier: Apache-2.0 */
#include "images/overlay.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"

#define WHAT            "overlay"
#define SERVICE_NAME    32 /* bytes */
#define RELEASE_MAX     64 /* bytes of uname's release */
#define MODULE_NAME_MAX 55 /* bytes: MODULE_NAME_LEN of the kernel, less its NUL */

static const char name_letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
static const char file_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+~-";

static const char *const readies[] = {[OVERLAY_RUNS] = "runs",
				      [OVERLAY_EXITS] = "exits",
				      [OVERLAY_PATH] = "path",
				      [OVERLAY_NOTIFY] = "notify"};

/* ---- reading ---- */

/* An item of an array of texts. */
static int read_item(const json_t *item, const char *what, size_t max, const char **ret, struct err *err)
{
	if (!json_is_string(item) || json_string_length(item) < 1 || json_string_length(item) > max)
		return err_set(err, EBADMSG, "%s[] must be a text of 1 to %zu bytes", what, max);
	*ret = json_string_value(item);
	for (const char *p = *ret; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return err_set(err, EBADMSG, "%s[] has control characters", what);
	return 0;
}

static bool is_among(char *const *list, unsigned n, const char *text)
{
	for (unsigned i = 0; i < n; i++)
		if (!strcmp(list[i], text))
			return true;
	return false;
}

static int read_kernel(const json_t *json, struct overlay *o, struct err *err)
{
	const char *kernel = NULL;
	int r;

	if (!json_object_get(json, "kernel"))
		return err_set(err, EBADMSG, WHAT ".kernel is missing; null: it fits any");
	if ((r = json_opt_str(json, WHAT, "kernel", RELEASE_MAX, &kernel, err)) < 0 || !kernel)
		return r;
	if (kernel[0] == '.' || kernel[strspn(kernel, file_letters)])
		return err_set(err, EBADMSG, WHAT ".kernel: \"%s\" is no kernel's release", kernel);
	o->kernel = xstrdup(kernel);
	return 0;
}

static int read_modules(const json_t *json, struct overlay *o, struct err *err)
{
	json_t *list;
	int r = json_get_array(json, WHAT, "modules", OVERLAY_MODULES_MAX, &list, err);

	if (r < 0)
		return r;
	if (json_array_size(list) && !o->kernel)
		return err_set(err, EBADMSG,
			       WHAT
			       ".kernel must name the release that the modules are for: they fit no other");
	o->modules = xcalloc(json_array_size(list) + 1, sizeof(*o->modules));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name;

		if ((r = read_item(json_array_get(list, i), WHAT ".modules", MODULE_NAME_MAX, &name, err)) <
		    0)
			return r;
		if (name[strspn(name, file_letters)] || strpbrk(name, ".+~"))
			return err_set(err, EBADMSG, WHAT ".modules: \"%s\" is no module's name", name);
		if (is_among(o->modules, o->n_modules, name))
			return err_set(err, EBADMSG, WHAT ".modules names %s twice", name);
		o->modules[o->n_modules++] = xstrdup(name);
	}
	return 0;
}

static int read_name(const json_t *json, const char *what, const struct overlay *o, struct overlay_service *s,
		     struct err *err)
{
	const char *name;
	int r = json_get_str(json, what, "name", SERVICE_NAME, &name, err);

	if (r < 0)
		return r;
	if (name[0] == '-' || name[strspn(name, name_letters)])
		return err_set(err, EBADMSG, "%s.name: \"%s\" is not of the form [a-z0-9][a-z0-9-]{0,31}",
			       what, name);
	for (unsigned i = 0; i < o->n_services; i++)
		if (!strcmp(o->services[i].name, name))
			return err_set(err, EBADMSG, "%s.name: there are two services %s", what, name);
	s->name = xstrdup(name);
	return 0;
}

static int read_arguments(const json_t *json, const char *what, struct overlay_service *s, struct err *err)
{
	_cleanup_free_ char *where = str_printf("%s.arguments", what);
	json_t *list;
	int r = json_get_array(json, what, "arguments", OVERLAY_ARGUMENTS_MAX, &list, err);

	if (r < 0)
		return r;
	s->arguments = xcalloc(json_array_size(list) + 1, sizeof(*s->arguments));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *argument;

		if ((r = read_item(json_array_get(list, i), where, OVERLAY_TEXT_MAX, &argument, err)) < 0)
			return r;
		s->arguments[i] = xstrdup(argument);
	}
	if (!s->arguments[0] || !overlay_path_valid(s->arguments[0]))
		return err_set(err, EBADMSG, "%s[0] is not the absolute path of a program in the overlay",
			       where);
	return 0;
}

static int read_ready(const json_t *json, const char *what, struct overlay_service *s, struct err *err)
{
	const char *ready, *path = NULL;
	unsigned i = 0;
	int r = json_get_str(json, what, "ready", 16, &ready, err);

	if (r < 0 || (r = json_opt_str(json, what, "path", OVERLAY_TEXT_MAX, &path, err)) < 0)
		return r;
	while (i < sizeof(readies) / sizeof(readies[0]) && strcmp(readies[i], ready) != 0)
		i++;
	if (i == sizeof(readies) / sizeof(readies[0]))
		return err_set(err, EBADMSG, "%s.ready must be \"runs\", \"exits\", \"path\" or \"notify\"",
			       what);
	s->ready = (enum overlay_ready)i;
	if (!path != (s->ready != OVERLAY_PATH))
		return err_set(err, EBADMSG, "%s.path belongs to ready \"path\", which needs it", what);
	if (path && !overlay_path_valid(path))
		return err_set(err, EBADMSG, "%s.path: \"%s\" is not an absolute path", what, path);
	s->path = path ? xstrdup(path) : NULL;
	return 0;
}

static int read_service(const json_t *json, struct overlay *o, struct err *err)
{
	static const char *const keys[] = {"name", "arguments", "ready", "path", "wait", "stop", NULL};
	struct overlay_service *s = &o->services[o->n_services];
	char what[32];
	uint64_t wait, stop;
	int r;

	snprintf(what, sizeof(what), WHAT ".services[%u]", o->n_services);
	if (!json_is_object(json))
		return err_set(err, EBADMSG, "%s must be an object", what);
	if ((r = json_only_keys(json, what, keys, err)) < 0 || (r = read_name(json, what, o, s, err)) < 0)
		return r;
	o->n_services++; /* freed with the others from here on */
	if ((r = read_arguments(json, what, s, err)) < 0 || (r = read_ready(json, what, s, err)) < 0 ||
	    (r = json_get_u64(json, what, "wait", 1, OVERLAY_WAIT_MAX_S, &wait, err)) < 0 ||
	    (r = json_get_u64(json, what, "stop", 1, OVERLAY_WAIT_MAX_S, &stop, err)) < 0)
		return r;
	s->wait_s = (unsigned)wait;
	s->stop_s = (unsigned)stop;
	return 0;
}

static int read_services(const json_t *json, struct overlay *o, struct err *err)
{
	json_t *list;
	int r = json_get_array(json, WHAT, "services", OVERLAY_SERVICES_MAX, &list, err);

	if (r < 0)
		return r;
	o->services = xcalloc(json_array_size(list) + 1, sizeof(*o->services));
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
		r = read_service(json_array_get(list, i), o, err);
	return r;
}

int overlay_from_json(const json_t *json, struct overlay **ret, struct err *err)
{
	static const char *const keys[] = {"kernel", "size", "files", "modules", "services", NULL};
	_cleanup_(overlay_freep) struct overlay *o = NULL;
	int r;

	if (!json_is_object(json))
		return err_set(err, EBADMSG, WHAT " must be an object");
	o = xcalloc(1, sizeof(*o));
	if ((r = json_only_keys(json, WHAT, keys, err)) < 0 ||
	    (r = json_get_u64(json, WHAT, "size", 0, OVERLAY_SIZE_MAX, &o->size, err)) < 0 ||
	    (r = json_get_u64(json, WHAT, "files", 1, OVERLAY_FILES_MAX, &o->files, err)) < 0 ||
	    (r = read_kernel(json, o, err)) < 0 || (r = read_modules(json, o, err)) < 0 ||
	    (r = read_services(json, o, err)) < 0)
		return r;
	*ret = TAKE_PTR(o);
	return 0;
}

int overlay_from_declaration(const json_t *json, struct overlay **ret, struct err *err)
{
	static const char *const keys[] = {"kernel", "modules", "services", NULL};
	_cleanup_json_ json_t *whole = NULL;
	int r;

	if (!json_is_object(json))
		return err_set(err, EBADMSG, "a declaration must be an object");
	if ((r = json_only_keys(json, "declaration", keys, err)) < 0)
		return r;
	whole = json_pack("{s:i, s:i, s:n, s:[], s:[]}", "size", 0, "files", 1, "kernel", "modules",
			  "services");
	if (!whole || json_object_update(whole, (json_t *)json) < 0)
		return err_set(err, ENOMEM, "out of memory");
	return overlay_from_json(whole, ret, err);
}

/* ---- writing ---- */

static json_t *texts_json(char *const *list)
{
	json_t *array = json_array();

	for (; list && *list; list++)
		json_array_append_new(array, json_string(*list));
	return array;
}

json_t *overlay_to_json(const struct overlay *o)
{
	json_t *services = json_array();

	for (unsigned i = 0; i < o->n_services; i++) {
		const struct overlay_service *s = &o->services[i];

		json_array_append_new(services, json_pack("{s:s, s:o, s:s, s:s*, s:i, s:i}", "name", s->name,
							  "arguments", texts_json(s->arguments), "ready",
							  readies[s->ready], "path", s->path, "wait",
							  (int)s->wait_s, "stop", (int)s->stop_s));
	}
	return json_pack("{s:s?, s:I, s:I, s:o, s:o}", "kernel", o->kernel, "size", (json_int_t)o->size,
			 "files", (json_int_t)o->files, "modules", texts_json(o->modules), "services",
			 services);
}

struct overlay *overlay_copy(const struct overlay *o)
{
	_cleanup_json_ json_t *json = overlay_to_json(o);
	struct overlay *copy;
	struct err err;

	if (overlay_from_json(json, &copy, &err) < 0)
		abort(); /* it has been read before */
	return copy;
}

static void free_texts(char **list)
{
	for (char **text = list; text && *text; text++)
		free(*text);
	free(list);
}

void overlay_free(struct overlay *o)
{
	if (!o)
		return;
	for (unsigned i = 0; i < o->n_services; i++) {
		free(o->services[i].name);
		free_texts(o->services[i].arguments);
		free(o->services[i].path);
	}
	free(o->services);
	free_texts(o->modules);
	free(o->kernel);
	free(o);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remint class: a machine class from a good machine, how a machine differs from one, and those of the station. docs/class.md
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/differences.h"
#include "cli/stored.h"
#include "cli/verbs.h"
#include "core/io.h"
#include "core/json.h"
#include "protocol/class/class.h"
#include "protocol/node.h"

#define INVENTORY_MAX (16 * 1024 * 1024)

struct asked {
	const char *node, *inventory; /* whose; one of them */
	struct client_options client;
};

/* Of a node as the station tells it, or the inventory itself. */
static json_t *inventory_in(json_t *json)
{
	json_t *inner = json_object_get(json, "inventory");

	return json_is_object(inner) ? json_incref(inner) : json_incref(json);
}

static int read_file(const char *path, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *json = NULL;
	int r = json_read_file(path, INVENTORY_MAX, &json, err);

	if (r == 0)
		*ret = inventory_in(json);
	return r;
}

static int read_inventory(const struct asked *a, json_t **ret, struct err *err)
{
	if (!a->node == !a->inventory)
		return err_set(err, EINVAL, "name a node, or give --inventory FILE");
	return a->inventory ? read_file(a->inventory, ret, err)
			    : client_inventory(&a->client, a->node, ret, err);
}

static int capture(const struct asked *a, const char *name, const char *output, struct err *err)
{
	_cleanup_json_ json_t *inventory = NULL, *json = NULL;
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = read_inventory(a, &inventory, err);

	if (r == 0)
		r = class_capture(inventory, name ? name : a->node ? a->node : "captured", &json, err);
	if (r < 0)
		return r;
	if (!output) {
		print_json(json);
		return 0;
	}
	text = json_pretty(json, &len);
	return text ? file_write_atomic(output, text, len, 0644, err) : err_set(err, ENOMEM, "out of memory");
}

static int class_capture_verb(int argc, char **argv)
{
	struct asked a = {};
	const char *name = NULL, *output = NULL;
	const struct arg_option options[] = {
		{"inventory", ARG_TEXT, &a.inventory, "FILE",
		 "instead of a node: what `remint node show NODE --json` printed of it"},
		{"name", ARG_TEXT, &name, "TEXT", "of the class (default: the node's)"},
		{"output", ARG_TEXT, &output, "FILE", "where to (default: standard output)", .letter = 'o'},
		CLIENT_ARGS(&a.client),
		{},
	};
	const struct arg_spec spec = {
		"remint class capture [NODE]",
		"Makes a machine class, JSON, of a machine that is as it should be: what is there, as it is.",
		options, 0, 1};
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, &a.node);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	return capture(&a, name, output, &err) < 0 ? fail_with(&err) : EXIT_SUCCESS;
}

/* A file; where there is none of that name, a class of the station. */
static int read_document(const struct asked *a, const char *path, json_t **ret, struct err *err)
{
	_cleanup_free_ char *target = NULL;

	if (access(path, F_OK) == 0 || !name_valid(path))
		return json_read_file(path, CLASS_FILE_MAX, ret, err);
	target = str_printf("/v1/classes/%s", path);
	return client_call(&a->client, "GET", target, NULL, ret, err);
}

/* What the machine is held against: a class, or itself as it was. */
static int read_class(const struct asked *a, const char *path, const char *before, struct class **ret,
		      struct err *err)
{
	_cleanup_json_ json_t *json = NULL, *was = NULL;
	int r;

	if (!path == !before)
		return err_set(err, EINVAL, "give one of --class and --before");
	r = path ? read_document(a, path, &json, err) : read_file(before, &was, err);
	if (r == 0 && before)
		r = class_capture(was, "before", &json, err);
	if (r == 0)
		r = class_from_json(json, ret, err);
	return r < 0 ? err_prepend(err, "%s", path ? path : before) : 0;
}

static int class_diff(int argc, char **argv)
{
	struct asked a = {};
	const char *path = NULL, *before = NULL;
	bool as_json = false;
	const struct arg_option options[] = {
		{"class", ARG_TEXT, &path, "FILE",
		 "the class that it should be of; where there is no such file, the station's of that name"},
		{"before", ARG_TEXT, &before, "FILE",
		 "or its inventory from before, which it should still be like"},
		{"inventory", ARG_TEXT, &a.inventory, "FILE",
		 "instead of a node: what `remint node show NODE --json` printed of it"},
		{"json", ARG_FLAG, &as_json, "", "print as JSON"},
		CLIENT_ARGS(&a.client),
		{},
	};
	const struct arg_spec spec = {"remint class diff [NODE]",
				      "Shows how a machine differs from its class, by its newest inventory. "
				      "The exit status is 3 when something that is "
				      "required differs.",
				      options, 0, 1};
	_cleanup_(class_freep) struct class *class = NULL;
	_cleanup_json_ json_t *inventory = NULL, *found = NULL;
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, &a.node);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (read_class(&a, path, before, &class, &err) < 0 || read_inventory(&a, &inventory, &err) < 0)
		return fail_with(&err);
	found = class_compare(class, inventory);
	if (as_json)
		print_json(found);
	else
		differences_show(found);
	return differences_hold(found) ? EXIT_DIFFERS : EXIT_SUCCESS;
}

/* As it stands in the file: the digest is of that. */
static int class_open(const char *path, json_t **ret, struct err *err)
{
	_cleanup_(class_freep) struct class *class = NULL;
	_cleanup_json_ json_t *json = NULL;
	int r = json_read_file(path, CLASS_FILE_MAX, &json, err);

	if (r < 0)
		return r;
	r = class_from_json(json, &class, err);
	if (r < 0)
		return err_prepend(err, "%s", path);
	*ret = TAKE_PTR(json);
	return 0;
}

static const struct stored_kind kind = {"class", "classes", class_open};

static int put(int argc, char **argv)
{
	return stored_put(&kind, argc, argv);
}

static int list(int argc, char **argv)
{
	return stored_list(&kind, argc, argv);
}

static int show_stored(int argc, char **argv)
{
	return stored_show(&kind, argc, argv);
}

static int forget(int argc, char **argv)
{
	return stored_remove(&kind, argc, argv);
}

int verb_class(int argc, char **argv)
{
	static const struct sub_command commands[] = {
		{"capture", "make a class of a machine that is as it should be", class_capture_verb},
		{"diff", "how a machine differs from its class, or from what it was", class_diff},
		{"put", "store one at the station, for orders", put},
		{"list", "list those of the station", list},
		{"show", "print one of the station", show_stored},
		{"remove", "remove one from the station", forget},
		{}};

	return run_sub_command("class", "What the machines of a kind have.", commands, argc, argv);
}

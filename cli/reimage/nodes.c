/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/reimage/nodes.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "cli/plain.h"
#include "core/io.h"
#include "core/json.h"

#define LINES_MAX 10000

struct choosing {
	const json_t *nodes; /* as the station lists them */
	json_t *names;       /* chosen, in order */
	json_t *taken;       /* an object: chosen before */
	char unknown[512];   /* words that stand for none, for people */
};

static const char *name_of(const json_t *node)
{
	const char *name = json_string_value(json_object_get(node, "name"));

	return name ? name : "";
}

static bool fits(const char *word, const char *name)
{
	return strpbrk(word, "*?[") ? fnmatch(word, name, 0) == 0 : !strcmp(word, name);
}

static bool excepted(const struct arg_list *except, const char *name)
{
	for (unsigned i = 0; i < except->n; i++)
		if (fits(except->items[i], name))
			return true;
	return false;
}

static void take(struct choosing *c, const char *name)
{
	if (json_object_get(c->taken, name))
		return;
	json_object_set_new(c->taken, name, json_true());
	json_array_append_new(c->names, json_string(name));
}

static void not_known(struct choosing *c, const char *word)
{
	size_t used = strlen(c->unknown);

	snprintf(c->unknown + used, sizeof(c->unknown) - used, "%s'%.100s'", used ? ", " : "", word);
	plain_text(c->unknown);
}

static void take_word(struct choosing *c, const char *word, const struct arg_list *except)
{
	json_t *node;
	bool found = false;
	size_t i;

	json_array_foreach(c->nodes, i, node) {
		if (!fits(word, name_of(node)))
			continue;
		found = true;
		if (!excepted(except, name_of(node)))
			take(c, name_of(node));
	}
	if (!found)
		not_known(c, word);
}

/* A line is a word; blank ones and what follows a '#' are nothing. */
static int take_file(struct choosing *c, const char *path, const struct arg_list *except, struct err *err)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	unsigned lines = 0;
	int r = 0;

	if (!file)
		return err_sys(err, errno, "cannot open %s", path);
	while (r == 0 && getline(&line, &size, file) >= 0) {
		char *word = line + strspn(line, " \t");

		word[strcspn(word, "# \t\r\n")] = '\0';
		if (*word)
			take_word(c, word, except);
		if (++lines > LINES_MAX)
			r = err_set(err, EFBIG, "%s: more than %d lines", path, LINES_MAX);
	}
	if (r == 0 && ferror(file))
		r = err_sys(err, errno, "cannot read %s", path);
	if (file != stdin)
		fclose(file);
	return r;
}

static void take_returned(struct choosing *c, const struct arg_list *except)
{
	json_t *node;
	size_t i;

	json_array_foreach(c->nodes, i, node) {
		const char *state = json_string_value(json_object_get(node, "state"));

		if (state && !strcmp(state, "returned") && !excepted(except, name_of(node)))
			take(c, name_of(node));
	}
}

int reimage_nodes(const struct client_options *client, const struct reimage_choice *choice, json_t **ret,
		  struct err *err)
{
	_cleanup_json_ json_t *answer = NULL, *names = json_array(), *taken = json_object();
	struct choosing c = {.names = names, .taken = taken};
	int r = client_call(client, "GET", "/v1/nodes", NULL, &answer, err);

	if (r < 0)
		return r;
	c.nodes = json_object_get(answer, "nodes");
	for (const char *const *word = choice->words; *word; word++)
		take_word(&c, *word, &choice->except);
	if (choice->from)
		r = take_file(&c, choice->from, &choice->except, err);
	if (choice->all_returned)
		take_returned(&c, &choice->except);
	if (r < 0)
		return r;
	if (c.unknown[0])
		return err_set(err, ENOENT, "the station has no node %s: nothing has been ordered",
			       c.unknown);
	if (!json_array_size(names))
		return err_set(err, ENOENT,
			       "no node is meant: give names, patterns such as 'rack1-*', "
			       "--nodes-from FILE or --all-returned");
	*ret = json_incref(names);
	return 0;
}

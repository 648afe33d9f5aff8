/* SPDX-License-Identifier: Apache-2.0 */
/* remint keys status: which generation of the site's keys stands in which node, so that one that missed a rotation is seen. */
#include <string.h>

#include "cli/keys/keys.h"
#include "cli/keys/nodes.h"
#include "cli/table.h"
#include "core/io.h"
#include "core/json.h"

struct status {
	json_t *known[SB_VARS]; /* fingerprints by generation; dbx: none */
	json_t *nodes;
};

static void status_clear(struct status *status)
{
	for (unsigned i = 0; i < SB_VARS; i++)
		json_decref(status->known[i]);
	json_decref(status->nodes);
}

/* In one word: what a bundle's keys would be to this node. */
static const char *judge(const struct status *status, const struct keys_node *node, unsigned pk, unsigned kek)
{
	const json_t *certs = json_object_get(json_object_get(node->state, "PK"), "certificates");

	if (node->why)
		return "unknown";
	if (json_is_null(node->state))
		return "bios";
	if (!pk)
		return json_array_size(certs) ? "another's" : "none";
	return pk == json_array_size(status->known[SB_PK]) && kek == json_array_size(status->known[SB_KEK])
		       ? "present"
		       : "former";
}

static json_t *generation(unsigned n)
{
	return n ? json_integer(n) : json_null();
}

static json_t *db_of(const struct status *status, const json_t *state)
{
	json_t *held = json_array();

	for (size_t i = 0; i < json_array_size(status->known[SB_DB]); i++)
		if (keys_state_holds(state, "db", json_string_value(json_array_get(status->known[SB_DB], i))))
			json_array_append_new(held, json_integer((json_int_t)i + 1));
	return held;
}

static int add_node(const struct keys_node *node, void *data, struct err *err)
{
	struct status *status = data;
	unsigned pk = keys_state_generation(node->state, "PK", status->known[SB_PK]),
		 kek = keys_state_generation(node->state, "KEK", status->known[SB_KEK]);
	const json_t *on = json_object_get(node->state, "secure_boot");

	(void)err;
	json_array_append_new(status->nodes,
			      json_pack("{ss ss so so so sO? ss?}", "node", node->name, "keys",
					judge(status, node, pk, kek), "PK", generation(pk), "KEK",
					generation(kek), "db", db_of(status, node->state), "secure_boot", on,
					"why", node->why));
	return 0;
}

static int gather(const char *dir, const struct client_options *client, struct status *status,
		  struct err *err)
{
	_cleanup_(sb_keys_freep) struct sb_keys *keys = NULL;
	int r = sb_keys_load(dir, &keys, err);

	status->nodes = json_array();
	for (unsigned i = 0; r == 0 && i <= SB_DB; i++)
		r = sb_keys_known(keys, (enum sb_var)i, &status->known[i], err);
	return r < 0 ? r : keys_each_node(client, add_node, status, err);
}

/* "2 of 3"; nothing known: "-". */
static char *of_text(const struct status *status, const json_t *node, enum sb_var var)
{
	json_int_t n = json_integer_value(json_object_get(node, sb_variables[var].name));

	return n ? str_printf("%lld of %zu", (long long)n, json_array_size(status->known[var]))
		 : xstrdup("-");
}

static char *db_text(const json_t *node)
{
	const json_t *db = json_object_get(node, "db");
	char *text = xstrdup(json_array_size(db) ? "" : "-");

	for (size_t i = 0; i < json_array_size(db); i++) {
		_cleanup_free_ char *before = text;

		text = str_printf("%s%s%lld", before, i ? " " : "",
				  (long long)json_integer_value(json_array_get(db, i)));
	}
	return text;
}

static const char *on_text(const json_t *on)
{
	return json_is_boolean(on) ? json_is_true(on) ? "on" : "off" : "-";
}

static void print_table(const struct status *status)
{
	static const char *const headings[] = {"NODE", "KEYS", "PK", "KEK", "DB", "SECURE BOOT", NULL};
	struct table *table = table_new(headings);
	const json_t *node;
	size_t i;

	json_array_foreach(status->nodes, i, node) {
		_cleanup_free_ char *pk = of_text(status, node, SB_PK), *kek = of_text(status, node, SB_KEK),
				    *db = db_text(node);

		table_row(table, json_text(node, "node"), json_text(node, "keys"), pk, kek, db,
			  on_text(json_object_get(node, "secure_boot")));
	}
	table_print(table);
}

static void print_as_json(const struct status *status)
{
	_cleanup_json_ json_t *json =
		json_pack("{s{si si si} sO}", "newest", "PK", (int)json_array_size(status->known[SB_PK]),
			  "KEK", (int)json_array_size(status->known[SB_KEK]), "db",
			  (int)json_array_size(status->known[SB_DB]), "nodes", status->nodes);

	print_json(json);
}

int keys_status(int argc, char **argv)
{
	_cleanup_(status_clear) struct status status = {0};
	struct client_options client = {0};
	const char *dir = NULL;
	bool json = false;
	const struct arg_option options[] = {
		{"dir", ARG_TEXT, &dir, "DIR", "the keys, as keys init has made them", true},
		{"json", ARG_FLAG, &json, "", "print as JSON"},
		CLIENT_ARGS(&client),
		{},
	};
	const struct arg_spec spec = {
		"remint keys status",
		"Shows which generation of the Secure Boot keys stands in which node, as its newest "
		"inventory "
		"says: present, former (an order with --secure-boot enrol brings it up to date), another's, "
		"none, bios, or unknown.",
		options, 0, 0};
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, NULL);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (gather(dir, &client, &status, &err) < 0)
		return fail_with(&err);
	if (json)
		print_as_json(&status);
	else
		print_table(&status);
	return EXIT_SUCCESS;
}

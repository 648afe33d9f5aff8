/* SPDX-License-Identifier: Apache-2.0 */
/* remint node add | list | show | state | trust; tpm and bmc stand in node_tpm.c and node_bmc.c. docs/protocol.md, "Nodes" */
#include "protocol/node.h"
#include "cli/client.h"
#include "cli/node/node.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "core/io.h"

static void show_node(const json_t *node)
{
	const json_t *identity = json_object_get(node, "identity"), *mac;
	size_t i;

	printf("node:              %s\n", json_text(node, "name"));
	printf("state:             %s\n", json_text(node, "state"));
	printf("location-trusted:  %s\n",
	       json_is_true(json_object_get(node, "location_trusted")) ? "yes" : "no");
	printf("order:             %s\n", json_text(node, "order"));
	printf("seen:              %s\n", json_text(node, "seen"));
	printf("UUID:              %s\n", json_text(identity, "uuid"));
	printf("serial:            %s\n", json_text(identity, "serial"));
	json_array_foreach(json_object_get(identity, "macs"), i, mac)
		printf("MAC:               %s\n", json_string_value(mac) ? json_string_value(mac) : "-");
	node_tpm_show(node);
	printf("BMC:               %s\n", json_text(node, "bmc"));
}

static int print_node(int r, const json_t *node, bool json, const struct err *err)
{
	if (r < 0)
		return fail_with(err);
	if (json)
		print_json(node);
	else
		show_node(node);
	return EXIT_SUCCESS;
}

/* The identity that the options describe; the station checks it again. */
static int identity_from(const char *uuid, const char *serial, const struct arg_list *macs, json_t **ret,
			 struct err *err)
{
	_cleanup_json_ json_t *list = json_array(), *given = NULL;
	struct node_identity identity;
	int r;

	for (unsigned i = 0; i < macs->n; i++)
		json_array_append_new(list, json_string(macs->items[i]));
	given = json_pack("{s:s, s:s, s:O}", "uuid", uuid, "serial", serial, "macs", list);
	r = given ? node_identity_from_json(given, &identity, err)
		  : err_set(err, EINVAL, "UUID and serial must be UTF-8");
	if (r < 0)
		return r;
	if (!identity.uuid[0] && !identity.serial[0] && !identity.n_macs)
		return err_set(err, EINVAL,
			       *uuid || *serial || macs->n
				       ? "many machines have that: give a --mac, --uuid or --serial of this "
					 "node's own"
				       : "a node needs a --mac, --uuid or --serial by which it is known");
	*ret = node_identity_to_json(&identity);
	return 0;
}

static int node_add(int argc, char **argv)
{
	struct client_options client = {};
	const char *uuid = "", *serial = "", *name = NULL, *attest = NULL, *ek = NULL;
	struct arg_list macs = {};
	bool trusted = false, json = false;
	const struct arg_option options[] = {
		{"mac", ARG_MANY, &macs, "MAC", "of one of its network cards; may be repeated"},
		{"uuid", ARG_TEXT, &uuid, "UUID", "SMBIOS system UUID"},
		{"serial", ARG_TEXT, &serial, "TEXT", "SMBIOS system serial number"},
		{"location-trusted", ARG_FLAG, &trusted, "",
		 "its place on the network proves who it is: it may get orders that destroy"},
		{"attest", ARG_TEXT, &attest, "POLICY",
		 "must its TPM prove it? require, record (default) or off"},
		{"ek", ARG_TEXT, &ek, "FILE", "its TPM's endorsement key, as for 'remint node tpm'"},
		{"json", ARG_FLAG, &json, "", "print the node as JSON"},
		CLIENT_ARGS(&client),
		{},
	};
	const struct arg_spec spec = {"remint node add NAME",
				      "Enrols a node, which is known again by what is given here.", options,
				      1, 1};
	_cleanup_json_ json_t *identity = NULL, *body = NULL, *node = NULL;
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, &name);
	int r;

	if (parsed != ARG_GO)
		return args_exit(parsed);
	r = identity_from(uuid, serial, &macs, &identity, &err);
	if (r < 0)
		return fail_with(&err);
	body = json_pack("{s:s, s:O, s:b}", "name", name, "identity", identity, "location_trusted", trusted);
	if (node_tpm_add(body, attest, ek, &err) < 0)
		return fail_with(&err);
	r = client_call(&client, "POST", "/v1/nodes", body, &node, &err);
	return print_node(r, node, json, &err);
}

static int node_list(int argc, char **argv)
{
	static const char *const headings[] = {"NODE", "STATE", "TRUSTED", "ORDER", "SEEN", NULL};
	struct client_options client = {};
	bool json = false;
	const struct arg_option options[] = {
		{"json", ARG_FLAG, &json, "", "print as JSON"}, CLIENT_ARGS(&client), {}};
	const struct arg_spec spec = {"remint node list", "Lists the nodes.", options, 0, 0};
	_cleanup_json_ json_t *answer = NULL;
	struct table *table;
	struct err err;
	json_t *node;
	size_t i;
	enum arg_result parsed = args_parse(&spec, argc, argv, NULL);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (client_call(&client, "GET", "/v1/nodes", NULL, &answer, &err) < 0)
		return fail_with(&err);
	if (json) {
		print_json(answer);
		return EXIT_SUCCESS;
	}
	table = table_new(headings);
	json_array_foreach(json_object_get(answer, "nodes"), i, node)
		table_row(table, json_text(node, "name"), json_text(node, "state"),
			  json_is_true(json_object_get(node, "location_trusted")) ? "yes" : "no",
			  json_text(node, "order"), json_text(node, "seen"));
	table_print(table);
	return EXIT_SUCCESS;
}

static int node_show(int argc, char **argv)
{
	struct client_options client = {};
	const char *name = NULL;
	bool json = false;
	const struct arg_option options[] = {
		{"json", ARG_FLAG, &json, "", "print as JSON, inventory included"}, CLIENT_ARGS(&client), {}};
	const struct arg_spec spec = {"remint node show NAME", "Shows one node.", options, 1, 1};
	_cleanup_json_ json_t *node = NULL;
	_cleanup_free_ char *target = NULL;
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, &name);
	int r;

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (!name_valid(name))
		return fail_with((err_set(&err, EINVAL, "'%s' is not a node's name", name), &err));
	target = str_printf("/v1/nodes/%s", name);
	r = client_call(&client, "GET", target, NULL, &node, &err);
	return print_node(r, node, json, &err);
}

int node_change(const struct client_options *client, const char *name, const char *what, json_t *change,
		bool json)
{
	_cleanup_json_ json_t *body = change, *node = NULL;
	_cleanup_free_ char *target = NULL;
	struct err err;
	int r;

	if (!name_valid(name))
		return fail_with((err_set(&err, EINVAL, "'%s' is not a node's name", name), &err));
	target = str_printf("/v1/nodes/%s/%s", name, what);
	r = client_call(client, "POST", target, body, &node, &err);
	return print_node(r, node, json, &err);
}

static int node_state(int argc, char **argv)
{
	struct client_options client = {};
	const char *operands[2] = {};
	bool json = false;
	const struct arg_option options[] = {
		{"json", ARG_FLAG, &json, "", "print the node as JSON"}, CLIENT_ARGS(&client), {}};
	const struct arg_spec spec = {
		"remint node state NAME STATE",
		"Changes a node's state: available or returned. A leased node refuses orders\n"
		"until it is returned.",
		options, 2, 2};
	enum arg_result parsed = args_parse(&spec, argc, argv, operands);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	return node_change(&client, operands[0], "state", json_pack("{s:s}", "state", operands[1]), json);
}

static int node_trust(int argc, char **argv)
{
	struct client_options client = {};
	const char *name = NULL;
	bool json = false, off = false, first_use = false;
	const struct arg_option options[] = {
		{"off", ARG_FLAG, &off, "", "no longer"},
		{"tpm-first-use", ARG_FLAG, &first_use, "",
		 "instead: the next TPM that boots in its place, with a boot image "
		 "of this station, is taken to be its own"},
		{"json", ARG_FLAG, &json, "", "print the node as JSON"},
		CLIENT_ARGS(&client),
		{}};
	const struct arg_spec spec = {
		"remint node trust NAME",
		"Marks a node location-trusted: whoever boots in its place on the network is taken to be "
		"this node,\n"
		"and may get an order that destroys. Say so only of a network that no tenant reaches.",
		options, 1, 1};
	enum arg_result parsed = args_parse(&spec, argc, argv, &name);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (first_use)
		return node_change(&client, name, "tpm", json_pack("{s:b}", "first_use", !off), json);
	return node_change(&client, name, "trust", json_pack("{s:b}", "location_trusted", !off), json);
}

int verb_node(int argc, char **argv)
{
	static const struct sub_command table[] = {
		{"add", "enrol a node", node_add},
		{"list", "list the nodes", node_list},
		{"show", "show one", node_show},
		{"state", "available or returned", node_state},
		{"trust", "mark it location-trusted, or no longer", node_trust},
		{"tpm", "what its TPM is held against", node_tpm},
		{"tenancy", "what its newest tenancy has changed of it", node_tenancy},
		{"bmc", "by which BMC the station reaches it", node_bmc},
		{},
	};

	return run_sub_command("node", "The machines.", table, argc, argv);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* remint network check: would an order with this network be taken, and is this machine the one that it names? docs/network.md */
#include "protocol/network/network.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/client.h"
#include "cli/plain.h"
#include "cli/verbs.h"
#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"

#define INVENTORY_MAX (16 * 1024 * 1024)

struct asked {
	const char *path, *node, *inventory; /* the last two: the machine, or NULL for none */
	bool render, json;
	struct client_options client;
};

struct checked {
	struct network *network;
	char *text; /* network-config */
	char sha256[SHA256_HEX_SIZE];
	json_t *ports; /* NULL: no machine was asked for */
};

static void checked_clear(struct checked *c)
{
	network_free(c->network);
	free(c->text);
	json_decref(c->ports);
}

static int read_network(const char *path, struct network **ret, struct err *err)
{
	_cleanup_json_ json_t *json = NULL;
	int r = json_read_file(path, NETWORK_FILE_MAX, &json, err);

	if (r < 0)
		return r;
	r = network_from_json(json, ret, err);
	return r < 0 ? err_prepend(err, "%s", path) : 0;
}

/* What `remint node show NODE --json` printed, or the inventory itself. */
static int read_inventory(const struct asked *a, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *json = NULL;
	json_t *inner;
	int r;

	if (a->node)
		return client_inventory(&a->client, a->node, ret, err);
	r = json_read_file(a->inventory, INVENTORY_MAX, &json, err);
	if (r < 0)
		return r;
	inner = json_object_get(json, "inventory");
	*ret = json_incref(json_is_object(inner) ? inner : json);
	return 0;
}

static int check(const struct asked *a, struct checked *c, struct err *err)
{
	_cleanup_json_ json_t *inventory = NULL;
	size_t len = 0;
	int r;

	if (a->node && a->inventory)
		return err_set(err, EINVAL, "give one of --node and --inventory");
	r = read_network(a->path, &c->network, err);
	if (r == 0)
		r = network_render(c->network, &c->text, &len, err);
	if (r < 0)
		return r;
	sha256_hex(c->text, len, c->sha256);
	if (!a->node && !a->inventory)
		return 0;
	r = read_inventory(a, &inventory, err);
	return r < 0 ? r : network_ports_find(c->network, inventory, &c->ports, err);
}

static void show_ports(const json_t *ports)
{
	const json_t *port;
	size_t i;

	json_array_foreach(ports, i, port)
		printf("  %-15s  %s  %s  %s%s\n", json_text(port, "name"), json_text(port, "mac"),
		       json_text(port, "pci"), json_text(port, "kernel_name"),
		       json_is_true(json_object_get(port, "link")) ? "" : ", no link");
}

static void show(const struct asked *a, const struct checked *c)
{
	if (a->json) {
		_cleanup_json_ json_t *json = json_pack("{ss ss sO?}", "network_config", c->text, "sha256",
							c->sha256, "ports", c->ports);

		print_json(json);
		return;
	}
	if (a->render) {
		fputs(c->text, stdout);
		return;
	}
	printf("%u interfaces; network-config has the SHA-256 %s\n", c->network->n, c->sha256);
	show_ports(c->ports);
}

static int network_check_verb(int argc, char **argv)
{
	_cleanup_(checked_clear) struct checked c = {0};
	struct asked a = {};
	const struct arg_option options[] = {
		{"node", ARG_TEXT, &a.node, "NODE", "whose ports they must be, by its newest inventory"},
		{"inventory", ARG_TEXT, &a.inventory, "FILE",
		 "instead of a node: what `remint node show NODE --json` printed of it"},
		{"render", ARG_FLAG, &a.render, "",
		 "print the network-config, version 2, that the tenant's cloud-init is given"},
		{"json", ARG_FLAG, &a.json, "", "print as JSON"},
		CLIENT_ARGS(&a.client),
		{},
	};
	const struct arg_spec spec = {"remint network check FILE",
				      "Checks the network part of an order, JSON, as station and agent will.",
				      options, 1, 1};
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, &a.path);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (check(&a, &c, &err) < 0) {
		plain_text(err.text); /* names of a machine */
		return fail_with(&err);
	}
	show(&a, &c);
	return EXIT_SUCCESS;
}

int verb_network(int argc, char **argv)
{
	static const struct sub_command table[] = {
		{"check", "check a tenant's network, and show what it becomes", network_check_verb},
		{},
	};

	return run_sub_command("network", "The network that a tenant's system is given.", table, argc, argv);
}

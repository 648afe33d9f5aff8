/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/keys/nodes.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"

#define NODES_LISTED 1000 /* docs/protocol.md: lists have at most so many */

bool keys_state_holds(const json_t *state, const char *variable, const char *sha256)
{
	const json_t *certs = json_object_get(json_object_get(state, variable), "certificates");

	for (size_t i = 0; i < json_array_size(certs); i++) {
		const char *is = json_string_value(json_object_get(json_array_get(certs, i), "sha256"));

		if (is && !strcmp(is, sha256))
			return true;
	}
	return false;
}

unsigned keys_state_generation(const json_t *state, const char *variable, const json_t *known)
{
	for (size_t n = json_array_size(known); n > 0; n--)
		if (keys_state_holds(state, variable, json_string_value(json_array_get(known, n - 1))))
			return (unsigned)n;
	return 0;
}

static const char *not_known(const json_t *inventory, const json_t *state)
{
	if (!json_is_object(inventory))
		return "it has never handed in an inventory";
	if (!state)
		return "its inventory says nothing of Secure Boot: it is of an older agent";
	if (json_object_get(state, "error"))
		return "its inventory could not read the Secure Boot keys";
	return NULL;
}

static int ask(const struct client_options *client, const char *name,
	       int (*fn)(const struct keys_node *node, void *data, struct err *err), void *data,
	       struct err *err)
{
	_cleanup_free_ char *target = str_printf("/v1/nodes/%s", name);
	_cleanup_json_ json_t *answer = NULL;
	struct keys_node node = {.name = name};
	const json_t *inventory;
	int r = client_call(client, "GET", target, NULL, &answer, err);

	if (r < 0)
		return r;
	inventory = json_object_get(answer, "inventory");
	node.state = json_object_get(inventory, "secure_boot");
	node.why = not_known(inventory, node.state);
	if (node.why)
		node.state = NULL;
	return fn(&node, data, err);
}

int keys_each_node(const struct client_options *client,
		   int (*fn)(const struct keys_node *node, void *data, struct err *err), void *data,
		   struct err *err)
{
	_cleanup_json_ json_t *answer = NULL;
	const json_t *nodes;
	int r = client_call(client, "GET", "/v1/nodes", NULL, &answer, err);

	nodes = json_object_get(answer, "nodes");
	if (r == 0 && json_array_size(nodes) >= NODES_LISTED)
		r = err_set(err, EFBIG,
			    "the station lists %d nodes at most, so that not all of them can be asked",
			    NODES_LISTED);
	for (size_t i = 0; r == 0 && i < json_array_size(nodes); i++) {
		const char *name = json_string_value(json_object_get(json_array_get(nodes, i), "name"));

		r = name ? ask(client, name, fn, data, err)
			 : err_set(err, EBADMSG, "the station's list of nodes has one without a name");
	}
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remint keys rotate: a new key for boot images in three stages, none of which may leave a node that starts nothing. What a node's db
 * holds is known from its newest inventory, which the agent hands in at every boot. docs/secure-boot.md, "Rotation"
 */
#include <string.h>

#include "cli/client.h"
#include "cli/keys.h"
#include "core/io.h"
#include "core/json.h"
#include "images/boot/sign.h"

#define NODES_LISTED 1000 /* docs/protocol.md: lists have at most so many */

struct rotate {
	struct client_options client;
	struct sb_keys_request request;
	const char *dir, *stage, *image;
	struct arg_list without;
};

static bool is_in(const struct arg_list *list, const char *name)
{
	for (unsigned i = 0; i < list->n; i++)
		if (!strcmp(list->items[i], name))
			return true;
	return false;
}

static bool holds(const json_t *state, const char *variable, const char *sha256)
{
	const json_t *certs = json_object_get(json_object_get(state, variable), "certificates");

	for (size_t i = 0; i < json_array_size(certs); i++) {
		const char *is = json_string_value(json_object_get(json_array_get(certs, i), "sha256"));

		if (is && !strcmp(is, sha256))
			return true;
	}
	return false;
}

/* What is in the way of trusting the new key on this node: NULL, nothing. A node whose platform key is not ours does not care. */
static const char *obstacle(const json_t *inventory, const char *pk, const char *wanted)
{
	const json_t *state = json_object_get(inventory, "secure_boot");

	if (!json_is_object(inventory))
		return "it has never handed in an inventory";
	if (!state)
		return "its inventory says nothing of Secure Boot: it is of an older agent";
	if (json_object_get(state, "error"))
		return "its inventory could not read the Secure Boot keys";
	if (!holds(state, "PK", pk) || holds(state, "db", wanted))
		return NULL;
	return "its db does not hold the new certificate: order it with --secure-boot enrol";
}

static int check_node(const struct rotate *rotate, const char *name, const char *pk, const char *wanted,
		      struct err *err)
{
	_cleanup_free_ char *target = str_printf("/v1/nodes/%s", name);
	_cleanup_json_ json_t *answer = NULL;
	const char *why;
	int r;

	if (is_in(&rotate->without, name))
		return 0;
	r = client_call(&rotate->client, "GET", target, NULL, &answer, err);
	if (r < 0)
		return r;
	why = obstacle(json_object_get(answer, "inventory"), pk, wanted);
	return why ? err_set(err, ESTALE, "node %s: %s (--without %s, when it is gone)", name, why, name) : 0;
}

/* Every node must be known to trust the new key. */
static int check_nodes(const struct rotate *rotate, const struct sb_keys *keys, struct err *err)
{
	_cleanup_free_ char *pk_path = sb_keys_cert_path(keys, json_object_get(keys->json, "PK")),
			    *path = sb_keys_cert_path(keys, sb_keys_newest(keys));
	_cleanup_json_ json_t *answer = NULL;
	char pk[65] = "", wanted[65] = "";
	const json_t *nodes;
	int r = sb_keys_fingerprint(pk_path, pk, err);

	if (r == 0)
		r = sb_keys_fingerprint(path, wanted, err);
	if (r == 0)
		r = client_call(&rotate->client, "GET", "/v1/nodes", NULL, &answer, err);
	nodes = json_object_get(answer, "nodes");
	if (r == 0 && json_array_size(nodes) >= NODES_LISTED)
		r = err_set(err, EFBIG,
			    "the station lists %d nodes at most, so that not all of them can be asked",
			    NODES_LISTED);
	for (size_t i = 0; r == 0 && i < json_array_size(nodes); i++) {
		const char *name = json_string_value(json_object_get(json_array_get(nodes, i), "name"));

		r = name ? check_node(rotate, name, pk, wanted, err)
			 : err_set(err, EBADMSG, "the station's list of nodes has one without a name");
	}
	return r;
}

/* Signed with the new key: once the old one is revoked, nothing else starts. */
static int check_image(const struct rotate *rotate, const struct sb_keys *keys, struct err *err)
{
	_cleanup_free_ char *cert = sb_keys_cert_path(keys, sb_keys_newest(keys));

	if (!rotate->image)
		return err_set(err, EINVAL, "--image is needed: the boot image that the station serves now");
	return sign_efi_check(rotate->image, cert, err);
}

static int stage_add(struct rotate *rotate, struct sb_keys *keys, struct err *err)
{
	int r = sb_keys_rotate_add(keys, &rotate->request, err);

	if (r == 0)
		printf("generation %zu is made; images are signed with the old key still\n"
		       "next: remint keys enroll, an order with --secure-boot enrol for every node, then "
		       "--stage sign\n",
		       json_array_size(json_object_get(keys->json, "db")));
	return r;
}

static int stage_sign(struct rotate *rotate, struct sb_keys *keys, struct err *err)
{
	int r = sb_keys_older(keys) ? check_nodes(rotate, keys, err) : 0;

	if (r == 0)
		r = sb_keys_rotate_sign(keys, err);
	if (r == 0)
		printf("boot images are signed with the new key from now on\n"
		       "next: remint boot build --uki --keys, remint keys sign for iPXE, then --stage "
		       "revoke\n");
	return r;
}

static int stage_revoke(struct rotate *rotate, struct sb_keys *keys, struct err *err)
{
	/* Out of its turn it is refused in any case, with the better reason. */
	bool in_turn = sb_keys_older(keys) && sb_keys_signing(keys) == sb_keys_newest(keys);
	int r = in_turn ? check_nodes(rotate, keys, err) : 0;

	if (r == 0 && in_turn)
		r = check_image(rotate, keys, err);
	if (r == 0)
		r = sb_keys_rotate_revoke(keys, err);
	if (r == 0)
		printf("the old key is revoked\n"
		       "next: remint keys enroll, then an order with --secure-boot enrol for every node\n");
	return r;
}

static int run(struct rotate *rotate, struct err *err)
{
	static const struct {
		const char *name;
		int (*run)(struct rotate *rotate, struct sb_keys *keys, struct err *err);
	} stages[] = {{"add", stage_add}, {"sign", stage_sign}, {"revoke", stage_revoke}};
	_cleanup_(sb_keys_freep) struct sb_keys *keys = NULL;
	int r = sb_keys_load(rotate->dir, &keys, err);

	if (r < 0)
		return r;
	for (unsigned i = 0; i < 3; i++)
		if (!strcmp(stages[i].name, rotate->stage))
			return stages[i].run(rotate, keys, err);
	return err_set(err, EINVAL, "--stage is add, sign or revoke");
}

int keys_rotate(int argc, char **argv)
{
	struct rotate rotate = {.request = {.name = "remint", .days = 7300}};
	const struct arg_option options[] = {
		{"dir", ARG_TEXT, &rotate.dir, "DIR", "the keys, as keys init has made them", true},
		{"stage", ARG_TEXT, &rotate.stage, "STAGE",
		 "add: a new key beside the old; sign: images are signed with it; revoke: the old one", true},
		{"image", ARG_TEXT, &rotate.image, "FILE",
		 "revoke: the boot image that the station serves, which must be signed with the new key"},
		{"without", ARG_MANY, &rotate.without, "NODE",
		 "sign, revoke: a node that is gone and need not know the new key"},
		{"name", ARG_TEXT, &rotate.request.name, "TEXT", "add: for the certificate's subject"},
		{"db-key", ARG_TEXT, &rotate.request.db_key, "URI",
		 "add: a key that a token holds, pkcs11:... (default: made)"},
		CLIENT_ARGS(&rotate.client),
		{},
	};
	const struct arg_spec spec = {
		"remint keys rotate",
		"Changes the key that signs boot images, in three stages. A stage that would leave a node "
		"without anything that it starts is refused.",
		options, 0, 0};
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, NULL);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	return run(&rotate, &err) < 0 ? fail_with(&err) : EXIT_SUCCESS;
}

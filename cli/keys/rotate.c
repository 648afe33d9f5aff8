/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remint keys rotate: a new key for boot images in three stages, none of which may leave a node that starts nothing; a new PK or KEK in
 * one, because nothing that starts is signed by them. docs/secure-boot.md, "Rotation"
 */
#include <string.h>

#include "cli/client.h"
#include "cli/keys/keys.h"
#include "cli/keys/nodes.h"
#include "core/io.h"
#include "core/json.h"
#include "images/boot/sign.h"

struct rotate {
	struct client_options client;
	struct sb_keys_request request;
	const char *dir, *key, *stage, *image;
	struct arg_list without;
};

static bool is_in(const struct arg_list *list, const char *name)
{
	for (unsigned i = 0; i < list->n; i++)
		if (!strcmp(list->items[i], name))
			return true;
	return false;
}

struct wanted {
	const struct rotate *rotate;
	json_t *platform_keys; /* that the site has had */
	char cert[65];         /* the new key's */
};

static void wanted_clear(struct wanted *wanted)
{
	json_decref(wanted->platform_keys);
}

/* What is in the way of trusting the new key on this node: NULL, nothing. A node whose platform key is not ours does not care. */
static const char *obstacle(const struct keys_node *node, const struct wanted *wanted)
{
	if (node->why)
		return node->why;
	if (!keys_state_generation(node->state, "PK", wanted->platform_keys) ||
	    keys_state_holds(node->state, "db", wanted->cert))
		return NULL;
	return "its db does not hold the new certificate: order it with --secure-boot enrol";
}

static int check_node(const struct keys_node *node, void *data, struct err *err)
{
	const struct wanted *wanted = data;
	const char *why = is_in(&wanted->rotate->without, node->name) ? NULL : obstacle(node, wanted);

	return why ? err_set(err, ESTALE, "node %s: %s (--without %s, when it is gone)", node->name, why,
			     node->name)
		   : 0;
}

/* Every node must be known to trust the new key. */
static int check_nodes(const struct rotate *rotate, const struct sb_keys *keys, struct err *err)
{
	_cleanup_free_ char *path = sb_keys_cert_path(keys, sb_keys_newest(keys));
	_cleanup_(wanted_clear) struct wanted wanted = {.rotate = rotate};
	int r = sb_keys_known(keys, SB_PK, &wanted.platform_keys, err);

	if (r == 0)
		r = sb_keys_fingerprint(path, wanted.cert, err);
	return r < 0 ? r : keys_each_node(&rotate->client, check_node, &wanted, err);
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

static int rotate_db(struct rotate *rotate, struct sb_keys *keys, struct err *err)
{
	static const struct {
		const char *name;
		int (*run)(struct rotate *rotate, struct sb_keys *keys, struct err *err);
	} stages[] = {{"add", stage_add}, {"sign", stage_sign}, {"revoke", stage_revoke}};

	for (unsigned i = 0; i < 3; i++)
		if (rotate->stage && !strcmp(stages[i].name, rotate->stage))
			return stages[i].run(rotate, keys, err);
	return err_set(err, EINVAL, "--stage is add, sign or revoke");
}

static int rotate_kek(struct rotate *rotate, struct sb_keys *keys, struct err *err)
{
	int r = sb_keys_replace(keys, SB_KEK, &rotate->request, err);

	if (r == 0)
		printf("key exchange key %zu is made; the one before it is not needed again\n"
		       "next: remint keys enroll, then an order with --secure-boot enrol for every node\n",
		       json_array_size(sb_keys_former(keys, SB_KEK)) + 1);
	return r;
}

static int rotate_pk(struct rotate *rotate, struct sb_keys *keys, struct err *err)
{
	int r = sb_keys_replace(keys, SB_PK, &rotate->request, err);
	size_t n = json_array_size(sb_keys_former(keys, SB_PK));

	if (r == 0)
		printf("platform key %zu is made; %s/PK-from-%zu.auth leads there from the one before, whose "
		       "private key is not needed again\n"
		       "next: back up the folder; remint keys enroll; an order with --secure-boot enrol for "
		       "every node\n",
		       n + 1, rotate->dir, n);
	return r;
}

/* Said for another key than that which is rotated, an option would be without effect. */
static int check_options(const struct rotate *rotate, bool db, bool kek, bool pk, struct err *err)
{
	const struct sb_keys_request *request = &rotate->request;
	const struct {
		const char *name;
		bool given, fits;
	} options[] = {{"stage", rotate->stage, db},       {"image", rotate->image, db},
		       {"without", rotate->without.n, db}, {"db-key", request->db_key, db},
		       {"kek-key", request->kek_key, kek}, {"pk-key", request->pk_key, pk}};

	for (unsigned i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (options[i].given && !options[i].fits)
			return err_set(err, EINVAL, "--%s does not go with --key %s", options[i].name,
				       rotate->key);
	return keys_check_uris(request, err);
}

static int run(struct rotate *rotate, struct err *err)
{
	static const struct {
		const char *name;
		int (*run)(struct rotate *rotate, struct sb_keys *keys, struct err *err);
	} table[] = {{"db", rotate_db}, {"kek", rotate_kek}, {"pk", rotate_pk}};
	_cleanup_(sb_keys_freep) struct sb_keys *keys = NULL;
	unsigned i = 0;
	int r;

	while (i < 3 && strcmp(table[i].name, rotate->key) != 0)
		i++;
	if (i == 3)
		return err_set(err, EINVAL, "--key is db, kek or pk");
	r = check_options(rotate, i == 0, i == 1, i == 2, err);
	if (r == 0)
		r = sb_keys_load(rotate->dir, &keys, err);
	return r < 0 ? r : table[i].run(rotate, keys, err);
}

int keys_rotate(int argc, char **argv)
{
	struct rotate rotate = {.key = "db", .request = {.name = "remint", .days = KEYS_DAYS}};
	const struct arg_option options[] = {
		{"dir", ARG_TEXT, &rotate.dir, "DIR", "the keys, as keys init has made them", true},
		{"key", ARG_TEXT, &rotate.key, "KEY",
		 "db, which signs boot images (the default), in stages; kek or pk, each at once"},
		{"stage", ARG_TEXT, &rotate.stage, "STAGE",
		 "db: add, a new key beside the old; sign, images are signed with it; revoke, the old one"},
		{"image", ARG_TEXT, &rotate.image, "FILE",
		 "revoke: the boot image that the station serves, which must be signed with the new key"},
		{"without", ARG_MANY, &rotate.without, "NODE",
		 "sign, revoke: a node that is gone and need not know the new key"},
		{"name", ARG_TEXT, &rotate.request.name, "TEXT",
		 "whose, for the new certificate's subject (default: remint)"},
		{"db-key", ARG_TEXT, &rotate.request.db_key, "URI",
		 "add: a key that a token holds, pkcs11:... (default: made)"},
		{"kek-key", ARG_TEXT, &rotate.request.kek_key, "URI", "--key kek: the same"},
		{"pk-key", ARG_TEXT, &rotate.request.pk_key, "URI", "--key pk: the same"},
		CLIENT_ARGS(&rotate.client),
		{},
	};
	const struct arg_spec spec = {
		"remint keys rotate",
		"Changes the key that signs boot images, in three stages; a stage that would leave a node "
		"without anything that it starts is refused. Or makes a new KEK or PK, which no node can "
		"miss "
		"for good.",
		options, 0, 0};
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, NULL);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	return run(&rotate, &err) < 0 ? fail_with(&err) : EXIT_SUCCESS;
}

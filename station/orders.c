/* SPDX-License-Identifier: Apache-2.0 */
/* The operators' calls about orders. */
#include "station/orders.h"

#include <stdio.h>
#include <string.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/time.h"
#include "protocol/order.h"
#include "station/calls.h"
#include "station/images.h"
#include "station/nodes.h"
#include "station/secure_boot.h"

#define ORDERS_LISTED 1000
#define COMMIT_S      300 /* seconds */
#define BEGIN_MIN_S   60
#define BEGIN_MAX_S   (90 * 24 * 3600)
#define NO_IMAGE      "none, to be erased" /* in the audit trail */

struct wish {
	const char *node, *image, *boot; /* image NULL: the order only erases */
	const char *tpm, *handover;      /* NULL: not there */
	uint64_t min_serial;
	uint64_t begin_within; /* seconds; 0: whenever */
	json_t *root, *wipe, *efi, *mirrors, *verify, *secure_boot,
		*memory; /* borrowed as they came, order_from_json() checks; NULL: not there */
	json_t *user_data, *network_config; /* borrowed strings; NULL: none */
};

/* A text of several lines. json_get_str() takes none. */
static int opt_text(const json_t *json, const char *key, size_t max, json_t **ret, struct err *err)
{
	json_t *value = json_object_get(json, key);

	if (!value || json_is_null(value))
		return 0;
	if (!json_is_string(value) || json_string_length(value) > max)
		return err_set(err, EBADMSG, "order.%s: not a text of at most %zu bytes", key, max);
	*ret = value;
	return 0;
}

/* NULL also for null. */
static json_t *given(const json_t *json, const char *key)
{
	json_t *value = json_object_get(json, key);

	return json_is_null(value) ? NULL : value;
}

/* What says something of an image has no place in an order without one. */
static int check_only_erases(const json_t *json, struct err *err)
{
	static const char *const keys[] = {"root",       "boot",      "mirrors",        "verify", "memory",
					   "min_serial", "user_data", "network_config", NULL};

	for (const char *const *key = keys; *key; key++)
		if (given(json, *key))
			return err_set(err, EBADMSG, "order.%s: an order without image takes none", *key);
	return 0;
}

static int read_wish(json_t *json, struct wish *wish, struct err *err)
{
	int r = json_get_str(json, "order", "node", 63, &wish->node, err);

	if (r == 0 && !json_is_null(json_object_get(json, "image")))
		r = json_get_str(json, "order", "image", 63, &wish->image, err);
	if (r == 0 && !wish->image)
		r = check_only_erases(json, err);
	if (r == 0)
		r = json_opt_str(json, "order", "boot", 32, &wish->boot, err);
	if (r == 0)
		r = json_opt_str(json, "order", "tpm", 16, &wish->tpm, err);
	if (r == 0)
		r = json_opt_str(json, "order", "handover", 16, &wish->handover, err);
	if (r == 0)
		r = json_opt_u64(json, "order", "min_serial", 0, INT64_MAX, &wish->min_serial, err);
	if (r == 0)
		r = json_opt_u64(json, "order", "begin_within", BEGIN_MIN_S, BEGIN_MAX_S, &wish->begin_within,
				 err);
	if (r == 0 && given(json, "root") && !json_is_object(given(json, "root")))
		r = err_set(err, EBADMSG, "order.root must be an object");
	if (r == 0 && given(json, "wipe") && !json_is_object(given(json, "wipe")))
		r = err_set(err, EBADMSG, "order.wipe must be an object");
	if (r == 0 && given(json, "efi") && !json_is_object(given(json, "efi")))
		r = err_set(err, EBADMSG, "order.efi must be an object");
	if (r == 0 && json_object_get(given(json, "efi"), "boot"))
		r = err_set(err, EBADMSG, "order.efi takes no boot: that is order.boot");
	if (r == 0)
		r = opt_text(json, "user_data", ORDER_USER_DATA_MAX - 4096, &wish->user_data, err);
	if (r == 0)
		r = opt_text(json, "network_config", ORDER_USER_DATA_MAX, &wish->network_config, err);
	wish->root = given(json, "root");
	wish->secure_boot = given(json, "secure_boot");
	wish->wipe = given(json, "wipe");
	wish->efi = given(json, "efi");
	wish->mirrors = given(json, "mirrors");
	wish->verify = given(json, "verify");
	wish->memory = given(json, "memory");
	return r;
}

/* What was given, with the defaults written out. */
static json_t *make_root(const struct wish *wish)
{
	json_t *root = json_pack("{s:n, s:s, s:s}", "disks", "redundancy", "single", "on_loss", "hold");

	if (json_is_object(wish->root))
		json_object_update(root, wish->root);
	return root;
}

static json_t *make_image(const struct station *station, const struct wish *wish, const char *url,
			  const char *sha256, uint64_t min_serial)
{
	return json_pack("{s:s, s:s, s:I, s:o, s:o}", "manifest_url", url, "manifest_sha256", sha256,
			 "min_serial", (json_int_t)min_serial, "mirrors",
			 wish->mirrors ? json_incref(wish->mirrors) : image_own_mirror(station, wish->image),
			 "verify", wish->verify ? json_incref(wish->verify) : json_string("full"));
}

static json_t *make_wipe(const struct wish *wish)
{
	json_t *wipe = json_pack("{s:s, s:s, s:s, s:s, s:[], s:[]}", "disks", "all", "level", "purge",
				 "verify", "full", "namespaces", "keep", "forbid", "secrets");

	if (wish->wipe)
		json_object_update(wipe, wish->wipe);
	return wipe;
}

/* An order that only erases says nothing of it where nothing was given. */
static json_t *make_efi(const struct wish *wish)
{
	json_t *efi;

	if (!wish->image && !wish->efi)
		return json_null();
	efi = json_pack("{s:s, s:[], s:[], s:b, s:b}", "foreign", "report", "remove", "keep_uris",
			"clear_memory", 1, "verify_after_reset", 0);
	if (wish->efi)
		json_object_update(efi, wish->efi);
	if (wish->image)
		json_object_set_new(efi, "boot", json_string(wish->boot ?: "disk-first"));
	return efi;
}

/* With what goes with and without an image. */
static int write_body(json_t *body, const struct wish *wish, char **ret, struct err *err)
{
	json_t *secure_boot = NULL;
	int r = secure_boot_wish(wish->secure_boot, &secure_boot, err);

	if (r < 0)
		return r;
	if (secure_boot)
		json_object_set_new(body, "secure_boot", secure_boot);
	if (wish->handover)
		json_object_set_new(body, "handover", json_string(wish->handover));
	*ret = body ? json_canonical(body, NULL) : NULL;
	return *ret ? 0 : err_set(err, EINVAL, "order: cannot be put together");
}

static int make_erasing_body(const char *id, const struct wish *wish, char **ret, struct err *err)
{
	_cleanup_json_ json_t *body =
		json_pack("{s:i, s:s, s:s, s:n, s:n, s:n, s:o, s:o, s:s}", "order", 1, "id", id, "node",
			  wish->node, "image", "memory", "root", "wipe", make_wipe(wish), "efi",
			  make_efi(wish), "tpm", wish->tpm ?: "clear");

	return write_body(body, wish, ret, err);
}

static int make_body(const struct station *station, const char *id, const struct wish *wish, char **ret,
		     struct err *err)
{
	_cleanup_free_ char *url = str_printf("%s/%s/manifest.json", station->images_url, wish->image);
	_cleanup_json_ json_t *body = NULL;
	struct image_info image;
	uint64_t min_serial = wish->min_serial;
	int r = image_folder_read(station, wish->image, &image, err);

	if (r < 0)
		return r;
	if (min_serial > image.serial)
		return err_set(err, ESTALE, "image %s has serial %llu, and the order asks for at least %llu",
			       wish->image, (unsigned long long)image.serial, (unsigned long long)min_serial);
	if (wish->handover && !strcmp(wish->handover, "kexec") && !image.kexec)
		return err_set(
			err, EBADMSG,
			"order.handover: image %s names no kernel that kexec could start: pack it with "
			"--kexec-kernel, or hand over by a reset",
			wish->image);
	if (!min_serial)
		min_serial = image.serial;
	body = json_pack("{s:i, s:s, s:s, s:o, s:O?, s:o, s:o, s:o, s:O?, s:O?, s:s}", "order", 1, "id", id,
			 "node", wish->node, "image",
			 make_image(station, wish, url, image.manifest_sha256, min_serial), "memory",
			 wish->memory, "root", make_root(wish), "wipe", make_wipe(wish), "efi",
			 make_efi(wish), "user_data", wish->user_data, "network_config", wish->network_config,
			 "tpm", wish->tpm ?: "clear");
	return write_body(body, wish, ret, err);
}

/* The order must be one that an agent takes. */
static int check_document(const struct station *station, int64_t seq, struct err *err)
{
	char token[TOKEN_SIZE], hash[SHA256_HEX_SIZE];
	_cleanup_(order_freep) struct order *order = NULL;
	_cleanup_json_ json_t *json = NULL;
	int r;

	token_make(token, hash);
	r = order_document(station, seq, token, &json, err);
	return r < 0 ? r : order_from_json(json, &order, err);
}

static int check_node(struct store *store, const struct node *node, struct err *err)
{
	int64_t open = 0;
	int r;

	if (!node_state_takes_orders(node->state))
		return err_set(err, ESTALE,
			       "node %s is %s and takes no order: set it to 'returned' first, when its "
			       "tenant has left",
			       node->name, node_state_name(node->state));
	r = node_open_order(store, node->id, &open, err);
	if (r == 0 && open)
		return err_set(err, ESTALE, "node %s has an open order", node->name);
	return r;
}

static int insert_order(struct request *req, const struct node *node, const struct wish *wish,
			int64_t *ret_seq, struct err *err)
{
	struct store *store = req->station->store;
	_cleanup_free_ char *body = NULL;
	char id[2 + 16 + 1] = "o-";
	uint8_t random[8];
	int64_t now = time(NULL);
	int r;

	random_bytes(random, sizeof(random));
	hex_encode(random, sizeof(random), id + 2);
	r = wish->image ? make_body(req->station, id, wish, &body, err)
			: make_erasing_body(id, wish, &body, err);
	if (r == 0)
		r = store_exec(store, err,
			       "INSERT INTO orders (id, node, image, state, requested_by, created, updated, "
			       "body, begin_by)"
			       " VALUES (?1, ?2, ?3, 'pending', ?4, ?5, ?5, ?6, nullif(?7, 0))",
			       "sissisi", id, node->id, wish->image ?: "", req->caller.name, now, body,
			       wish->begin_within ? now + (int64_t)wish->begin_within : 0);
	if (r >= 0)
		r = store_int(store, err, 0, ret_seq, "SELECT seq FROM orders WHERE id = ?1", "s", id);
	if (r == 0)
		snprintf(req->object, sizeof(req->object), "%s: node %s, image %s", id, node->name,
			 wish->image ?: NO_IMAGE);
	return r;
}

static int reply_order(struct request *req, unsigned status, int64_t seq, struct err *err)
{
	_cleanup_json_ json_t *summary = NULL, *order = NULL;
	int r = order_summary(req->station->store, seq, &summary, err);

	if (r == 0)
		r = order_document(req->station, seq, NULL, &order, err);
	if (r < 0)
		return r;
	json_object_set(summary, "order", order);
	return reply_json(req, status, TAKE_PTR(summary), err);
}

int call_order_add(struct request *req, struct err *err)
{
	static const char *const keys[] = {
		"node",        "image",  "root",     "wipe",         "efi",       "boot",
		"mirrors",     "verify", "memory",   "min_serial",   "user_data", "network_config",
		"secure_boot", "tpm",    "handover", "begin_within", NULL};
	_cleanup_json_ json_t *json = NULL;
	struct wish wish = {0};
	struct node node;
	int64_t seq = 0;
	int r = request_json(req, "order", keys, &json, err);

	if (r == 0)
		r = read_wish(json, &wish, err);
	if (r < 0)
		return r;
	snprintf(req->object, sizeof(req->object), "node %.70s, image %.70s", wish.node,
		 wish.image ?: NO_IMAGE);
	r = node_by_name(req->station->store, wish.node, &node, err);
	if (r == 0)
		r = check_node(req->station->store, &node, err);
	if (r == 0)
		r = insert_order(req, &node, &wish, &seq, err);
	if (r == 0)
		r = check_document(req->station, seq, err);
	if (r < 0)
		return r;
	return reply_order(req, 201, seq, err);
}

int call_orders(struct request *req, struct err *err)
{
	static const char *const args[] = {"node", NULL};
	struct store *store = req->station->store;
	const char *node = target_arg(&req->target, "node");
	_cleanup_rows_ struct rows rows = {0};
	_cleanup_json_ json_t *orders = json_array();
	int r = request_args_only(req, args, err);

	if (r == 0)
		r = store_query(store, &rows, err,
				"SELECT o.seq FROM orders o JOIN nodes n ON n.id = o.node"
				" WHERE ?1 IS NULL OR n.name = ?1 ORDER BY o.seq DESC LIMIT ?2",
				"si", node, (int64_t)ORDERS_LISTED);
	if (r < 0)
		return r;
	while ((r = rows_next(&rows, err)) > 0) {
		json_t *summary = NULL;

		r = order_summary(store, rows_int(&rows, 0), &summary, err);
		if (r < 0)
			return r;
		json_array_append_new(orders, summary);
	}
	if (r < 0)
		return r;
	return reply_json(req, 200, json_pack("{s:O}", "orders", orders), err);
}

int call_order_show(struct request *req, struct err *err)
{
	struct order_row order;
	int r = order_by_id(req->station->store, req->param[0], &order, err);

	return r < 0 ? r : reply_order(req, 200, order.seq, err);
}

/*
 * Once the agent has its certificate it commits, and the disk boots: a cancellation that came then would be one in name only. An
 * agent that has died there is not waited for longer than COMMIT_S, nor one that has been overtaken by the next boot.
 */
static int check_not_committing(struct store *store, const struct order_row *order, struct err *err)
{
	int64_t committing = 0;
	int r = store_int(store, err, 0, &committing,
			  "SELECT count(*) FROM orders o JOIN leases l ON l.id = o.certificate_lease"
			  " WHERE o.seq = ?1 AND o.state = 'running' AND l.revoked = 0 AND o.updated > ?2",
			  "ii", order->seq, (int64_t)time(NULL) - COMMIT_S);

	if (r == 0 && committing)
		r = err_set(err, ESTALE,
			    "order %s has its certificate and is being committed: it is too late to cancel",
			    order->id);
	return r;
}

int call_order_cancel(struct request *req, struct err *err)
{
	struct store *store = req->station->store;
	struct order_row order;
	int r = order_by_id(store, req->param[0], &order, err);

	if (r < 0)
		return r;
	if (order.state != ORDER_PENDING && order.state != ORDER_RUNNING)
		return err_set(err, ESTALE, "order %s is %s: there is nothing to cancel", order.id,
			       order_state_name(order.state));
	r = check_not_committing(store, &order, err);
	if (r < 0)
		return r;
	r = order_set_state(store, order.seq, ORDER_CANCELLED, NULL, "cancelled by an operator", err);
	if (r < 0)
		return r;
	req->wake = true;
	return reply_order(req, 200, order.seq, err);
}

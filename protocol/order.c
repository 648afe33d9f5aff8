/* SPDX-License-Identifier: Apache-2.0 */
/* The order as JSON: docs/protocol.md, "Order". No key is superfluous; what may be null may be missing. */
#include "protocol/order.h"

#include <string.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "protocol/node.h"

#define URL_MAX       2048
#define DISK_NAME_MAX 160
#define SERIAL_MAX    ((1ull << 53) - 1)

static int read_names(const json_t *json, struct order *order, struct err *err)
{
	const char *id, *node;
	int r = json_get_str(json, "order", "id", ORDER_ID_MAX, &id, err);

	if (r < 0)
		return r;
	if (id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-")])
		return err_set(err, EBADMSG, "order.id: only a-z, 0-9 and - are allowed");
	r = json_get_str(json, "order", "node", 63, &node, err);
	if (r < 0)
		return r;
	if (!name_valid(node))
		return err_set(err, EBADMSG, "order.node: \"%s\" is not a node's name", node);
	order->id = xstrdup(id);
	order->node = xstrdup(node);
	return 0;
}

/* The names of the other files are made from it, so it carries no query; it carries no password either. */
static bool url_valid(const char *url)
{
	const char *host = !strncmp(url, "http://", 7)    ? url + 7
			   : !strncmp(url, "https://", 8) ? url + 8
							  : "";
	size_t host_len = strcspn(host, "/");

	if (!host_len || !host[host_len] || memchr(host, '@', host_len))
		return false;
	for (const char *p = url; *p; p++)
		if (*p <= 0x20 || *p >= 0x7f || strchr("?#\"'<>\\^`{|}", *p))
			return false;
	return true;
}

static int read_image(const json_t *json, struct order *order, struct err *err)
{
	static const char *const keys[] = {"manifest_url", "manifest_sha256", "min_serial", NULL};
	const char *url, *digest = NULL;
	uint8_t bytes[SHA256_SIZE];
	json_t *image;
	int r = json_get_object(json, "order", "image", &image, err);

	if (!r)
		r = json_only_keys(image, "order.image", keys, err);
	if (!r)
		r = json_get_str(image, "order.image", "manifest_url", URL_MAX, &url, err);
	if (!r)
		r = json_opt_str(image, "order.image", "manifest_sha256", 64, &digest, err);
	if (!r)
		r = json_get_u64(image, "order.image", "min_serial", 0, SERIAL_MAX, &order->min_serial, err);
	if (r)
		return r;
	if (!url_valid(url))
		return err_set(err, EBADMSG,
			       "order.image.manifest_url: \"%s\" is not a plain http or https URL", url);
	if (digest && hex_decode(digest, bytes, sizeof(bytes)) < 0)
		return err_set(err, EBADMSG,
			       "order.image.manifest_sha256 must be null or 64 hexadecimal digits");
	order->manifest_url = xstrdup(url);
	if (digest) {
		order->manifest_sha256 = xcalloc(1, SHA256_HEX_SIZE);
		hex_encode(bytes, sizeof(bytes), order->manifest_sha256);
	}
	return 0;
}

static int read_wipe_list(json_t *list, struct order *order, struct err *err)
{
	size_t n = json_array_size(list);

	/* An empty list would be read as "all" by whoever counts the names. */
	if (!n || n > ORDER_DISKS_MAX)
		return err_set(err, EBADMSG, "order.wipe.disks must be \"all\" or 1 to %d names",
			       ORDER_DISKS_MAX);
	order->wipe_disks = xcalloc(n, sizeof(*order->wipe_disks));
	for (size_t i = 0; i < n; i++) {
		_cleanup_json_ json_t *holder = json_pack("{sO}", "name", json_array_get(list, i));
		const char *name;
		int r = json_get_str(holder, "order.wipe.disks[]", "name", DISK_NAME_MAX, &name, err);

		if (r < 0)
			return r;
		for (unsigned k = 0; k < order->n_wipe_disks; k++)
			if (!strcmp(order->wipe_disks[k], name))
				return err_set(err, EBADMSG, "order.wipe.disks names \"%s\" twice", name);
		order->wipe_disks[order->n_wipe_disks++] = xstrdup(name);
	}
	return 0;
}

static int read_disks(const json_t *json, struct order *order, struct err *err)
{
	static const char *const keys[] = {"disks", NULL};
	const char *root = NULL;
	json_t *wipe, *disks;
	int r = json_opt_str(json, "order", "root_disk", DISK_NAME_MAX, &root, err);

	if (!r)
		r = json_get_object(json, "order", "wipe", &wipe, err);
	if (!r)
		r = json_only_keys(wipe, "order.wipe", keys, err);
	if (r)
		return r;
	if (root)
		order->root_disk = xstrdup(root);
	disks = json_object_get(wipe, "disks");
	if (json_is_string(disks) && !strcmp(json_string_value(disks), "all"))
		return 0;
	if (!json_is_array(disks))
		return err_set(err, EBADMSG, "order.wipe.disks must be \"all\" or an array of names");
	return read_wipe_list(disks, order, err);
}

static int read_efi(const json_t *json, struct order *order, struct err *err)
{
	static const char *const keys[] = {"boot", NULL};
	const char *boot;
	json_t *efi;
	int r = json_get_object(json, "order", "efi", &efi, err);

	if (!r)
		r = json_only_keys(efi, "order.efi", keys, err);
	if (!r)
		r = json_get_str(efi, "order.efi", "boot", 32, &boot, err);
	if (r)
		return r;
	if (!strcmp(boot, "disk-first"))
		order->boot = ORDER_BOOT_DISK_FIRST;
	else if (!strcmp(boot, "network-first"))
		order->boot = ORDER_BOOT_NETWORK_FIRST;
	else
		return err_set(err, EBADMSG, "order.efi.boot must be \"disk-first\" or \"network-first\"");
	return 0;
}

/* A file's text: any characters, line ends included. */
static int read_text(const json_t *seed, const char *key, bool needed, char **ret, struct err *err)
{
	const json_t *value = json_object_get(seed, key);

	if (!needed && (!value || json_is_null(value)))
		return 0;
	if (!json_is_string(value))
		return err_set(err, EBADMSG, "order.cloud_init.%s must be a string%s", key,
			       needed ? "" : " or null");
	if (json_string_length(value) > ORDER_USER_DATA_MAX ||
	    strlen(json_string_value(value)) != json_string_length(value))
		return err_set(err, EBADMSG,
			       "order.cloud_init.%s must have at most %d bytes, and none of them 0", key,
			       ORDER_USER_DATA_MAX);
	*ret = xstrdup(json_string_value(value));
	return 0;
}

static int read_seed(const json_t *json, struct order *order, struct err *err)
{
	static const char *const keys[] = {"meta_data", "user_data", "network_config", NULL};
	json_t *seed;
	int r = json_get_object(json, "order", "cloud_init", &seed, err);

	if (!r)
		r = json_only_keys(seed, "order.cloud_init", keys, err);
	if (!r)
		r = read_text(seed, "meta_data", true, &order->meta_data, err);
	if (!r)
		r = read_text(seed, "user_data", true, &order->user_data, err);
	if (!r)
		r = read_text(seed, "network_config", false, &order->network_config, err);
	return r;
}

int order_from_json(const json_t *json, struct order **ret, struct err *err)
{
	static const char *const keys[] = {"order", "id",  "node",       "image", "root_disk",
					   "wipe",  "efi", "cloud_init", NULL};
	_cleanup_(order_freep) struct order *order = xcalloc(1, sizeof(*order));
	uint64_t version;
	int r;

	if (!json_is_object(json))
		return err_set(err, EBADMSG, "an order must be an object");
	r = json_get_u64(json, "order", "order", 1, 1, &version, err);
	if (!r)
		r = json_only_keys(json, "order", keys, err);
	if (!r)
		r = read_names(json, order, err);
	if (!r)
		r = read_image(json, order, err);
	if (!r)
		r = read_disks(json, order, err);
	if (!r)
		r = read_efi(json, order, err);
	if (!r)
		r = read_seed(json, order, err);
	if (!r)
		*ret = TAKE_PTR(order);
	return r;
}

static json_t *wipe_to_json(const struct order *order)
{
	json_t *list;

	if (!order->n_wipe_disks)
		return json_string("all");
	list = json_array();
	for (unsigned i = 0; i < order->n_wipe_disks; i++)
		json_array_append_new(list, json_string(order->wipe_disks[i]));
	return list;
}

json_t *order_to_json(const struct order *order)
{
	return json_pack("{si ss ss s{ss ss? sI} ss? s{so} s{ss} s{ss ss ss?}}", "order", 1, "id", order->id,
			 "node", order->node, "image", "manifest_url", order->manifest_url, "manifest_sha256",
			 order->manifest_sha256, "min_serial", (json_int_t)order->min_serial, "root_disk",
			 order->root_disk, "wipe", "disks", wipe_to_json(order), "efi", "boot",
			 order->boot == ORDER_BOOT_DISK_FIRST ? "disk-first" : "network-first", "cloud_init",
			 "meta_data", order->meta_data, "user_data", order->user_data, "network_config",
			 order->network_config);
}

void order_free(struct order *order)
{
	if (!order)
		return;
	for (unsigned i = 0; i < order->n_wipe_disks; i++)
		free(order->wipe_disks[i]);
	free(order->wipe_disks);
	free(order->id);
	free(order->node);
	free(order->manifest_url);
	free(order->manifest_sha256);
	free(order->root_disk);
	free(order->meta_data);
	free(order->user_data);
	free(order->network_config);
	free(order);
}

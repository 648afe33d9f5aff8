/* SPDX-License-Identifier: Apache-2.0 */
/* The order as JSON: docs/protocol.md, "Order". No key is superfluous; what may be null may be missing. */
#include "protocol/order/order.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "core/secret.h"
#include "protocol/network/network.h"
#include "protocol/node.h"
#include "protocol/order/alone.h"
#include "protocol/order/disks.h"
#include "protocol/order/handover.h"
#include "protocol/order/manifest.h"
#include "protocol/order/network.h"

#define MEMORY_MIN (48ull << 20) /* bytes */
#define MEMORY_MAX (1ull << 44)  /* bytes */

static const char *const verifies[] = {
	[ORDER_VERIFY_FULL] = "full", [ORDER_VERIFY_SAMPLED] = "sampled", [ORDER_VERIFY_NONE] = "none"};

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
bool order_url_valid(const char *url)
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

char *order_url_beside(const char *url, const char *file)
{
	return str_printf("%.*s/%s", (int)(strrchr(url, '/') - url), url, file);
}

/* The payload's name is put behind it, so it must be a folder's. */
static int read_mirror(const json_t *item, struct order *order, struct err *err)
{
	_cleanup_json_ json_t *holder = json_pack("{sO}", "url", item);
	const char *url;
	int r = json_get_str(holder, "order.image.mirrors[]", "url", ORDER_URL_MAX, &url, err);

	if (r < 0)
		return r;
	if (!order_url_valid(url) || url[strlen(url) - 1] != '/')
		return err_set(err, EBADMSG,
			       "order.image.mirrors: \"%s\" is not a plain http or https URL of a folder, "
			       "which ends in \"/\"",
			       url);
	for (unsigned i = 0; i < order->n_mirrors; i++)
		if (!strcmp(order->mirrors[i], url))
			return err_set(err, EBADMSG, "order.image.mirrors names \"%s\" twice", url);
	order->mirrors[order->n_mirrors++] = xstrdup(url);
	return 0;
}

static int read_mirrors(const json_t *image, struct order *order, struct err *err)
{
	const json_t *list = json_object_get(image, "mirrors");
	int r = 0;

	if (!list || json_is_null(list))
		return 0;
	if (!json_is_array(list) || json_array_size(list) > ORDER_MIRRORS_MAX)
		return err_set(err, EBADMSG, "order.image.mirrors must be an array of at most %d URLs",
			       ORDER_MIRRORS_MAX);
	order->mirrors = xcalloc(ORDER_MIRRORS_MAX, sizeof(*order->mirrors));
	for (size_t i = 0; !r && i < json_array_size(list); i++)
		r = read_mirror(json_array_get(list, i), order, err);
	return r;
}

static int read_verify(const json_t *image, struct order *order, struct err *err)
{
	const char *text = verifies[ORDER_VERIFY_FULL];
	int r = json_opt_str(image, "order.image", "verify", 32, &text, err);

	for (unsigned i = 0; r == 0 && i < sizeof(verifies) / sizeof(verifies[0]); i++) {
		order->verify = (enum order_verify)i;
		if (!strcmp(text, verifies[i]))
			return 0;
	}
	return r ? r : err_set(err, EBADMSG, "order.image.verify must be \"full\", \"sampled\" or \"none\"");
}

static int read_image(const json_t *json, struct order *order, struct err *err)
{
	static const char *const keys[] = {"manifest_url", "manifest_sha256", "min_serial",
					   "mirrors",      "verify",          NULL};
	json_t *image;
	int r = json_get_object(json, "order", "image", &image, err);

	if (!r)
		r = json_only_keys(image, "order.image", keys, err);
	if (!r)
		r = order_manifest_read(image, "order.image", &order->manifest_url, &order->manifest_sha256,
					&order->min_serial, err);
	if (!r)
		r = read_mirrors(image, order, err);
	if (!r)
		r = read_verify(image, order, err);
	if (!r)
		r = json_opt_u64(json, "order", "memory", MEMORY_MIN, MEMORY_MAX, &order->memory, err);
	return r;
}

/* What goes with an image alone would be passed over in silence. */
static int check_no_image(const json_t *json, struct err *err)
{
	static const char *const keys[] = {"memory", "root", "cloud_init"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const json_t *value = json_object_get(json, keys[i]);

		if (value && !json_is_null(value))
			return err_set(err, EBADMSG, "order.%s must be null in an order without image",
				       keys[i]);
	}
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
	*ret = secret_dup(json_string_value(value)); /* user-data has the token of the phone-home */
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

static int read_tpm(const json_t *json, struct order *order, struct err *err)
{
	const char *tpm = "clear";
	int r = json_opt_str(json, "order", "tpm", 16, &tpm, err);

	if (r)
		return r;
	order->keep_tpm = !strcmp(tpm, "keep");
	if (!order->keep_tpm && strcmp(tpm, "clear") != 0)
		return err_set(err, EBADMSG, "order.tpm must be \"clear\" or \"keep\"");
	return 0;
}

static int read_image_parts(const json_t *json, struct order *order, struct err *err)
{
	int r;

	if (json_is_null(json_object_get(json, "image"))) {
		r = check_no_image(json, err);
		return r ? r : order_efi_read(json, false, &order->efi, err);
	}
	r = read_image(json, order, err);
	if (!r)
		r = order_efi_read(json, true, &order->efi, err);
	return r ? r : read_seed(json, order, err);
}

int order_from_json(const json_t *json, struct order **ret, struct err *err)
{
	static const char *const keys[] = {"order",       "id",   "node",     "image",      "memory",
					   "root",        "wipe", "efi",      "cloud_init", "alone",
					   "secure_boot", "tpm",  "handover", "class",      "gpu",
					   "overlays",    "nic",  "network",  NULL};
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
		r = read_image_parts(json, order, err);
	if (!r)
		r = order_network_read(json, order, err);
	if (!r)
		r = order_disks_read(json, order, err);
	if (!r)
		r = order_secure_boot_read(json, &order->secure_boot, err);
	if (!r)
		r = read_tpm(json, order, err);
	if (!r)
		r = order_alone_read(json, order, err);
	if (!r && order->alone && order_secure_boot_acts(&order->secure_boot))
		r = err_set(err, EBADMSG, "order.secure_boot: an order for a boot medium takes none");
	if (!r)
		r = order_class_read(json, &order->class, err);
	if (!r && order->alone && order->class)
		r = err_set(err, EBADMSG, "order.class: an order for a boot medium takes none");
	if (!r)
		r = order_gpu_read(json, &order->gpu, err);
	if (!r)
		r = order_overlays_read(json, &order->overlays, err);
	if (!r && order->alone && order->overlays.n)
		r = err_set(err, EBADMSG, "order.overlays: an order for a boot medium takes none");
	if (!r)
		r = order_nics_read(json, &order->nics, err);
	if (!r && order->alone && order->nics.n)
		r = err_set(err, EBADMSG, "order.nic: an order for a boot medium takes none");
	if (!r)
		r = order_handover_read(json, order, err);
	if (!r)
		*ret = TAKE_PTR(order);
	return r;
}

static json_t *image_to_json(const struct order *order)
{
	json_t *mirrors = json_array();

	for (unsigned i = 0; i < order->n_mirrors; i++)
		json_array_append_new(mirrors, json_string(order->mirrors[i]));
	return json_pack("{ss ss? sI so ss}", "manifest_url", order->manifest_url, "manifest_sha256",
			 order->manifest_sha256, "min_serial", (json_int_t)order->min_serial, "mirrors",
			 mirrors, "verify", verifies[order->verify]);
}

static json_t *erasing_to_json(const struct order *order)
{
	json_t *json =
		json_pack("{si ss ss sn sn sn so so sn ss}", "order", 1, "id", order->id, "node", order->node,
			  "image", "memory", "root", "wipe", order_wipe_to_json(&order->wipe), "efi",
			  order_efi_to_json(&order->efi, false), "cloud_init", "tpm",
			  order->keep_tpm ? "keep" : "clear");

	if (order->alone)
		json_object_set_new(json, "alone", order_alone_to_json(order->alone));
	return json;
}

static json_t *whole_to_json(const struct order *order)
{
	return json_pack("{si ss ss so so so so so s{ss ss ss?} ss}", "order", 1, "id", order->id, "node",
			 order->node, "image", image_to_json(order), "memory",
			 order->memory ? json_integer((json_int_t)order->memory) : json_null(), "root",
			 order_root_to_json(order), "wipe", order_wipe_to_json(&order->wipe), "efi",
			 order_efi_to_json(&order->efi, true), "cloud_init", "meta_data", order->meta_data,
			 "user_data", order->user_data, "network_config", order->network_config, "tpm",
			 order->keep_tpm ? "keep" : "clear");
}

json_t *order_to_json(const struct order *order)
{
	json_t *json = order_has_image(order) ? whole_to_json(order) : erasing_to_json(order),
	       *gpu = order_gpu_to_json(&order->gpu);

	if (json && order_secure_boot_acts(&order->secure_boot))
		json_object_set_new(json, "secure_boot", order_secure_boot_to_json(&order->secure_boot));
	if (json && order->kexec)
		json_object_set_new(json, "handover", json_string("kexec"));
	if (json && order->class)
		json_object_set_new(json, "class", order_class_to_json(order->class));
	if (json && gpu)
		json_object_set(json, "gpu", gpu);
	json_decref(gpu);
	if (json && order->overlays.n)
		json_object_set_new(json, "overlays", order_overlays_to_json(&order->overlays));
	if (json && order->nics.n)
		json_object_set_new(json, "nic", order_nics_to_json(&order->nics));
	if (json && order->network)
		json_object_set(json, "network", order->network->json);
	return json;
}

void order_free(struct order *order)
{
	if (!order)
		return;
	for (unsigned i = 0; i < order->n_mirrors; i++)
		free(order->mirrors[i]);
	free(order->mirrors);
	order_disks_clear(order);
	order_efi_clear(&order->efi);
	order_alone_free(order->alone);
	order_secure_boot_clear(&order->secure_boot);
	order_class_free(order->class);
	order_overlays_clear(&order->overlays);
	order_nics_clear(&order->nics);
	network_free(order->network);
	free(order->id);
	free(order->node);
	free(order->manifest_url);
	free(order->manifest_sha256);
	secret_free(order->meta_data);
	secret_free(order->user_data);
	secret_free(order->network_config);
	free(order);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "station/order_wish.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/order/order.h"
#include "station/images.h"
#include "station/overlays.h"
#include "station/secure_boot.h"

#define BEGIN_MIN_S 60
#define BEGIN_MAX_S (90 * 24 * 3600)

const char *const order_wish_keys[] = {
	"node",        "image",  "root",     "wipe",         "efi",       "boot",
	"mirrors",     "verify", "memory",   "min_serial",   "user_data", "network_config",
	"secure_boot", "tpm",    "handover", "begin_within", "bmc",       "baseline",
	"class",       "gpu",    "overlays", "nic",          "network",   NULL};

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
	static const char *const keys[] = {"root",       "boot",      "mirrors",        "verify",  "memory",
					   "min_serial", "user_data", "network_config", "network", NULL};

	for (const char *const *key = keys; *key; key++)
		if (given(json, *key))
			return err_set(err, EBADMSG, "order.%s: an order without image takes none", *key);
	return 0;
}

static int read_bmc(const json_t *json, enum order_bmc *ret, struct err *err)
{
	bool wanted = false;
	int r = 0;

	if (given(json, "bmc"))
		r = json_get_bool(json, "order", "bmc", &wanted, err);
	if (r == 0 && given(json, "bmc"))
		*ret = wanted ? ORDER_BMC_MUST : ORDER_BMC_NEVER;
	return r;
}

int order_wish_read(const json_t *json, struct order_wish *wish, struct err *err)
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
		r = json_opt_str(json, "order", "baseline", 63, &wish->baseline, err);
	if (r == 0)
		r = json_opt_str(json, "order", "class", 63, &wish->class, err);
	if (r == 0)
		r = json_opt_u64(json, "order", "min_serial", 0, INT64_MAX, &wish->min_serial, err);
	if (r == 0)
		r = json_opt_u64(json, "order", "begin_within", BEGIN_MIN_S, BEGIN_MAX_S, &wish->begin_within,
				 err);
	if (r == 0)
		r = read_bmc(json, &wish->bmc, err);
	if (r == 0 && wish->baseline && wish->bmc == ORDER_BMC_NEVER)
		r = err_set(err, EBADMSG,
			    "order.baseline: what would be compared is read from the BMC, which order.bmc "
			    "leaves alone");
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
	wish->nic = given(json, "nic");
	wish->network = given(json, "network");
	wish->wipe = given(json, "wipe");
	wish->efi = given(json, "efi");
	wish->mirrors = given(json, "mirrors");
	wish->verify = given(json, "verify");
	wish->memory = given(json, "memory");
	wish->gpu = given(json, "gpu");
	wish->overlays = given(json, "overlays");
	return r;
}

/* What was given, with the defaults written out. */
static json_t *make_root(const struct order_wish *wish)
{
	json_t *root = json_pack("{s:n, s:s, s:s}", "disks", "redundancy", "single", "on_loss", "hold");

	if (json_is_object(wish->root))
		json_object_update(root, wish->root);
	return root;
}

static json_t *make_image(const struct station *station, const struct order_wish *wish, const char *url,
			  const char *sha256, uint64_t min_serial)
{
	return json_pack("{s:s, s:s, s:I, s:o, s:o}", "manifest_url", url, "manifest_sha256", sha256,
			 "min_serial", (json_int_t)min_serial, "mirrors",
			 wish->mirrors ? json_incref(wish->mirrors) : image_own_mirror(station, wish->image),
			 "verify", wish->verify ? json_incref(wish->verify) : json_string("full"));
}

static json_t *make_wipe(const struct order_wish *wish)
{
	json_t *wipe = json_pack("{s:s, s:s, s:s, s:s, s:[], s:[]}", "disks", "all", "level", "purge",
				 "verify", "full", "namespaces", "keep", "forbid", "secrets");

	if (wish->wipe)
		json_object_update(wipe, wish->wipe);
	return wipe;
}

/* An order that only erases says nothing of it where nothing was given. */
static json_t *make_efi(const struct order_wish *wish)
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
static int write_body(const struct station *station, json_t *body, const struct order_wish *wish, char **ret,
		      struct err *err)
{
	json_t *secure_boot = NULL, *overlays = NULL;
	int r = secure_boot_wish(wish->secure_boot, &secure_boot, err);

	if (r < 0)
		return r;
	if (secure_boot)
		json_object_set_new(body, "secure_boot", secure_boot);
	if (wish->nic)
		json_object_set(body, "nic", wish->nic);
	if (wish->handover)
		json_object_set_new(body, "handover", json_string(wish->handover));
	if (wish->gpu)
		json_object_set(body, "gpu", wish->gpu);
	if (wish->overlays && (r = overlays_of_names(station, wish->overlays, &overlays, err)) < 0)
		return r;
	if (overlays)
		json_object_set_new(body, "overlays", overlays);
	*ret = body ? json_canonical(body, NULL) : NULL;
	return *ret ? 0 : err_set(err, EINVAL, "order: cannot be put together");
}

static int erasing_body(const struct station *station, const char *id, const struct order_wish *wish,
			char **ret, struct err *err)
{
	_cleanup_json_ json_t *body =
		json_pack("{s:i, s:s, s:s, s:n, s:n, s:n, s:o, s:o, s:s}", "order", 1, "id", id, "node",
			  wish->node, "image", "memory", "root", "wipe", make_wipe(wish), "efi",
			  make_efi(wish), "tpm", wish->tpm ?: "clear");

	return write_body(station, body, wish, ret, err);
}

static int image_body(const struct station *station, const char *id, const struct order_wish *wish,
		      char **ret, struct err *err)
{
	_cleanup_free_ char *url = str_printf("%s/%s/manifest.json", station->images_url, wish->image);
	_cleanup_json_ json_t *body = NULL;
	struct image_info image;
	uint64_t min_serial = wish->min_serial;
	int r = image_folder_read(station, wish->image, &image, err);

	if (r == 0)
		r = image_still_valid(&image, err);
	if (r < 0)
		return r;
	if (image.kind == IMAGE_OVERLAY)
		return err_set(
			err, EBADMSG,
			"order.image: image %s is an overlay, which no machine boots: it belongs among the "
			"overlays",
			wish->image);
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
	if (body && wish->network) /* an agent that knows of none takes the others */
		json_object_set(body, "network", wish->network);
	return write_body(station, body, wish, ret, err);
}

int order_wish_body(const struct station *station, const char *id, const struct order_wish *wish, char **ret,
		    struct err *err)
{
	return wish->image ? image_body(station, id, wish, ret, err)
			   : erasing_body(station, id, wish, ret, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/order/secure_boot.h"

#include <string.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "protocol/order/order.h"

#define WHAT "order.secure_boot"

static const char *const handovers[] = {[ORDER_SB_AS_IS] = "as-is",
					[ORDER_SB_SITE] = "site",
					[ORDER_SB_FACTORY] = "factory",
					[ORDER_SB_SETUP] = "setup"};

const char *order_sb_handover_name(enum order_sb_handover handover)
{
	return handovers[handover];
}

static int read_keys(const json_t *json, struct order_secure_boot *sb, struct err *err)
{
	const char *text = "keep";
	int r = json_opt_str(json, WHAT, "keys", 16, &text, err);

	sb->enrol = !r && !strcmp(text, "enrol");
	if (!r && !sb->enrol && strcmp(text, "keep") != 0)
		r = err_set(err, EBADMSG, WHAT ".keys must be \"keep\" or \"enrol\"");
	return r;
}

/* Keys that were put there are meant to stay, unless the order says otherwise. */
static int read_handover(const json_t *json, struct order_secure_boot *sb, struct err *err)
{
	const char *text = handovers[sb->enrol ? ORDER_SB_SITE : ORDER_SB_AS_IS];
	int r = json_opt_str(json, WHAT, "handover", 16, &text, err);

	for (unsigned i = 0; !r && i < sizeof(handovers) / sizeof(handovers[0]); i++) {
		sb->handover = (enum order_sb_handover)i;
		if (!strcmp(text, handovers[i]))
			return 0;
	}
	return r ? r
		 : err_set(err, EBADMSG,
			   WHAT ".handover must be \"as-is\", \"site\", \"factory\" or \"setup\"");
}

/* The maker's platform key is signed by the maker: once ours stands there, the firmware's own setup or the BMC alone can bring it back. */
static int check_together(const struct order_secure_boot *sb, struct err *err)
{
	if (sb->enrol && sb->handover == ORDER_SB_FACTORY)
		return err_set(err, EBADMSG,
			       WHAT
			       ": the maker's keys cannot be put back from inside once the site's have been "
			       "enrolled; with handover \"factory\" keys must be \"keep\"");
	return 0;
}

static int read_bundle(const json_t *json, struct order_secure_boot *sb, struct err *err)
{
	static const char *const keys[] = {"url", "sha256", NULL};
	const json_t *bundle = json_object_get(json, "bundle");
	bool needed = sb->enrol || sb->handover == ORDER_SB_SITE || sb->handover == ORDER_SB_SETUP;
	const char *url, *digest;
	uint8_t bytes[SHA256_SIZE];
	int r;

	if (!needed && (!bundle || json_is_null(bundle)))
		return 0;
	if (!json_is_object(bundle))
		return err_set(err, EBADMSG, WHAT ".bundle is missing");
	r = json_only_keys(bundle, WHAT ".bundle", keys, err);
	if (!r)
		r = json_get_str(bundle, WHAT ".bundle", "url", ORDER_URL_MAX, &url, err);
	if (!r)
		r = json_get_str(bundle, WHAT ".bundle", "sha256", 64, &digest, err);
	if (r)
		return r;
	if (!order_url_valid(url) || hex_decode(digest, bytes, sizeof(bytes)) < 0)
		return err_set(err, EBADMSG, WHAT ".bundle must be a plain http or https URL and a SHA-256");
	sb->bundle_url = xstrdup(url);
	hex_encode(bytes, sizeof(bytes), sb->bundle_sha256);
	return 0;
}

/* Only the agent gets it, so an order that an operator reads may be without. */
static int read_clear(const json_t *json, struct order_secure_boot *sb, struct err *err)
{
	const json_t *clear = json_object_get(json, "clear");
	size_t len = json_string_length(clear);

	if (!clear || json_is_null(clear))
		return 0;
	if (!json_is_string(clear) || !len || len % 2 || len / 2 > ORDER_SB_CLEAR_MAX)
		return err_set(err, EBADMSG, WHAT ".clear must be at most %d bytes in hexadecimal",
			       ORDER_SB_CLEAR_MAX);
	if (sb->handover != ORDER_SB_SETUP)
		return err_set(err, EBADMSG, WHAT ".clear goes with handover \"setup\" alone");
	sb->clear_len = len / 2;
	sb->clear = xcalloc(1, sb->clear_len);
	if (hex_decode(json_string_value(clear), sb->clear, sb->clear_len) < 0)
		return err_set(err, EBADMSG, WHAT ".clear is not hexadecimal");
	return 0;
}

int order_secure_boot_read(const json_t *order, struct order_secure_boot *sb, struct err *err)
{
	static const char *const keys[] = {"keys", "handover", "bundle", "clear", NULL};
	const json_t *json = json_object_get(order, "secure_boot");
	int r;

	if (!json || json_is_null(json))
		return 0;
	if (!json_is_object(json))
		return err_set(err, EBADMSG, WHAT " must be an object or null");
	r = json_only_keys(json, WHAT, keys, err);
	if (!r)
		r = read_keys(json, sb, err);
	if (!r)
		r = read_handover(json, sb, err);
	if (!r)
		r = check_together(sb, err);
	if (!r)
		r = read_bundle(json, sb, err);
	return r ? r : read_clear(json, sb, err);
}

json_t *order_secure_boot_to_json(const struct order_secure_boot *sb)
{
	json_t *json = json_pack("{ss ss}", "keys", sb->enrol ? "enrol" : "keep", "handover",
				 handovers[sb->handover]);

	if (sb->bundle_url)
		json_object_set_new(json, "bundle",
				    json_pack("{ss ss}", "url", sb->bundle_url, "sha256", sb->bundle_sha256));
	if (sb->clear) {
		_cleanup_free_ char *hex = xcalloc(1, 2 * sb->clear_len + 1);

		hex_encode(sb->clear, sb->clear_len, hex);
		json_object_set_new(json, "clear", json_string(hex));
	}
	return json;
}

bool order_secure_boot_acts(const struct order_secure_boot *sb)
{
	return sb->enrol || sb->handover != ORDER_SB_AS_IS;
}

void order_secure_boot_clear(struct order_secure_boot *sb)
{
	free(sb->bundle_url);
	free(sb->clear);
	*sb = (struct order_secure_boot){0};
}

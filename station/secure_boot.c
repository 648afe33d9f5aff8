/* SPDX-License-Identifier: Apache-2.0 */
#include "station/secure_boot.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "protocol/order/secure_boot.h"
#include "station/images.h"

#define DOCUMENT     "bundle.json"
#define DOCUMENT_MAX (64 * 1024) /* bytes */

static const char *const bundle_files[] = {DOCUMENT, "PK.auth", "KEK.auth", "db.auth", "dbx.auth", NULL};

static int open_folder(const struct station *station)
{
	return openat(station->boot_fd, SECURE_BOOT_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* What leads on from a platform key that the site has had, "PK-from-1.auth" and so on. */
static bool is_way_on(const char *file)
{
	unsigned n = 0;
	char name[32];

	if (sscanf(file, "PK-from-%2u", &n) != 1 || !n)
		return false;
	snprintf(name, sizeof(name), "PK-from-%u.auth", n);
	return !strcmp(file, name);
}

int secure_boot_file_open(const struct station *station, const char *file, struct err *err)
{
	const char *const way_on[] = {file, NULL};
	_cleanup_close_ int dir = open_folder(station);

	if (dir < 0)
		return err_set(err, ENOENT, "this station has no Secure Boot bundle");
	return folder_file_open(dir, is_way_on(file) ? way_on : bundle_files, file, err);
}

int secure_boot_wish(const json_t *given, json_t **ret, struct err *err)
{
	static const char *const keys[] = {"keys", "handover", NULL};
	const char *wanted = "keep", *handover = NULL;
	int r;

	*ret = NULL;
	if (!given)
		return 0;
	if (!json_is_object(given))
		return err_set(err, EBADMSG, "order.secure_boot must be an object");
	r = json_only_keys(given, "order.secure_boot", keys, err);
	if (!r)
		r = json_opt_str(given, "order.secure_boot", "keys", 16, &wanted, err);
	if (!r)
		r = json_opt_str(given, "order.secure_boot", "handover", 16, &handover, err);
	if (!r)
		*ret = json_pack("{ss ss}", "keys", wanted, "handover",
				 handover
					 ?: !strcmp(wanted, "enrol") ? "site"
								     : "as-is");
	return r;
}

static bool says(const json_t *wish, const char *key, const char *word)
{
	const char *text = json_string_value(json_object_get(wish, key));

	return text && !strcmp(text, word);
}

static int add_bundle(const struct station *station, int dir, json_t *wish, struct err *err)
{
	_cleanup_free_ char *text = NULL, *url = NULL;
	char sha256[SHA256_HEX_SIZE];
	size_t len = 0;
	int r = file_read_at(dir, DOCUMENT, DOCUMENT_MAX, &text, &len, err);

	if (r < 0)
		return err_set(
			err, ESTALE,
			"this station has no Secure Boot bundle: `remint keys enroll` writes one, into "
			"the folder " SECURE_BOOT_FOLDER " of the boot folder");
	sha256_hex(text, len, sha256);
	url = str_printf("%s/boot/" SECURE_BOOT_FOLDER "/" DOCUMENT, station->http_url);
	json_object_set_new(wish, "bundle", json_pack("{ss ss}", "url", url, "sha256", sha256));
	return 0;
}

static int add_clear(int dir, json_t *wish, struct err *err)
{
	_cleanup_free_ char *bytes = NULL, *hex = NULL;
	size_t len = 0;
	int r = file_read_at(dir, SECURE_BOOT_CLEAR, ORDER_SB_CLEAR_MAX, &bytes, &len, err);

	if (r < 0)
		return err_set(err, ESTALE,
			       "this station has no " SECURE_BOOT_FOLDER "/" SECURE_BOOT_CLEAR
			       " in its boot folder, which handover \"setup\" needs: `remint keys enroll` "
			       "writes it");
	hex = xcalloc(1, 2 * len + 1);
	hex_encode(bytes, len, hex);
	json_object_set_new(wish, "clear", json_string(hex));
	return 0;
}

int secure_boot_complete(const struct station *station, json_t *order, struct err *err)
{
	json_t *wish = json_object_get(order, "secure_boot");
	bool setup = says(wish, "handover", "setup");
	_cleanup_close_ int dir = -EBADF;
	int r;

	if (!says(wish, "keys", "enrol") && !says(wish, "handover", "site") && !setup)
		return 0;
	dir = open_folder(station);
	r = add_bundle(station, dir, wish, err);
	return r == 0 && setup ? add_clear(dir, wish, err) : r;
}

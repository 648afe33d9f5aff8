/* SPDX-License-Identifier: Apache-2.0 */
/* The file of BMCs that an operator has vouched for. */
#include <string.h>

#include "core/io.h"
#include "core/time.h"
#include "redfish/trust.h"

#define FILE_MAX (16u << 20)

static int check_entry(const char *origin, const json_t *entry, struct err *err)
{
	static const char *const keys[] = {"key_sha256", "certificate_sha256", "subject", "recorded", NULL};
	uint8_t digest[SHA256_SIZE];
	const char *hex;
	int r = json_is_object(entry) ? json_only_keys(entry, origin, keys, err)
				      : err_set(err, EBADMSG, "%s must be an object", origin);

	if (r == 0)
		r = json_get_str(entry, origin, "key_sha256", 64, &hex, err);
	if (r == 0 && hex_decode(hex, digest, sizeof(digest)) < 0)
		r = err_set(err, EBADMSG, "%s.key_sha256 must be 64 hexadecimal digits", origin);
	return r;
}

int rf_known_read(const char *path, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *known = NULL;
	json_t *bmcs = NULL, *entry;
	const char *origin;
	int r = json_read_file(path, FILE_MAX, &known, err);

	if (r == -ENOENT) {
		*ret = json_pack("{s:{}}", "bmcs");
		return 0;
	}
	if (r == 0)
		r = json_get_object(known, path, "bmcs", &bmcs, err);
	if (r < 0)
		return r;
	json_object_foreach(bmcs, origin, entry) {
		r = check_entry(origin, entry, err);
		if (r < 0)
			return err_prepend(err, "%s", path);
	}
	*ret = TAKE_PTR(known);
	return 0;
}

static const json_t *entry_of(const json_t *known, const char *origin)
{
	return json_object_get(json_object_get(known, "bmcs"), origin);
}

int rf_known_pin(const json_t *known, const char *origin, char pin[RF_PIN_SIZE], struct err *err)
{
	const json_t *entry = entry_of(known, origin);
	const char *hex;
	int r;

	pin[0] = '\0';
	if (!entry)
		return 0;
	r = json_get_str(entry, origin, "key_sha256", 64, &hex, err);
	if (r == 0 && rf_pin_read(hex, pin, err) < 0)
		r = err_prepend(err, "%s.key_sha256", origin);
	return r;
}

static int write_entry(const char *path, json_t *known, const char *origin,
		       const struct rf_certificate *certificate, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	char now[TIME_TEXT_SIZE];
	size_t len;
	json_t *entry;

	time_format(time(NULL), now);
	entry = json_pack("{s:s, s:s, s:s, s:s}", "key_sha256", certificate->key_sha256, "certificate_sha256",
			  certificate->certificate_sha256, "subject", certificate->subject, "recorded", now);
	if (!entry || json_object_set_new(json_object_get(known, "bmcs"), origin, entry) < 0)
		return err_set(err, EINVAL, "%s: not a text that JSON can hold", origin);
	text = json_pretty(known, &len);
	return file_write_atomic(path, text, len, 0600, err);
}

int rf_known_add(const char *path, const char *origin, const struct rf_certificate *certificate, bool replace,
		 bool *ret_new, struct err *err)
{
	_cleanup_json_ json_t *known = NULL;
	const char *before;
	int r = rf_known_read(path, &known, err);

	if (r < 0)
		return r;
	before = json_string_value(json_object_get(entry_of(known, origin), "key_sha256"));
	*ret_new = !before || strcmp(before, certificate->key_sha256) != 0;
	if (before && *ret_new && !replace)
		return err_set(
			err, EKEYREJECTED,
			"%s shows another key than the one in %s (recorded %s, shown %s): somebody may be in "
			"between; where the BMC has really got a new one, say --replace",
			origin, path, before, certificate->key_sha256);
	return *ret_new ? write_entry(path, known, origin, certificate, err) : 0;
}

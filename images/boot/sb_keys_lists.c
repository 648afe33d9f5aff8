/* SPDX-License-Identifier: Apache-2.0 */
/* What of a site's keys goes into which variable: certificates and digests, gathered in keys.json. */
#include <string.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "core/ossl.h"
#include "images/boot/sb_keys.h"
#include "images/boot/sb_keys_private.h"

int sb_keys_read_cert(const char *path, X509 **ret, struct err *err)
{
	_cleanup_(ossl_certs_freep) STACK_OF(X509) *certs = NULL;
	int r = ossl_certs_read_file(path, &certs, err);

	if (r < 0)
		return r;
	if (sk_X509_num(certs) != 1)
		return err_set(err, EINVAL, "%s holds %d certificates; one is wanted", path,
			       sk_X509_num(certs));
	*ret = sk_X509_shift(certs);
	return 0;
}

static int certificate_der(const char *path, uint8_t **ret, size_t *ret_len, struct err *err)
{
	_cleanup_(X509_freep) X509 *cert = NULL;
	uint8_t *der = NULL;
	int len, r = sb_keys_read_cert(path, &cert, err);

	if (r < 0)
		return r;
	len = i2d_X509(cert, &der);
	if (len <= 0)
		return ossl_err(err, EIO, "%s", path);
	*ret = xcalloc(1, (size_t)len);
	memcpy(*ret, der, (size_t)len);
	*ret_len = (size_t)len;
	OPENSSL_free(der);
	return 0;
}

int sb_keys_fingerprint(const char *cert_path, char hex[65], struct err *err)
{
	_cleanup_free_ uint8_t *der = NULL;
	size_t len = 0;
	int r = certificate_der(cert_path, &der, &len, err);

	if (r == 0)
		sha256_hex(der, len, hex);
	return r;
}

/* ---- what keys.json gathers ---- */

static bool has_text(const json_t *list, const char *text)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!strcmp(json_string_value(json_array_get(list, i)), text))
			return true;
	return false;
}

/* By its digest, so that nobody takes the same one twice and none is replaced. */
int sb_keys_take_cert(struct sb_keys *keys, const char *list, const char *cert_path, struct err *err)
{
	_cleanup_free_ char *pem = NULL, *name = NULL, *path = NULL;
	char hex[SHA256_HEX_SIZE] = "";
	json_t *names = json_object_get(keys->json, list);
	size_t len = 0;
	int r = sb_keys_fingerprint(cert_path, hex, err);

	if (r == 0)
		r = file_read(cert_path, 64 * 1024, &pem, &len, err);
	if (r < 0)
		return r;
	name = str_printf("other-%.16s.pem", hex);
	if (has_text(names, name))
		return 0;
	path = path_join(keys->dir, name);
	r = file_write_atomic(path, pem, len, 0644, err);
	if (r < 0)
		return r;
	json_array_append_new(names, json_string(name));
	return 0;
}

void sb_keys_take_hash(struct sb_keys *keys, const char *list, const char *hex)
{
	json_t *hashes = json_object_get(keys->json, list);

	if (!has_text(hashes, hex))
		json_array_append_new(hashes, json_string(hex));
}

/* ---- lists ---- */

static int owner_of(const struct sb_keys *keys, uint8_t owner[16], struct err *err)
{
	static const uint8_t place[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	const char *text = json_string_value(json_object_get(keys->json, "owner"));
	char hex[33] = "";
	uint8_t bytes[16];
	size_t n = 0;

	for (; *text && n < 32; text++)
		if (*text != '-')
			hex[n++] = *text;
	if (*text || n != 32 || hex_decode(hex, bytes, sizeof(bytes)) < 0)
		return err_set(err, EBADMSG, "keys.json: owner is no GUID");
	for (unsigned i = 0; i < 16; i++)
		owner[i] = bytes[place[i]];
	return 0;
}

static int add_cert(struct siglist *lists, const uint8_t owner[16], const char *path, struct err *err)
{
	_cleanup_free_ uint8_t *der = NULL;
	size_t len = 0;
	int r = certificate_der(path, &der, &len, err);

	return r < 0 ? r : siglist_add(lists, SIG_X509, owner, der, len, err);
}

static int add_pair(const struct sb_keys *keys, struct siglist *lists, const uint8_t owner[16],
		    const json_t *pair, struct err *err)
{
	_cleanup_free_ char *path = sb_keys_cert_path(keys, pair);

	return add_cert(lists, owner, path, err);
}

/* The generations that are revoked, or those that are not. */
static int add_generations(const struct sb_keys *keys, struct siglist *lists, const uint8_t owner[16],
			   bool revoked, struct err *err)
{
	const json_t *db = json_object_get(keys->json, "db");
	int r = 0;

	for (size_t i = 0; !r && i < json_array_size(db); i++) {
		const json_t *pair = json_array_get(db, i);

		if (json_is_true(json_object_get(pair, "revoked")) == revoked)
			r = add_pair(keys, lists, owner, pair, err);
	}
	return r;
}

static int add_others(const struct sb_keys *keys, struct siglist *lists, const uint8_t owner[16],
		      const char *key, struct err *err)
{
	const json_t *names = json_object_get(keys->json, key);
	int r = 0;

	for (size_t i = 0; !r && i < json_array_size(names); i++) {
		_cleanup_free_ char *path = path_join(keys->dir, json_string_value(json_array_get(names, i)));

		r = add_cert(lists, owner, path, err);
	}
	return r;
}

static int add_hashes(const struct sb_keys *keys, struct siglist *lists, const uint8_t owner[16],
		      const char *key, struct err *err)
{
	const json_t *hashes = json_object_get(keys->json, key);
	int r = 0;

	for (size_t i = 0; !r && i < json_array_size(hashes); i++) {
		uint8_t digest[SHA256_SIZE];

		r = hex_decode(json_string_value(json_array_get(hashes, i)), digest, sizeof(digest));
		r = r < 0 ? err_set(err, EBADMSG, "keys.json: %s", key)
			  : siglist_add(lists, SIG_SHA256, owner, digest, sizeof(digest), err);
	}
	return r;
}

int sb_keys_lists(const struct sb_keys *keys, enum sb_var var, struct siglist *lists, struct err *err)
{
	uint8_t owner[16];
	int r = owner_of(keys, owner, err);

	if (r < 0)
		return r;
	switch (var) {
	case SB_PK:
	case SB_KEK:
		return add_pair(keys, lists, owner, json_object_get(keys->json, sb_variables[var].name), err);
	case SB_DB:
		r = add_generations(keys, lists, owner, false, err);
		if (r == 0)
			r = add_others(keys, lists, owner, "with", err);
		return r < 0 ? r : add_hashes(keys, lists, owner, "roms", err);
	case SB_DBX:
		r = add_generations(keys, lists, owner, true, err);
		if (r == 0)
			r = add_others(keys, lists, owner, "dbx_certs", err);
		return r < 0 ? r : add_hashes(keys, lists, owner, "dbx_hashes", err);
	case SB_VARS:
		break;
	}
	return err_set(err, EINVAL, "no such variable");
}

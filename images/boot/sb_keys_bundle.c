/* SPDX-License-Identifier: Apache-2.0 */
/* From a site's keys to what its nodes are enrolled with. */
#include <string.h>
#include <sys/stat.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "core/key.h"
#include "core/ossl.h"
#include "core/time.h"
#include "efi/sb_bundle.h"
#include "efi/siglist.h"
#include "images/boot/sb_keys.h"

#define CLEAR "clear-PK.auth"

struct signer {
	EVP_PKEY *key;
	X509 *cert;
};

static void signer_clear(struct signer *signer)
{
	EVP_PKEY_free(signer->key);
	X509_free(signer->cert);
}

static int read_certificate(const char *path, X509 **ret, struct err *err)
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
	int len, r = read_certificate(path, &cert, err);

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

void sb_keys_revoke_hash(struct sb_keys *keys, const char *hex)
{
	json_t *hashes = json_object_get(keys->json, "dbx_hashes");

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
		      struct err *err)
{
	const json_t *hashes = json_object_get(keys->json, "dbx_hashes");
	int r = 0;

	for (size_t i = 0; !r && i < json_array_size(hashes); i++) {
		uint8_t digest[SHA256_SIZE];

		r = hex_decode(json_string_value(json_array_get(hashes, i)), digest, sizeof(digest));
		r = r < 0 ? err_set(err, EBADMSG, "keys.json: dbx_hashes")
			  : siglist_add(lists, SIG_SHA256, owner, digest, sizeof(digest), err);
	}
	return r;
}

static int make_lists(const struct sb_keys *keys, enum sb_var var, struct siglist *lists, struct err *err)
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
		return r < 0 ? r : add_others(keys, lists, owner, "with", err);
	case SB_DBX:
		r = add_generations(keys, lists, owner, true, err);
		if (r == 0)
			r = add_others(keys, lists, owner, "dbx_certs", err);
		return r < 0 ? r : add_hashes(keys, lists, owner, err);
	case SB_VARS:
		break;
	}
	return err_set(err, EINVAL, "no such variable");
}

/* ---- payloads ---- */

static int read_signer(const struct sb_keys *keys, const char *which, struct signer *ret, struct err *err)
{
	const json_t *pair = json_object_get(keys->json, which);
	_cleanup_free_ char *key = sb_keys_key_path(keys, pair), *cert = sb_keys_cert_path(keys, pair);
	int r = key_read(key, &ret->key, err);

	return r < 0 ? r : read_certificate(cert, &ret->cert, err);
}

static int sign_lists(const struct signer *signer, enum sb_var var, time_t time, const struct siglist *lists,
		      uint8_t **ret, size_t *ret_len, struct err *err)
{
	const struct sb_variable *v = &sb_variables[var];
	const struct authvar wanted = {.name = v->name,
				       .guid = v->guid,
				       .attributes = v->attributes,
				       .time = time,
				       .data = lists->bytes,
				       .len = lists->len};

	return authvar_sign(&wanted, signer->key, signer->cert, ret, ret_len, err);
}

static int make_payload(const struct sb_keys *keys, enum sb_var var, const struct signer *signer, time_t time,
			struct sb_payload *ret, struct err *err)
{
	_cleanup_(siglist_clear) struct siglist lists = {0};
	int r = make_lists(keys, var, &lists, err);

	return r < 0 ? r : sign_lists(signer, var, time, &lists, &ret->bytes, &ret->len, err);
}

static int write_to(const char *folder, const char *name, const void *bytes, size_t len, mode_t mode,
		    struct err *err)
{
	_cleanup_free_ char *path = path_join(folder, name);

	return file_write_atomic(path, bytes, len, mode, err);
}

/* Later than any bundle before and what takes its platform key out (a second behind it), whatever this machine's clock says. */
static int next_time(struct sb_keys *keys, time_t *ret, struct err *err)
{
	const char *last = json_string_value(json_object_get(keys->json, "time"));
	char text[TIME_TEXT_SIZE];
	time_t before = 0, now = time(NULL);

	if (last && time_parse(last, &before) == 0 && now < before + 2)
		now = before + 2;
	time_format(now, text);
	json_object_set_new(keys->json, "time", json_string(text));
	json_object_set_new(keys->json, "bundle",
			    json_integer(json_integer_value(json_object_get(keys->json, "bundle")) + 1));
	*ret = now;
	return sb_keys_save(keys, err);
}

/* A second later than the platform key that it takes out. */
static int write_clear(const char *output, const struct signer *pk, time_t time, struct err *err)
{
	const struct siglist nothing = {0};
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t len = 0;
	int r = sign_lists(pk, SB_PK, time + 1, &nothing, &bytes, &len, err);

	return r < 0 ? r : write_to(output, CLEAR, bytes, len, 0600, err);
}

static int write_files(const struct sb_bundle *bundle, const char *output, struct err *err)
{
	_cleanup_json_ json_t *json = sb_bundle_to_json(bundle);
	size_t len = 0;
	_cleanup_free_ char *text = json_pretty(json, &len);
	int r = 0;

	for (unsigned i = 0; r == 0 && i < SB_VARS; i++)
		r = write_to(output, sb_variables[i].file, bundle->payloads[i].bytes, bundle->payloads[i].len,
			     0644, err);
	return r < 0 ? r : write_to(output, SB_BUNDLE_JSON, text, len, 0644, err);
}

int sb_keys_write_bundle(struct sb_keys *keys, const char *output, struct err *err)
{
	_cleanup_(sb_bundle_freep) struct sb_bundle *bundle = xcalloc(1, sizeof(*bundle));
	_cleanup_(signer_clear) struct signer pk = {0}, kek = {0};
	time_t time = 0;
	int r = read_signer(keys, "PK", &pk, err);

	if (r == 0)
		r = read_signer(keys, "KEK", &kek, err);
	if (r == 0)
		r = next_time(keys, &time, err);
	for (unsigned i = 0; r == 0 && i < SB_VARS; i++)
		r = make_payload(keys, (enum sb_var)i, i <= SB_KEK ? &pk : &kek, time, &bundle->payloads[i],
				 err);
	if (r == 0)
		r = make_dirs(output, 0755, err);
	if (r < 0)
		return r;
	bundle->generation = (uint64_t)json_integer_value(json_object_get(keys->json, "bundle"));
	r = write_clear(output, &pk, time, err);
	return r < 0 ? r : write_files(bundle, output, err);
}

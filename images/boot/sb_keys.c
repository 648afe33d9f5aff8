/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of a site's Secure Boot keys, and keys.json. */
#include "images/boot/sb_keys.h"

#include <string.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "core/key.h"
#include "core/ossl.h"
#include "core/pki.h"
#include "core/time.h"
#include "images/boot/sb_keys_private.h"

#define WHAT          "keys.json"
#define JSON_MAX      (256 * 1024) /* bytes */
#define FILE_NAME_MAX 255
#define LIST_MAX      256

json_t *sb_keys_pair(const char *uri, const char *name)
{
	return json_pack("{so so}", "key", uri ? json_string(uri) : json_sprintf("%s.key", name), "cert",
			 json_sprintf("%s.pem", name));
}

char *sb_keys_key_path(const struct sb_keys *keys, const json_t *pair)
{
	const char *key = json_string_value(json_object_get(pair, "key"));

	return key_is_uri(key) ? xstrdup(key) : path_join(keys->dir, key);
}

char *sb_keys_cert_path(const struct sb_keys *keys, const json_t *pair)
{
	return path_join(keys->dir, json_string_value(json_object_get(pair, "cert")));
}

/* Self-signed: firmware takes a certificate in PK, KEK or db for trusted in itself. RSA, because firmware takes little else. */
int sb_keys_certify(const struct sb_keys *keys, const json_t *pair, const char *what,
		    const struct sb_keys_request *request, struct err *err)
{
	_cleanup_free_ char *key = sb_keys_key_path(keys, pair), *cert = sb_keys_cert_path(keys, pair);
	_cleanup_free_ char *name = str_printf("%s %s", request->name, what);
	const struct pki_request pki = {.use = PKI_CODE_SIGNING,
					.common_name = name,
					.days = request->days,
					.rsa = true,
					.self_signed = true,
					.existing_key = key_is_uri(key) ? key : NULL};

	return pki_create(&pki, key, cert, err);
}

/* A random GUID, version 4 (RFC 9562, 5.4), in text. */
static json_t *make_owner(void)
{
	uint8_t b[16];

	random_bytes(b, sizeof(b));
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	return json_sprintf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
			    b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
			    b[14], b[15]);
}

json_t *sb_keys_generation(const char *uri, unsigned generation)
{
	char name[32];
	json_t *pair;

	snprintf(name, sizeof(name), "db-%u", generation);
	pair = sb_keys_pair(uri, name);
	json_object_set_new(pair, "generation", json_integer(generation));
	json_object_set_new(pair, "revoked", json_false());
	return pair;
}

int sb_keys_init(const char *dir, const struct sb_keys_request *request, struct err *err)
{
	struct sb_keys keys = {.dir = (char *)dir};
	_cleanup_free_ char *there = path_join(dir, SB_KEYS_JSON);
	_cleanup_json_ json_t *json = NULL;
	int r = make_dirs(dir, 0700, err);

	if (r == 0 && access(there, F_OK) == 0)
		r = err_set(err, EEXIST, "%s is there already: nothing is overwritten", there);
	if (r < 0)
		return r;
	json = json_pack("{si so si si so so s{s[] s[]} s[o] s[] s[] s[] s[] sn}", "secure_boot_keys", 1,
			 "owner", make_owner(), "signing", 1, "bundle", 0, "PK",
			 sb_keys_pair(request->pk_key, "PK"), "KEK", sb_keys_pair(request->kek_key, "KEK"),
			 "former", "PK", "KEK", "db", sb_keys_generation(request->db_key, 1), "with", "roms",
			 "dbx_certs", "dbx_hashes", "time");
	keys.json = json;
	r = sb_keys_certify(&keys, json_object_get(json, "PK"), "platform key", request, err);
	if (r == 0)
		r = sb_keys_certify(&keys, json_object_get(json, "KEK"), "key exchange key", request, err);
	if (r == 0)
		r = sb_keys_certify(&keys, sb_keys_newest(&keys), "boot image signer 1", request, err);
	return r < 0 ? r : sb_keys_save(&keys, err);
}

/* Names of files beside it, nothing else. */
static bool is_file_name(const char *name)
{
	return *name && *name != '.' && !strchr(name, '/');
}

static int check_pair(const json_t *pair, const char *what, struct err *err)
{
	const char *key, *cert;
	int r = json_get_str(pair, what, "key", 1024, &key, err);

	if (!r)
		r = json_get_str(pair, what, "cert", FILE_NAME_MAX, &cert, err);
	if (!r && ((!key_is_uri(key) && !is_file_name(key)) || !is_file_name(cert)))
		r = err_set(err, EBADMSG,
			    "%s: key and cert are names of files beside keys.json, or a key's URI", what);
	return r;
}

/* Keys that were made before any of them was replaced have none. */
static int check_former(json_t *json, struct err *err)
{
	static const char *const keys[] = {"PK", "KEK", NULL};
	json_t *former, *list;
	int r;

	if (!json_object_get(json, "former"))
		json_object_set_new(json, "former", json_pack("{s[] s[]}", "PK", "KEK"));
	r = json_get_object(json, WHAT, "former", &former, err);
	if (!r)
		r = json_only_keys(former, WHAT ": former", keys, err);
	for (unsigned i = 0; !r && i < 2; i++) {
		r = json_get_array(former, WHAT ": former", keys[i], SB_FORMER_MAX, &list, err);
		for (size_t n = 0; !r && n < json_array_size(list); n++)
			r = check_pair(json_array_get(list, n), WHAT ": former", err);
	}
	return r;
}

static int check_db(const json_t *json, struct err *err)
{
	uint64_t signing, generation;
	bool revoked = false, found = false;
	json_t *db;
	int r = json_get_array(json, WHAT, "db", SB_KEYS_GENERATIONS, &db, err);

	if (!r)
		r = json_get_u64(json, WHAT, "signing", 1, SB_KEYS_GENERATIONS, &signing, err);
	for (size_t i = 0; !r && i < json_array_size(db); i++) {
		const json_t *pair = json_array_get(db, i);

		r = json_is_object(pair) ? check_pair(pair, WHAT ": db", err)
					 : err_set(err, EBADMSG, WHAT ": db must hold objects");
		if (!r)
			r = json_get_u64(pair, WHAT ": db", "generation", i + 1, i + 1, &generation, err);
		if (!r)
			r = json_get_bool(pair, WHAT ": db", "revoked", &revoked, err);
		found |= !r && generation == signing && !revoked;
	}
	if (!r && !found)
		r = err_set(err, EBADMSG, WHAT ": the generation that signs is missing or revoked");
	return r;
}

static int check_names(const json_t *json, const char *key, bool files, struct err *err)
{
	json_t *list;
	int r = json_get_array(json, WHAT, key, LIST_MAX, &list, err);

	for (size_t i = 0; !r && i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		uint8_t digest[SHA256_SIZE];

		if (!name || (files ? !is_file_name(name) : hex_decode(name, digest, sizeof(digest)) < 0))
			r = err_set(err, EBADMSG, WHAT ": %s has something that is no %s", key,
				    files ? "file's name" : "SHA-256");
	}
	return r;
}

static int check(json_t *json, struct err *err)
{
	static const char *const keys[] = {
		"secure_boot_keys", "owner",      "signing", "bundle", "PK",     "KEK", "db", "with",
		"dbx_certs",        "dbx_hashes", "time",    "roms",   "former", NULL};
	const char *text = NULL;
	json_t *pair;
	uint64_t n;
	time_t when;
	int r = json_is_object(json) ? json_only_keys(json, WHAT, keys, err)
				     : err_set(err, EBADMSG, WHAT ": not an object");

	if (!r)
		r = json_get_u64(json, WHAT, "secure_boot_keys", 1, 1, &n, err);
	if (!r)
		r = json_get_u64(json, WHAT, "bundle", 0, UINT32_MAX - 1, &n, err);
	if (!r)
		r = json_get_str(json, WHAT, "owner", 36, &text, err);
	for (unsigned i = 4; !r && i < 6; i++) {
		r = json_get_object(json, WHAT, keys[i], &pair, err);
		if (!r)
			r = check_pair(pair, keys[i], err);
	}
	if (!r)
		r = check_former(json, err);
	if (!r)
		r = check_db(json, err);
	if (!r)
		r = check_names(json, "with", true, err);
	if (!r)
		r = check_names(json, "roms", false, err);
	if (!r)
		r = check_names(json, "dbx_certs", true, err);
	if (!r)
		r = check_names(json, "dbx_hashes", false, err);
	text = NULL;
	if (!r)
		r = json_opt_str(json, WHAT, "time", TIME_TEXT_SIZE - 1, &text, err);
	if (!r && text && time_parse(text, &when) < 0)
		r = err_set(err, EBADMSG, WHAT ": time is not a time such as 2026-11-22T21:00:00Z");
	return r;
}

int sb_keys_load(const char *dir, struct sb_keys **ret, struct err *err)
{
	_cleanup_(sb_keys_freep) struct sb_keys *keys = xcalloc(1, sizeof(*keys));
	_cleanup_free_ char *path = path_join(dir, SB_KEYS_JSON);
	int r = json_read_file(path, JSON_MAX, &keys->json, err);

	keys->dir = xstrdup(dir);
	if (r == 0) {
		r = check(keys->json, err);
		if (r < 0)
			return err_prepend(err, "%s", dir);
	}
	if (r == 0)
		*ret = TAKE_PTR(keys);
	return r;
}

int sb_keys_save(const struct sb_keys *keys, struct err *err)
{
	_cleanup_free_ char *path = path_join(keys->dir, SB_KEYS_JSON);
	size_t len = 0;
	_cleanup_free_ char *text = json_pretty(keys->json, &len);

	return file_write_atomic(path, text, len, 0644, err);
}

void sb_keys_free(struct sb_keys *keys)
{
	if (!keys)
		return;
	free(keys->dir);
	json_decref(keys->json);
	free(keys);
}

json_t *sb_keys_signing(const struct sb_keys *keys)
{
	const json_t *db = json_object_get(keys->json, "db");
	json_int_t n = json_integer_value(json_object_get(keys->json, "signing"));

	return json_array_get(db, (size_t)n - 1);
}

json_t *sb_keys_newest(const struct sb_keys *keys)
{
	const json_t *db = json_object_get(keys->json, "db");

	return json_array_get(db, json_array_size(db) - 1);
}

json_t *sb_keys_older(const struct sb_keys *keys)
{
	const json_t *db = json_object_get(keys->json, "db");

	for (size_t i = 0; i + 1 < json_array_size(db); i++)
		if (!json_is_true(json_object_get(json_array_get(db, i), "revoked")))
			return json_array_get(db, i);
	return NULL;
}

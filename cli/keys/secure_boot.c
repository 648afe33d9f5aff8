/* SPDX-License-Identifier: Apache-2.0 */
/* remint keys init | sign | enroll. docs/secure-boot.md */
#include <string.h>

#include "cli/args.h"
#include "cli/keys/keys.h"
#include "core/hash.h"
#include "core/io.h"
#include "core/key.h"
#include "images/boot/authenticode.h"
#include "images/boot/sign.h"

#define PROGRAM_MAX (512u << 20) /* bytes */

static int check_uri(const char *option, const char *uri, struct err *err)
{
	return !uri || key_is_uri(uri)
		       ? 0
		       : err_set(err, EINVAL, "--%s takes a key's URI, pkcs11:...; without it one is made",
				 option);
}

int keys_check_uris(const struct sb_keys_request *request, struct err *err)
{
	int r = check_uri("pk-key", request->pk_key, err);

	if (r == 0)
		r = check_uri("kek-key", request->kek_key, err);
	return r < 0 ? r : check_uri("db-key", request->db_key, err);
}

int keys_init(int argc, char **argv)
{
	const char *dir = NULL;
	struct sb_keys_request request = {.name = "remint", .days = KEYS_DAYS};
	const struct arg_option options[] = {
		{"dir", ARG_TEXT, &dir, "DIR", "where to; nothing there is overwritten", true},
		{"name", ARG_TEXT, &request.name, "TEXT",
		 "whose, for the certificates' subjects (default: remint)"},
		{"pk-key", ARG_TEXT, &request.pk_key, "URI",
		 "a platform key that a token holds, pkcs11:... (default: made, RSA-2048)"},
		{"kek-key", ARG_TEXT, &request.kek_key, "URI", "the same for the key exchange key"},
		{"db-key", ARG_TEXT, &request.db_key, "URI", "the same for the key that signs boot images"},
		{},
	};
	const struct arg_spec spec = {"remint keys init",
				      "Makes a site's Secure Boot keys: PK, KEK, and db, which signs boot "
				      "images. Keep the first two "
				      "offline.",
				      options, 0, 0};
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, NULL);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (keys_check_uris(&request, &err) < 0 || sb_keys_init(dir, &request, &err) < 0)
		return fail_with(&err);
	printf("keys:        %s/%s\nnext:        remint boot build --uki --keys %s ...; remint keys enroll "
	       "--dir %s\n",
	       dir, SB_KEYS_JSON, dir, dir);
	return EXIT_SUCCESS;
}

/* A copy that is signed; the original stays. */
static int sign_copy(const struct sb_keys *keys, const char *from, const char *to, struct err *err)
{
	const json_t *pair = sb_keys_signing(keys);
	_cleanup_free_ char *key = sb_keys_key_path(keys, pair), *cert = sb_keys_cert_path(keys, pair);
	_cleanup_free_ char *bytes = NULL;
	size_t len = 0;
	int r = file_read(from, PROGRAM_MAX, &bytes, &len, err);

	return r < 0 ? r : sign_efi_write(to, bytes, len, key, cert, err);
}

int keys_sign(int argc, char **argv)
{
	const char *dir = NULL, *to = NULL, *from = NULL;
	const struct arg_option options[] = {
		{"dir", ARG_TEXT, &dir, "DIR", "the keys, as keys init has made them", true},
		{"output", ARG_TEXT, &to, "FILE", "the signed copy", true},
		{},
	};
	const struct arg_spec spec = {"remint keys sign FILE",
				      "Signs an EFI program, such as iPXE, with the key that signs boot "
				      "images now. Needs sbsign.",
				      options, 1, 1};
	_cleanup_(sb_keys_freep) struct sb_keys *keys = NULL;
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, &from);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (sb_keys_load(dir, &keys, &err) < 0 || sign_copy(keys, from, to, &err) < 0)
		return fail_with(&err);
	printf("%s\n", to);
	return EXIT_SUCCESS;
}

static int program_digest(const char *path, char hex[SHA256_HEX_SIZE], struct err *err)
{
	_cleanup_free_ char *bytes = NULL;
	uint8_t digest[SHA256_SIZE];
	size_t len = 0;
	int r = file_read(path, PROGRAM_MAX, &bytes, &len, err);

	if (r == 0)
		r = authenticode_sha256(bytes, len, digest, err);
	if (r < 0)
		return err_prepend(err, "%s", path);
	hex_encode(digest, sizeof(digest), hex);
	return 0;
}

/* Revoked by its digest? */
static int check_not_revoked(const struct sb_keys *keys, const char *path, struct err *err)
{
	const json_t *hashes = json_object_get(keys->json, "dbx_hashes");
	char hex[SHA256_HEX_SIZE] = "";
	int r = program_digest(path, hex, err);

	for (size_t i = 0; r == 0 && i < json_array_size(hashes); i++)
		if (!strcmp(json_string_value(json_array_get(hashes, i)), hex))
			r = err_set(err, EINVAL, "%s is revoked by its digest: no node would start it", path);
	return r;
}

int keys_check_image(const struct sb_keys *keys, const char *path, struct err *err)
{
	const json_t *db = json_object_get(keys->json, "db");
	int r = check_not_revoked(keys, path, err);

	for (size_t i = 0; r == 0 && i < json_array_size(db); i++) {
		const json_t *pair = json_array_get(db, i);
		_cleanup_free_ char *cert = sb_keys_cert_path(keys, pair);
		struct err ignored;

		if (!json_is_true(json_object_get(pair, "revoked")) &&
		    sign_efi_check(path, cert, &ignored) == 0)
			return 0;
	}
	return r < 0 ? r
		     : err_set(err, EINVAL,
			       "%s is not signed by a key of db that is not revoked: a node that is enrolled "
			       "so would not "
			       "start it",
			       path);
}

struct enroll {
	const char *dir, *output, *image;
	struct arg_list with, roms, dbx_hashes, dbx_certs;
};

static int take_all(struct sb_keys *keys, const char *list, const struct arg_list *certs, struct err *err)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < certs->n; i++)
		r = sb_keys_take_cert(keys, list, certs->items[i], err);
	return r;
}

/* As an agent has named them. */
static int take_roms(struct sb_keys *keys, const struct arg_list *roms, struct err *err)
{
	for (unsigned i = 0; i < roms->n; i++) {
		char hex[SHA256_HEX_SIZE];
		uint8_t digest[SHA256_SIZE];

		if (hex_decode(roms->items[i], digest, sizeof(digest)) < 0)
			return err_set(err, EINVAL, "--rom %s: not 64 hexadecimal digits", roms->items[i]);
		hex_encode(digest, sizeof(digest), hex);
		sb_keys_take_hash(keys, "roms", hex);
	}
	return 0;
}

static int revoke_all(struct sb_keys *keys, const struct arg_list *programs, struct err *err)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < programs->n; i++) {
		char hex[SHA256_HEX_SIZE];

		r = program_digest(programs->items[i], hex, err);
		if (r == 0)
			sb_keys_take_hash(keys, "dbx_hashes", hex);
	}
	return r;
}

static int enroll(const struct enroll *e, struct err *err)
{
	_cleanup_(sb_keys_freep) struct sb_keys *keys = NULL;
	int r = sb_keys_load(e->dir, &keys, err);

	if (r == 0)
		r = take_all(keys, "with", &e->with, err);
	if (r == 0)
		r = take_roms(keys, &e->roms, err);
	if (r == 0)
		r = take_all(keys, "dbx_certs", &e->dbx_certs, err);
	if (r == 0)
		r = revoke_all(keys, &e->dbx_hashes, err);
	if (r == 0)
		r = keys_check_image(keys, e->image, err);
	if (r == 0)
		r = sb_keys_write_bundle(keys, e->output, err);
	if (r == 0)
		printf("%s: bundle %lld; orders with --secure-boot enrol put it into nodes\n", e->output,
		       (long long)json_integer_value(json_object_get(keys->json, "bundle")));
	return r;
}

int keys_enroll(int argc, char **argv)
{
	struct enroll e = {0};
	const struct arg_option options[] = {
		{"dir", ARG_TEXT, &e.dir, "DIR", "the keys, as keys init has made them", true},
		{"output", ARG_TEXT, &e.output, "DIR",
		 "the station's boot folder, in it: secure-boot; replaced", true},
		{"image", ARG_TEXT, &e.image, "FILE",
		 "the boot image that nodes will start; refused when they would not", true},
		{"with", ARG_MANY, &e.with, "CERT",
		 "a certificate that db holds as well, PEM: a vendor's CA; kept for later bundles"},
		{"rom", ARG_MANY, &e.roms, "SHA256",
		 "an option ROM that db holds by its digest, as an agent has named it; kept for later "
		 "bundles"},
		{"dbx-hash", ARG_MANY, &e.dbx_hashes, "FILE.efi", "an EFI program that must not start again"},
		{"dbx-cert", ARG_MANY, &e.dbx_certs, "CERT", "a signer whose programs must not start again"},
		{},
	};
	const struct arg_spec spec = {
		"remint keys enroll",
		"Writes what nodes are enrolled with: payloads for PK, KEK, db and dbx, "
		"signed, and bundle.json.",
		options, 0, 0};
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, NULL);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	return enroll(&e, &err) < 0 ? fail_with(&err) : EXIT_SUCCESS;
}

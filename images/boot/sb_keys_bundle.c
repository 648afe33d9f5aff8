/* SPDX-License-Identifier: Apache-2.0 */
/* From a site's keys to what its nodes are enrolled with: the signed payloads. */
#include <string.h>
#include <sys/stat.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "core/key.h"
#include "core/ossl.h"
#include "core/time.h"
#include "efi/sb_former.h"
#include "efi/siglist.h"
#include "images/boot/sb_keys.h"
#include "images/boot/sb_keys_private.h"

#define CLEAR "clear-PK.auth"

void sb_keys_signer_clear(struct sb_keys_signer *signer)
{
	EVP_PKEY_free(signer->key);
	X509_free(signer->cert);
}

int sb_keys_signer_read(const struct sb_keys *keys, const char *which, struct sb_keys_signer *ret,
			struct err *err)
{
	const json_t *pair = json_object_get(keys->json, which);
	_cleanup_free_ char *key = sb_keys_key_path(keys, pair), *cert = sb_keys_cert_path(keys, pair);
	int r = key_read(key, &ret->key, err);

	return r < 0 ? r : sb_keys_read_cert(cert, &ret->cert, err);
}

static int sign_lists(const struct sb_keys_signer *signer, enum sb_var var, time_t time,
		      const struct siglist *lists, uint8_t **ret, size_t *ret_len, struct err *err)
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

int sb_keys_sign(const struct sb_keys *keys, enum sb_var var, const struct sb_keys_signer *signer,
		 time_t time, uint8_t **ret, size_t *ret_len, struct err *err)
{
	_cleanup_(siglist_clear) struct siglist lists = {0};
	int r = sb_keys_lists(keys, var, &lists, err);

	return r < 0 ? r : sign_lists(signer, var, time, &lists, ret, ret_len, err);
}

static int write_to(const char *folder, const char *name, const void *bytes, size_t len, mode_t mode,
		    struct err *err)
{
	_cleanup_free_ char *path = path_join(folder, name);

	return file_write_atomic(path, bytes, len, mode, err);
}

/* What takes a bundle's platform key out is a second behind it. */
time_t sb_keys_next_time(struct sb_keys *keys)
{
	const char *last = json_string_value(json_object_get(keys->json, "time"));
	char text[TIME_TEXT_SIZE];
	time_t before = 0, now = time(NULL);

	if (last && time_parse(last, &before) == 0 && now < before + 2)
		now = before + 2;
	time_format(now, text);
	json_object_set_new(keys->json, "time", json_string(text));
	return now;
}

/* A second later than the platform key that it takes out. */
static int write_clear(const char *output, const struct sb_keys_signer *pk, time_t time, struct err *err)
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

	for (unsigned i = 0; r == 0 && i < bundle->n_former; i++) {
		const struct sb_payload *next = &bundle->former[i].next;
		char file[SB_FORMER_FILE_SIZE];

		sb_former_file(i, file);
		r = write_to(output, file, next->bytes, next->len, 0644, err);
	}
	for (unsigned i = 0; r == 0 && i < SB_VARS; i++)
		r = write_to(output, sb_variables[i].file, bundle->payloads[i].bytes, bundle->payloads[i].len,
			     0644, err);
	return r < 0 ? r : write_to(output, SB_BUNDLE_JSON, text, len, 0644, err);
}

static int make_payload(const struct sb_keys *keys, struct sb_bundle *bundle, enum sb_var var,
			const struct sb_keys_signer *signer, time_t time, struct err *err)
{
	struct sb_payload *payload = &bundle->payloads[var];
	uint8_t *bytes = NULL;
	size_t len = 0;
	int r = sb_keys_sign(keys, var, signer, time, &bytes, &len, err);

	if (r < 0)
		return r;
	sha256(bytes, len, payload->sha256);
	return sb_bundle_take(bundle, var, bytes, len, err);
}

static int read_former(const struct sb_keys *keys, struct sb_bundle *bundle, struct err *err)
{
	const json_t *list = sb_keys_former(keys, SB_PK);
	int r = 0;

	for (; r == 0 && bundle->n_former < json_array_size(list); bundle->n_former++) {
		struct sb_former *former = &bundle->former[bundle->n_former];
		_cleanup_free_ char *cert = sb_keys_cert_path(keys, json_array_get(list, bundle->n_former));
		_cleanup_free_ char *path = NULL;
		char file[SB_FORMER_FILE_SIZE], hex[SHA256_HEX_SIZE], *bytes = NULL;
		size_t len = 0;

		sb_former_file(bundle->n_former, file);
		path = path_join(keys->dir, file);
		r = sb_keys_fingerprint(cert, hex, err);
		if (r == 0)
			r = hex_decode(hex, former->cert, SHA256_SIZE);
		if (r == 0)
			r = file_read(path, AUTHVAR_MAX, &bytes, &len, err);
		if (r < 0)
			break;
		sha256(bytes, len, former->next.sha256);
		r = sb_former_take(bundle, bundle->n_former, bytes, len, err);
	}
	return r < 0 ? r : sb_former_check(bundle, err);
}

/* Saved before anything is signed: a time is never used twice. */
static int next_bundle(struct sb_keys *keys, struct sb_bundle *bundle, time_t *ret, struct err *err)
{
	bundle->generation = (uint64_t)json_integer_value(json_object_get(keys->json, "bundle")) + 1;
	json_object_set_new(keys->json, "bundle", json_integer((json_int_t)bundle->generation));
	*ret = sb_keys_next_time(keys);
	return sb_keys_save(keys, err);
}

int sb_keys_write_bundle(struct sb_keys *keys, const char *output, struct err *err)
{
	_cleanup_(sb_bundle_freep) struct sb_bundle *bundle = xcalloc(1, sizeof(*bundle));
	_cleanup_(sb_keys_signer_clear) struct sb_keys_signer pk = {0}, kek = {0};
	time_t time = 0;
	int r = sb_keys_signer_read(keys, "PK", &pk, err);

	if (r == 0)
		r = sb_keys_signer_read(keys, "KEK", &kek, err);
	if (r == 0)
		r = next_bundle(keys, bundle, &time, err);
	for (unsigned i = 0; r == 0 && i < SB_VARS; i++)
		r = make_payload(keys, bundle, (enum sb_var)i, i <= SB_KEK ? &pk : &kek, time, err);
	if (r == 0)
		r = read_former(keys, bundle, err);
	if (r == 0)
		r = make_dirs(output, 0755, err);
	if (r == 0)
		r = write_clear(output, &pk, time, err);
	return r < 0 ? r : write_files(bundle, output, err);
}

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
#include "efi/sb_bundle.h"
#include "efi/siglist.h"
#include "images/boot/sb_keys.h"
#include "images/boot/sb_keys_private.h"

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

static int read_signer(const struct sb_keys *keys, const char *which, struct signer *ret, struct err *err)
{
	const json_t *pair = json_object_get(keys->json, which);
	_cleanup_free_ char *key = sb_keys_key_path(keys, pair), *cert = sb_keys_cert_path(keys, pair);
	int r = key_read(key, &ret->key, err);

	return r < 0 ? r : sb_keys_read_cert(cert, &ret->cert, err);
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
	int r = sb_keys_lists(keys, var, &lists, err);

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

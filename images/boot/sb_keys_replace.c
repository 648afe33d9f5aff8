/* SPDX-License-Identifier: Apache-2.0 */
/* A new PK or KEK, and what a site knows of those that it has had. */
#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "core/key.h"
#include "core/ossl.h"
#include "efi/sb_former.h"
#include "images/boot/sb_keys.h"
#include "images/boot/sb_keys_private.h"

json_t *sb_keys_former(const struct sb_keys *keys, enum sb_var var)
{
	return json_object_get(json_object_get(keys->json, "former"), sb_variables[var].name);
}

/* PK signs the new KEK: the old one's private key may be lost. */
static int read_present(const struct sb_keys *keys, enum sb_var var, struct sb_keys_signer *ret,
			struct err *err)
{
	const json_t *pair = json_object_get(keys->json, sb_variables[var].name);
	_cleanup_free_ char *cert = sb_keys_cert_path(keys, pair);

	return var == SB_PK ? sb_keys_signer_read(keys, "PK", ret, err)
			    : sb_keys_read_cert(cert, &ret->cert, err);
}

/* A token's key that is in use already would be a change of nothing. */
static int check_other_key(const char *uri, X509 *present, struct err *err)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *key = NULL;
	int r = uri ? key_read(uri, &key, err) : 0;

	if (r == 0 && key && EVP_PKEY_eq(key, X509_get0_pubkey(present)) == 1)
		r = err_set(err, EINVAL, "%s is the key that is in use now: a new one is wanted", uri);
	return r;
}

/* The new platform key, signed with the one that it replaces. */
static int write_way_on(struct sb_keys *keys, unsigned n, const struct sb_keys_signer *old, struct err *err)
{
	_cleanup_free_ uint8_t *bytes = NULL;
	_cleanup_free_ char *path = NULL;
	char file[SB_FORMER_FILE_SIZE];
	size_t len = 0;
	int r = sb_keys_sign(keys, SB_PK, old, sb_keys_next_time(keys), &bytes, &len, err);

	if (r < 0)
		return r;
	sb_former_file(n, file);
	path = path_join(keys->dir, file);
	return file_write_atomic(path, bytes, len, 0644, err);
}

static int make_next(struct sb_keys *keys, enum sb_var var, const struct sb_keys_request *request,
		     struct err *err)
{
	const char *name = sb_variables[var].name, *uri = var == SB_PK ? request->pk_key : request->kek_key;
	json_t *former = sb_keys_former(keys, var), *pair;
	size_t generation = json_array_size(former) + 2;
	_cleanup_free_ char *file = str_printf("%s-%zu", name, generation);
	_cleanup_free_ char *what =
		str_printf("%s %zu", var == SB_PK ? "platform key" : "key exchange key", generation);

	pair = sb_keys_pair(uri, file);
	json_array_append(former, json_object_get(keys->json, name));
	json_object_set_new(keys->json, name, pair);
	return sb_keys_certify(keys, pair, what, request, err);
}

int sb_keys_replace(struct sb_keys *keys, enum sb_var var, const struct sb_keys_request *request,
		    struct err *err)
{
	const char *name = sb_variables[var].name, *uri = var == SB_PK ? request->pk_key : request->kek_key;
	unsigned n = (unsigned)json_array_size(sb_keys_former(keys, var));
	_cleanup_(sb_keys_signer_clear) struct sb_keys_signer old = {0};
	int r;

	if (n >= SB_FORMER_MAX)
		return err_set(err, EINVAL, "%s has been replaced %d times, which is the most", name,
			       SB_FORMER_MAX);
	r = read_present(keys, var, &old, err);
	if (r == 0)
		r = check_other_key(uri, old.cert, err);
	if (r == 0)
		r = make_next(keys, var, request, err);
	if (r == 0 && var == SB_PK)
		r = write_way_on(keys, n, &old, err);
	return r < 0 ? r : sb_keys_save(keys, err);
}

static int append_known(const struct sb_keys *keys, const json_t *pair, json_t *list, struct err *err)
{
	_cleanup_free_ char *cert = sb_keys_cert_path(keys, pair);
	char hex[SHA256_HEX_SIZE];
	int r = sb_keys_fingerprint(cert, hex, err);

	if (r == 0)
		json_array_append_new(list, json_string(hex));
	return r;
}

int sb_keys_known(const struct sb_keys *keys, enum sb_var var, json_t **ret, struct err *err)
{
	const json_t *older = var == SB_DB ? json_object_get(keys->json, "db") : sb_keys_former(keys, var);
	_cleanup_json_ json_t *list = json_array();
	int r = 0;

	for (size_t i = 0; r == 0 && i < json_array_size(older); i++)
		r = append_known(keys, json_array_get(older, i), list, err);
	if (r == 0 && var != SB_DB)
		r = append_known(keys, json_object_get(keys->json, sb_variables[var].name), list, err);
	if (r == 0)
		*ret = TAKE_PTR(list);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The three stages of a change of the key that signs boot images. */
#include "core/io.h"
#include "images/boot/sb_keys.h"
#include "images/boot/sb_keys_private.h"

int sb_keys_rotate_add(struct sb_keys *keys, const struct sb_keys_request *request, struct err *err)
{
	json_t *db = json_object_get(keys->json, "db");
	unsigned generation = (unsigned)json_array_size(db) + 1;
	_cleanup_free_ char *what = str_printf("boot image signer %u", generation);
	json_t *pair;
	int r;

	if (sb_keys_older(keys))
		return err_set(err, EINVAL,
			       "a change of keys is under way already: its old key is to be revoked first "
			       "(--stage revoke)");
	if (generation > SB_KEYS_GENERATIONS)
		return err_set(err, EINVAL, "%d generations are the most", SB_KEYS_GENERATIONS);
	pair = sb_keys_generation(request->db_key, generation);
	r = sb_keys_certify(keys, pair, what, request, err);
	if (r < 0) {
		json_decref(pair);
		return r;
	}
	json_array_append_new(db, pair);
	return sb_keys_save(keys, err);
}

static int check_under_way(const struct sb_keys *keys, struct err *err)
{
	return sb_keys_older(keys)
		       ? 0
		       : err_set(err, EINVAL, "no change of keys is under way: --stage add begins one");
}

int sb_keys_rotate_sign(struct sb_keys *keys, struct err *err)
{
	json_t *newest = sb_keys_newest(keys);
	int r = check_under_way(keys, err);

	if (r < 0)
		return r;
	json_object_set(keys->json, "signing", json_object_get(newest, "generation"));
	return sb_keys_save(keys, err);
}

int sb_keys_rotate_revoke(struct sb_keys *keys, struct err *err)
{
	int r = check_under_way(keys, err);

	if (r < 0)
		return r;
	if (sb_keys_signing(keys) != sb_keys_newest(keys))
		return err_set(err, EINVAL,
			       "boot images are signed with the old key still: --stage sign comes first");
	json_object_set_new(sb_keys_older(keys), "revoked", json_true());
	return sb_keys_save(keys, err);
}

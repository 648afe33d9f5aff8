/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A site's Secure Boot keys: a folder with keys.json, which names what lies beside it or in a token. PK and KEK are one each, and those
 * that they have replaced; of the keys that sign boot images (db) there are generations. docs/secure-boot.md
 */
#ifndef IMAGES_BOOT_SB_KEYS_H
#define IMAGES_BOOT_SB_KEYS_H

#include <jansson.h>
#include <stdbool.h>
#include <time.h>

#include "core/err.h"
#include "efi/sb_bundle.h"

#define SB_KEYS_JSON "keys.json"

struct sb_keys {
	char *dir;
	json_t *json; /* checked */
};

struct sb_keys_request {
	const char *name;                      /* whose, for the certificates' subjects */
	unsigned days;                         /* validity; firmware looks at none of it */
	const char *pk_key, *kek_key, *db_key; /* pkcs11: URIs of keys that are there; NULL: made, as files */
};

/* Nothing in the folder is overwritten. */
int sb_keys_init(const char *dir, const struct sb_keys_request *request, struct err *err) _must_check_;
int sb_keys_load(const char *dir, struct sb_keys **ret, struct err *err) _must_check_;
int sb_keys_save(const struct sb_keys *keys, struct err *err) _must_check_;
void sb_keys_free(struct sb_keys *keys);
DEFINE_CLEANUP(struct sb_keys *, sb_keys_free);

/* A pair's parts as paths or URIs, malloc'd. `pair` is an object {"key", "cert"} of keys.json. */
char *sb_keys_key_path(const struct sb_keys *keys, const json_t *pair) _must_check_;
char *sb_keys_cert_path(const struct sb_keys *keys, const json_t *pair) _must_check_;
/* The pair that signs boot images now. Borrowed. */
json_t *sb_keys_signing(const struct sb_keys *keys) _must_check_;
/* SHA-256 of a certificate in DER, hexadecimal: as nodes report it. */
int sb_keys_fingerprint(const char *cert_path, char hex[65], struct err *err) _must_check_;

/*
 * Takes a certificate into the folder, into the list "with" (db) or "dbx_certs"; a program's digest into "roms" (db) or "dbx_hashes". What is
 * there already is not taken again. These two are for good once the next bundle is written; until then nothing has been saved.
 */
int sb_keys_take_cert(struct sb_keys *keys, const char *list, const char *cert_path,
		      struct err *err) _must_check_;
void sb_keys_take_hash(struct sb_keys *keys, const char *list, const char *hex);

/*
 * The bundle (efi/sb_bundle.h) and clear-PK.auth into a folder, which is made; files there are replaced, the document last. Each
 * bundle has a later time than the one before, so that firmware takes it; keys.json is saved with that first.
 */
int sb_keys_write_bundle(struct sb_keys *keys, const char *output, struct err *err) _must_check_;

/* The three stages of a change of the db key, each -EINVAL out of its turn. What they would do to nodes the caller has asked. */
int sb_keys_rotate_add(struct sb_keys *keys, const struct sb_keys_request *request,
		       struct err *err) _must_check_;
int sb_keys_rotate_sign(struct sb_keys *keys, struct err *err) _must_check_;
int sb_keys_rotate_revoke(struct sb_keys *keys, struct err *err) _must_check_;
/*
 * A new PK or KEK in the place of the one there is, which is then a former one. For a new PK the one before it signs the way on to it, a
 * file beside keys.json (efi/sb_former.h), and its private key is not needed again. -EINVAL: the key that `request` names is the present one.
 */
int sb_keys_replace(struct sb_keys *keys, enum sb_var var, const struct sb_keys_request *request,
		    struct err *err) _must_check_;
/* Fingerprints of all PKs, KEKs or db keys that the site has had, by generation, the newest last. *ret is an array of texts. */
int sb_keys_known(const struct sb_keys *keys, enum sb_var var, json_t **ret, struct err *err) _must_check_;
/* Those PKs or KEKs that were replaced, oldest first. Borrowed. */
json_t *sb_keys_former(const struct sb_keys *keys, enum sb_var var) _must_check_;
/* The newest generation, and the one before that is not revoked; NULL: there is no change under way. Borrowed. */
json_t *sb_keys_newest(const struct sb_keys *keys) _must_check_;
json_t *sb_keys_older(const struct sb_keys *keys) _must_check_;

#endif

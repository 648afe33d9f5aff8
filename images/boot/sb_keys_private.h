/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the Secure Boot keys share. */
#ifndef IMAGES_BOOT_SB_KEYS_PRIVATE_H
#define IMAGES_BOOT_SB_KEYS_PRIVATE_H

#include <openssl/x509.h>

#include "efi/sb_bundle.h"
#include "efi/siglist.h"
#include "images/boot/sb_keys.h"

#define SB_KEYS_GENERATIONS 64 /* of db keys, revoked ones included */

/* {"key", "cert"}; uri NULL: the key is a file. */
json_t *sb_keys_pair(const char *uri, const char *name) _must_check_;
/* A new entry of keys.json's "db"; uri NULL: its key is a file. */
json_t *sb_keys_generation(const char *uri, unsigned generation) _must_check_;
/* Makes a pair's certificate, and its key where that is a file. */
int sb_keys_certify(const struct sb_keys *keys, const json_t *pair, const char *what,
		    const struct sb_keys_request *request, struct err *err) _must_check_;
struct sb_keys_signer {
	EVP_PKEY *key;
	X509 *cert;
};
/* Of PK or KEK, as it is now. The caller clears *ret, on failure too. */
int sb_keys_signer_read(const struct sb_keys *keys, const char *which, struct sb_keys_signer *ret,
			struct err *err) _must_check_;
void sb_keys_signer_clear(struct sb_keys_signer *signer);
/* What the next bundle puts into that variable, signed; malloc'd. */
int sb_keys_sign(const struct sb_keys *keys, enum sb_var var, const struct sb_keys_signer *signer,
		 time_t time, uint8_t **ret, size_t *ret_len, struct err *err) _must_check_;
/* Later than all that has been signed so far, whatever this machine's clock says; kept in keys.json, which the caller saves. */
time_t sb_keys_next_time(struct sb_keys *keys) _must_check_;
/* The one certificate of a PEM file. */
int sb_keys_read_cert(const char *path, X509 **ret, struct err *err) _must_check_;
/* What the next bundle puts into that variable. The caller clears *lists. */
int sb_keys_lists(const struct sb_keys *keys, enum sb_var var, struct siglist *lists,
		  struct err *err) _must_check_;

#endif

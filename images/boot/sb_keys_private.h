/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the Secure Boot keys share. */
#ifndef IMAGES_BOOT_SB_KEYS_PRIVATE_H
#define IMAGES_BOOT_SB_KEYS_PRIVATE_H

#include <openssl/x509.h>

#include "efi/sb_bundle.h"
#include "efi/siglist.h"
#include "images/boot/sb_keys.h"

#define SB_KEYS_GENERATIONS 64 /* of db keys, revoked ones included */

/* A new entry of keys.json's "db"; uri NULL: its key is a file. */
json_t *sb_keys_generation(const char *uri, unsigned generation) _must_check_;
/* Makes a pair's certificate, and its key where that is a file. */
int sb_keys_certify(const struct sb_keys *keys, const json_t *pair, const char *what,
		    const struct sb_keys_request *request, struct err *err) _must_check_;
/* The one certificate of a PEM file. */
int sb_keys_read_cert(const char *path, X509 **ret, struct err *err) _must_check_;
/* What the next bundle puts into that variable. The caller clears *lists. */
int sb_keys_lists(const struct sb_keys *keys, enum sb_var var, struct siglist *lists,
		  struct err *err) _must_check_;

#endif

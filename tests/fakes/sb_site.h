/* SPDX-License-Identifier: Apache-2.0 */
/* A site's Secure Boot keys, one for all purposes, and the bundle that it signs: its certificate in PK, KEK and db, a digest in dbx. */
#ifndef TESTS_FAKES_SB_SITE_H
#define TESTS_FAKES_SB_SITE_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "efi/sb_bundle.h"

struct sb_site {
	EVP_PKEY *key;
	X509 *cert;
	uint8_t *der; /* the certificate's */
	int der_len;
	struct sb_bundle *bundle;
	char folder[32]; /* of the key's files */
};

extern const uint8_t sb_site_owner[16];
extern const uint8_t sb_site_revoked[32]; /* in dbx */

/* For cmocka: 0, or -1. */
int sb_site_setup(struct sb_site *site, uint64_t generation);
int sb_site_teardown(struct sb_site *site);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authenticated variables (UEFI 2.10, 8.2.2): a variable's contents under a timestamp and a signature that the firmware checks before it
 * takes them. PK is signed by its own key (by the key before, where one stands), KEK by PK's, db and dbx by one of KEK.
 */
#ifndef EFI_AUTHVAR_H
#define EFI_AUTHVAR_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "core/err.h"

#define AUTHVAR_MAX (128u * 1024) /* bytes of a payload */

/* Non-volatile, boot, runtime, time-based authenticated; 8.2 */
#define AUTHVAR_REPLACE 0x00000027u
#define AUTHVAR_APPEND  0x00000067u

struct authvar {
	const char *name;    /* "PK", "KEK", "db", "dbx"; ASCII */
	const uint8_t *guid; /* 16 bytes */
	uint32_t attributes; /* AUTHVAR_REPLACE or AUTHVAR_APPEND: signed as well */
	time_t time;         /* must be later than that of the contents before, but for an append */
	const void *data;    /* signature lists; none: the variable is deleted */
	size_t len;
};

/*
 * The payload that SetVariable() takes, malloc'd. The signature is a detached PKCS #7 SignedData without the ContentInfo around it, by
 * SHA-256, which every firmware takes; an RSA key of 2048 bits or more.
 */
int authvar_sign(const struct authvar *var, EVP_PKEY *key, X509 *cert, uint8_t **ret, size_t *ret_len,
		 struct err *err) _must_check_;

/* What a payload is made of: pointers into it. Nothing of its signature is checked. */
struct authvar_parts {
	const uint8_t *signature, *data; /* SignedData; signature lists */
	size_t signature_len, data_len;
};
/* -EBADMSG: no such payload. */
int authvar_parse(const void *payload, size_t len, struct authvar_parts *ret, struct err *err) _must_check_;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making keys and certificates: a station's CA and TLS certificate, a signing certificate, a lab's
 * image CA. ECDSA P-256 for all but what firmware has to read, which is RSA-2048.
 */
#ifndef CORE_PKI_H
#define CORE_PKI_H

#include <stdbool.h>

#include "core/err.h"

enum pki_use { PKI_CA, PKI_TLS_SERVER, PKI_CODE_SIGNING };

struct pki_request {
	enum pki_use use;
	const char *common_name; /* UTF-8, 1 to 64 bytes */
	const char *const
		*names;   /* TLS only: DNS names and IP addresses for subjectAltName, NULL-terminated */
	unsigned days;    /* validity from an hour ago; 1 to 36500 */
	bool rsa;         /* RSA-2048 rather than P-256 */
	bool self_signed; /* PKI_CODE_SIGNING by its own key, for a key that nobody vouches for */
	const char *existing_key; /* its path or URI (core/key.h): no key is made or written; NULL: one is */
	const char *ca_key;       /* issuer's PEM files; NULL: self-signed (PKI_CA, or self_signed) */
	const char *ca_cert;
};

/* Writes the private key (PKCS#8 PEM, mode 0600; not an existing one) and the certificate (PEM, mode 0644); neither may exist. */
int pki_create(const struct pki_request *request, const char *key_path, const char *cert_path,
	       struct err *err) _must_check_;

#endif

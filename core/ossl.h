/* SPDX-License-Identifier: Apache-2.0 */
/* What core's users of libcrypto share: destructors, its errors as ours, certificates from files. */
#ifndef CORE_OSSL_H
#define CORE_OSSL_H

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "core/err.h"
#include "core/hash.h"

DEFINE_CLEANUP(BIO *, BIO_free_all);
DEFINE_CLEANUP(EVP_PKEY *, EVP_PKEY_free);
DEFINE_CLEANUP(X509 *, X509_free);

void ossl_certs_free(STACK_OF(X509) * certs);
DEFINE_CLEANUP(STACK_OF(X509) *, ossl_certs_free);

/* For libcrypto's readers of PEM: a passphrase is never asked for, because whoever runs this may have no terminal. */
int ossl_no_passphrase(char *buf, int size, int rwflag, void *data);

/* As err_set, with libcrypto's reason at the end; its queue of errors is then empty. Returns -code. */
int ossl_err(struct err *err, int code, const char *fmt, ...) _printf_(3, 4);

/* The subject by RFC 2253, in ASCII: control characters and what is above 0x7e are escaped. Cut to `size` bytes with the NUL. */
void ossl_subject(const X509 *cert, char *text, size_t size);
void ossl_issuer(const X509 *cert, char *text, size_t size); /* the same of the issuer */
/* SHA-256 of the DER. */
void ossl_fingerprint(const X509 *cert, char hex[SHA256_HEX_SIZE]);

/* All certificates of concatenated PEM, at least one; `what` names the source. */
int ossl_certs_read(const void *pem, size_t len, const char *what, STACK_OF(X509) * *ret,
		    struct err *err) _must_check_;
int ossl_certs_read_file(const char *path, STACK_OF(X509) * *ret, struct err *err) _must_check_;

#endif

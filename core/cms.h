/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detached CMS signatures (RFC 5652 section 5, SignedData, DER), the form that `openssl cms -sign -binary
 * -noattr -outform DER` makes and that iPXE's imgverify takes.
 *
 * cms_verify() refuses everything but SignedData before it is parsed further (RFC 5652 defines other
 * types whose decoders have had bugs), and a signature larger than CMS_MAX.
 */
#ifndef CORE_CMS_H
#define CORE_CMS_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "core/err.h"

#define CMS_MAX (64 * 1024)

/* Certificates that are trusted: one or more, concatenated PEM, from memory. At most 256 KiB. */
struct trust;
int trust_from_pem(const void *pem, size_t len, struct trust **ret, struct err *err) _must_check_;
int trust_from_file(const char *path, struct trust **ret, struct err *err) _must_check_;
void trust_free(struct trust *trust);
DEFINE_CLEANUP(struct trust *, trust_free);

struct cms_signer {
	char subject[256];    /* the leaf's subject, RFC 2253 */
	char fingerprint[65]; /* SHA-256 of the leaf, hexadecimal */
	char serial[128];     /* the leaf's serial number, hexadecimal */
};

/*
 * Every signer must chain to `trust` at time `at` (seconds since the epoch), and each leaf must carry
 * keyUsage digitalSignature and extendedKeyUsage codeSigning. On success fills *ret_signer (may be
 * NULL) with the first signer. -EBADMSG: not SignedData or malformed; -EKEYREJECTED: does not verify.
 */
int cms_verify(const void *content, size_t content_len, const void *sig, size_t sig_len,
	       const struct trust *trust, time_t at, struct cms_signer *ret_signer,
	       struct err *err) _must_check_;

/*
 * Signs with a PEM key and certificate from files; further certificates in cert_path are included as
 * the chain. The leaf must carry what cms_verify() demands, else -EINVAL. A key path "pkcs11:..." names
 * one in a token (core/key.h). *ret_sig is malloc'd DER.
 */
int cms_sign(const void *content, size_t content_len, const char *key_path, const char *cert_path,
	     uint8_t **ret_sig, size_t *ret_len, struct err *err) _must_check_;

#endif

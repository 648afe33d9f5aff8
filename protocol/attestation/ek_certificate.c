/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/attestation/ek_certificate.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "core/io.h"

#define EK_USAGE "2.23.133.8.1" /* tcg-kp-EKCertificate */

struct ek_trust {
	X509_STORE *store;
};

DEFINE_CLEANUP(X509_STORE_CTX *, X509_STORE_CTX_free);
DEFINE_CLEANUP(ASN1_OBJECT *, ASN1_OBJECT_free);

void ek_trust_free(struct ek_trust *trust)
{
	if (!trust)
		return;
	X509_STORE_free(trust->store);
	free(trust);
}

int ek_trust_from_file(const char *path, struct ek_trust **ret, struct err *err)
{
	_cleanup_(ossl_certs_freep) STACK_OF(X509) *certs = NULL;
	_cleanup_(ek_trust_freep) struct ek_trust *trust = xcalloc(1, sizeof(*trust));
	int r = ossl_certs_read_file(path, &certs, err);

	if (r < 0)
		return r;
	trust->store = X509_STORE_new();
	/* A maker's intermediate CA without its root is trusted as well: the operator has named it. */
	if (!trust->store || X509_STORE_set_flags(trust->store, X509_V_FLAG_PARTIAL_CHAIN) != 1)
		return err_set(err, ENOMEM, "out of memory");
	for (int i = 0; i < sk_X509_num(certs); i++)
		if (X509_STORE_add_cert(trust->store, sk_X509_value(certs, i)) != 1)
			return ossl_err(err, EINVAL, "%s: certificate %d cannot be taken", path, i + 1);
	*ret = TAKE_PTR(trust);
	return 0;
}

static int read_der(const void *der, size_t len, X509 **ret, struct err *err)
{
	const unsigned char *at = der;
	X509 *cert = len <= EK_CERTIFICATE_MAX ? d2i_X509(NULL, &at, (long)len) : NULL;

	if (!cert || at != (const unsigned char *)der + len) {
		X509_free(cert);
		return ossl_err(err, EBADMSG, "endorsement certificate: not a certificate");
	}
	*ret = cert;
	return 0;
}

/* Some makers name RSAES-OAEP as the key's algorithm (profile, 3.2), which libcrypto does not read: the key itself is as any other. */
static EVP_PKEY *key_of(const X509 *cert)
{
	const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(cert);
	EVP_PKEY *pkey = X509_get_pubkey((X509 *)cert);
	const unsigned char *at;

	if (pkey || !bits)
		return pkey;
	ERR_clear_error();
	at = ASN1_STRING_get0_data(bits);
	return d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, ASN1_STRING_length(bits));
}

int ek_certificate_fits(const void *der, size_t len, const struct tpm_key *ek, struct err *err)
{
	_cleanup_(X509_freep) X509 *cert = NULL;
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *pkey = NULL;
	int r = read_der(der, len, &cert, err);

	if (r)
		return r;
	pkey = key_of(cert);
	if (!pkey)
		return ossl_err(err, EBADMSG, "endorsement certificate: its key cannot be read");
	if (EVP_PKEY_eq(pkey, ek->pkey) != 1)
		return err_set(err, EKEYREJECTED,
			       "the endorsement certificate is of another key than the TPM has");
	return 0;
}

/* A certificate of the maker's for another purpose proves nothing of a TPM. */
static bool for_endorsement(X509 *cert)
{
	_cleanup_(ASN1_OBJECT_freep) ASN1_OBJECT *wanted = OBJ_txt2obj(EK_USAGE, 1);
	EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(cert, NID_ext_key_usage, NULL, NULL);
	bool found = false;

	for (int i = 0; wanted && i < sk_ASN1_OBJECT_num(usages); i++)
		found |= OBJ_cmp(sk_ASN1_OBJECT_value(usages, i), wanted) == 0;
	EXTENDED_KEY_USAGE_free(usages);
	return found;
}

int ek_certificate_check(const void *der, size_t len, const struct ek_trust *trust, time_t at,
			 struct err *err)
{
	_cleanup_(X509_STORE_CTX_freep) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	_cleanup_(X509_freep) X509 *cert = NULL;
	int r = read_der(der, len, &cert, err);

	if (r)
		return r;
	if (!for_endorsement(cert))
		return err_set(err, EKEYREJECTED, "endorsement certificate: it is for another purpose");
	if (!ctx || X509_STORE_CTX_init(ctx, trust->store, cert, NULL) != 1)
		return err_set(err, ENOMEM, "out of memory");
	X509_STORE_CTX_set_time(ctx, 0, at);
	if (X509_verify_cert(ctx) == 1)
		return 0;
	err_set(err, EKEYREJECTED, "endorsement certificate: it does not chain to a CA of --ek-ca: %s",
		X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
	ERR_clear_error();
	return -EKEYREJECTED;
}

static EVP_PKEY *key_from_pem(const void *buf, size_t len)
{
	_cleanup_(BIO_free_allp) BIO *bio = BIO_new_mem_buf(buf, (int)len);
	_cleanup_(X509_freep) X509 *cert = NULL;
	EVP_PKEY *pkey = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;

	if (pkey || !bio || BIO_reset(bio) <= 0)
		return pkey;
	cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	return cert ? key_of(cert) : NULL;
}

static EVP_PKEY *key_from_der(const void *buf, size_t len)
{
	_cleanup_(X509_freep) X509 *cert = NULL;
	struct err none = {0};

	return read_der(buf, len, &cert, &none) == 0 ? key_of(cert) : NULL;
}

int ek_digest_of(const void *buf, size_t len, uint8_t ret[SHA256_SIZE], struct err *err)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *pkey = NULL;
	_cleanup_tpm_key_ struct tpm_key key = {0};
	struct bytes bytes = {.len = (uint16_t)len};
	struct err none = {0};

	pkey = key_from_pem(buf, len) ?: key_from_der(buf, len);
	ERR_clear_error();
	if (pkey)
		return tpm_key_digest(pkey, ret, err);
	if (len <= sizeof(bytes.data)) {
		memcpy(bytes.data, buf, len);
		if (tpm_ek_read(&bytes, &key, &none) == 0) {
			memcpy(ret, key.sha256, SHA256_SIZE);
			return 0;
		}
	}
	return err_set(err, EBADMSG,
		       "neither a public key or certificate (PEM, DER) nor a TPM's public part");
}

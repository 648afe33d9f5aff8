/* SPDX-License-Identifier: Apache-2.0 */
/* Detached CMS signatures by libcrypto. */
#include "core/cms.h"

#include <limits.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/key.h"
#include "core/ossl.h"

#define SECURITY_LEVEL 2 /* 112 bits: RSA-2048 and up, no SHA-1; SSL_CTX_set_security_level(3) */

DEFINE_CLEANUP(CMS_ContentInfo *, CMS_ContentInfo_free);
DEFINE_CLEANUP(X509_STORE *, X509_STORE_free);

struct trust {
	STACK_OF(X509) * certs;
};

int trust_from_pem(const void *pem, size_t len, struct trust **ret, struct err *err)
{
	_cleanup_(trust_freep) struct trust *trust = xcalloc(1, sizeof(*trust));
	int r = ossl_certs_read(pem, len, "trusted certificates", &trust->certs, err);

	if (r < 0)
		return r;
	*ret = TAKE_PTR(trust);
	return 0;
}

int trust_from_file(const char *path, struct trust **ret, struct err *err)
{
	_cleanup_(trust_freep) struct trust *trust = xcalloc(1, sizeof(*trust));
	int r = ossl_certs_read_file(path, &trust->certs, err);

	if (r < 0)
		return r;
	*ret = TAKE_PTR(trust);
	return 0;
}

void trust_free(struct trust *trust)
{
	if (!trust)
		return;
	ossl_certs_free(trust->certs);
	free(trust);
}

/* Moves *p over the tag and the definite length of a DER element; its length, or -1. X.690 section 8.1.3. */
static long der_length(const uint8_t **p, const uint8_t *end, uint8_t tag)
{
	unsigned n;
	long len = 0;

	if (end - *p < 2 || *(*p)++ != tag)
		return -1;
	n = *(*p)++;
	if (n < 0x80)
		return (long)n;
	n &= 0x7f;
	if (n < 1 || n > 3 || end - *p < (long)n)
		return -1;
	while (n--)
		len = len << 8 | *(*p)++;
	return len;
}

/* ContentInfo's first member is the content type (RFC 5652 section 3); it is read by hand, before d2i. */
static int check_signed_data(const uint8_t *sig, size_t len, struct err *err)
{
	static const uint8_t signed_data[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
					      0xf7, 0x0d, 0x01, 0x07, 0x02};
	const uint8_t *p = sig, *end = sig + len;
	long inner = der_length(&p, end, 0x30);

	if (inner < 0 || end - p != inner)
		return err_set(err, EBADMSG, "signature: not one DER element, or data after it");
	if ((size_t)inner < sizeof(signed_data) || memcmp(p, signed_data, sizeof(signed_data)) != 0)
		return err_set(err, EBADMSG, "signature: CMS, but not SignedData");
	return 0;
}

static int parse(const uint8_t *sig, size_t len, CMS_ContentInfo **ret, struct err *err)
{
	_cleanup_(CMS_ContentInfo_freep) CMS_ContentInfo *cms = NULL;
	const uint8_t *p = sig;
	int r;

	if (len > CMS_MAX)
		return err_set(err, EBADMSG, "signature: %zu bytes; at most %d are taken", len, CMS_MAX);
	r = check_signed_data(sig, len, err);
	if (r < 0)
		return r;
	cms = d2i_CMS_ContentInfo(NULL, &p, (long)len);
	if (!cms || p != sig + len)
		return ossl_err(err, EBADMSG, "signature: malformed");
	if (CMS_is_detached(cms) != 1)
		return err_set(err, EBADMSG, "signature: not detached");
	*ret = TAKE_PTR(cms);
	return 0;
}

/* SHA-256 and up, and a signature algorithm that goes with it: what names another is not what was signed. */
static int check_algorithms(CMS_SignerInfo *info, struct err *err)
{
	X509_ALGOR *digest = NULL, *signature = NULL;
	int nid, sig_nid, sig_digest = NID_undef;

	CMS_SignerInfo_get0_algs(info, NULL, NULL, &digest, &signature);
	nid = digest ? OBJ_obj2nid(digest->algorithm) : NID_undef;
	sig_nid = signature ? OBJ_obj2nid(signature->algorithm) : NID_undef;
	if (nid != NID_sha256 && nid != NID_sha384 && nid != NID_sha512)
		return err_set(err, EKEYREJECTED, "signature: digest is not SHA-256, SHA-384 or SHA-512");
	if (sig_nid == NID_rsaEncryption || sig_nid == NID_rsassaPss)
		return 0; /* these carry the digest elsewhere */
	if (!OBJ_find_sigid_algs(sig_nid, &sig_digest, NULL) || sig_digest != nid)
		return err_set(err, EKEYREJECTED, "signature: its algorithm does not go with its digest");
	return 0;
}

/*
 * Signed attributes are refused: RFC 5652 section 5.3 signs either them or the content, and the one can be
 * passed off as the other.
 */
static int check_signer_infos(CMS_ContentInfo *cms, struct err *err)
{
	STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(cms);
	int r = 0;

	if (OBJ_obj2nid(CMS_get0_eContentType(cms)) != NID_pkcs7_data)
		return err_set(err, EBADMSG, "signature: of something other than data");
	if (!infos || sk_CMS_SignerInfo_num(infos) < 1)
		return err_set(err, EKEYREJECTED, "signature: no signer");
	for (int i = 0; !r && i < sk_CMS_SignerInfo_num(infos); i++) {
		CMS_SignerInfo *info = sk_CMS_SignerInfo_value(infos, i);

		if (CMS_signed_get_attr_count(info) > 0)
			r = err_set(err, EKEYREJECTED,
				    "signature: has signed attributes (sign with -noattr)");
		else
			r = check_algorithms(info, err);
	}
	return r;
}

static int check_usage(X509 *leaf, int code, struct err *err)
{
	uint32_t flags = X509_get_extension_flags(leaf);

	if (!(flags & EXFLAG_KUSAGE) || !(X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE))
		return err_set(err, code, "signer's certificate: keyUsage lacks digitalSignature");
	if (!(flags & EXFLAG_XKUSAGE) || !(X509_get_extended_key_usage(leaf) & XKU_CODE_SIGN))
		return err_set(err, code, "signer's certificate: extendedKeyUsage lacks codeSigning");
	return 0;
}

/* A store of the trusted certificates alone, which judges at time `at`. */
static int make_store(const struct trust *trust, time_t at, X509_STORE **ret, struct err *err)
{
	_cleanup_(X509_STORE_freep) X509_STORE *store = X509_STORE_new();
	X509_VERIFY_PARAM *param = store ? X509_STORE_get0_param(store) : NULL;

	if (!param)
		return err_sys(err, ENOMEM, "signature");
	X509_VERIFY_PARAM_set_time(param, at);
	X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
	/* CMS_verify() would ask for S/MIME; the usage is checked by check_usage(). */
	if (!X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY))
		return ossl_err(err, ENOMEM, "signature");
	for (int i = 0; i < sk_X509_num(trust->certs); i++)
		if (!X509_STORE_add_cert(store, sk_X509_value(trust->certs, i)))
			return ossl_err(err, ENOMEM, "signature");
	*ret = TAKE_PTR(store);
	return 0;
}

static void describe(X509 *leaf, struct cms_signer *ret)
{
	BIGNUM *serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(leaf), NULL);
	char *hex = serial ? BN_bn2hex(serial) : NULL;

	*ret = (struct cms_signer){0};
	if (!hex)
		abort();
	ossl_subject(leaf, ret->subject, sizeof(ret->subject));
	ossl_fingerprint(leaf, ret->fingerprint);
	snprintf(ret->serial, sizeof(ret->serial), "%s", hex);
	OPENSSL_free(hex);
	BN_free(serial);
}

static int check_signers(CMS_ContentInfo *cms, struct cms_signer *ret_signer, struct err *err)
{
	STACK_OF(X509) *signers = CMS_get0_signers(cms);
	int r = 0;

	if (!signers || sk_X509_num(signers) < 1)
		r = err_set(err, EKEYREJECTED, "signature: no signer");
	for (int i = 0; !r && i < sk_X509_num(signers); i++)
		r = check_usage(sk_X509_value(signers, i), EKEYREJECTED, err);
	if (!r && ret_signer)
		describe(sk_X509_value(signers, 0), ret_signer);
	sk_X509_free(signers); /* the certificates belong to cms */
	return r;
}

/* Behind a filter: CMS_verify() wraps a bare memory BIO once more, and leaks that where a digest is unknown. */
static BIO *content_bio(const void *content, size_t len)
{
	_cleanup_(BIO_free_allp) BIO *memory = BIO_new_mem_buf(len ? content : "", (int)len);
	BIO *filter = memory ? BIO_new(BIO_f_null()) : NULL;

	return filter ? BIO_push(filter, TAKE_PTR(memory)) : NULL;
}

int cms_verify(const void *content, size_t content_len, const void *sig, size_t sig_len,
	       const struct trust *trust, time_t at, struct cms_signer *ret_signer, struct err *err)
{
	_cleanup_(CMS_ContentInfo_freep) CMS_ContentInfo *cms = NULL;
	_cleanup_(X509_STORE_freep) X509_STORE *store = NULL;
	_cleanup_(BIO_free_allp) BIO *bio = NULL;
	int r;

	if (content_len > INT_MAX)
		return err_set(err, EFBIG, "signature: the signed content is too long");
	ERR_clear_error();
	r = parse(sig, sig_len, &cms, err);
	if (r < 0)
		return r;
	r = check_signer_infos(cms, err);
	if (r < 0)
		return r;
	r = make_store(trust, at, &store, err);
	if (r < 0)
		return r;
	bio = content_bio(content, content_len);
	if (!bio)
		return err_sys(err, ENOMEM, "signature");
	if (CMS_verify(cms, NULL, store, bio, NULL, CMS_BINARY | CMS_DETACHED) != 1)
		return ossl_err(err, EKEYREJECTED, "signature does not verify");
	return check_signers(cms, ret_signer, err);
}

static int make_signature(X509 *leaf, EVP_PKEY *key, STACK_OF(X509) * chain, BIO *content, uint8_t **ret_sig,
			  size_t *ret_len, struct err *err)
{
	const unsigned flags = CMS_BINARY | CMS_DETACHED | CMS_NOATTR;
	_cleanup_(CMS_ContentInfo_freep) CMS_ContentInfo *cms =
		CMS_sign(NULL, NULL, chain, content, flags | CMS_PARTIAL);
	uint8_t *der = NULL;
	int len;

	if (!cms || !CMS_add1_signer(cms, leaf, key, EVP_sha256(), flags) ||
	    CMS_final(cms, content, NULL, flags) != 1)
		return ossl_err(err, EIO, "signing failed");
	len = i2d_CMS_ContentInfo(cms, &der);
	if (len <= 0)
		return ossl_err(err, EIO, "signing failed");
	*ret_sig = xcalloc(1, (size_t)len);
	memcpy(*ret_sig, der, (size_t)len);
	*ret_len = (size_t)len;
	OPENSSL_free(der);
	return 0;
}

int cms_sign(const void *content, size_t content_len, const char *key_path, const char *cert_path,
	     uint8_t **ret_sig, size_t *ret_len, struct err *err)
{
	_cleanup_(ossl_certs_freep) STACK_OF(X509) *chain = NULL;
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *key = NULL;
	_cleanup_(X509_freep) X509 *leaf = NULL;
	_cleanup_(BIO_free_allp) BIO *bio = NULL;
	int r;

	if (content_len > INT_MAX)
		return err_set(err, EFBIG, "the content to be signed is too long");
	r = ossl_certs_read_file(cert_path, &chain, err);
	if (r < 0)
		return r;
	leaf = sk_X509_shift(chain);
	r = check_usage(leaf, EINVAL, err);
	if (r < 0)
		return err_prepend(err, "%s", cert_path);
	r = key_read(key_path, &key, err);
	if (r < 0)
		return r;
	if (!X509_check_private_key(leaf, key))
		return ossl_err(err, EINVAL, "%s: not the key of the certificate in %s", key_path, cert_path);
	bio = BIO_new_mem_buf(content_len ? content : "", (int)content_len);
	if (!bio)
		return err_sys(err, ENOMEM, "signing");
	return make_signature(leaf, key, chain, bio, ret_sig, ret_len, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/attestation/tpm_key.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <tss2/tss2_mu.h>

#define POINT_SIZE  65 /* of P-256, uncompressed: SEC 1, 2.3.3 */
#define EXPONENT    65537
#define AK_BITS_MIN 2048
#define AK_BITS_MAX 4096
#define EK_ATTRIBUTES                                                                       \
	(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN | \
	 TPMA_OBJECT_ADMINWITHPOLICY | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT)
/* What an attestation key must be; whether a password or lockout guards it is the machine's own affair. */
#define AK_ATTRIBUTES                                                                       \
	(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN | \
	 TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT)

/* PolicySecret(TPM_RH_ENDORSEMENT): TCG EK Credential Profile 2.5, B.3. */
static const uint8_t ek_policy[SHA256_SIZE] = {
	0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24,
	0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa};

DEFINE_CLEANUP(OSSL_PARAM_BLD *, OSSL_PARAM_BLD_free);
DEFINE_CLEANUP(OSSL_PARAM *, OSSL_PARAM_free);
DEFINE_CLEANUP(EVP_PKEY_CTX *, EVP_PKEY_CTX_free);
DEFINE_CLEANUP(BIGNUM *, BN_free);

/* One form for each key: what is read must be what would be written. */
static int unpack(const struct bytes *public, const char *what, TPMT_PUBLIC *ret, struct err *err)
{
	uint8_t again[BYTES_MAX];
	TPM2B_PUBLIC all = {0};
	size_t len = 0, again_len = 0;

	if (Tss2_MU_TPM2B_PUBLIC_Unmarshal(public->data, public->len, &len, &all) != TSS2_RC_SUCCESS ||
	    len != public->len ||
	    Tss2_MU_TPM2B_PUBLIC_Marshal(&all, again, sizeof(again), &again_len) != TSS2_RC_SUCCESS ||
	    again_len != len || memcmp(again, public->data, len) != 0)
		return err_set(err, EBADMSG, "%s: not the public part of a TPM's key", what);
	if (all.publicArea.nameAlg != TPM2_ALG_SHA256)
		return err_set(err, EBADMSG, "%s: its name is not one by SHA-256", what);
	*ret = all.publicArea;
	return 0;
}

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *build)
{
	_cleanup_(OSSL_PARAM_freep) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		return NULL;
	return pkey;
}

/* A modulus that is shorter than it says, or even, is none. */
static EVP_PKEY *rsa_key(const TPMT_PUBLIC *public)
{
	_cleanup_(OSSL_PARAM_BLD_freep) OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	const TPM2B_PUBLIC_KEY_RSA *n = &public->unique.rsa;
	_cleanup_(BN_freep) BIGNUM *modulus = BN_bin2bn(n->buffer, n->size, NULL), *e = BN_new();
	UINT32 exponent = public->parameters.rsaDetail.exponent;

	if (!build || !modulus || !e || (exponent && exponent != EXPONENT) || !BN_is_odd(modulus) ||
	    BN_num_bits(modulus) != public->parameters.rsaDetail.keyBits || !BN_set_word(e, EXPONENT) ||
	    !OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) ||
	    !OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e))
		return NULL;
	return from_params("RSA", build);
}

/* libcrypto refuses a point that is not on the curve. */
static EVP_PKEY *p256_key(const TPMT_PUBLIC *public)
{
	_cleanup_(OSSL_PARAM_BLD_freep) OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	const TPM2B_ECC_PARAMETER *x = &public->unique.ecc.x, *y = &public->unique.ecc.y;
	uint8_t point[POINT_SIZE] = {4};

	if (!build || x->size > 32 || y->size > 32)
		return NULL;
	memcpy(point + 33 - x->size, x->buffer, x->size);
	memcpy(point + 65 - y->size, y->buffer, y->size);
	if (!OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) ||
	    !OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)))
		return NULL;
	return from_params("EC", build);
}

int tpm_key_digest(const EVP_PKEY *pkey, uint8_t ret[SHA256_SIZE], struct err *err)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(pkey, &der);

	if (len <= 0)
		return ossl_err(err, EBADMSG, "a public key cannot be encoded");
	sha256(der, (size_t)len, ret);
	OPENSSL_free(der);
	return 0;
}

/* The name is over the public part without its length. */
static int take(const struct bytes *public, EVP_PKEY *pkey, const char *what, struct tpm_key *ret,
		struct err *err)
{
	struct tpm_key key = {.pkey = pkey, .name = {TPM2_ALG_SHA256 >> 8, TPM2_ALG_SHA256 & 0xff}};
	int r = pkey ? tpm_key_digest(pkey, key.sha256, err)
		     : ossl_err(err, EBADMSG, "%s: its number or point is none", what);

	if (r) {
		EVP_PKEY_free(pkey);
		return r;
	}
	sha256(public->data + 2, public->len - 2u, key.name + 2);
	*ret = key;
	return 0;
}

static bool is_aes_128_cfb(const TPMT_SYM_DEF_OBJECT *symmetric)
{
	return symmetric->algorithm == TPM2_ALG_AES && symmetric->keyBits.aes == 128 &&
	       symmetric->mode.aes == TPM2_ALG_CFB;
}

static bool is_l1(const TPMT_PUBLIC *public)
{
	const TPMS_RSA_PARMS *rsa = &public->parameters.rsaDetail;

	return public->type == TPM2_ALG_RSA && rsa->keyBits == 2048 && !rsa->exponent &&
	       rsa->scheme.scheme == TPM2_ALG_NULL && is_aes_128_cfb(&rsa->symmetric);
}

static bool is_l2(const TPMT_PUBLIC *public)
{
	const TPMS_ECC_PARMS *ecc = &public->parameters.eccDetail;

	return public->type == TPM2_ALG_ECC && ecc->curveID == TPM2_ECC_NIST_P256 &&
	       ecc->scheme.scheme == TPM2_ALG_NULL && ecc->kdf.scheme == TPM2_ALG_NULL &&
	       is_aes_128_cfb(&ecc->symmetric);
}

int tpm_ek_read(const struct bytes *public, struct tpm_key *ret, struct err *err)
{
	static const char what[] = "endorsement key";
	TPMT_PUBLIC p;
	int r = unpack(public, what, &p, err);

	if (r)
		return r;
	if (p.objectAttributes != EK_ATTRIBUTES || p.authPolicy.size != sizeof(ek_policy) ||
	    memcmp(p.authPolicy.buffer, ek_policy, sizeof(ek_policy)) != 0 || (!is_l1(&p) && !is_l2(&p)))
		return err_set(err, EBADMSG,
			       "%s: made of no default template of the TCG EK Credential Profile (L-1, L-2)",
			       what);
	return take(public, p.type == TPM2_ALG_RSA ? rsa_key(&p) : p256_key(&p), what, ret, err);
}

static bool is_rsassa(const TPMT_PUBLIC *public)
{
	const TPMS_RSA_PARMS *rsa = &public->parameters.rsaDetail;

	return public->type == TPM2_ALG_RSA && rsa->keyBits >= AK_BITS_MIN && rsa->keyBits <= AK_BITS_MAX &&
	       rsa->symmetric.algorithm == TPM2_ALG_NULL && rsa->scheme.scheme == TPM2_ALG_RSASSA &&
	       rsa->scheme.details.rsassa.hashAlg == TPM2_ALG_SHA256;
}

static bool is_ecdsa(const TPMT_PUBLIC *public)
{
	const TPMS_ECC_PARMS *ecc = &public->parameters.eccDetail;

	return public->type == TPM2_ALG_ECC && ecc->curveID == TPM2_ECC_NIST_P256 &&
	       ecc->symmetric.algorithm == TPM2_ALG_NULL && ecc->scheme.scheme == TPM2_ALG_ECDSA &&
	       ecc->scheme.details.ecdsa.hashAlg == TPM2_ALG_SHA256;
}

int tpm_ak_read(const struct bytes *public, struct tpm_key *ret, struct err *err)
{
	static const char what[] = "attestation key";
	TPMT_PUBLIC p;
	int r = unpack(public, what, &p, err);

	if (r)
		return r;
	if ((p.objectAttributes & AK_ATTRIBUTES) != AK_ATTRIBUTES ||
	    (p.objectAttributes & TPMA_OBJECT_DECRYPT))
		return err_set(err, EBADMSG,
			       "%s: not one that is fixed to its TPM and signs only what that has made",
			       what);
	if (!is_rsassa(&p) && !is_ecdsa(&p))
		return err_set(err, EBADMSG, "%s: neither ECDSA over P-256 nor RSASSA, with SHA-256", what);
	return take(public, p.type == TPM2_ALG_RSA ? rsa_key(&p) : p256_key(&p), what, ret, err);
}

void tpm_key_clear(struct tpm_key *key)
{
	EVP_PKEY_free(key->pkey);
	key->pkey = NULL;
}

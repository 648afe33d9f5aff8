/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys, each a primary key of the endorsement hierarchy: the same template gives the same key, so that nothing need be kept in the
 * TPM, and a key can be made again after TPM2_Clear, which leaves that hierarchy's seed as it is.
 */
#include <string.h>

#include <tss2/tss2_mu.h>

#include "agent/hw/tpm/tpm2_private.h"

#define EK_ATTRIBUTES                                                                       \
	(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN | \
	 TPMA_OBJECT_ADMINWITHPOLICY | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT)
#define AK_ATTRIBUTES                                                                       \
	(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN | \
	 TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT)

/* PolicySecret(TPM_RH_ENDORSEMENT): TCG EK Credential Profile 2.5, B.3. */
#define EK_POLICY                       \
	{                               \
		.size = 32, .buffer = { \
			0x83,           \
			0x71,           \
			0x97,           \
			0x67,           \
			0x44,           \
			0x84,           \
			0xb3,           \
			0xf8,           \
			0x1a,           \
			0x90,           \
			0xcc,           \
			0x8d,           \
			0x46,           \
			0xa5,           \
			0xd7,           \
			0x24,           \
			0xfd,           \
			0x52,           \
			0xd7,           \
			0x6e,           \
			0x06,           \
			0x52,           \
			0x0b,           \
			0x64,           \
			0xf2,           \
			0xa1,           \
			0xda,           \
			0x1b,           \
			0x33,           \
			0x14,           \
			0x69,           \
			0xaa            \
		}                       \
	}
#define AES_128_CFB                                                                     \
	{                                                                               \
		.algorithm = TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB \
	}

/* B.3.3, template L-1 */
static const TPM2B_PUBLIC ek_rsa = {.publicArea = {
					    .type = TPM2_ALG_RSA,
					    .nameAlg = TPM2_ALG_SHA256,
					    .objectAttributes = EK_ATTRIBUTES,
					    .authPolicy = EK_POLICY,
					    .parameters.rsaDetail = {.symmetric = AES_128_CFB,
								     .scheme.scheme = TPM2_ALG_NULL,
								     .keyBits = 2048},
					    .unique.rsa = {.size = 256},
				    }};

/* B.3.4, template L-2 */
static const TPM2B_PUBLIC ek_ecc = {.publicArea = {
					    .type = TPM2_ALG_ECC,
					    .nameAlg = TPM2_ALG_SHA256,
					    .objectAttributes = EK_ATTRIBUTES,
					    .authPolicy = EK_POLICY,
					    .parameters.eccDetail = {.symmetric = AES_128_CFB,
								     .scheme.scheme = TPM2_ALG_NULL,
								     .curveID = TPM2_ECC_NIST_P256,
								     .kdf.scheme = TPM2_ALG_NULL},
					    .unique.ecc = {.x.size = 32, .y.size = 32},
				    }};

/* What signs only what the TPM itself has made (Part 1, 27.2, restricted). */
static const TPM2B_PUBLIC ak_ecc = {
	.publicArea = {
		.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = AK_ATTRIBUTES,
		.parameters.eccDetail = {.symmetric.algorithm = TPM2_ALG_NULL,
					 .scheme = {.scheme = TPM2_ALG_ECDSA,
						    .details.ecdsa.hashAlg = TPM2_ALG_SHA256},
					 .curveID = TPM2_ECC_NIST_P256,
					 .kdf.scheme = TPM2_ALG_NULL},
		.unique.ecc = {.x.size = 32, .y.size = 32},
	}};

static int pack_public(const TPM2B_PUBLIC *public, struct bytes *ret, struct err *err)
{
	size_t len = 0;

	if (Tss2_MU_TPM2B_PUBLIC_Marshal(public, ret->data, sizeof(ret->data), &len) != TSS2_RC_SUCCESS)
		return err_set(err, EBADMSG, "TPM: the public part of its key is not sound");
	ret->len = (uint16_t)len;
	return 0;
}

static int make_primary(struct tpm2 *tpm, const TPM2B_PUBLIC *template, const char *doing, ESYS_TR *handle,
			struct bytes *ret_public, struct err *err)
{
	static const TPM2B_SENSITIVE_CREATE no_secret;
	static const TPM2B_DATA no_data;
	static const TPML_PCR_SELECTION no_pcrs;
	_cleanup_esys_ TPM2B_PUBLIC *public = NULL;
	int r;

	tpm2_drop(tpm, handle);
	r = tpm2_said(tpm,
		      Esys_CreatePrimary(tpm->esys, ESYS_TR_RH_ENDORSEMENT, ESYS_TR_PASSWORD, ESYS_TR_NONE,
					 ESYS_TR_NONE, &no_secret, template, &no_data, &no_pcrs, handle,
					 &public, NULL, NULL, NULL),
		      doing, err);
	return r ? r : pack_public(public, ret_public, err);
}

/* P-256 where both have a certificate, or none: it takes a fraction of the time. */
int tpm2_ek(struct tpm2 *tpm, struct tpm2_ek *ret, struct err *err)
{
	const TPM2B_PUBLIC *template = &ek_ecc;
	struct tpm2_ek ek = {0};
	int r = tpm2_nv_certificate(tpm, TPM2_EK_CERT_ECC, ek.certificate, &ek.certificate_len, err);

	if (r == -ENOENT) {
		r = tpm2_nv_certificate(tpm, TPM2_EK_CERT_RSA, ek.certificate, &ek.certificate_len, err);
		if (r == 0)
			template = &ek_rsa;
	}
	if (r < 0 && r != -ENOENT)
		return r;
	*err = (struct err){0};
	r = make_primary(tpm, template, "making the endorsement key", &tpm->ek, &ek.public, err);
	if (r == 0)
		*ret = ek;
	return r;
}

static int make_ak(struct tpm2 *tpm, struct tpm2_ak *ak, struct err *err)
{
	_cleanup_esys_ TPM2B_NAME *name = NULL;
	TPM2B_PUBLIC template = ak_ecc;
	int r;

	memcpy(template.publicArea.unique.ecc.x.buffer, ak->unique, 32);
	memcpy(template.publicArea.unique.ecc.y.buffer, ak->unique + 32, 32);
	r = make_primary(tpm, &template, "making an attestation key", &tpm->ak, &ak->public, err);
	if (r == 0)
		r = tpm2_said(tpm, Esys_TR_GetName(tpm->esys, tpm->ak, &name), "the attestation key's name",
			      err);
	if (r == 0 && name->size != sizeof(ak->name))
		r = err_set(err, EBADMSG, "TPM: the attestation key's name is not one by SHA-256");
	if (r == 0)
		memcpy(ak->name, name->name, sizeof(ak->name));
	return r;
}

int tpm2_ak_make(struct tpm2 *tpm, struct tpm2_ak *ret, struct err *err)
{
	struct tpm2_ak ak = {0};
	int r;

	random_bytes(ak.unique, sizeof(ak.unique));
	r = make_ak(tpm, &ak, err);
	if (r == 0)
		*ret = ak;
	return r;
}

int tpm2_ak_again(struct tpm2 *tpm, const struct tpm2_ak *ak, struct err *err)
{
	struct tpm2_ak made = *ak;
	int r = make_ak(tpm, &made, err);

	if (r == 0 && memcmp(made.name, ak->name, sizeof(made.name)) != 0)
		return err_set(err, EKEYREJECTED,
			       "TPM: the attestation key cannot be made again: another one came of it");
	return r;
}

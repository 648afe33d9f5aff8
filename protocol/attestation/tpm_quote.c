/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/attestation/tpm_quote.h"

#include <string.h>

#include <openssl/ecdsa.h>
#include <tss2/tss2_mu.h>

DEFINE_CLEANUP(EVP_MD_CTX *, EVP_MD_CTX_free);
DEFINE_CLEANUP(ECDSA_SIG *, ECDSA_SIG_free);

#define ECDSA_DER_MAX 80 /* bytes of two numbers of 32 */

static int unpack_signature(const struct bytes *bytes, TPMT_SIGNATURE *ret, struct err *err)
{
	size_t len = 0;

	*ret = (TPMT_SIGNATURE){0};
	if (Tss2_MU_TPMT_SIGNATURE_Unmarshal(bytes->data, bytes->len, &len, ret) == TSS2_RC_SUCCESS &&
	    len == bytes->len)
		return 0;
	return err_set(err, EBADMSG, "the quote's signature is malformed");
}

/* ECDSA as libcrypto takes it: two numbers in DER. */
static int ecdsa_der(const TPMS_SIGNATURE_ECDSA *from, uint8_t ret[ECDSA_DER_MAX])
{
	_cleanup_(ECDSA_SIG_freep) ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r, *s;
	uint8_t *to = ret;

	if (from->signatureR.size > 32 || from->signatureS.size > 32)
		return -1;
	r = BN_bin2bn(from->signatureR.buffer, from->signatureR.size, NULL);
	s = BN_bin2bn(from->signatureS.buffer, from->signatureS.size, NULL);
	if (!sig || !r || !s || !ECDSA_SIG_set0(sig, r, s)) {
		BN_free(r);
		BN_free(s);
		return -1;
	}
	return i2d_ECDSA_SIG(sig, &to);
}

static bool verifies(const struct tpm_key *ak, const uint8_t *sig, size_t sig_len, const struct bytes *text)
{
	_cleanup_(EVP_MD_CTX_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	return ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, ak->pkey) == 1 &&
	       EVP_DigestVerify(ctx, sig, sig_len, text->data, text->len) == 1;
}

static bool signature_good(const struct tpm_key *ak, const TPMT_SIGNATURE *sig, const struct bytes *quote)
{
	uint8_t der[ECDSA_DER_MAX];
	int len;

	if (EVP_PKEY_is_a(ak->pkey, "RSA")) {
		const TPMS_SIGNATURE_RSA *rsa = &sig->signature.rsassa;

		return sig->sigAlg == TPM2_ALG_RSASSA && rsa->hash == TPM2_ALG_SHA256 &&
		       verifies(ak, rsa->sig.buffer, rsa->sig.size, quote);
	}
	if (sig->sigAlg != TPM2_ALG_ECDSA || sig->signature.ecdsa.hash != TPM2_ALG_SHA256)
		return false;
	len = ecdsa_der(&sig->signature.ecdsa, der);
	return len > 0 && verifies(ak, der, (size_t)len, quote);
}

/* One bank, the SHA-256 one. */
static int read_selection(const TPML_PCR_SELECTION *list, uint32_t *ret, struct err *err)
{
	const TPMS_PCR_SELECTION *bank = &list->pcrSelections[0];
	uint32_t mask = 0;

	if (list->count != 1 || bank->hash != TPM2_ALG_SHA256 || bank->sizeofSelect > 4)
		return err_set(err, EBADMSG, "the quote does not speak of the SHA-256 bank alone");
	for (unsigned i = 0; i < bank->sizeofSelect; i++)
		mask |= (uint32_t)bank->pcrSelect[i] << i * 8;
	if (!mask || mask >> TPM_PCRS)
		return err_set(err, EBADMSG, "the quote speaks of no PCR, or of one that there is not");
	*ret = mask;
	return 0;
}

static int read_quote(const struct bytes *bytes, TPMS_ATTEST *ret, struct err *err)
{
	size_t len = 0;

	*ret = (TPMS_ATTEST){0};
	if (Tss2_MU_TPMS_ATTEST_Unmarshal(bytes->data, bytes->len, &len, ret) != TSS2_RC_SUCCESS ||
	    len != bytes->len)
		return err_set(err, EBADMSG, "the quote is malformed");
	if (ret->magic != TPM2_GENERATED_VALUE || ret->type != TPM2_ST_ATTEST_QUOTE)
		return err_set(err, EBADMSG, "this is not a quote that a TPM has made");
	if (ret->attested.quote.pcrDigest.size != SHA256_SIZE)
		return err_set(err, EBADMSG, "the quote's digest is not one by SHA-256");
	return 0;
}

int tpm_quote_verify(const struct bytes *quote, const struct bytes *signature, const struct tpm_key *ak,
		     const uint8_t qualifying[SHA256_SIZE], struct tpm_quote *ret, struct err *err)
{
	struct tpm_quote found = {0};
	TPMT_SIGNATURE sig;
	TPMS_ATTEST attest;
	int r = read_quote(quote, &attest, err);

	if (r == 0)
		r = unpack_signature(signature, &sig, err);
	if (r)
		return r;
	if (!signature_good(ak, &sig, quote))
		return err_set(err, EKEYREJECTED, "the quote is not signed by the attestation key");
	if (attest.extraData.size != SHA256_SIZE ||
	    !equal_secret(attest.extraData.buffer, qualifying, SHA256_SIZE))
		return err_set(err, ESTALE,
			       "the quote is not one for this challenge: an old one, or another's");
	r = read_selection(&attest.attested.quote.pcrSelect, &found.mask, err);
	if (r)
		return r;
	memcpy(found.pcr_digest, attest.attested.quote.pcrDigest.buffer, SHA256_SIZE);
	found.firmware = attest.firmwareVersion;
	*ret = found;
	return 0;
}

void tpm_quote_digest(uint32_t mask, const uint8_t pcrs[TPM_PCRS][SHA256_SIZE], uint8_t ret[SHA256_SIZE])
{
	uint8_t text[TPM_PCRS * SHA256_SIZE];
	size_t len = 0;

	for (unsigned i = 0; i < TPM_PCRS; i++) {
		if (!(mask >> i & 1))
			continue;
		memcpy(text + len, pcrs[i], SHA256_SIZE);
		len += SHA256_SIZE;
	}
	sha256(text, len, ret);
}

void tpm_quote_bind(const uint8_t nonce[SHA256_SIZE], const uint8_t digest[SHA256_SIZE],
		    uint8_t ret[SHA256_SIZE])
{
	uint8_t text[2 * SHA256_SIZE];

	memcpy(text, nonce, SHA256_SIZE);
	memcpy(text + SHA256_SIZE, digest, SHA256_SIZE);
	sha256(text, sizeof(text), ret);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What the TPM says to others: that its keys are its own, and what was measured. */
#include <string.h>

#include <tss2/tss2_mu.h>

#include "agent/hw/tpm/tpm2_private.h"

#define NOT_SOUND(rc) ((rc) != TSS2_RC_SUCCESS)

static int keys_loaded(const struct tpm2 *tpm, bool ek, struct err *err)
{
	if (tpm->ak != ESYS_TR_NONE && (!ek || tpm->ek != ESYS_TR_NONE))
		return 0;
	return err_set(err, EINVAL, "TPM: its keys have not been made");
}

/* The endorsement key demands this policy of whoever uses it. */
static int open_policy(struct tpm2 *tpm, ESYS_TR *ret_session, struct err *err)
{
	static const TPMT_SYM_DEF none = {.algorithm = TPM2_ALG_NULL};
	ESYS_TR session = ESYS_TR_NONE;
	int r = tpm2_said(tpm,
			  Esys_StartAuthSession(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
						ESYS_TR_NONE, ESYS_TR_NONE, NULL, TPM2_SE_POLICY, &none,
						TPM2_ALG_SHA256, &session),
			  "beginning a session", err);

	if (r)
		return r;
	r = tpm2_said(tpm,
		      Esys_PolicySecret(tpm->esys, ESYS_TR_RH_ENDORSEMENT, session, ESYS_TR_PASSWORD,
					ESYS_TR_NONE, ESYS_TR_NONE, NULL, NULL, NULL, 0, NULL, NULL),
		      "using the endorsement hierarchy", err);
	if (r)
		tpm2_drop(tpm, &session);
	else
		*ret_session = session;
	return r;
}

int tpm2_activate(struct tpm2 *tpm, const struct bytes *credential, const struct bytes *secret,
		  struct bytes *ret, struct err *err)
{
	_cleanup_esys_ TPM2B_DIGEST *hidden = NULL;
	TPM2B_ENCRYPTED_SECRET wrapped = {0};
	ESYS_TR session = ESYS_TR_NONE;
	TPM2B_ID_OBJECT blob = {0};
	size_t blob_len = 0, wrapped_len = 0;
	int r = keys_loaded(tpm, true, err);

	if (r)
		return r;
	if (NOT_SOUND(
		    Tss2_MU_TPM2B_ID_OBJECT_Unmarshal(credential->data, credential->len, &blob_len, &blob)) ||
	    NOT_SOUND(Tss2_MU_TPM2B_ENCRYPTED_SECRET_Unmarshal(secret->data, secret->len, &wrapped_len,
							       &wrapped)) ||
	    blob_len != credential->len || wrapped_len != secret->len)
		return err_set(err, EBADMSG, "TPM: the station's credential is malformed");
	r = open_policy(tpm, &session, err);
	if (r)
		return r;
	r = tpm2_said(tpm,
		      Esys_ActivateCredential(tpm->esys, tpm->ak, tpm->ek, ESYS_TR_PASSWORD, session,
					      ESYS_TR_NONE, &blob, &wrapped, &hidden),
		      "activating the station's credential", err);
	if (r) { /* a session that was used is gone; one that was not would stay */
		tpm2_drop(tpm, &session);
		return r;
	}
	ret->len = hidden->size;
	memcpy(ret->data, hidden->buffer, hidden->size);
	explicit_bzero(hidden, sizeof(*hidden));
	return 0;
}

static void select_pcrs(uint32_t mask, TPML_PCR_SELECTION *ret)
{
	*ret = (TPML_PCR_SELECTION){
		.count = 1, .pcrSelections[0] = {.hash = TPM2_ALG_SHA256, .sizeofSelect = TPM2_PCRS / 8}};
	for (unsigned i = 0; i < TPM2_PCRS / 8; i++)
		ret->pcrSelections[0].pcrSelect[i] = (BYTE)(mask >> i * 8);
}

static uint32_t selected(const TPML_PCR_SELECTION *selection)
{
	uint32_t mask = 0;

	if (selection->count != 1 || selection->pcrSelections[0].hash != TPM2_ALG_SHA256)
		return 0;
	for (unsigned i = 0; i < TPM2_PCRS / 8 && i < selection->pcrSelections[0].sizeofSelect; i++)
		mask |= (uint32_t)selection->pcrSelections[0].pcrSelect[i] << i * 8;
	return mask;
}

/* One answer holds eight at most, the lowest first. *mask loses what was read. */
static int read_some(struct tpm2 *tpm, uint32_t *mask, uint8_t ret[TPM2_PCRS][SHA256_SIZE], struct err *err)
{
	_cleanup_esys_ TPML_PCR_SELECTION *got = NULL;
	_cleanup_esys_ TPML_DIGEST *values = NULL;
	TPML_PCR_SELECTION wanted;
	uint32_t have;
	int r;

	select_pcrs(*mask, &wanted);
	r = tpm2_said(tpm,
		      Esys_PCR_Read(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &wanted, NULL, &got,
				    &values),
		      "reading PCRs", err);
	if (r)
		return r;
	have = selected(got) & *mask;
	if (!have || values->count != (unsigned)__builtin_popcount(have))
		return err_set(err, ENOTSUP,
			       "TPM: its PCRs have no SHA-256 bank: switch it on in the firmware's setup");
	*mask &= ~have;
	for (unsigned n = 0; n < values->count; n++, have &= have - 1) {
		if (values->digests[n].size != SHA256_SIZE)
			return err_set(err, EBADMSG, "TPM: a PCR is not one of SHA-256");
		memcpy(ret[__builtin_ctz(have)], values->digests[n].buffer, SHA256_SIZE);
	}
	return 0;
}

int tpm2_pcrs(struct tpm2 *tpm, uint32_t mask, uint8_t ret[TPM2_PCRS][SHA256_SIZE], struct err *err)
{
	int r = 0;

	while (r == 0 && mask)
		r = read_some(tpm, &mask, ret, err);
	return r;
}

int tpm2_quote(struct tpm2 *tpm, uint32_t mask, const uint8_t qualifying[SHA256_SIZE],
	       struct bytes *ret_quote, struct bytes *ret_signature, struct err *err)
{
	static const TPMT_SIG_SCHEME of_the_key = {.scheme = TPM2_ALG_NULL};
	_cleanup_esys_ TPMT_SIGNATURE *signature = NULL;
	_cleanup_esys_ TPM2B_ATTEST *quote = NULL;
	TPM2B_DATA data = {.size = SHA256_SIZE};
	TPML_PCR_SELECTION wanted;
	size_t len = 0;
	int r = keys_loaded(tpm, false, err);

	if (r)
		return r;
	memcpy(data.buffer, qualifying, SHA256_SIZE);
	select_pcrs(mask, &wanted);
	r = tpm2_said(tpm,
		      Esys_Quote(tpm->esys, tpm->ak, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &data,
				 &of_the_key, &wanted, &quote, &signature),
		      "quoting PCRs", err);
	if (r)
		return r;
	if (quote->size > sizeof(ret_quote->data) ||
	    NOT_SOUND(Tss2_MU_TPMT_SIGNATURE_Marshal(signature, ret_signature->data,
						     sizeof(ret_signature->data), &len)))
		return err_set(err, EBADMSG, "TPM: its quote is not sound");
	memcpy(ret_quote->data, quote->attestationData, quote->size);
	ret_quote->len = quote->size;
	ret_signature->len = (uint16_t)len;
	return 0;
}

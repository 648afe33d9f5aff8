/* SPDX-License-Identifier: Apache-2.0 */
/* What a former owner may have left, and TPM2_Clear (Part 3, 24.6). */
#include "agent/hw/tpm/tpm2_private.h"

static int property(struct tpm2 *tpm, uint32_t which, uint32_t *ret, struct err *err)
{
	_cleanup_esys_ TPMS_CAPABILITY_DATA *data = NULL;
	int r = tpm2_said(tpm,
			  Esys_GetCapability(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					     TPM2_CAP_TPM_PROPERTIES, which, 1, NULL, &data),
			  "asking for its state", err);

	if (r)
		return r;
	const TPML_TAGGED_TPM_PROPERTY *list = &data->data.tpmProperties;
	if (!list->count || list->tpmProperty[0].property != which)
		return err_set(err, EBADMSG, "TPM: it does not tell its state");
	*ret = list->tpmProperty[0].value;
	return 0;
}

/*
 * Is the platform hierarchy's authorisation empty? Asked by a policy that needs it and is used for nothing. Guessing wrong costs nothing:
 * that authorisation is not subject to lockout.
 */
static int ask_platform(struct tpm2 *tpm, bool *ret, struct err *err)
{
	static const TPMT_SYM_DEF none = {.algorithm = TPM2_ALG_NULL};
	ESYS_TR session = ESYS_TR_NONE;
	TSS2_RC rc;
	int r = tpm2_said(tpm,
			  Esys_StartAuthSession(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
						ESYS_TR_NONE, ESYS_TR_NONE, NULL, TPM2_SE_TRIAL, &none,
						TPM2_ALG_SHA256, &session),
			  "beginning a session", err);

	if (r)
		return r;
	rc = Esys_PolicySecret(tpm->esys, ESYS_TR_RH_PLATFORM, session, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			       ESYS_TR_NONE, NULL, NULL, NULL, 0, NULL, NULL);
	tpm2_drop(tpm, &session);
	if (tpm->wire.failed)
		return tpm2_said(tpm, rc, "asking for the platform hierarchy", err);
	*ret = rc == TSS2_RC_SUCCESS;
	return 0;
}

int tpm2_state(struct tpm2 *tpm, struct tpm2_state *ret, struct err *err)
{
	uint32_t permanent = 0, startup = 0;
	struct tpm2_state state;
	int r = property(tpm, TPM2_PT_PERMANENT, &permanent, err);

	if (r == 0)
		r = property(tpm, TPM2_PT_STARTUP_CLEAR, &startup, err);
	if (r)
		return r;
	state = (struct tpm2_state){
		.owner_auth = permanent & TPMA_PERMANENT_OWNERAUTHSET,
		.endorsement_auth = permanent & TPMA_PERMANENT_ENDORSEMENTAUTHSET,
		.lockout_auth = permanent & TPMA_PERMANENT_LOCKOUTAUTHSET,
		.clear_disabled = permanent & TPMA_PERMANENT_DISABLECLEAR,
		.in_lockout = permanent & TPMA_PERMANENT_INLOCKOUT,
	};
	if (startup & TPMA_STARTUP_CLEAR_PHENABLE)
		r = ask_platform(tpm, &state.platform_open, err);
	if (r == 0)
		*ret = state;
	return r;
}

int tpm2_clear(struct tpm2 *tpm, enum tpm2_hierarchy by, struct err *err)
{
	ESYS_TR hierarchy = by == TPM2_BY_PLATFORM ? ESYS_TR_RH_PLATFORM : ESYS_TR_RH_LOCKOUT;
	int r = 0;

	if (by == TPM2_BY_PLATFORM)
		r = tpm2_said(tpm,
			      Esys_ClearControl(tpm->esys, hierarchy, ESYS_TR_PASSWORD, ESYS_TR_NONE,
						ESYS_TR_NONE, TPM2_NO),
			      "allowing that it be cleared", err);
	if (r == 0)
		r = tpm2_said(tpm,
			      Esys_Clear(tpm->esys, hierarchy, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE),
			      "clearing it", err);
	if (r == 0) {
		tpm2_drop(tpm, &tpm->ek);
		tpm2_drop(tpm, &tpm->ak);
	}
	return r;
}

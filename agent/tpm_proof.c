/* SPDX-License-Identifier: Apache-2.0 */
/* What fails here is told to the station and no reason to stop: whether it matters is the station's policy. */
#include "agent/tpm_proof.h"

#include <string.h>

#include "agent/hw/tpm/tpm_log.h"
#include "agent/talk.h"
#include "core/io.h"
#include "core/log.h"
#include "protocol/attestation/attestation.h"

static int make_offer(struct tpm_proof *proof, json_t **ret, struct err *err)
{
	struct attest_offer offer = {0};
	struct tpm2_ek ek;
	int r = tpm2_open(&proof->tpm, err);

	if (r == 0)
		r = tpm2_ek(proof->tpm, &ek, err);
	if (r == 0)
		r = tpm2_ak_make(proof->tpm, &proof->ak, err);
	if (r)
		return r;
	offer.ek = ek.public;
	offer.ak = proof->ak.public;
	memcpy(offer.ek_certificate, ek.certificate, ek.certificate_len);
	offer.ek_certificate_len = ek.certificate_len;
	*ret = attest_offer_to_json(&offer);
	return 0;
}

json_t *tpm_proof_offer(struct tpm_proof *proof)
{
	json_t *offer = NULL;

	*proof = (struct tpm_proof){0};
	if (!tpm2_present(""))
		return NULL;
	if (make_offer(proof, &offer, &proof->why) == 0)
		return offer;
	log_warn("%s", proof->why.text);
	tpm2_close(proof->tpm);
	proof->tpm = NULL;
	return NULL;
}

/* The kernel's, as it was measured when kernel and initramfs were started without being one EFI file. */
static char *read_cmdline(void)
{
	_cleanup_free_ char *text = NULL;
	struct err none = {0};
	size_t len;

	if (file_read("/proc/cmdline", CMDLINE_MAX, &text, NULL, &none) < 0)
		return NULL;
	len = strcspn(text, "\n");
	text[len] = '\0';
	if (!len || len > MEASURED_CMDLINE_MAX)
		return NULL;
	for (const char *p = text; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			return NULL;
	return TAKE_PTR(text);
}

static int make_answer(struct tpm_proof *proof, const json_t *json, struct attest_proof *answer,
		       struct err *err)
{
	struct attest_challenge challenge;
	int r = attest_challenge_from_json(json, &challenge, err);

	if (r == 0)
		r = tpm2_activate(proof->tpm, &challenge.credential, &challenge.secret, &answer->secret, err);
	if (r == 0)
		r = tpm_log_read("", TCG_LOG_MAX, &answer->log, &answer->log_len, err);
	if (r == 0)
		r = tpm2_pcrs(proof->tpm, MEASURED_PCRS, answer->pcrs, err);
	if (r == 0)
		r = tpm2_quote(proof->tpm, MEASURED_PCRS, challenge.nonce, &answer->quote, &answer->signature,
			       err);
	answer->pcr_mask = MEASURED_PCRS;
	answer->cmdline = read_cmdline();
	return r;
}

json_t *tpm_proof_answer(struct tpm_proof *proof, const json_t *challenge)
{
	_cleanup_(attest_proof_clear) struct attest_proof answer = {0};
	bool asked = proof->tpm && challenge;

	if (asked && make_answer(proof, challenge, &answer, &proof->why) < 0)
		log_warn("%s", proof->why.text);
	tpm2_close(proof->tpm);
	proof->tpm = NULL;
	if (proof->why.code)
		talk_text(answer.error, sizeof(answer.error), proof->why.text);
	return asked || proof->why.code ? attest_proof_to_json(&answer) : NULL;
}

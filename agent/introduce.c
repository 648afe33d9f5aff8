/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/introduce.h"

#include <string.h>

#include "agent/tpm_proof.h"
#include "core/json.h"
#include "core/log.h"

/*
 * 1: the machine is to start from its disk; so it is when nobody says what to do with it. A station that refuses the TPM's keys is asked
 * again without them: what follows from that is its policy.
 */
static int get_hint(const struct introduction *in, const json_t *tpm, json_t **ret_challenge, struct err *err)
{
	char *hint = in->hint;
	bool by_script = hint[0] != '\0';
	int r = tpm ? talk_hint(in->talk, in->identity, tpm, hint, ret_challenge, err) : -ENOENT;

	if (tpm && r < 0)
		log_warn("offering the TPM's keys: %s", err->text);
	if (by_script) {
		*err = (struct err){0};
		return 0;
	}
	if (r < 0 && r != -ETIMEDOUT) {
		*err = (struct err){0};
		r = talk_hint(in->talk, in->identity, NULL, hint, ret_challenge, err);
	}
	if (r == -ETIMEDOUT) {
		log_error("%s", err->text);
		return 1;
	}
	return r < 0 ? err_prepend(err, "asking for a boot hint") : r;
}

int introduce(const struct introduction *in, struct checkin **ret, struct quote_key *ret_quote,
	      struct err *err)
{
	_cleanup_json_ json_t *tpm = NULL, *challenge = NULL, *attestation = NULL;
	struct tpm_proof proof;
	int r;

	in->alive(in->data);
	tpm = tpm_proof_offer(&proof);
	in->alive(in->data);
	r = get_hint(in, tpm, &challenge, err);
	if (r == 0)
		in->hint_spent(in->data);
	attestation = tpm_proof_answer(&proof, challenge);
	in->alive(in->data);
	if (r)
		return r;
	r = talk_checkin(in->talk, in->hint, in->identity, attestation, ret, err);
	explicit_bzero(in->hint, HINT_SIZE);
	if (r < 0)
		return err_prepend(err, "check-in");
	*ret_quote = (struct quote_key){.ak = proof.ak, .required = (*ret)->quote_required};
	memcpy(ret_quote->nonce, (*ret)->quote_nonce, sizeof(ret_quote->nonce));
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/steps/quote.h"

#include <string.h>

#include "core/json.h"
#include "protocol/attestation/attestation.h"

static int make(const struct quote_key *key, const json_t *evidence, struct attest_seal *ret, struct err *err)
{
	_cleanup_(tpm2_closep) struct tpm2 *tpm = NULL;
	uint8_t digest[SHA256_SIZE], qualifying[SHA256_SIZE];
	int r = tpm2_open(&tpm, err);

	if (r == 0)
		r = tpm2_ak_again(tpm, &key->ak, err);
	if (r)
		return r;
	attest_evidence_digest(evidence, digest);
	tpm_quote_bind(key->nonce, digest, qualifying);
	memcpy(ret->nonce, key->nonce, sizeof(ret->nonce));
	ret->ak = key->ak.public;
	return tpm2_quote(tpm, MEASURED_PCRS, qualifying, &ret->quote, &ret->signature, err);
}

int quote_add(struct job *job, json_t *evidence, struct err *err)
{
	struct attest_seal seal = {0};
	struct err why = {0};
	int r;

	if (!job->quote)
		return 0;
	r = make(job->quote, evidence, &seal, &why);
	if (r == 0)
		json_object_set_new(evidence, "attestation", attest_seal_to_json(&seal));
	else if (job->quote->required)
		*err = why;
	else
		job->ops->note(job, why.text);
	return r && job->quote->required ? r : 0;
}

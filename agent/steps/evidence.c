/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The evidence: what the steps have proven, as one document (protocol/certificate.h). The station makes the certificate of
 * it and signs; only then may the commit begin.
 */
#include "agent/step.h"
#include "agent/steps/identity.h"
#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "protocol/certificate.h"

static json_t *image_part(const struct facts *facts)
{
	const struct manifest *m = facts->manifest;
	char manifest_sha256[SHA256_HEX_SIZE], index_sha256[SHA256_HEX_SIZE];

	hex_encode(m->sha256, SHA256_SIZE, manifest_sha256);
	hex_encode(m->index_sha256, SHA256_SIZE, index_sha256);
	return json_pack("{ss ss sI ss ss ss sO sO?}", "name", m->name, "version", m->version, "serial",
			 (json_int_t)m->serial, "manifest_sha256", manifest_sha256, "index_sha256",
			 index_sha256, "signer", facts->signer.subject, "written", facts->written,
			 "personalised", facts->personalised);
}

static int build(struct job *job, json_t **ret, struct err *err)
{
	const struct facts *facts = &job->facts;
	struct node_identity identity;

	int r = identity_make(json_object_get(facts->inventory, "smbios"),
			      json_object_get(facts->inventory, "nics"), &identity, err);
	if (r)
		return r;
	json_t *evidence =
		json_pack("{si ss so s{ss} so sO? sO? sO? sO}", "evidence", 1, "order", job->order->id,
			  "node", node_identity_to_json(&identity), "agent", "version", REMINT_VERSION,
			  "image", image_part(facts), "drives", facts->wiped, "drives_not_touched",
			  facts->untouched, "efi", facts->efi, "steps", job->steps);
	if (!evidence)
		return err_set(err, EBADMSG, "the facts do not make a document");
	*ret = evidence;
	return 0;
}

static int evidence_run(struct job *job, struct err *err)
{
	_cleanup_json_ json_t *evidence = NULL;
	char sha256[SHA256_HEX_SIZE];

	if (!job->facts.manifest || !job->facts.wiped || !job->facts.written)
		return err_set(err, EINVAL, "nothing was wiped and written that could be attested");
	int r = build(job, &evidence, err);
	if (!r) /* what the station would refuse is better found here, where it is said what is wrong */
		r = evidence_check(evidence, job->order->id, err);
	if (!r)
		r = job->ops->hand_in(job, evidence, sha256, err);
	if (r)
		return r;
	_cleanup_free_ char *text = str_printf("certificate %s", sha256);
	job->ops->note(job, text);
	return STEP_DONE;
}

const struct step step_evidence = {
	.name = "evidence",
	.effect = STEP_READS,
	.run = evidence_run,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* Puts together what the steps have proven. protocol/certificate/certificate.h has the shape. */
#include "agent/steps/attest.h"

#include "agent/steps/identity.h"
#include "agent/steps/quote.h"
#include "agent/steps/roots.h"
#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "protocol/certificate/certificate.h"

static json_t *image_part(const struct job *job)
{
	static const char *const redundancies[] = {
		[ORDER_SINGLE] = "single", [ORDER_COPIES] = "copies", [ORDER_MIRROR] = "mirror"};
	const struct facts *facts = &job->facts;
	const struct manifest *m = facts->manifest;
	char manifest_sha256[SHA256_HEX_SIZE], index_sha256[SHA256_HEX_SIZE];

	if (!order_has_image(job->order))
		return json_null();
	hex_encode(m->sha256, SHA256_SIZE, manifest_sha256);
	hex_encode(m->index_sha256, SHA256_SIZE, index_sha256);
	return json_pack("{ss ss ss sI ss ss ss ss sO sO?}", "kind", image_kind_name(m->kind), "name",
			 m->name, "version", m->version, "serial", (json_int_t)m->serial, "manifest_sha256",
			 manifest_sha256, "index_sha256", index_sha256, "signer", facts->signer.subject,
			 "redundancy", redundancies[job->order->redundancy], "written", facts->written,
			 "personalised", facts->personalised);
}

/* Each disk that was to receive the image, and what became of it. */
static json_t *roots_part(const struct facts *facts)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < facts->n_roots; i++) {
		const struct root *root = &facts->roots[i];

		json_array_append_new(
			list,
			json_pack("{ss sI so}", "name", root->block->name, "size", (json_int_t)root->size,
				  "lost", root_is_whole(root) ? json_null() : json_string(root->lost.text)));
	}
	return list;
}

/* What the steps of the firmware have to say, as one. */
static json_t *firmware_part(const struct facts *facts)
{
	json_t *part;

	if (!facts->firmware)
		return json_null();
	part = json_copy(facts->firmware);
	json_object_set_new(part, "memory", facts->memory ? json_incref(facts->memory) : json_null());
	return part;
}

/* What single steps have to say; null where one had nothing to do. */
static void add_parts(const struct facts *facts, json_t *evidence)
{
	const struct part {
		const char *key;
		json_t *value; /* borrowed */
	} parts[] = {
		{"efi", facts->efi},         {"secure_boot", facts->secure_boot},
		{"tpm", facts->tpm},         {"handover", facts->handover},
		{"gate", facts->gate},       {"overlays", facts->overlays},
		{"gpus", facts->gpus},       {"nics", facts->nics},
		{"network", facts->network},
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		json_object_set_new(evidence, parts[i].key,
				    parts[i].value ? json_incref(parts[i].value) : json_null());
}

static int build(struct job *job, json_t **ret, struct err *err)
{
	const struct facts *facts = &job->facts;
	struct node_identity identity;
	json_t *evidence;
	int r = identity_make(json_object_get(facts->inventory, "smbios"),
			      json_object_get(facts->inventory, "nics"), &identity, err);

	if (r)
		return r;
	evidence = json_pack("{si ss so s{ss} so so sO? sO? so sO}", "evidence", 1, "order", job->order->id,
			     "node", node_identity_to_json(&identity), "agent", "version", REMINT_VERSION,
			     "image", image_part(job), "root_disks", roots_part(facts), "drives",
			     facts->wiped, "drives_not_touched", facts->untouched, "firmware",
			     firmware_part(facts), "steps", job->steps);
	if (!evidence)
		return err_set(err, EBADMSG, "the facts do not make a document");
	add_parts(facts, evidence);
	*ret = evidence;
	return 0;
}

/* Is there what the order asks for? */
static bool is_done(const struct job *job)
{
	const struct facts *facts = &job->facts;

	if (!order_has_image(job->order))
		return facts->wiped;
	return facts->wiped && facts->manifest && facts->n_roots && facts->written;
}

int attest(struct job *job, struct err *err)
{
	_cleanup_json_ json_t *evidence = NULL;
	_cleanup_free_ char *text = NULL;
	char sha256[SHA256_HEX_SIZE];

	if (!is_done(job))
		return err_set(err, EINVAL, "nothing was wiped and written that could be attested");
	int r = build(job, &evidence, err);
	if (!r)
		r = quote_add(job, evidence, err);
	if (!r) /* what the station would refuse is better found here, where it is said what is wrong */
		r = evidence_check(evidence, job->order->id, err);
	if (!r)
		r = job->ops->hand_in(job, evidence, sha256, err);
	if (r)
		return r;
	if (*sha256) {
		text = str_printf("certificate %s", sha256);
		job->ops->note(job, text);
	}
	return 0;
}

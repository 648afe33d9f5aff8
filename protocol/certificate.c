/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a certificate of evidence: what was reported, and what of it may be claimed. docs/certificate.md */
#include "protocol/certificate.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "core/time.h"
#include "protocol/claim.h"
#include "protocol/evidence_image.h"

struct counts {
	unsigned claims[CLAIM_READ_BACK + 1];
	unsigned drives, not_touched;
};

static void copy_keys(const json_t *from, json_t *to, const char *const *keys)
{
	for (; *keys; keys++)
		if (json_object_get(from, *keys))
			json_object_set(to, *keys, json_object_get(from, *keys));
}

static json_t *make_drive(const json_t *reported, struct counts *counts)
{
	static const char *const keys[] = {"name",       "model",    "serial",    "wwn",
					   "firmware",   "size",     "transport", "logical_block_size",
					   "rotational", "method",   "level",     "begun",
					   "ended",      "outcome",  "reason",    "resumed",
					   "plan",       "attempts", "proof",     NULL};
	enum claim claim = claim_for_drive(reported);
	const char *outcome = json_string_value(json_object_get(reported, "outcome"));
	json_t *drive = json_object();

	counts->claims[claim]++;
	counts->drives++;
	copy_keys(reported, drive, keys);
	json_object_set_new(drive, "claim", json_string(claim_name(claim)));
	if (claim == CLAIM_NOT_ERASED && !strcmp(outcome, "proven")) {
		json_object_set_new(drive, "outcome", json_string("failed"));
		json_object_set_new(
			drive, "reason",
			json_string("the agent reported it as proven; its proof does not bear that "
				    "out"));
	}
	return drive;
}

static json_t *make_drives(const json_t *evidence, struct counts *counts)
{
	const json_t *list = json_object_get(evidence, "drives");
	json_t *drives = json_array();

	for (size_t i = 0; i < json_array_size(list); i++)
		json_array_append_new(drives, make_drive(json_array_get(list, i), counts));
	return drives;
}

static json_t *make_untouched(const json_t *evidence, struct counts *counts)
{
	static const char *const keys[] = {"name", "model",     "serial", "wwn",
					   "size", "transport", "reason", NULL};
	const json_t *list = json_object_get(evidence, "drives_not_touched");
	json_t *drives = json_array();

	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *drive = json_object();

		copy_keys(json_array_get(list, i), drive, keys);
		json_array_append_new(drives, drive);
		counts->not_touched++;
	}
	return drives;
}

static const char *basis_sentence(const char *basis)
{
	if (!strcmp(basis, "location-trusted"))
		return "That this machine is the node rests on its place in the network, which the operator "
		       "marked "
		       "as trusted, and on what its firmware said of itself.";
	if (!strcmp(basis, "stand-alone"))
		return "The machine was erased without a station, by an order on a boot medium. This station "
		       "has "
		       "checked that a signer whom it trusts signed the order, and that the record was "
		       "signed by "
		       "the key that it names and has not changed since. That the key was made by an "
		       "unaltered agent on this machine is proven by nothing but the record itself: whoever "
		       "had "
		       "the medium could have made another.";
	return "That this machine is the node rests on the identity basis named in this document.";
}

static char *make_statement(const json_t *evidence, const struct counts *counts, const char *basis)
{
	_cleanup_free_ char *image = evidence_image_statement(evidence);

	return str_printf(
		"Of %u drives that were to be erased, %u were read back after erasing, %u are erased by "
		"the device's own word alone, and %u are not erased. %u further drives were not touched. %s "
		"This is what the agent on the machine reported; a \"read back\" is claimed only where its "
		"proof says so. %s",
		counts->drives, counts->claims[CLAIM_READ_BACK], counts->claims[CLAIM_ASSERTED],
		counts->claims[CLAIM_NOT_ERASED], counts->not_touched, image, basis_sentence(basis));
}

char *certificate_make(const json_t *evidence, const struct certificate_context *context, size_t *ret_len,
		       struct err *err)
{
	static const char *const copied[] = {"agent", "image", "root_disks", "steps", NULL};
	_cleanup_json_ json_t *certificate = NULL;
	_cleanup_free_ char *statement = NULL;
	const json_t *efi = json_object_get(evidence, "efi");
	struct counts counts = {0};
	char issued[TIME_TEXT_SIZE];

	if (evidence_check(evidence, context->order_id, err) < 0)
		return NULL;
	time_format(context->issued, issued);
	certificate = json_pack("{si ss ss sO ss ss ss ss so so}", "certificate", 1, "order",
				context->order_id, "node", context->node, "identity",
				json_object_get(evidence, "node"), "identity_basis", context->identity_basis,
				"station", context->station, "requested_by", context->requested_by, "issued",
				issued, "drives", make_drives(evidence, &counts), "drives_not_touched",
				make_untouched(evidence, &counts));
	if (!certificate) {
		err_set(err, EINVAL, "certificate: a name in it is not UTF-8");
		return NULL;
	}
	copy_keys(evidence, certificate, copied);
	json_object_set_new(certificate, "efi", efi ? json_incref((json_t *)efi) : json_null());
	if (context->standalone)
		json_object_set(certificate, "standalone", (json_t *)context->standalone);
	statement = make_statement(evidence, &counts, context->identity_basis);
	json_object_set_new(certificate, "statement", json_string(statement));
	return json_canonical(certificate, ret_len);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a certificate of evidence: what was reported, and what of it may be claimed. docs/certificate.md */
#include "protocol/certificate/certificate.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "core/time.h"
#include "protocol/baseline/out_of_band.h"
#include "protocol/certificate/drives.h"
#include "protocol/evidence/firmware.h"
#include "protocol/evidence/gate.h"
#include "protocol/evidence/gpu.h"
#include "protocol/evidence/handover.h"
#include "protocol/evidence/image.h"
#include "protocol/evidence/network.h"
#include "protocol/evidence/nic.h"
#include "protocol/evidence/overlays.h"
#include "protocol/evidence/tpm.h"

static const char *basis_sentence(const char *basis)
{
	if (!strcmp(basis, "location-trusted"))
		return "That this machine is the node rests on its place in the network, which the operator "
		       "marked "
		       "as trusted, and on what its firmware said of itself.";
	if (!strcmp(basis, "tpm"))
		return "That this machine is the node, and ran the boot image that it should, rests on its "
		       "TPM: "
		       "see \"attestation\".";
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

static char *make_statement(const json_t *evidence, const struct certificate_counts *counts,
			    const struct certificate_context *context)
{
	_cleanup_free_ char *image = evidence_image_statement(evidence),
			    *firmware = evidence_firmware_statement(evidence),
			    *gate = evidence_gate_statement(evidence),
			    *gpus = evidence_gpus_statement(evidence),
			    *overlays = evidence_overlays_statement(evidence),
			    *nics = evidence_nics_statement(evidence),
			    *network = evidence_network_statement(evidence),
			    *out_of_band = out_of_band_statement(context->out_of_band);
	const char *tpm = evidence_tpm_statement(evidence), *handover = evidence_handover_statement(evidence);
	unsigned erased = counts->claims[CLAIM_READ_BACK] + counts->claims[CLAIM_ASSERTED];

	return str_printf(
		"Drives that were to be erased: %u. Read back after erasing: %u. Erased by the device's own "
		"word alone: %u. Not erased: %u. Purged: %u, cleared: %u. Further drives, not touched: %u. "
		"%s%s %s%s%s%s%s%s "
		"This is what the agent on the machine reported; a \"read back\" is claimed only where its "
		"proof says so.%s%s %s",
		counts->drives, counts->claims[CLAIM_READ_BACK], counts->claims[CLAIM_ASSERTED],
		counts->claims[CLAIM_NOT_ERASED], counts->purged, erased - counts->purged,
		counts->not_touched, image, firmware, tpm, handover, gate, gpus, nics, network, overlays,
		out_of_band, basis_sentence(context->identity_basis));
}

/* Who did it, where, with what, for whom, and when. NULL when a name is not UTF-8. */
static json_t *make_head(const json_t *evidence, const struct certificate_context *context)
{
	char issued[TIME_TEXT_SIZE];

	time_format(context->issued, issued);
	return json_pack("{si ss ss sO ss ss ss? ss? ss ss s{ss sO} s[ss]}", "certificate",
			 CERTIFICATE_VERSION, "order", context->order_id, "node", context->node, "identity",
			 json_object_get(evidence, "node"), "identity_basis", context->identity_basis,
			 "station", context->station, "place", context->place, "contact", context->contact,
			 "requested_by", context->requested_by, "issued", issued, "tool", "name",
			 "remint-agent", "version",
			 json_object_get(json_object_get(evidence, "agent"), "version"), "standards",
			 "NIST SP 800-88r2", "IEEE 2883-2022");
}

static json_t *or_null(const json_t *json)
{
	return json ? json_incref((json_t *)json) : json_null();
}

char *certificate_make(const json_t *evidence, const struct certificate_context *context, size_t *ret_len,
		       struct err *err)
{
	static const char *const copied[] = {"agent", "image", "root_disks", "steps", NULL};
	_cleanup_json_ json_t *certificate = NULL;
	_cleanup_free_ char *statement = NULL;
	const json_t *secure_boot = json_object_get(evidence, "secure_boot"),
		     *handover = json_object_get(evidence, "handover"),
		     *gpus = json_object_get(evidence, "gpus"),
		     *network = json_object_get(evidence, "network");
	struct certificate_counts counts = {0};

	if (evidence_check(evidence, context->order_id, err) < 0)
		return NULL;
	certificate = make_head(evidence, context);
	if (!certificate) {
		err_set(err, EINVAL, "certificate: a name in it is not UTF-8");
		return NULL;
	}
	certificate_copy_keys(evidence, certificate, copied);
	json_object_set_new(certificate, "drives", certificate_drives(evidence, &counts));
	json_object_set_new(certificate, "drives_not_touched", certificate_not_touched(evidence, &counts));
	json_object_set_new(certificate, "validation",
			    certificate_validation(evidence, context->evidence_sha256));
	json_object_set_new(certificate, "efi", or_null(json_object_get(evidence, "efi")));
	json_object_set_new(certificate, "firmware", or_null(json_object_get(evidence, "firmware")));
	if (secure_boot)
		json_object_set(certificate, "secure_boot", (json_t *)secure_boot);
	if (handover)
		json_object_set(certificate, "handover", (json_t *)handover);
	if (network)
		json_object_set(certificate, "network", (json_t *)network);
	json_object_set_new(certificate, "gate", or_null(json_object_get(evidence, "gate")));
	if (gpus)
		json_object_set(certificate, "gpus", (json_t *)gpus);
	json_object_set_new(certificate, "overlays", or_null(json_object_get(evidence, "overlays")));
	json_object_set_new(certificate, "nics", or_null(json_object_get(evidence, "nics")));
	json_object_set_new(certificate, "tpm", or_null(json_object_get(evidence, "tpm")));
	json_object_set_new(certificate, "attestation", or_null(context->attestation));
	if (context->bmc)
		json_object_set(certificate, "bmc", (json_t *)context->bmc);
	json_object_set_new(certificate, "out_of_band", or_null(context->out_of_band));
	if (context->standalone)
		json_object_set(certificate, "standalone", (json_t *)context->standalone);
	statement = make_statement(evidence, &counts, context);
	json_object_set_new(certificate, "statement", json_string(statement));
	return json_canonical(certificate, ret_len);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence (what the agent hands in) and the certificate (what the station makes of it and signs).
 * docs/certificate.md describes each field, docs/certificate.schema.json the certificate's form.
 */
#ifndef PROTOCOL_CERTIFICATE_H
#define PROTOCOL_CERTIFICATE_H

#include <jansson.h>
#include <time.h>

#include "core/err.h"

#define EVIDENCE_MAX        (4 * 1024 * 1024)
#define CERTIFICATE_MAX     (2 * EVIDENCE_MAX) /* it repeats the evidence, with less than as much again */
#define CERTIFICATE_VERSION 2

/*
 * Shape of evidence: {"evidence":1, "order":id, "node":{identity}, "agent":{...}, "image":{name, version, serial,
 * manifest_sha256, index_sha256, signer, written:{verify, targets:[{disk, lost, ...}], ...}}, "root_disks":[{name, size, lost}],
 * "drives":[{...}], "drives_not_touched":[{..., reason}], "efi":{...}|null, "firmware":{pstore, variables, memory, after_reset}|null,
 * "secure_boot":{...}|null, "tpm":{...}|null, "attestation":{...}|null, "handover":{by, ...}|null,
 * "gate":{class, before, after}|null, "gpus":[{pci, reset, scrub, ...}]|null, "nics":[{entry, pci, settings, ...}]|null, "steps":[{name, phase, begun, ended, outcome, resumed}]}
 * Checks types and bounds, that nothing contradicts another, and that it speaks of `order_id`. -EBADMSG names the field.
 */
int evidence_check(const json_t *evidence, const char *order_id, struct err *err) _must_check_;

struct certificate_context {
	const char *station;         /* the station's name */
	const char *place, *contact; /* where it stands, and whom to ask; NULL: not told */
	const char *order_id;
	const char *node;
	const char *requested_by; /* account that created the order */
	time_t issued;
	const char *identity_basis; /* "location-trusted", "tpm", "stand-alone" */
	const json_t *
		standalone; /* of evidence from a boot medium: what binds it to its order, docs/standalone.md; NULL: from an agent */
	const json_t
		*attestation; /* what the machine's TPM said, docs/certificate.md; NULL: nothing. Borrowed */
	const json_t *bmc;    /* what the station did through the node's BMC; NULL: nothing. Borrowed */
	const json_t *out_of_band; /* of protocol/baseline/out_of_band.h; NULL: no BMC was asked. Borrowed */
	const char *evidence_sha256; /* of the evidence as it was handed in, hexadecimal */
};

/* The certificate's text, canonical JSON, malloc'd: this is what is signed (CMS, detached). Says "proven" for a
 * drive only where its proof does. */
char *certificate_make(const json_t *evidence, const struct certificate_context *context, size_t *ret_len,
		       struct err *err) _must_check_;

/* Is this document a certificate of a version known here? Looks at what its readers rely on. -EBADMSG says what it is not. */
int certificate_check(const json_t *certificate, struct err *err) _must_check_;

#endif

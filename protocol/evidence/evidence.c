/* SPDX-License-Identifier: Apache-2.0 */
/* Checks evidence, field by field. Its shape stands in protocol/certificate/certificate.h and docs/certificate.md. */
#include <string.h>

#include "core/json.h"
#include "core/time.h"
#include "protocol/certificate/certificate.h"
#include "protocol/evidence/drive.h"
#include "protocol/evidence/fields.h"
#include "protocol/evidence/firmware.h"
#include "protocol/evidence/gate.h"
#include "protocol/evidence/gpu.h"
#include "protocol/evidence/handover.h"
#include "protocol/evidence/image.h"
#include "protocol/evidence/network.h"
#include "protocol/evidence/nic.h"
#include "protocol/evidence/overlays.h"
#include "protocol/evidence/secure_boot.h"
#include "protocol/evidence/tpm.h"
#include "protocol/node.h"

#define STEPS_MAX  1024
#define DRIVES_MAX 256

static int check_head(const json_t *evidence, const char *order_id, struct err *err)
{
	static const char *const keys[] = {
		"evidence",           "order", "node",     "agent",       "image", "root_disks",  "drives",
		"drives_not_touched", "efi",   "firmware", "secure_boot", "tpm",   "attestation", "steps",
		"handover",           "gate",  "gpus",     "overlays",    "nics",  "network",     NULL};
	struct node_identity identity;
	const char *order;
	uint64_t version;
	int r;

	if (!json_is_object(evidence))
		return err_set(err, EBADMSG, "evidence must be an object");
	r = json_get_u64(evidence, "evidence", "evidence", 1, 1, &version, err);
	if (!r)
		r = json_only_keys(evidence, "evidence", keys, err);
	if (!r)
		r = json_get_str(evidence, "evidence", "order", 64, &order, err);
	if (r)
		return r;
	if (strcmp(order, order_id) != 0)
		return err_set(err, EBADMSG, "evidence.order is \"%s\", not \"%s\"", order, order_id);
	r = node_identity_from_json(json_object_get(evidence, "node"), &identity, err);
	return r ? err_prepend(err, "evidence.node") : 0;
}

static int check_agent(const json_t *evidence, struct err *err)
{
	static const char *const keys[] = {"version", "boot_image", NULL};
	const char *text;
	json_t *agent;
	int r = json_get_object(evidence, "evidence", "agent", &agent, err);

	if (!r)
		r = json_only_keys(agent, "evidence.agent", keys, err);
	if (!r)
		r = json_get_str(agent, "evidence.agent", "version", 64, &text, err);
	if (!r && json_object_get(agent, "boot_image"))
		r = json_get_str_or_empty(agent, "evidence.agent", "boot_image", 64, &text, err);
	return r;
}

static bool name_among_first(const json_t *list, size_t n, const json_t *name)
{
	for (size_t i = 0; i < n; i++)
		if (json_equal(json_object_get(json_array_get(list, i), "name"), name))
			return true;
	return false;
}

/* A drive is spoken of once, whether erased or not. */
static int check_drives(const json_t *evidence, struct err *err)
{
	json_t *erased, *others;
	int r = json_get_array(evidence, "evidence", "drives", DRIVES_MAX, &erased, err);

	if (!r)
		r = json_get_array(evidence, "evidence", "drives_not_touched", DRIVES_MAX, &others, err);
	for (size_t i = 0; !r && i < json_array_size(erased); i++) {
		const json_t *drive = json_array_get(erased, i);

		r = evidence_drive_check(drive, (unsigned)i, err);
		if (!r && name_among_first(erased, i, json_object_get(drive, "name")))
			r = err_set(err, EBADMSG, "evidence.drives[%zu] is there twice", i);
	}
	for (size_t i = 0; !r && i < json_array_size(others); i++) {
		const json_t *drive = json_array_get(others, i);
		const json_t *name = json_object_get(drive, "name");

		r = evidence_untouched_check(drive, (unsigned)i, err);
		if (!r && (name_among_first(others, i, name) ||
			   name_among_first(erased, json_array_size(erased), name)))
			r = err_set(err, EBADMSG, "evidence.drives_not_touched[%zu] is there twice", i);
	}
	return r;
}

static int check_step(const json_t *step, const char *what, struct err *err)
{
	static const char *const keys[] = {"name", "phase", "begun", "ended", "outcome", "resumed", NULL};
	bool resumed = false;
	const char *text;
	int r;

	if (!json_is_object(step))
		return err_set(err, EBADMSG, "%s must be an object", what);
	r = json_only_keys(step, what, keys, err);
	if (!r)
		r = json_get_str(step, what, "name", 31, &text, err);
	if (!r)
		r = json_get_str(step, what, "phase", 15, &text, err);
	if (!r)
		r = json_get_str(step, what, "outcome", 31, &text, err);
	if (!r)
		r = json_opt_bool(step, what, "resumed", &resumed, err);
	return r ? r : evidence_span_check(step, what, err);
}

static int check_steps(const json_t *evidence, struct err *err)
{
	json_t *steps, *step;
	size_t i;
	int r = json_get_array(evidence, "evidence", "steps", STEPS_MAX, &steps, err);

	if (r < 0)
		return r;
	json_array_foreach(steps, i, step) {
		char what[48];

		snprintf(what, sizeof(what), "evidence.steps[%zu]", i);
		r = check_step(step, what, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int evidence_check(const json_t *evidence, const char *order_id, struct err *err)
{
	const json_t *efi;
	int r = check_head(evidence, order_id, err);

	if (!r)
		r = check_agent(evidence, err);
	if (!r)
		r = check_drives(evidence, err);
	if (!r)
		r = evidence_image_check(evidence, err);
	if (!r)
		r = evidence_firmware_check(evidence, err);
	if (!r)
		r = check_steps(evidence, err);
	if (!r)
		r = evidence_secure_boot_check(evidence, err);
	if (!r)
		r = evidence_tpm_check(evidence, err);
	if (!r)
		r = evidence_handover_check(evidence, err);
	if (!r)
		r = evidence_gate_check(evidence, err);
	if (!r)
		r = evidence_gpus_check(evidence, err);
	if (!r)
		r = evidence_overlays_check(evidence, err);
	if (!r)
		r = evidence_nics_check(evidence, err);
	if (!r)
		r = evidence_network_check(evidence, err);
	efi = json_object_get(evidence, "efi");
	if (!r && efi && !json_is_object(efi) && !json_is_null(efi))
		r = err_set(err, EBADMSG, "evidence.efi must be an object or null");
	return r;
}

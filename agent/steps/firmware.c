/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a former tenant left in the firmware besides boot entries: the dumps of his kernels, and variables. Stands before the boot entries, because it
 * makes room for them.
 */
#include "agent/hw/machine.h"
#include "agent/hw/pstore.h"
#include "agent/step.h"
#include "agent/steps/firmware_kept.h"
#include "agent/steps/firmware_variables.h"
#include "core/json.h"
#include "efi/foreign.h"

/* That they can be listed is all that can be known before. */
static int firmware_check(struct job *job, struct err *err)
{
	_cleanup_(efi_variables_freep) struct efi_variables *variables = NULL;

	(void)job;
	return firmware_is_uefi("") ? efi_variables_read(NULL, &variables, err) : 0;
}

static int empty_pstore(json_t **ret, struct err *err)
{
	struct pstore pstore;
	int r = pstore_empty("", &pstore, err);

	if (r < 0)
		return r;
	*ret = pstore.present ? json_pack("{s:s, s:i, s:I}", "backend", pstore.backend, "removed",
					  (int)pstore.records, "bytes", (json_int_t)pstore.bytes)
			      : json_null();
	return 0;
}

static int firmware_run(struct job *job, struct err *err)
{
	_cleanup_json_ json_t *after_reset = NULL, *variables = NULL, *pstore = NULL;
	bool uefi = firmware_is_uefi("");
	int r = uefi ? firmware_kept_check(job, &after_reset, err) : 0;

	if (r == 0)
		r = empty_pstore(&pstore, err);
	if (r == 0 && uefi)
		r = firmware_variables_clean(job, &variables, err);
	if (r < 0)
		return r;
	json_decref(job->facts.firmware);
	job->facts.firmware = json_pack("{s:O, s:O?, s:O?}", "pstore", pstore, "variables", variables,
					"after_reset", after_reset);
	return job->facts.firmware ? STEP_DONE : err_set(err, ENOMEM, "out of memory");
}

static int firmware_verify(struct job *job, struct err *err)
{
	const json_t *variables = json_object_get(job->facts.firmware, "variables");

	return json_is_object(variables) ? firmware_variables_check(job, variables, err) : 0;
}

const struct step step_firmware = {
	.name = "firmware",
	.effect = STEP_CHANGES,
	.check = firmware_check,
	.run = firmware_run,
	.verify = firmware_verify,
};

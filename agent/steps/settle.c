/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The firmware's last word: the memory is to be cleared at the handover, and, where the order wants it, a reset shows whether the firmware keeps what
 * was written. The next boot compares in its first row that touches the firmware (firmware_kept.c).
 */
#include <string.h>

#include "agent/hw/machine.h"
#include "agent/step.h"
#include "agent/steps/efi_policy.h"
#include "agent/steps/firmware_kept.h"
#include "core/io.h"
#include "core/json.h"
#include "efi/boot_next.h"
#include "efi/mor.h"
#include "efi/vars.h"

static const char *why_not(const struct job *job, const struct mor *mor)
{
	if (job->order->efi.keep_memory)
		return "the order did not ask for it";
	if (mor->odd)
		return "the variable of this name is not the firmware's: its size or its attributes are "
		       "wrong";
	if (!mor->present)
		return "the firmware has no MemoryOverwriteRequestControl";
	if (mor->lock > MOR_LOCK_OPEN && !mor_is_set(mor))
		return "it is locked until the next reset";
	return NULL;
}

/* A firmware that does not take it is told of; one that takes it and forgets it ends the order. */
static int ask(const struct mor *mor, bool *ret_guarded, char **ret_reason, struct err *err)
{
	int r = 0;

	*ret_guarded = true; /* what is locked is */
	if (mor->lock <= MOR_LOCK_OPEN)
		r = mor_is_guarded(mor, ret_guarded, err);
	if (r == 0)
		r = mor_set(err);
	if (!var_is_refused(r))
		return r;
	*ret_reason = xstrdup(err->text);
	*err = (struct err){0};
	return 0;
}

static int request_clearing(struct job *job, struct err *err)
{
	_cleanup_free_ char *refused = NULL;
	const char *reason;
	bool guarded = false;
	struct mor mor;
	int r = mor_read(&mor, err);

	if (r < 0)
		return r;
	reason = why_not(job, &mor);
	if (!reason) {
		r = ask(&mor, &guarded, &refused, err);
		reason = refused;
	}
	if (r < 0)
		return r;
	json_decref(job->facts.memory);
	job->facts.memory = json_pack("{s:b, s:s, s:b, s:b, s:s?}", "present", mor.present, "lock",
				      mor_lock_name(mor.lock), "guarded", guarded, "requested", !reason,
				      "reason", reason);
	return job->facts.memory ? 0 : err_set(err, ENOMEM, "out of memory");
}

/* Without BootNext the firmware's own order must lead back to us, or whoever switched the machine on. */
static int ask_for_reset(struct job *job, struct err *err)
{
	_cleanup_(efi_boot_freep) struct efi_boot *boot = NULL;
	int next = -1, r = firmware_kept_promise(job, err);

	if (r == 0)
		r = efi_boot_read(&boot, err);
	if (r == 0)
		r = efi_come_back(boot, &next, err);
	if (r < 0)
		return r;
	if (next < 0)
		job->ops->note(job,
			       "a reset shows whether the firmware keeps its variables; there is no network "
			       "entry to come back by, so the next boot is whoever's who starts the machine");
	return STEP_NEEDS_RESET;
}

static int settle_run(struct job *job, struct err *err)
{
	int r;

	if (!firmware_is_uefi(""))
		return STEP_SKIPPED;
	r = request_clearing(job, err);
	if (r < 0)
		return r;
	if (job->order->efi.verify_after_reset && !job_was_reset(job, "settle"))
		return ask_for_reset(job, err);
	return STEP_DONE;
}

static int settle_verify(struct job *job, struct err *err)
{
	struct mor mor;
	int r;

	if (!json_is_true(json_object_get(job->facts.memory, "requested")))
		return 0;
	r = mor_read(&mor, err);
	if (r == 0 && !mor_is_set(&mor))
		r = err_set(err, EIO, "the request to clear the memory was set, and is gone");
	return r;
}

const struct step step_settle = {
	.name = "settle",
	.effect = STEP_CHANGES,
	.run = settle_run,
	.verify = settle_verify,
};

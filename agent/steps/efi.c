/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot entries: those of former installations go, one for the new image comes, and the order follows the order's
 * policy. Before anything is destroyed it is checked that this will be possible.
 */
#include "agent/hw/machine.h"
#include "agent/step.h"
#include "core/io.h"
#include "efi/bootorder.h"
#include "efi/gpt.h"

/* The strings are borrowed but for the label. */
struct efi_work {
	struct gpt *gpt;
	char *label;
	struct efi_wish wish;
};

static void work_clear(struct efi_work *work)
{
	gpt_free(work->gpt);
	free(work->label);
}

/* Where the image's EFI system partition lies, by the table in RAM, which is on no disk yet. */
static int make_wish(const struct job *job, struct efi_work *work, struct err *err)
{
	const struct facts *facts = &job->facts;
	const struct manifest *manifest = facts->manifest;
	const struct gpt_partition *esp;
	int r = gpt_read(facts->first_chunk, facts->first_chunk_len, manifest->logical_block_size, &work->gpt,
			 err);

	if (r < 0)
		return err_prepend(err, "first chunk of %s", manifest->name);
	esp = gpt_find(work->gpt, manifest->efi_partition);
	if (!esp)
		return err_set(err, EBADMSG, "image %s has no partition %s, which its manifest names as ESP",
			       manifest->name, manifest->efi_partition);
	work->label = str_printf("remint %s %s", manifest->name, manifest->version);
	work->wish = (struct efi_wish){
		.label = work->label,
		.disk_path = facts->root->path,
		.partition = esp->guid,
		.partition_number = esp->number,
		.partition_start = esp->start,
		.partition_size = esp->size,
		.loader = manifest->efi_loader,
		.network_first = job->order->boot == ORDER_BOOT_NETWORK_FIRST,
	};
	return 0;
}

/* The plan's policy does not depend on where the partition lies: a trial of it finds a missing network entry. */
static int efi_check(struct job *job, struct err *err)
{
	const struct manifest *manifest = job->facts.manifest;
	const struct efi_wish trial = {.network_first = job->order->boot == ORDER_BOOT_NETWORK_FIRST};
	_cleanup_(efi_boot_freep) struct efi_boot *boot = NULL;
	_cleanup_(efi_plan_freep) struct efi_plan *plan = NULL;
	int r;

	if (!firmware_is_uefi("")) {
		if (manifest->boots_bios)
			return 0;
		return err_set(err, EINVAL, "this machine booted by BIOS, and image %s boots by UEFI alone",
			       manifest->name);
	}
	if (!manifest->boots_uefi)
		return err_set(err, EINVAL, "this machine booted by UEFI, and image %s boots by BIOS alone",
			       manifest->name);
	r = efi_boot_read(&boot, err);
	return r < 0 ? r : efi_plan_make(boot, &trial, &plan, err);
}

static int efi_run(struct job *job, struct err *err)
{
	_cleanup_(efi_boot_freep) struct efi_boot *boot = NULL;
	_cleanup_(efi_plan_freep) struct efi_plan *plan = NULL;
	_cleanup_(work_clear) struct efi_work work = {0};
	json_t *report = NULL;
	int r;

	if (!firmware_is_uefi(""))
		return STEP_SKIPPED;
	r = make_wish(job, &work, err);
	if (r == 0)
		r = efi_boot_read(&boot, err);
	if (r == 0)
		r = efi_plan_make(boot, &work.wish, &plan, err);
	if (r == 0)
		r = efi_plan_apply(plan, boot, &work.wish, &report, err);
	if (r < 0)
		return r;
	json_decref(job->facts.efi);
	job->facts.efi = report;
	return STEP_DONE;
}

/* The plan that is made of what stands there now must be the one that changes nothing. */
static int efi_verify(struct job *job, struct err *err)
{
	_cleanup_(efi_boot_freep) struct efi_boot *boot = NULL;
	_cleanup_(efi_plan_freep) struct efi_plan *plan = NULL;
	_cleanup_(work_clear) struct efi_work work = {0};
	int r;

	if (!firmware_is_uefi(""))
		return 0;
	r = make_wish(job, &work, err);
	if (r == 0)
		r = efi_boot_read(&boot, err);
	if (r == 0)
		r = efi_plan_make(boot, &work.wish, &plan, err);
	return r < 0 ? r : efi_plan_check(plan, &work.wish, err);
}

const struct step step_efi = {
	.name = "efi",
	.effect = STEP_CHANGES,
	.check = efi_check,
	.run = efi_run,
	.verify = efi_verify,
};

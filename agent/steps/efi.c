/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot entries: those of former installations go, one for the new image comes (one a disk, where the disks differ), and the order follows the order's
 * policy. Before anything is destroyed it is checked that this will be possible.
 */
#include <string.h>

#include "agent/hw/machine.h"
#include "agent/step.h"
#include "agent/steps/roots.h"
#include "core/io.h"
#include "efi/bootorder.h"
#include "efi/gpt.h"

#define ESP_TYPE "c12a7328-f81f-11d2-ba4b-00a0c93ec93b" /* UEFI 2.10, table 5.7 */

/* The strings are borrowed but for the labels. */
struct efi_work {
	unsigned n;
	struct gpt *gpts[ORDER_ROOTS_MAX];
	char *labels[ORDER_ROOTS_MAX];
	struct efi_wish wishes[ORDER_ROOTS_MAX]; /* linked; the first n */
};

/* Which root disks were whole when the entries were made: an entry of one that is lost later stays, and the firmware passes it over. */
static bool entered[ORDER_ROOTS_MAX];

static void work_clear(struct efi_work *work)
{
	for (unsigned i = 0; i < work->n; i++) {
		gpt_free(work->gpts[i]);
		free(work->labels[i]);
	}
}

/* By the GUID that the manifest names; what was partitioned on this machine may have drawn its own. */
static const struct gpt_partition *find_esp(const struct gpt *gpt, const struct manifest *manifest)
{
	const struct gpt_partition *found =
		manifest->efi_partition ? gpt_find(gpt, manifest->efi_partition) : NULL;

	for (unsigned i = 0; !found && manifest->kind == IMAGE_ROOT && i < gpt->n_partitions; i++)
		if (!strcmp(gpt->partitions[i].type, ESP_TYPE))
			found = &gpt->partitions[i];
	return found;
}

static bool is_wished(const struct efi_work *work, const char *partition)
{
	for (unsigned i = 0; i < work->n; i++)
		if (!strcmp(work->wishes[i].partition, partition))
			return true;
	return false;
}

/*
 * Where a disk's EFI system partition lies, by the table in RAM, which is on no disk yet. Equal copies have equal GUIDs: one entry finds
 * whichever is there.
 */
static int add_wish(const struct job *job, const struct root *root, struct efi_work *work, struct err *err)
{
	const struct manifest *manifest = job->facts.manifest;
	_cleanup_(gpt_freep) struct gpt *gpt = NULL;
	const struct gpt_partition *esp;
	unsigned n = work->n;
	int r = gpt_read(root->first_chunk, root->first_chunk_len, root->block->logical_block_size, &gpt,
			 err);

	if (r < 0)
		return err_prepend(err, "first chunk of %s", manifest->name);
	esp = find_esp(gpt, manifest);
	if (!esp)
		return err_set(err, EBADMSG, "image %s has no partition %s, which its manifest names as ESP",
			       manifest->name, manifest->efi_partition ? manifest->efi_partition : ESP_TYPE);
	if (is_wished(work, esp->guid))
		return 0;
	work->labels[n] = n ? str_printf("remint %s %s (%u)", manifest->name, manifest->version, n + 1)
			    : str_printf("remint %s %s", manifest->name, manifest->version);
	work->wishes[n] = (struct efi_wish){
		.label = work->labels[n],
		.disk_path = root->block->path,
		.partition = esp->guid,
		.partition_number = esp->number,
		.partition_start = esp->start,
		.partition_size = esp->size,
		.loader = manifest->efi_loader,
		.network_first = job->order->boot == ORDER_BOOT_NETWORK_FIRST,
	};
	if (n)
		work->wishes[n - 1].next = &work->wishes[n];
	work->gpts[work->n++] = TAKE_PTR(gpt);
	return 0;
}

static int make_wishes(const struct job *job, struct efi_work *work, struct err *err)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < job->facts.n_roots; i++)
		if (entered[i])
			r = add_wish(job, &job->facts.roots[i], work, err);
	if (r == 0 && !work->n)
		r = err_set(err, EINVAL, "no disk with an image is at hand");
	return r;
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
	for (unsigned i = 0; i < job->facts.n_roots; i++)
		entered[i] = root_is_whole(&job->facts.roots[i]);
	r = make_wishes(job, &work, err);
	if (r == 0)
		r = efi_boot_read(&boot, err);
	if (r == 0)
		r = efi_plan_make(boot, &work.wishes[0], &plan, err);
	if (r == 0)
		r = efi_plan_apply(plan, boot, &work.wishes[0], &report, err);
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
	r = make_wishes(job, &work, err);
	if (r == 0)
		r = efi_boot_read(&boot, err);
	if (r == 0)
		r = efi_plan_make(boot, &work.wishes[0], &plan, err);
	return r < 0 ? r : efi_plan_check(plan, &work.wishes[0], err);
}

const struct step step_efi = {
	.name = "efi",
	.effect = STEP_CHANGES,
	.check = efi_check,
	.run = efi_run,
	.verify = efi_verify,
};

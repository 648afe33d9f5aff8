/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot entries: those of the former tenant go, one for the new image comes (one a disk, where the disks differ), and the order follows the order's
 * policy. An order without image only has the former ones go. Before anything is destroyed it is checked that this will be possible.
 */
#include <string.h>

#include "agent/hw/machine.h"
#include "agent/step.h"
#include "agent/steps/efi_earlier.h"
#include "agent/steps/efi_policy.h"
#include "agent/steps/roots.h"
#include "core/io.h"
#include "efi/boot_next.h"
#include "efi/bootorder.h"
#include "efi/gpt.h"

#define PROTECTED_MAX 32 /* entries that the firmware does not let go; with more something else is wrong */

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

/* What the firmware has refused to remove. */
static uint16_t protected_[PROTECTED_MAX];
static unsigned n_protected;

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
		.network_first = job->order->efi.boot == ORDER_BOOT_NETWORK_FIRST,
	};
	if (n)
		work->wishes[n - 1].next = &work->wishes[n];
	work->gpts[work->n++] = TAKE_PTR(gpt);
	return 0;
}

static int make_wishes(const struct job *job, struct efi_work *work, struct err *err)
{
	int r = 0;

	if (!order_has_image(job->order))
		return 0;
	for (unsigned i = 0; r == 0 && i < job->facts.n_roots; i++)
		if (entered[i])
			r = add_wish(job, &job->facts.roots[i], work, err);
	if (r == 0 && !work->n)
		r = err_set(err, EINVAL, "no disk with an image is at hand");
	return r;
}

static const struct efi_wish *wish_of(const struct efi_work *work)
{
	return work->n ? &work->wishes[0] : NULL;
}

static int make_plan(const struct job *job, const struct efi_wish *wish, const struct efi_boot *boot,
		     struct efi_plan **ret, struct err *err)
{
	struct efi_job_policy policy;

	efi_job_policy(job, &policy);
	policy.policy.protected_ = protected_;
	policy.policy.n_protected = n_protected;
	return efi_plan_make(boot, &policy.policy, wish, ret, err);
}

static int check_kind(const struct manifest *manifest, bool uefi, struct err *err)
{
	if (!uefi && !manifest->boots_bios)
		return err_set(err, EINVAL, "this machine booted by BIOS, and image %s boots by UEFI alone",
			       manifest->name);
	if (uefi && !manifest->boots_uefi)
		return err_set(err, EINVAL, "this machine booted by UEFI, and image %s boots by BIOS alone",
			       manifest->name);
	return 0;
}

/* The entry by which this machine reaches us is not taken away unasked, and one that leads through a stranger's server is not trusted. */
static int check_way_here(const struct job *job, const struct efi_boot *boot, struct err *err)
{
	const struct efi_entry *entry =
		boot->current < 0 ? NULL : efi_entry_find(boot, (uint16_t)boot->current);
	struct efi_job_policy policy;

	efi_job_policy(job, &policy);
	if (!entry || entry->kind != EFI_ENTRY_NETWORK || efi_uri_is_known(&policy.policy, entry))
		return 0;
	return err_set(
		err, EPERM,
		"this machine was started by Boot%04X from %s, which neither is the station's nor stands in "
		"efi.keep_uris: if it is yours, name it there; if not, start the machine another way",
		entry->number, entry->uri);
}

/* The plan's policy does not depend on where the partition lies: a trial of it finds a missing network entry. */
static int efi_check(struct job *job, struct err *err)
{
	const struct efi_wish trial = {.network_first = job->order->efi.boot == ORDER_BOOT_NETWORK_FIRST};
	_cleanup_(efi_boot_freep) struct efi_boot *boot = NULL;
	_cleanup_(efi_plan_freep) struct efi_plan *plan = NULL;
	bool uefi = firmware_is_uefi(""), has_image = order_has_image(job->order);
	int r = has_image ? check_kind(job->facts.manifest, uefi, err) : 0;

	if (r < 0 || !uefi)
		return r;
	r = efi_boot_read(&boot, err);
	if (r == 0)
		r = check_way_here(job, boot, err);
	return r < 0 ? r : make_plan(job, has_image ? &trial : NULL, boot, &plan, err);
}

/* The firmware has its reasons, and the others go on: the entry stays out of the order, and the record says so. */
static bool note_protected(struct job *job, int refused, struct err *err)
{
	if (refused < 0 || n_protected == PROTECTED_MAX)
		return false;
	protected_[n_protected++] = (uint16_t)refused;
	job->ops->note(job, err->text);
	*err = (struct err){0};
	return true;
}

static int apply(struct job *job, const struct efi_wish *wish, json_t **ret_report, struct err *err)
{
	bool said = false;
	int refused, r;

	do {
		_cleanup_(efi_boot_freep) struct efi_boot *boot = NULL;
		_cleanup_(efi_plan_freep) struct efi_plan *plan = NULL;

		refused = -1;
		r = efi_boot_read(&boot, err);
		if (r == 0)
			r = make_plan(job, wish, boot, &plan, err);
		if (r == 0 && !said)
			r = efi_earlier_say(job, plan, boot, err);
		said = true;
		if (r == 0)
			r = efi_plan_apply(plan, boot, wish, ret_report, &refused, err);
	} while (r < 0 && note_protected(job, refused, err));
	return r;
}

/* Much firmware gives the room of what was deleted back when it starts, and not before (EDK2: Reclaim()). */
static int reset_for_room(struct job *job, int r, struct err *err)
{
	_cleanup_(efi_boot_freep) struct efi_boot *boot = NULL;
	struct err none = {0};
	int next;

	if (r != -ENOSPC || job_was_reset(job, "efi"))
		return r;
	job->ops->note(job, err->text);
	*err = (struct err){0};
	if (efi_boot_read(&boot, &none) == 0 && efi_come_back(boot, &next, &none) < 0)
		job->ops->note(job, none.text);
	return STEP_NEEDS_RESET;
}

static int efi_run(struct job *job, struct err *err)
{
	_cleanup_(work_clear) struct efi_work work = {0};
	json_t *report = NULL;
	int r;

	if (!firmware_is_uefi(""))
		return STEP_SKIPPED;
	n_protected = 0;
	for (unsigned i = 0; i < job->facts.n_roots; i++)
		entered[i] = root_is_whole(&job->facts.roots[i]);
	r = make_wishes(job, &work, err);
	if (r == 0)
		r = apply(job, wish_of(&work), &report, err);
	if (r < 0)
		return reset_for_room(job, r, err);
	efi_earlier_add(job, report);
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
		r = make_plan(job, wish_of(&work), boot, &plan, err);
	return r < 0 ? r : efi_plan_check(plan, boot, wish_of(&work), err);
}

const struct step step_efi = {
	.name = "efi",
	.effect = STEP_CHANGES,
	.check = efi_check,
	.run = efi_run,
	.verify = efi_verify,
};

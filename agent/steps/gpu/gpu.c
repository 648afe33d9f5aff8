/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The GPUs: each is looked at before anything is destroyed, then reset, set and scrubbed as the order wishes, and looked at once more at the end. What is
 * wrong with one holds the machine, in words for a technician. docs/gpu.md
 */
#include <string.h>

#include "agent/hw/machine.h"
#include "agent/steps/gpu/wish.h"
#include "agent/steps/gpu/work.h"
#include "core/json.h"
#include "efi/boot_next.h"

#define ROW "gpu"

static void add_sentences(struct reasons *reasons, const struct gpu_machine *m, unsigned i,
			  const json_t *account, const json_t *sentences)
{
	const json_t *sentence;
	size_t k;

	json_array_foreach(sentences, k, sentence)
		gpu_trouble_add(reasons, m, i, account, json_string_value(sentence));
}

/* A look and its faults. False: there was none, which is a fault too. */
static int look(struct gpu_machine *m, unsigned i, json_t *account, struct reasons *reasons, bool *ret_seen,
		struct err *err)
{
	const json_t *fault;
	struct err why;
	size_t k;
	int r = gpu_account_look(m, i, account, &why);

	*ret_seen = r == 0;
	if (r == -ECANCELED) {
		*err = why;
		return r;
	}
	if (r < 0)
		gpu_trouble_add(reasons, m, i, account, why.text);
	json_array_foreach(json_object_get(account, "faults"), k, fault)
		if (r == 0)
			gpu_trouble_add(reasons, m, i, account,
					json_string_value(json_object_get(fault, "text")));
	return 0;
}

/* ---- check ---- */

static void check_musts(const struct gpu_machine *m, unsigned i, const json_t *account,
			struct reasons *reasons)
{
	const struct gpu_backend *backend = gpu_machine_backend(m, i);
	const struct order_gpu *wish = &m->job->order->gpu;

	if (wish->reset == ORDER_GPU_MUST && !(backend && backend->reset))
		gpu_reason_add(reasons, m, i, account,
			       "the order demands its reset, and nobody here can do it");
	if (wish->scrub == ORDER_GPU_MUST && !gpu_takes_scrub(m, i))
		gpu_reason_add(reasons, m, i, account,
			       "the order demands that its memory be scrubbed, and nobody here can do it");
	if (gpu_wish_asks(wish) && !(backend && backend->set))
		gpu_reason_add(reasons, m, i, account,
			       "the order asks for settings of it, and nobody here can set them");
}

static int check_one(struct gpu_machine *m, unsigned i, struct reasons *reasons, struct err *err)
{
	_cleanup_json_ json_t *account = gpu_account_new(m, i), *missing = json_array();
	const struct gpu_backend *backend = gpu_machine_backend(m, i);
	bool seen;
	int r = look(m, i, account, reasons, &seen, err);

	if (r < 0)
		return r;
	check_musts(m, i, account, reasons);
	gpu_check_class(m, i, account, reasons);
	if (seen && backend && backend->set) {
		gpu_wish_missing(&m->job->order->gpu, json_object_get(account, "settings"), missing);
		add_sentences(reasons, m, i, account, missing);
	}
	return 0;
}

static int gpu_check(struct job *job, struct err *err)
{
	_cleanup_(gpu_machine_close) struct gpu_machine m;
	struct reasons reasons = {0};
	int r = gpu_machine_open(job, &m, err);

	for (unsigned i = 0; r == 0 && i < m.n; i++)
		r = check_one(&m, i, &reasons, err);
	return r ? r : gpu_reasons_hold(&reasons, err);
}

/* ---- run ---- */

/* Without BootNext the firmware's own order must lead back to us, or whoever switched the machine on. */
static int ask_for_reset(struct job *job, struct err *err)
{
	_cleanup_(efi_boot_freep) struct efi_boot *boot = NULL;
	int next = -1, r = 0;

	if (job_was_reset(job, ROW))
		return err_set(err, EIO,
			       "settings of GPUs wait for a reset of the machine, and it was reset for them "
			       "already: "
			       "power it off and on, or order with these settings left");
	if (IS_ENABLED(CONFIG_STEP_EFI) && firmware_is_uefi("")) {
		r = efi_boot_read(&boot, err);
		if (r == 0)
			r = efi_come_back(boot, &next, err);
	}
	if (r < 0)
		return r;
	job->ops->note(job, "settings of GPUs wait for a reset of the machine");
	return STEP_NEEDS_RESET;
}

static int run_one(struct gpu_machine *m, unsigned i, json_t *accounts, struct reasons *reasons,
		   bool *needs_reset, struct err *err)
{
	_cleanup_json_ json_t *account = gpu_account_new(m, i);
	bool seen, waits = false;
	int r = look(m, i, account, reasons, &seen, err);

	if (r == 0)
		r = gpu_work(m, i, account, reasons, &waits, err);
	if (r < 0)
		return r;
	*needs_reset |= waits;
	if (!waits)
		gpu_compare_class(m, i, account, reasons);
	json_array_append(accounts, account);
	return 0;
}

static int gpu_run(struct job *job, struct err *err)
{
	_cleanup_(gpu_machine_close) struct gpu_machine m;
	_cleanup_json_ json_t *accounts = json_array();
	struct reasons reasons = {0};
	bool needs_reset = false;
	int r = gpu_machine_open(job, &m, err);

	for (unsigned i = 0; r == 0 && i < m.n; i++)
		r = run_one(&m, i, accounts, &reasons, &needs_reset, err);
	if (r == 0)
		r = gpu_reasons_hold(&reasons, err);
	if (r == 0 && needs_reset)
		return ask_for_reset(job, err);
	if (r < 0)
		return r;
	json_decref(job->facts.gpus);
	job->facts.gpus = TAKE_PTR(accounts);
	return m.n ? STEP_DONE : STEP_SKIPPED;
}

/* ---- verify ---- */

static json_t *account_of(const struct gpu_machine *m, unsigned i)
{
	json_t *account;
	size_t k;

	json_array_foreach(m->job->facts.gpus, k, account)
		if (!strcmp(json_string_value(json_object_get(account, "pci")), m->gpus[i].pci))
			return account;
	return NULL;
}

static int verify_one(struct gpu_machine *m, unsigned i, struct reasons *reasons, struct err *err)
{
	_cleanup_json_ json_t *unmet = json_array();
	json_t *account = account_of(m, i);
	const struct gpu_backend *backend = gpu_machine_backend(m, i);
	bool seen;
	int r;

	if (!account) {
		gpu_trouble_add(reasons, m, i, NULL, "it was not there when the GPUs were set up");
		return 0;
	}
	r = look(m, i, account, reasons, &seen, err);
	if (r == 0 && seen && backend && backend->set) {
		gpu_wish_unmet(&m->job->order->gpu, json_object_get(account, "settings"), unmet);
		add_sentences(reasons, m, i, account, unmet);
	}
	return r;
}

static int gpu_verify(struct job *job, struct err *err)
{
	_cleanup_(gpu_machine_close) struct gpu_machine m;
	struct reasons reasons = {0};
	int r = gpu_machine_open(job, &m, err);

	for (unsigned i = 0; r == 0 && i < m.n; i++)
		r = verify_one(&m, i, &reasons, err);
	if (r == 0)
		r = gpu_reasons_hold(&reasons, err);
	if (r == 0 && order_has_image(job->order) && m.n < json_array_size(job->facts.gpus))
		r = err_set(err, ENODEV, "%zu GPUs were set up, and %u of them are there",
			    json_array_size(job->facts.gpus), m.n);
	return r;
}

const struct step step_gpu = {
	.name = ROW,
	.effect = STEP_CHANGES,
	.check = gpu_check,
	.run = gpu_run,
	.verify = gpu_verify,
};

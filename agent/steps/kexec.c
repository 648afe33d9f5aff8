/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tenant's kernel, loaded beside the running one where the order wants the machine handed over by kexec: fetched, checked against the manifest, and taken by the
 * running kernel, which looks at its signature. In RAM alone; nothing is destroyed when this fails, and PID 1 starts it only after a committed order. docs/kexec.md
 */
#include "agent/hw/kexec.h"

#include "agent/hw/tpm/ppi.h"
#include "agent/hw/watchdog.h"
#include "agent/pipeline/memory.h"
#include "agent/step.h"
#include "agent/steps/kexec_files.h"
#include "core/hash.h"
#include "core/io.h"

/* What of this machine speaks against it; what of the order does, its reader has refused (protocol/order/handover.c). */
static int check_machine(struct err *err)
{
	unsigned asked = ppi_pending("");

	if (asked)
		return err_set(
			err, EBUSY,
			"the firmware is asked for something about the TPM (operation %u) at its next "
			"start, which would be in the tenant's time: hand over by a reset, or start the "
			"machine once and order again",
			asked);
	if (watchdog_stays(""))
		return err_set(
			err, EOPNOTSUPP,
			"this machine has a watchdog that cannot be stopped (nowayout): it would reset "
			"the tenant's system while that starts; hand over by a reset");
	return 0;
}

static json_t *file_json(const struct manifest_file *file)
{
	char sha256[SHA256_HEX_SIZE];

	hex_encode(file->sha256, SHA256_SIZE, sha256);
	return json_pack("{sI ss}", "size", (json_int_t)file->size, "sha256", sha256);
}

static int load(struct job *job, const struct manifest_kexec *kexec, struct err *err)
{
	_cleanup_(kexec_files_close) struct kexec_files files = KEXEC_FILES_NONE;
	int r = kexec_files_fit(kexec, memory_available(), err);

	if (r == 0)
		r = kexec_files_fetch(job, kexec, &files, err);
	if (r < 0)
		return r;
	r = kexec_load(files.kernel, files.initrd, kexec->cmdline, err);
	return r < 0 ? err_prepend(err, "%s of %s", kexec->kernel.file, job->facts.manifest->name) : 0;
}

static int kexec_run(struct job *job, struct err *err)
{
	const struct manifest *manifest = job->facts.manifest;
	const struct manifest_kexec *kexec = manifest->kexec;
	int r;

	if (!job->order->kexec) {
		job->facts.handover = json_pack("{ss}", "by", "reset");
		return STEP_SKIPPED;
	}
	if (!kexec)
		return err_set(err, EINVAL,
			       "the manifest of %s names no kernel that kexec could start: pack it with "
			       "--kexec-kernel, or hand over by a reset",
			       manifest->name);
	r = check_machine(err);
	if (r == 0)
		r = load(job, kexec, err);
	if (r < 0)
		return r;
	job->facts.handover = json_pack(
		"{ss so so ss}", "by", "kexec", "kernel", file_json(&kexec->kernel), "initrd",
		kexec->initrd.file ? file_json(&kexec->initrd) : json_null(), "cmdline", kexec->cmdline);
	return STEP_DONE;
}

static int kexec_verify(struct job *job, struct err *err)
{
	if (!job->order->kexec || kexec_is_loaded())
		return 0;
	return err_set(err, EIO, "the tenant's kernel was loaded, and is no longer");
}

const struct step step_kexec = {
	.name = "kexec",
	.effect = STEP_PREPARES,
	.run = kexec_run,
	.verify = kexec_verify,
};

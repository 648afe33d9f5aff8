/* SPDX-License-Identifier: Apache-2.0 */
/* PCR 9: what the kernel's EFI stub measures: its command line, then the initramfs. */
#include "core/io.h"
#include "protocol/attestation/tcg_event.h"
#include "protocol/attestation/tcg_log_spec.h"
#include "protocol/measured/cmdline.h"
#include "protocol/measured/judge.h"

/* Kernel and initramfs alone leave nothing but a digest of their command line. */
int judge_reported(struct judge *j)
{
	const char *text = j->m->reported_cmdline;

	if (j->v.form != MEASURED_KERNEL)
		return 0;
	if (!text || strlen(text) > MEASURED_CMDLINE_MAX)
		return err_set(
			j->err, EPERM,
			"PCR 9: the machine does not say by which command line the kernel was started; start "
			"the boot image as one EFI file");
	snprintf(j->v.cmdline, sizeof(j->v.cmdline), "%s", text);
	return measured_cmdline_check(j->m, text, j->err) < 0 ? err_prepend(j->err, "PCR 9") : 0;
}

int judge_initrd(struct judge *j)
{
	const struct look_events *seen = &j->look->kernel;
	const struct tcg_event *last = &seen->events[seen->n == 2];
	uint32_t tag;

	if (seen->n == 0 || seen->n > 2)
		return err_set(j->err, EPERM, "PCR 9: %u measurements; the kernel makes one or two", seen->n);
	if (judge_same(last->sha256, j->m->initrd))
		return 0;
	if (tcg_event_tag(last, &tag) == 0 && tag == LINUX_LOAD_OPTIONS_EVENT_TAG_ID)
		return err_set(j->err, EPERM,
			       "PCR 9: the initramfs was not measured: a boot loader that passes it by "
			       "initrd= alone, "
			       "such as iPXE of 2019, lets the kernel take it unmeasured; start the boot "
			       "image as one "
			       "EFI file");
	return err_set(j->err, EPERM, "PCR 9: another initramfs was started: %s; that of boot image %s is %s",
		       judge_hex(last->sha256).text, j->m->version, judge_hex(j->m->initrd).text);
}

int judge_load_options(struct judge *j)
{
	const struct look_events *seen = &j->look->kernel;
	size_t len;
	_cleanup_free_ uint8_t *bytes = tcg_text_bytes(j->v.cmdline, &len);
	uint8_t digest[SHA256_SIZE];

	sha256(bytes, len, digest);
	if (seen->n == 2 && judge_same(seen->events[0].sha256, digest))
		return 0;
	if (seen->n == 1 && j->v.form == MEASURED_UKI) /* in PCRs 11 and 12 already */
		return 0;
	return err_set(j->err, EPERM,
		       "PCR 9: the kernel was started with another command line (%s) than \"%.400s\"",
		       seen->n == 2 ? judge_hex(seen->events[0].sha256).text : "not measured", j->v.cmdline);
}

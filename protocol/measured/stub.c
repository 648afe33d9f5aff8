/* SPDX-License-Identifier: Apache-2.0 */
/* PCRs 11 to 13: what systemd's stub says that it is made of, and what it was passed or found beside itself. */
#include "protocol/attestation/tcg_event.h"
#include "protocol/measured/cmdline.h"
#include "protocol/measured/judge.h"

int judge_sections(struct judge *j)
{
	const struct look_events *seen = &j->look->stub[LOOK_SECTIONS];
	unsigned n = j->v.form == MEASURED_UKI ? j->m->n_sections : 0;

	if (seen->n != 2 * n)
		return err_set(j->err, EPERM,
			       "PCR 11: %u measurements, and boot image %s leaves %u there: its EFI stub did "
			       "not run "
			       "once and alone",
			       seen->n, j->m->version, 2 * n);
	for (unsigned i = 0; i < n; i++) {
		const struct measured_digest *s = &j->m->sections[i];
		uint8_t name[SHA256_SIZE];

		sha256(s->name, strlen(s->name) + 1, name);
		if (!judge_same(seen->events[2 * i].sha256, name))
			return err_set(j->err, EPERM,
				       "PCR 11: measurement %u is not the name of the section %s", 2 * i + 1,
				       s->name);
		if (!judge_same(seen->events[2 * i + 1].sha256, s->sha256))
			return err_set(j->err, EPERM,
				       "PCR 11: section %s is %s, and that of boot image %s is %s", s->name,
				       judge_hex(seen->events[2 * i + 1].sha256).text, j->m->version,
				       judge_hex(s->sha256).text);
	}
	return 0;
}

/* What a boot loader's folder can put beside the initramfs. */
int judge_extensions(struct judge *j)
{
	unsigned n = j->look->stub[LOOK_EXTENSIONS].n;

	return n ? err_set(j->err, EPERM,
			   "PCR 13: %u system extensions were put beside the initramfs; boot image %s has "
			   "none",
			   n, j->m->version)
		 : 0;
}

/* What the stub was passed: the text stands in the log, and is true when its digest is the one measured. */
int judge_passed(struct judge *j)
{
	const struct look_events *seen = &j->look->stub[LOOK_CMDLINE];

	if (j->v.form != MEASURED_UKI || seen->n == 0) {
		snprintf(j->v.cmdline, sizeof(j->v.cmdline), "%s", j->m->cmdline);
		return 0;
	}
	if (seen->n > 1)
		return err_set(j->err, EPERM,
			       "PCR 12: %u measurements; a command line is one, credentials beside the "
			       "initramfs are "
			       "more, and boot image %s has none",
			       seen->n, j->m->version);
	if (!tcg_event_is_of_data(&seen->events[0]) ||
	    tcg_event_text(&seen->events[0], j->v.cmdline, sizeof(j->v.cmdline)) < 0)
		return err_set(j->err, EBADMSG,
			       "PCR 12: what the log says of the command line is not what was measured (%s)",
			       judge_hex(seen->events[0].sha256).text);
	return measured_cmdline_check(j->m, j->v.cmdline, j->err) < 0 ? err_prepend(j->err, "PCR 12") : 0;
}

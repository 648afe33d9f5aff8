/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict: the PCRs first, then each thing that a boot image leaves in them. */
#include "protocol/measured/measured.h"

#include <string.h>

#include "core/io.h"
#include "protocol/measured/judge.h"

static void extend(uint8_t pcr[SHA256_SIZE], const uint8_t digest[SHA256_SIZE])
{
	uint8_t both[2 * SHA256_SIZE];

	memcpy(both, pcr, SHA256_SIZE);
	memcpy(both + SHA256_SIZE, digest, SHA256_SIZE);
	sha256(both, sizeof(both), pcr);
}

void measured_pcr11(const struct measured *m, uint8_t ret_pcr[SHA256_SIZE])
{
	uint8_t name[SHA256_SIZE];

	memset(ret_pcr, 0, SHA256_SIZE);
	for (unsigned i = 0; i < m->n_sections; i++) {
		sha256(m->sections[i].name, strlen(m->sections[i].name) + 1, name);
		extend(ret_pcr, name);
		extend(ret_pcr, m->sections[i].sha256);
	}
}

static int judge_secure_boot(struct judge *j)
{
	if (!j->m->secure_boot || j->v.secure_boot == MEASURED_SECURE_BOOT_ON)
		return 0;
	return err_set(j->err, EPERM, "PCR 7: Secure Boot %s, and boot image %s asks for it",
		       j->v.secure_boot == MEASURED_SECURE_BOOT_OFF ? "is off" : "was not measured",
		       j->m->version);
}

static int (*const judgements[])(struct judge *) = {
	judge_program, judge_sections,     judge_extensions, judge_passed,      judge_reported,
	judge_initrd,  judge_load_options, judge_loaders,    judge_secure_boot,
};
#define JUDGEMENTS (sizeof(judgements) / sizeof(judgements[0]))

/* How many judgements it stood; JUDGEMENTS: it is this image. */
static unsigned judge_all(struct judge *j)
{
	for (unsigned i = 0; i < JUDGEMENTS; i++)
		if (judgements[i](j) < 0)
			return i;
	return JUDGEMENTS;
}

/* Of several images that it is not, the error speaks of the one that came farthest. */
static int judge_each(const struct measured *expected, unsigned n, const struct look *look,
		      struct measured_verdict *ret, struct err *err)
{
	unsigned farthest = 0;

	for (unsigned i = 0; i < n; i++) {
		struct err why = {0};
		struct judge j = {.m = &expected[i], .look = look, .v = look->verdict, .err = &why};
		unsigned stood = judge_all(&j);

		if (stood == JUDGEMENTS) {
			*ret = j.v;
			ret->which = i;
			return 0;
		}
		if (i == 0 || stood > farthest) {
			farthest = stood;
			*err = why;
		}
	}
	return -err->code;
}

static int compare(const uint8_t replayed[TCG_PCRS][SHA256_SIZE], const uint8_t pcrs[TCG_PCRS][SHA256_SIZE],
		   uint32_t mask, struct err *err)
{
	for (unsigned pcr = 0; pcr < TCG_PCRS; pcr++)
		if (mask & 1u << pcr && !judge_same(replayed[pcr], pcrs[pcr]))
			return err_set(err, EBADMSG,
				       "PCR %u: the TPM holds %s, and the event log leads to %s: the log is "
				       "not that "
				       "of this boot, or was changed",
				       pcr, judge_hex(pcrs[pcr]).text, judge_hex(replayed[pcr]).text);
	return 0;
}

int measured_check(const struct measured *expected, unsigned n_expected, const void *log, size_t len,
		   const uint8_t pcrs[TCG_PCRS][SHA256_SIZE], uint32_t pcr_mask, struct measured_verdict *ret,
		   struct err *err)
{
	uint8_t replayed[TCG_PCRS][SHA256_SIZE];
	_cleanup_free_ struct look *look = xcalloc(1, sizeof(*look));
	int r;

	if (!n_expected)
		return err_set(err, EINVAL, "no boot image is known whose measurements could be expected");
	if ((pcr_mask & MEASURED_PCRS) != MEASURED_PCRS)
		return err_set(err, EINVAL, "the quote lacks a PCR that the verdict rests on (mask 0x%x)",
			       pcr_mask);
	r = tcg_log_replay(log, len, replayed, err);
	if (r == 0)
		r = compare(replayed, pcrs, pcr_mask, err);
	if (r == 0)
		r = look_at_log(log, len, look, err);
	return r < 0 ? r : judge_each(expected, n_expected, look, ret, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/evidence/handover.h"

#include <string.h>

#include "core/json.h"
#include "protocol/evidence/fields.h"

#define WHAT        "evidence.handover"
#define CMDLINE_MAX 2048 /* bytes; x86 takes 2047 (Documentation/x86/boot.rst, cmdline_size) */

static int check_file(const json_t *handover, const char *key, const char *what, struct err *err)
{
	static const char *const keys[] = {"size", "sha256", NULL};
	uint64_t size;
	json_t *file;
	int r = json_get_object(handover, WHAT, key, &file, err);

	if (!r)
		r = json_only_keys(file, what, keys, err);
	if (!r)
		r = json_get_u64(file, what, "size", 1, EVIDENCE_BYTES_MAX, &size, err);
	return r ? r : evidence_digest_check(file, what, "sha256", err);
}

static int check_kexec(const json_t *handover, struct err *err)
{
	static const char *const keys[] = {"by", "kernel", "initrd", "cmdline", NULL};
	const char *text;
	int r = json_only_keys(handover, WHAT, keys, err);

	if (!r)
		r = check_file(handover, "kernel", WHAT ".kernel", err);
	if (!r && !json_is_null(json_object_get(handover, "initrd")))
		r = check_file(handover, "initrd", WHAT ".initrd", err);
	return r ? r : json_get_str(handover, WHAT, "cmdline", CMDLINE_MAX, &text, err);
}

int evidence_handover_check(const json_t *evidence, struct err *err)
{
	static const char *const ways[] = {"reset", "kexec", NULL}, *const keys[] = {"by", NULL};
	const json_t *there = json_object_get(evidence, "handover");
	json_t *handover;
	int r;

	if (!there || json_is_null(there))
		return 0;
	r = json_get_object(evidence, "evidence", "handover", &handover, err);
	if (!r)
		r = evidence_word_check(handover, WHAT, "by", ways, err);
	if (r)
		return r;
	return strcmp(evidence_word(handover, "by"), "kexec") ? json_only_keys(handover, WHAT, keys, err)
							      : check_kexec(handover, err);
}

const char *evidence_handover_statement(const json_t *evidence)
{
	const json_t *handover = json_object_get(evidence, "handover");

	if (!json_is_object(handover))
		return "";
	return strcmp(evidence_word(handover, "by"), "kexec")
		       ? " The machine goes over to its tenant's system by a reset, through the firmware."
		       : " The machine goes over to its tenant's system by kexec, without a start of the "
			 "firmware in between: the memory is not cleared by the firmware.";
}

/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* A machine's event log: read, replayed and judged. */
#include <stdint.h>
#include <string.h>

#include "protocol/attestation/tcg_event.h"
#include "protocol/measured/measured.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int look(const struct tcg_event *event, void *data)
{
	struct tcg_variable variable;
	char text[200];
	uint32_t tag;

	(void)data;
	(void)tcg_event_type(event->type);
	tcg_event_image_words(event, text, sizeof(text));
	if (tcg_event_variable(event, &variable) == 0 && variable.len > event->len)
		__builtin_trap();
	(void)!tcg_event_tag(event, &tag);
	(void)!tcg_event_text(event, text, sizeof(text));
	return 0;
}

/* Zeros are digests that a log may well have, so that every judgement is reached. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct measured expected[] = {
		{.version = "efi", .has_uki = true, .any_loader = true, .n_sections = 1},
		{.version = "kernel", .reported_cmdline = "console=ttyS0"},
	};
	static struct measured_verdict verdict;
	uint8_t pcrs[TCG_PCRS][SHA256_SIZE];
	struct err err = {0};

	if (tcg_log_walk(data, size, look, NULL, &err) < 0 || tcg_log_replay(data, size, pcrs, &err) < 0)
		return 0;
	if (measured_check(expected, 2, data, size, pcrs, MEASURED_PCRS, &verdict, &err) == 0 &&
	    (verdict.which > 1 || verdict.n_loaders > MEASURED_LOADERS_MAX ||
	     verdict.n_roms > MEASURED_FOUND_MAX))
		__builtin_trap();
	return 0;
}

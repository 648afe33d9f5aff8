/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/certificate/handover.h"

#include <string.h>

#include "cli/client.h"
#include "core/io.h"

static void say(json_t *list, char *sentence)
{
	json_array_append_new(list, json_string(sentence));
	free(sentence);
}

static void say_kexec(json_t *list, const json_t *handover)
{
	const json_t *initrd = json_object_get(handover, "initrd");

	say(list, xstrdup("By kexec: the tenant's kernel was to be started by the agent's, and the firmware "
			  "has not run in between."));
	say(list, str_printf("Kernel: SHA-256 %s; initial RAM disk: %s%s; command line: %s",
			     json_text(json_object_get(handover, "kernel"), "sha256"),
			     json_is_object(initrd) ? "SHA-256 " : "none",
			     json_is_object(initrd) ? json_text(initrd, "sha256") : "",
			     json_text(handover, "cmdline")));
	say(list, xstrdup("So the firmware has not cleared the memory; the TPM's PCRs go on from the agent's "
			  "boot, and do not tell what the tenant booted; option ROMs and firmware settings "
			  "are those of the agent's boot until the next reset."));
}

json_t *words_handover(const json_t *certificate)
{
	const json_t *handover = json_object_get(certificate, "handover");
	json_t *list = json_array();

	if (!strcmp(json_text(handover, "by"), "kexec"))
		say_kexec(list, handover);
	else if (json_is_object(handover))
		say(list, xstrdup("By a reset: the firmware has run between the agent and the tenant's "
				  "system."));
	return list;
}

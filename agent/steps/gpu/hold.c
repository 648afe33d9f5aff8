/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/steps/gpu/hold.h"

#include <stdarg.h>

void gpu_reason_add(struct reasons *reasons, const struct gpu_machine *m, unsigned i, const json_t *account,
		    const char *fmt, ...)
{
	_cleanup_free_ char *sentence = NULL;
	va_list args;

	va_start(args, fmt);
	sentence = gpu_machine_tell(m, i, account, fmt, args);
	va_end(args);
	reasons_add(reasons, sentence);
}

void gpu_trouble_add(struct reasons *reasons, const struct gpu_machine *m, unsigned i, const json_t *account,
		     const char *text)
{
	/* A machine that is only erased goes to nobody: a broken card is no reason to keep the former tenant's data. */
	if (order_has_image(m->job->order))
		gpu_reason_add(reasons, m, i, account, "%s", text);
	else
		gpu_account_note(m, i, account, "recorded: %s", text);
}

int gpu_reasons_hold(const struct reasons *reasons, struct err *err)
{
	char rest[REASONS_REST_SIZE];

	if (!reasons->n)
		return 0;
	return err_set(err, ENODEV, "%s%s", reasons->text, reasons_rest(reasons, rest));
}

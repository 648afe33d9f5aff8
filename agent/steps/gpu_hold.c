/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/steps/gpu_hold.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/io.h"

/* Whole ones, as many as there is room for, and in any case the first, if need be cut. */
static void add(struct gpu_reasons *reasons, const char *sentence)
{
	size_t len = strlen(reasons->text);

	reasons->n++;
	if (len && strlen(sentence) + 2 >= sizeof(reasons->text) - len)
		return;
	snprintf(reasons->text + len, sizeof(reasons->text) - len, "%s%s", len ? "; " : "", sentence);
	reasons->told++;
}

void gpu_reason_add(struct gpu_reasons *reasons, const struct gpu_machine *m, unsigned i,
		    const json_t *account, const char *fmt, ...)
{
	_cleanup_free_ char *name = gpu_machine_name(m, i, account), *text = NULL, *sentence = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	va_end(args);
	sentence = str_printf("%s: %s", name, text);
	m->job->ops->note(m->job, sentence);
	add(reasons, sentence);
}

void gpu_trouble_add(struct gpu_reasons *reasons, const struct gpu_machine *m, unsigned i,
		     const json_t *account, const char *text)
{
	/* A machine that is only erased goes to nobody: a broken card is no reason to keep the former tenant's data. */
	if (order_has_image(m->job->order))
		gpu_reason_add(reasons, m, i, account, "%s", text);
	else
		gpu_account_note(m, i, account, "recorded: %s", text);
}

int gpu_reasons_hold(const struct gpu_reasons *reasons, struct err *err)
{
	if (!reasons->n)
		return 0;
	if (reasons->told == reasons->n)
		return err_set(err, ENODEV, "%s", reasons->text);
	return err_set(err, ENODEV, "%s; and %u more, in the order's events", reasons->text,
		       reasons->n - reasons->told);
}

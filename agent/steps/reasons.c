/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/steps/reasons.h"

#include <stdio.h>
#include <string.h>

void reasons_add(struct reasons *reasons, const char *sentence)
{
	size_t len = strlen(reasons->text);

	reasons->n++;
	if (len && strlen(sentence) + 2 >= sizeof(reasons->text) - len)
		return;
	snprintf(reasons->text + len, sizeof(reasons->text) - len, "%s%s", len ? "; " : "", sentence);
	reasons->told++;
}

const char *reasons_rest(const struct reasons *reasons, char buf[REASONS_REST_SIZE])
{
	*buf = '\0';
	if (reasons->told < reasons->n)
		snprintf(buf, REASONS_REST_SIZE, "; and %u more, in the order's events",
			 reasons->n - reasons->told);
	return buf;
}

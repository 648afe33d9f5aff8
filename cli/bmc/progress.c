/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/bmc/progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/time.h"

#define PERIOD_NS (10 * 1000000000ull)
#define STEP      10 /* percent */

void bmc_progress_show(void *data, const char *doing, uint64_t done, uint64_t total)
{
	struct bmc_progress *p = data;
	uint64_t now = monotonic_ns();
	unsigned percent = total ? (unsigned)(100 * (double)done / (double)total) : 0;
	bool other = !p->doing || strcmp(p->doing, doing) != 0 || percent < p->shown;

	if (!other && percent < p->shown / STEP * STEP + STEP && (now < p->next || percent == p->shown))
		return;
	p->doing = doing;
	p->shown = percent;
	p->next = now + PERIOD_NS;
	if (total)
		fprintf(stderr, "%s: %s %u%%\n", p->bmc, doing, percent);
	else
		fprintf(stderr, "%s: %s\n", p->bmc, doing);
}

void bmc_progress_erase(void *data, int percent)
{
	if (percent >= 0)
		bmc_progress_show(data, "erasing", (uint64_t)percent, 100);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <unistd.h>

#include "cli/progress.h"
#include "core/time.h"

#define LINE_PERIOD_NS (10 * 1000000000ull) /* between progress lines where there is no terminal */
#define TERM_PERIOD_NS (200 * 1000000ull)

void progress_begin(struct progress *p, const char *what, bool quiet)
{
	*p = (struct progress){.what = what, .quiet = quiet, .terminal = isatty(STDERR_FILENO)};
	p->begun = monotonic_ns();
	p->next = p->begun + (p->terminal ? TERM_PERIOD_NS : LINE_PERIOD_NS);
}

void progress_show(void *data, uint64_t done, uint64_t total)
{
	struct progress *p = data;
	uint64_t now = monotonic_ns();
	double seconds = (double)(now - p->begun) / 1e9, mib = (double)done / (1 << 20);

	if (p->quiet || (now < p->next && !(done == total && p->terminal)))
		return;
	p->next = now + (p->terminal ? TERM_PERIOD_NS : LINE_PERIOD_NS);
	p->shown = true;
	if (total < done)
		total = total ? done : 0; /* it was a guess */
	fprintf(stderr, "%s%s ", p->terminal ? "\r" : "", p->what);
	if (total > 0)
		fprintf(stderr, "%3u%%, %.0f of %.0f MiB, %.0f MiB/s, %.0f s left",
			(unsigned)(100 * (double)done / (double)total), mib, (double)total / (1 << 20),
			mib / seconds, done ? seconds * (double)(total - done) / (double)done : 0);
	else
		fprintf(stderr, "%.0f MiB, %.0f MiB/s", mib, mib / seconds);
	fputs(p->terminal ? "  \033[K" : "\n", stderr);
}

void progress_end(const struct progress *p)
{
	if (p->terminal && p->shown)
		fputc('\n', stderr);
}

void progress_note(void *data, const char *text)
{
	struct progress *p = data;

	if (!p->quiet)
		fprintf(stderr, "%s\n", text);
}

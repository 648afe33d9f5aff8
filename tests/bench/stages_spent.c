/* SPDX-License-Identifier: Apache-2.0 */
/* What a stage takes. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/io.h"
#include "core/time.h"
#include "tests/bench/stages.h"

/* Busy seconds of all CPUs (proc(5)): not idle, not waiting, not stolen. */
static double machine_cpu(void)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/stat", "re");
	unsigned long long user, nice, system, idle, wait, irq, soft;

	if (!file || fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle,
			    &wait, &irq, &soft) != 7)
		abort();
	return (double)(user + nice + system + irq + soft) / (double)sysconf(_SC_CLK_TCK);
}

static double own_cpu(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct spent spent_begin(bool machine)
{
	return (struct spent){machine, monotonic_ns(), machine ? machine_cpu() : own_cpu()};
}

void spent_print(const struct spent *spent)
{
	double wall = (double)(monotonic_ns() - spent->begun) / 1e9;

	printf("%llu %.6f %.6f\n", atomic_load(&bytes_done), wall,
	       (spent->machine ? machine_cpu() : own_cpu()) - spent->cpu);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/stop.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t asked;
static struct sigaction before[2];
static const int signals[2] = {SIGINT, SIGTERM};

static void on_signal(int number)
{
	(void)number;
	asked = 1;
}

void stop_begin(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

	asked = 0;
	for (int i = 0; i < 2; i++)
		sigaction(signals[i], &action, &before[i]);
}

bool stop_asked(void *data)
{
	(void)data;
	return asked;
}

void stop_end(void)
{
	for (int i = 0; i < 2; i++)
		sigaction(signals[i], &before[i], NULL);
}

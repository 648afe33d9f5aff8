/* SPDX-License-Identifier: Apache-2.0 */
/* remint-agent: /init of the boot image, and the worker that it starts. */
#include <stdio.h>
#include <string.h>

#include "agent/init.h"
#include "agent/overlay/inside.h"
#include "agent/worker.h"
#include "core/log.h"

static int usage(FILE *to)
{
	fputs("usage: remint-agent --help | --version\n"
	      "It is process 1 of remint's boot image, where it takes an order from the station and carries\n"
	      "it out: it erases this machine's disks. Anywhere else it refuses to work.\n",
	      to);
	return to == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
	log_set_name("remint-agent");
	/* Number 1 too, of a PID namespace; by a name that no kernel command line can give. */
	if (argc && !strcmp(argv[0], INSIDE_NAME) && init_is_boot_image())
		return service_inside(argc, argv);
	/* The kernel hands words of its command line that it does not know to process 1. */
	if (getpid() == 1 && init_is_boot_image())
		init_run();
	if (argc == 2 && !strcmp(argv[1], "--help"))
		return usage(stdout);
	if (argc == 2 && !strcmp(argv[1], "--version")) {
		puts("remint-agent " REMINT_VERSION);
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "--worker") && getppid() == 1 && init_is_boot_image())
		return worker_run(INIT_BEAT_FD);
	return usage(stderr);
}

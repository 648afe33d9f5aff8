/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first process of a service's PID namespace: the agent's own program, started anew so that it has nothing of the worker's memory. It enters the overlay's tree, starts
 * the service's program, reaps, and tells the worker what it sees. When it ends the kernel ends every other process of the namespace.
 */
#ifndef AGENT_OVERLAY_INSIDE_H
#define AGENT_OVERLAY_INSIDE_H

#include <stdint.h>

/* argv[0] of such a process. Not an argument: words of the kernel's command line become arguments of the real process 1. */
#define INSIDE_NAME "remint-service"

/* Its descriptors, besides 1 and 2, which are the service's. */
#define INSIDE_CONTROL 3 /* SOCK_SEQPACKET */
#define INSIDE_NET     4 /* the network namespace */

enum inside_kind {
	INSIDE_READY = 1, /* as `ready` asks for */
	INSIDE_ENDED,     /* status is waitpid(2)'s; it is the last message */
	INSIDE_FAILED,    /* it could not be started: text; it is the last message */
};

/* Up. Down goes one byte of any value: end the service by SIGTERM. */
struct inside_message {
	uint32_t kind;
	int32_t status;
	char text[248]; /* NUL-terminated */
};

/* argv: INSIDE_NAME, name, tree, enum overlay_ready as a number, path ("" without one), and the service's arguments. */
#define INSIDE_ARGUMENTS 5
int service_inside(int argc, char **argv);

#endif

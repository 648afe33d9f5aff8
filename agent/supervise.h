/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker as PID 1 sees it: a child process that beats through a pipe, and an exit status that says what is to
 * become of the machine. A worker that does not beat is stuck and is killed.
 */
#ifndef AGENT_SUPERVISE_H
#define AGENT_SUPERVISE_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/err.h"

/* How a worker ends; anything else, and any signal, is a failure. */
enum worker_exit {
	WORKER_HANDED_OVER = 0,
	WORKER_RESET = 10,  /* a step wants a reset: at once */
	WORKER_LEFT = 11,   /* cancelled, revoked, or the hint was refused: a new boot script is needed */
	WORKER_HELD = 12,   /* the station knows why */
	WORKER_IDLE = 13,   /* no order for this machine */
	WORKER_ERASED = 14, /* erased, and nothing was to be put there: nothing is left to be done */
	WORKER_STOPPED =
		15, /* stand-alone, and it did not come to its end: the boot medium would only say the same again */
	WORKER_LOCAL = 16, /* nothing to do, and the firmware has been told to start the disk once */
	WORKER_KEXEC = 17, /* handed over, and the tenant's kernel is loaded */
	WORKER_LAST = WORKER_KEXEC,
};

/* Bytes on the pipe. */
#define BEAT_ALIVE 'a'
#define BEAT_HINT  'h' /* the hint is spent: this boot cannot check in again */

struct worker_state {
	bool exited;
	int status;      /* of waitpid(2), when exited */
	bool stuck;      /* was killed because it did not beat */
	bool unkillable; /* and did not even die of that: the kernel holds it */
	bool hint_spent;
	unsigned failures; /* of this boot, the present one included */
};

struct supervise_limits {
	unsigned tick_ms;    /* how often the watchdog is fed */
	unsigned silence_ms; /* a worker that has not beaten for so long is stuck */
	unsigned kill_ms;    /* it must be gone so long after SIGKILL */
};

/* Watches the child `pid`, whose beats arrive on beat_fd, until it has ended; reaps every other process on the way. tick() is
 * called every tick_ms. */
void supervise(pid_t pid, int beat_fd, const struct supervise_limits *limits, void (*tick)(void *data),
	       void *data, struct worker_state *state);

enum next_kind { NEXT_RESTART, NEXT_REBOOT, NEXT_POWER_OFF, NEXT_KEXEC };
struct next {
	enum next_kind kind;
	unsigned delay_s; /* before it */
	const char *why;  /* a sentence for the console */
};

#define WORKER_FAILURES_MAX 3
#define HELD_S              300 /* a held machine tries a new order so often */

/* Pure: what follows when a worker has ended. */
struct next supervise_next(const struct worker_state *state);

#endif

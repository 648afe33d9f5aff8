/* SPDX-License-Identifier: Apache-2.0 */
/* One service as the worker sees it: its first process, and what that has said. Private to agent/overlay. */
#ifndef AGENT_OVERLAY_SERVICE_H
#define AGENT_OVERLAY_SERVICE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/overlay/inside.h"
#include "agent/overlay/room.h"
#include "core/lines.h"
#include "images/overlay.h"

#define SERVICE_TEXT_MAX 300 /* bytes of how it stands */

struct service {
	char *overlay, *name;
	enum overlay_ready ready_by;
	char *path; /* OVERLAY_PATH */
	unsigned wait_s, stop_s;
	uint64_t started_at; /* monotonic, ns */

	/* The watcher's, under the lock of struct overlay_services. */
	pid_t pid;    /* its first process; reaped: no other lives any more */
	int control;  /* its end is the first process's; -EBADF then */
	int output;   /* what the service writes; -EBADF at its end */
	bool ended;   /* reaped */
	bool has_end; /* its first process has said how it ended: */
	int status;   /* waitpid(2)'s; without has_end the first process's own, which was killed */
	char failed[sizeof(((struct inside_message *)0)->text)]; /* could not be started */
	uint64_t ready_at;                                       /* 0: not yet */
	struct lines lines;
	unsigned room;        /* lines that may go into the log at once; it refills */
	uint64_t refilled_at; /* monotonic, ns */
	unsigned left_out;    /* lines since */

	/* The caller's, under the lock. */
	bool stopping; /* SIGTERM was sent */
	bool killed;   /* SIGKILL was */
};

struct overlay_services {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* some service */
	pthread_t watcher;
	bool watching;
	int wake; /* eventfd: there is one more, or the watcher is to end */
	bool quit;
	struct room **rooms;
	unsigned n_rooms;
	struct service **list; /* in the order of their start */
	unsigned n;
};

/* Starts its first process; the rest comes by service_hear(). *ret: service_free(). */
int service_new(const struct room *room, const struct overlay_service *wanted, struct service **ret,
		struct err *err) _must_check_;
/* Takes what has arrived: poll(2)'s events of control and output. Reaps it when it is over. */
void service_hear(struct service *service, short control, short output);
void service_free(struct service *service); /* has ended, or is left alone */

/* How it stands, for a sentence: "it ended (exit status 3): <its last line>". */
void service_says(const struct service *service, char text[SERVICE_TEXT_MAX + LINES_LEN_MAX]);
/* Is it over, though it was to run on? */
bool service_is_lost(const struct service *service);

/* The thread that hears all of them. */
int watch_begin(struct overlay_services *all, struct err *err) _must_check_;
void watch_wake(struct overlay_services *all);
void watch_end(struct overlay_services *all);

#endif

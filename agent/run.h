/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runner: takes the rows of a table through their phases, and alone owns timing, events, progress, cancelling, the
 * record of steps, and what becomes of a failure. The table is policy: agent/run_table.c.
 */
#ifndef AGENT_RUN_H
#define AGENT_RUN_H

#include <stddef.h>

#include "agent/step.h"
#include "agent/talk.h"

/* docs/protocol.md, "Events". Each phase ends before the next begins. */
enum run_phase {
	PHASE_OBSERVE,
	PHASE_PREPARE,
	PHASE_CHECK, /* its own rows, then every row's check */
	PHASE_DESTROY,
	PHASE_CONFIGURE,
	PHASE_PROVE, /* every row's verify up to here, then its own rows */
	PHASE_COMMIT,
	PHASE_HAND_OVER,
};

struct run_row {
	const char *name; /* in events and in the record; the step's name unless a step has two rows */
	enum run_phase phase;
	const struct step *step;
	bool needs_image; /* left out, and so recorded, in an order that only erases */
};

extern const struct run_row run_table[];
extern const size_t run_table_len;

/* What the runner needs of the conversation: agent/talk.h's calls in the agent, a fake in tests. */
struct run_station {
	enum talk_state (*state)(void *data);
	void (*event)(void *data, const struct event *event);
	int (*flush)(void *data, struct err *err);
	int (*journal)(void *data, const struct journal_entry *entry, struct err *err);
	int (*inventory)(void *data, const json_t *inventory, struct err *err);
	int (*evidence)(void *data, const json_t *evidence, char ret_sha256[65], struct err *err);
	int (*log)(void *data, const char *text, size_t len, struct err *err);
	/* outcome: "handed-over", "erased", or "held" with step and reason. */
	int (*outcome)(void *data, const char *outcome, const char *step, const char *reason,
		       struct err *err);
	int (*fetch)(void *data, const char *url, size_t limit, void **ret, size_t *ret_len, struct err *err);
};
extern const struct run_station run_station_talk; /* data is a struct talk */

enum run_outcome {
	RUN_HANDED_OVER,
	RUN_ERASED,      /* all that an order without image asks for */
	RUN_HELD,        /* the station knows the step and the reason */
	RUN_RESET,       /* a step wants a reset; the order goes on after the boot */
	RUN_POWER_CYCLE, /* the same for a power cycle, which is the station's work */
	RUN_LEFT,        /* cancelled or revoked: nothing more was done */
	RUN_IDLE,        /* there was no order: the inventory is all */
};

#define RUN_RESETS_MAX 5 /* an order */

struct run_options {
	const struct run_row *rows; /* sorted by phase; wipe rows before what writes */
	size_t n_rows;
	const struct run_station *station;
	void *station_data;
	/* The walk has ended before its end: what the rows hold beyond their own run is let go of, before the log is sent. May be NULL. */
	void (*let_go)(struct job *job);
	void (*alive)(void *data); /* a step shows that it is not stuck. Thread safe; may be NULL */
	void *alive_data;
};

/*
 * Takes job->order (NULL: the observing rows alone) through the table. The caller has filled order, site, now and journal; the
 * rest of *job is the runner's until it returns, then the caller frees facts (job_facts_clear()) and steps. Every way
 * out has been reported to the station, which may take as long as the station is away.
 */
enum run_outcome run_order(struct job *job, const struct run_options *options);

#endif

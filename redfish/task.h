/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Long operations (DSP0266, section 12): followed to their end, whichever way the BMC names them. 202 or 303 with Location, or a Task (or a
 * Dell Job) in the body.
 */
#ifndef REDFISH_TASK_H
#define REDFISH_TASK_H

#include "redfish/bmc.h"

/* What a Task or Job says of itself. */
enum rf_task_state { RF_TASK_RUNS, RF_TASK_DONE, RF_TASK_FAILED, RF_TASK_NONE /* no Task at all */ };

/*
 * The answer to a write: waits until what it has begun is over, bounded by times.task and the procedure's deadline. At once when it began
 * nothing. -EIO: the task failed, with its message.
 */
int rf_task_wait(struct rf_bmc *bmc, const struct rf_answer *begun, struct err *err) _must_check_;

/* Who looks on while a task runs, and what can be known of it afterwards. */
struct rf_task_watch {
	/* percent: 0 to 100, or -1 where the BMC does not say; NULL: nobody looks on. */
	void (*progress)(void *data, int percent);
	void *data;
	bool may_restart; /* the BMC may restart meanwhile, and is waited for */
	/* results */
	bool restarted;   /* it has been away */
	bool forgotten;   /* the task was no longer there afterwards: how it ended is not known */
	bool needs_reset; /* a message says that a reset puts it in force */
};

/* The same with somebody who looks on. */
int rf_task_follow(struct rf_bmc *bmc, const struct rf_answer *begun, struct rf_task_watch *watch,
		   struct err *err) _must_check_;

/* Does one of the messages ("Messages" of a task, or an answer's) say that a reset is needed? */
bool rf_task_needs_reset(const json_t *json);

/* State of a resource. ret_text, unless NULL: what it says for people, borrowed, or NULL. */
int rf_task_state(const json_t *json, enum rf_task_state *ret, const char **ret_text,
		  struct err *err) _must_check_;

#endif

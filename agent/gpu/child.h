/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One function of a back end in a child process that has a deadline. A vendor's library may hang, crash, or speak nonsense, and none of that may be the
 * agent's end. The child tells, as JSON, one a line:
 *   {"progress":[done,total]}   then one of   {"result":{...}}   {"error":"text","code":errno}
 */
#ifndef AGENT_GPU_CHILD_H
#define AGENT_GPU_CHILD_H

#include <stdint.h>

#include "agent/gpu/gpu.h"

#define GPU_LINE_MAX (256 * 1024) /* bytes of a line, its newline included */

/* What is to be done. The child sees all that the parent has, as it was when it began. */
struct gpu_task {
	const char *what;    /* for errors: "reading its state" */
	unsigned deadline_s; /* for the whole; a child that is still there then is killed */
	unsigned patience_s; /* the longest silence before a line of progress; 0: as long as the deadline */
	const struct gpu_host *host;
	const struct gpu *gpu;
	const struct gpu_backend *backend;
	const struct order_gpu *wish;
	/* Runs in the child. progress() may be called as often as one likes. */
	int (*run)(const struct gpu_task *task, void (*progress)(void *data, uint64_t done, uint64_t total),
		   void *data, json_t **ret, struct err *err);
};

/* The parent, meanwhile. Both are called at least four times a second. */
struct gpu_watch {
	bool (*cancelled)(void *data);
	void (*progress)(void *data, uint64_t done, uint64_t total); /* 0 of 0 before the first line */
	void *data;
};

/*
 * *ret: the object that the child made, bounded and well-formed JSON, and otherwise what a stranger says (answer.h). -ETIMEDOUT: it was too slow;
 * -ECANCELED: cancelled; -EPROTO: it crashed or made no sense; else what the function itself returned. A child that is stuck in the kernel is
 * left behind, and the error says so.
 */
int gpu_child_run(const struct gpu_task *task, const struct gpu_watch *watch, json_t **ret,
		  struct err *err) _must_check_;

#endif

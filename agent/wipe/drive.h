/* SPDX-License-Identifier: Apache-2.0 */
/* One drive from its plan to its proof. Runs in a process of its own (wipe_fleet.c), so that a stuck drive takes nothing along. */
#ifndef AGENT_WIPE_DRIVE_H
#define AGENT_WIPE_DRIVE_H

#include <jansson.h>
#include <stdint.h>

#include "agent/hw/block.h"
#include "agent/wipe/marker.h"
#include "agent/wipe/plan.h"

/* What is made before the fork: a marker set for each method that may come. */
struct wipe_task {
	const struct block *block;
	uint8_t keys[WIPE_METHODS_MAX][MARKER_KEY_SIZE];
	struct markers *markers[WIPE_METHODS_MAX];
};

int wipe_task_prepare(const struct block *block, struct wipe_task *ret, struct err *err) _must_check_;
void wipe_task_clear(struct wipe_task *task);

struct wipe_hooks {
	/* Returns once the journal has it; nothing is written before. */
	int (*begin)(void *data, enum wipe_method method, const uint8_t key[MARKER_KEY_SIZE],
		     struct err *err);
	/* done of total bytes of the present method; the next call comes within patience_s seconds, or the drive hangs. */
	void (*progress)(void *data, uint64_t done, uint64_t total, unsigned patience_s);
	void *data;
};

/* The drive's part of the evidence: method, level, outcome, reason, plan, attempts, proof. Never NULL; what fails is in it. */
json_t *wipe_drive(struct wipe_task *task, const struct wipe_hooks *hooks) _must_check_;

#endif

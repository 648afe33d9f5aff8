/* SPDX-License-Identifier: Apache-2.0 */
/* What is at the other end of the cables, in the inventory; it comes in while the order goes on, and nobody waits for it unasked. */
#ifndef AGENT_STEPS_NEIGHBOURS_H
#define AGENT_STEPS_NEIGHBOURS_H

#include "agent/step.h"

/*
 * Puts what job->lldp has heard into the inventory's "neighbours", after waiting at most wait_ms for ports that have heard nothing,
 * but never longer than LLDP_PATIENCE_MS since the listening began. Marks the inventory as newer than what was sent where it
 * says something else now. Returns how many ports stayed silent. Without job->lldp nothing is done.
 */
unsigned neighbours_take(struct job *job, unsigned wait_ms);

/* The same, second after second, until every port has heard something or it is in vain: for a machine that has nothing else to
 * do. */
void neighbours_await(struct job *job, void (*alive)(void *data), void *data);

#endif

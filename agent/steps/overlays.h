/* SPDX-License-Identifier: Apache-2.0 */
/* What the order's overlays hold in this boot, between the step that brings them in and the one that ends them. One for the process. */
#ifndef AGENT_STEPS_OVERLAYS_H
#define AGENT_STEPS_OVERLAYS_H

#include "agent/overlay/drivers.h"
#include "agent/overlay/services.h"
#include "agent/step.h"
#include "protocol/order/overlays.h"

struct overlays_held {
	struct overlay_drivers *drivers;   /* NULL: no overlay */
	struct overlay_services *services; /* the same */
	char *names[ORDER_OVERLAYS_MAX];   /* n of them, in the order's order */
	char *trees[ORDER_OVERLAYS_MAX];   /* where they are unpacked */
	unsigned n;
};
extern struct overlays_held overlays_held;

/* Stops, unloads and unmounts all of it, the last one first; what does not go is told. Nothing held is no error. */
void overlays_let_go(struct job *job);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What the services of one overlay share and see: its tree as their root, /run, /tmp and /var in RAM, a network of a loopback alone. */
#ifndef AGENT_OVERLAY_ROOM_H
#define AGENT_OVERLAY_ROOM_H

#include "core/err.h"

struct room {
	char *name; /* the overlay's */
	char *tree;
	int net; /* network namespace */
};

/* In the worker: mounts what is shared on the tree's run, tmp and var. *ret: room_leave(), after the services. */
int room_make(const char *name, const char *tree, struct room **ret, struct err *err) _must_check_;
/* Unmounts it, and frees in any case. NULL is no error. */
int room_leave(struct room *room, struct err *err) _must_check_;
/* In a service's first process, which has a mount and a PID namespace of its own already: the tree becomes /. */
int room_enter(const char *tree, int net, struct err *err) _must_check_;

#endif

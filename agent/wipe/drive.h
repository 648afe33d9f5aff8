/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One drive from its plan to its proof. A drive is a disk, or an NVMe subsystem with those of its namespaces that are to be erased: they are
 * the units, and one process has them all, because some commands reach them all. Runs in a process of its own (child.h), so that a stuck
 * drive takes nothing along.
 */
#ifndef AGENT_WIPE_DRIVE_H
#define AGENT_WIPE_DRIVE_H

#include <jansson.h>
#include <stdint.h>

#include "agent/hw/block/block.h"
#include "agent/wipe/method.h"
#include "agent/wipe/policy.h"

struct wipe_unit {
	const struct block *block; /* borrowed */
	const char *psid, *sid;    /* of the order; NULL: none; borrowed */
	/* What an earlier boot of this order had under way: its markers were in place, and its method may have been issued. */
	bool marked;
	enum wipe_method marked_method;
	uint8_t marked_key[WIPE_KEY_SIZE];
};

struct wipe_drive {
	struct wipe_unit *units; /* n, owned */
	unsigned n;
	const struct wipe_policy *policy;      /* borrowed */
	struct stream *streams[SWEEP_THREADS]; /* made before the fork; the first serves the markers too */
};

/* An empty drive with place for n units. */
int wipe_drive_new(unsigned n, const struct wipe_policy *policy, struct wipe_drive **ret,
		   struct err *err) _must_check_;
void wipe_drive_free(struct wipe_drive *drive);
DEFINE_CLEANUP(struct wipe_drive *, wipe_drive_free);

struct wipe_hooks {
	/* Returns once the journal knows that the unit's markers (marked: false) or its method (true: the markers are in place) come next. */
	int (*begin)(void *data, unsigned unit, enum wipe_method method, const uint8_t key[WIPE_KEY_SIZE],
		     bool marked, struct err *err);
	/* done of total bytes of the present method; the next call comes within patience_s seconds, or the drive hangs. */
	void (*progress)(void *data, uint64_t done, uint64_t total, unsigned patience_s);
	void *data;
};

/*
 * The units' parts of the evidence (docs/certificate.md, "Drives"), an array in their order: method, level, outcome, reason, plan, attempts,
 * proof, ... Never NULL; what fails is in it.
 */
json_t *wipe_drive_run(struct wipe_drive *drive, const struct wipe_hooks *hooks) _must_check_;

#endif

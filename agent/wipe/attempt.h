/* SPDX-License-Identifier: Apache-2.0 */
/* One method on some of a drive's units: former contents remembered, markers, the method, and the proof of each unit. Within agent/wipe. */
#ifndef AGENT_WIPE_ATTEMPT_H
#define AGENT_WIPE_ATTEMPT_H

#include "agent/wipe/drive.h"
#include "agent/wipe/former.h"
#include "agent/wipe/marker.h"

enum {
	WIPE_PATIENCE_S = 300,       /* for one request, with all the retries of a failing disk */
	WIPE_FLUSH_PATIENCE_S = 900, /* for emptying a drive's cache */
};

/* What was seen of a unit in an attempt. */
struct wipe_proof {
	unsigned before_samples, before_nonzero, unchanged;
	unsigned markers_written, markers_gone;
	struct err unmarked; /* why the drive took no markers; code 0: it has taken them */
	bool method_read;    /* by the device's own method: */
	struct sweep_seen method_seen;
	bool stream; /* by the host's: */
	uint64_t stream_written;
	struct sweep_seen stream_seen;
	bool overwritten_after;
	bool read; /* the last reading */
	struct sweep_seen seen;
	bool partitions_reread;
	json_t *signatures; /* owned; NULL until looked for */
};

/* A unit while its drive's process works on it. */
struct wipe_work {
	const struct wipe_unit *unit;
	unsigned index; /* in the drive */
	int fd;         /* -EBADF: it could not be opened */
	struct medium medium;
	struct wipe_caps caps;
	json_t *result; /* owned */
	bool proven;
	/* of the present attempt */
	uint8_t key[WIPE_KEY_SIZE];
	struct markers *markers; /* owned */
	struct former *former;   /* owned; NULL in one that is taken up */
	json_t *status;          /* owned; the drive's own words */
	struct wipe_proof proof;
	struct err err; /* code 0: nothing has failed */
};

struct wipe_attempt {
	struct wipe_drive *drive;
	const struct wipe_hooks *hooks;
	enum wipe_method method;
	bool resumed; /* an earlier boot's is taken up: its markers are in place, its method may be running */
	struct wipe_work **work;
	unsigned n;
	uint64_t base, total; /* bytes of the passes that are done, of all */
};

/* Each unit's err and proof say how it ended; -err->code only when the journal did not answer, and then nothing more may be done. */
int wipe_attempt_run(struct wipe_attempt *attempt, struct err *err) _must_check_;

/* The unit's part after its method. */
int wipe_prove(struct wipe_attempt *attempt, struct wipe_work *work, struct err *err) _must_check_;

/* Frees what an attempt left in the unit. */
void wipe_work_reset(struct wipe_work *work);

void wipe_attempt_tell(struct wipe_attempt *attempt, uint64_t done, unsigned patience_s);

/* result.c: the unit's JSON */
json_t *wipe_result_new(const struct wipe_work *work, const struct wipe_policy *policy);
void wipe_result_plan(struct wipe_work *work, const json_t *plan); /* of wipe_plan_to_json() */
/* The attempt's record is appended, and the result then speaks of it. begun and ended in seconds since 1970. */
void wipe_result_attempt(struct wipe_work *work, enum wipe_method method, time_t begun, time_t ended);
void wipe_result_health(struct wipe_work *work, const char *when);

#endif

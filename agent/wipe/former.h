/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Samples of what a medium holds before it is erased, to be compared with what it reads as afterwards. Markers tell that what we wrote is gone;
 * these tell that what was there before is, on a drive that erases only what is fresh, or reads as noise after a cryptographic erase. They
 * live in memory alone.
 */
#ifndef AGENT_WIPE_FORMER_H
#define AGENT_WIPE_FORMER_H

#include "agent/wipe/marker.h"
#include "agent/wipe/medium.h"

enum {
	FORMER_SAMPLES = 2000, /* two in each thousandth of the range; never on a marker */
	FORMER_BYTES = 256,    /* that are kept of each */
};

struct former;

/*
 * Reads them. A sample that the medium cannot give is counted as unreadable and not compared: a failing drive is to be erased all the same. -EIO
 * when not a single one could be read.
 */
int former_remember(const struct medium *medium, const struct markers *markers, void (*beat)(void *),
		    void *data, struct former **ret, struct err *err) _must_check_;
void former_free(struct former *former);
DEFINE_CLEANUP(struct former *, former_free);

unsigned former_samples(const struct former *former);
/* Those that held anything but zeros: the others can tell nothing. */
unsigned former_nonzero(const struct former *former);

/* How many of the non-zero ones read as before; *ret_at is the first one's offset in bytes. */
int former_unchanged(const struct former *former, const struct medium *medium, void (*beat)(void *),
		     void *data, unsigned *ret_n, uint64_t *ret_at, struct err *err) _must_check_;

#endif

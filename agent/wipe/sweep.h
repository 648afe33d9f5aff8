/* SPDX-License-Identifier: Apache-2.0 */
/* Passes over a whole medium: writing zeros everywhere, reading everything back, sampling. */
#ifndef AGENT_WIPE_SWEEP_H
#define AGENT_WIPE_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/wipe/marker.h"
#include "core/err.h"

/* Called about four times a second from the thread that called; may be NULL. Bytes. */
typedef void (*sweep_progress)(void *data, uint64_t done, uint64_t total);

struct sweep_seen {
	uint64_t bytes_read;
	bool zero;           /* all that was read */
	uint64_t nonzero_at; /* offset in bytes of the first request that was not; when !zero */
};

/* Zeros from the first to the last byte, the tail that is no multiple of a request included; then fsync. */
int sweep_zero(const struct medium *medium, sweep_progress progress, void *data,
	       struct err *err) _must_check_;

/* Reads everything; ends early at what is not zero. */
int sweep_read(const struct medium *medium, sweep_progress progress, void *data, struct sweep_seen *ret,
	       struct err *err) _must_check_;

/*
 * Samples as NIST SP 800-88r1 (4.7.3) describes them: the range in 1,000 subsections, two samples that do not overlap at random
 * places in each, and the first and the last block always. A medium of fewer than 2,000 blocks is read as a whole.
 */
int sweep_sample(const struct medium *medium, sweep_progress progress, void *data, struct sweep_seen *ret,
		 struct err *err) _must_check_;

#endif

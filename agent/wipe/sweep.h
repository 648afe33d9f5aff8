/* SPDX-License-Identifier: Apache-2.0 */
/* Passes over a whole medium, writing or reading zeros or the keyed stream; and sampling. */
#ifndef AGENT_WIPE_SWEEP_H
#define AGENT_WIPE_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/wipe/look.h"
#include "agent/wipe/medium.h"
#include "agent/wipe/stream.h"
#include "core/err.h"

enum sweep_content { SWEEP_ZEROS, SWEEP_STREAM };

enum {
	SWEEP_THREADS = 2,       /* two requests in flight, which is what a drive needs to stream */
	SWEEP_REQUEST = 4 << 20, /* bytes */
	SWEEP_SECTIONS = 1000,   /* of a sampled range, two samples in each */
};

struct sweep {
	struct medium medium;
	struct stream *const *streams; /* SWEEP_THREADS of them; may be NULL where no stream is meant */
	const uint8_t *key;            /* of the stream */
	/* Called about four times a second from the thread that called; may be NULL. Bytes. */
	void (*progress)(void *data, uint64_t done, uint64_t total);
	void *data;
};

struct sweep_seen {
	bool sampled;
	uint64_t bytes_read;
	unsigned samples;    /* sampled: how many blocks */
	bool as_expected;    /* all that was read */
	uint64_t differs_at; /* offset in bytes of what was read first and was not; when !as_expected */
	struct look look;    /* what the bytes that were read were like */
};

/* From the first to the last byte, the tail that is no multiple of a request included; then fsync. */
int sweep_write(const struct sweep *sweep, enum sweep_content content, struct err *err) _must_check_;

/* Reads everything; ends early at what is not as expected. */
int sweep_read(const struct sweep *sweep, enum sweep_content expect, struct sweep_seen *ret,
	       struct err *err) _must_check_;

/*
 * Samples as NIST SP 800-88r1 (4.7.3) describes them: the range in 1,000 subsections, two samples that do not overlap at random
 * places in each, and the first and the last block always. A medium of fewer than 2,002 blocks is read as a whole; no block twice. Never ends early.
 */
int sweep_sample(const struct sweep *sweep, enum sweep_content expect, struct sweep_seen *ret,
		 struct err *err) _must_check_;

/* The share of a medium that n random samples would find with a probability of 95 %, were it not as expected: 1 - 0.05^(1/n). */
double sweep_detects(unsigned samples);

#endif

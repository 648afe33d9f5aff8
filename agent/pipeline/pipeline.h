/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the payload's URLs onto disks: frames are fetched by ranges over several connections and mirrors, checked, decoded on all
 * cores and written where they belong, out of order, through a fixed amount of memory, to one disk or several at once, and read back.
 * The first chunk is decoded and never written: the disk's commit point is another's.
 */
#ifndef AGENT_PIPELINE_PIPELINE_H
#define AGENT_PIPELINE_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "images/index.h"

#define PIPELINE_SOURCES_MAX 8
#define PIPELINE_TARGETS_MAX 8
#define PIPELINE_BAD_MAX     64 /* bad chunks that are told one by one */

/* One place where the payload lies. The first is preferred; all serve the same bytes, or are found out. */
struct pipeline_source {
	const char *url;    /* of the payload, http or https */
	const char *ca_pem; /* for an https URL; NULL: the system's */
};

/* One disk. */
struct pipeline_target {
	int fd;           /* writable; O_DIRECT or not. Buffers, offsets and lengths suit O_DIRECT */
	const char *name; /* for messages */
	bool reads_zero;  /* proven: chunks of zeros need not be written */
	bool rotational; /* reading back waits for the end of the writing: a seek costs more than the overlap gains */
};

enum pipeline_verify {
	PIPELINE_VERIFY_FULL, /* every chunk */
	PIPELINE_VERIFY_SAMPLED, /* a tenth of the chunks at random places, at least 64; all when there are fewer */
	PIPELINE_VERIFY_NONE,
};

struct pipeline_job {
	const struct index
		*index; /* verified; each chunk's length a multiple of each target's logical block */
	const struct pipeline_source *sources;
	unsigned n_sources;
	const struct pipeline_target *targets;
	unsigned n_targets;
	/* With n_targets 0: takes the plain chunks in rising order, zeros included, all from one thread, the first one too. */
	int (*sink)(void *data, const void *plain, size_t len, struct err *err);

	bool go_on_without_lost; /* a target that fails is left behind while another is whole; else it ends the run */
	bool resume; /* an earlier run was cut off: targets are read first, and only what differs is fetched */
	enum pipeline_verify verify;
	size_t memory; /* bytes for buffers; 0: a quarter of what is available, 24 to 96 MiB. Never below what one chunk in flight needs */

	/* Called about four times a second from the calling thread alone; each may be NULL. */
	bool (*cancelled)(void *data);
	void (*progress)(void *data, uint64_t done, uint64_t total); /* bytes of plain chunks */
	void (*note)(void *data, const char *text);
	void *data;
};

/* A frame that was not what the index says. */
struct pipeline_bad {
	uint32_t chunk;
	unsigned source; /* of job->sources */
	char why[200];
};

struct pipeline_target_result {
	struct err lost;  /* code 0: the target is whole */
	uint64_t written; /* bytes of chunks sent to it */
	uint64_t zeroed;  /* bytes of zero chunks that the device itself made (write zeroes, unmap to zero) */
	uint64_t zeros_left;  /* bytes of zero chunks that were skipped: the medium reads zero */
	uint64_t kept;        /* bytes that a resumed run found in place */
	uint64_t read_back;   /* bytes read from the medium after a flush, and equal to the index */
	uint64_t chunks_read; /* chunks among them */
	struct bits *proven;  /* owned: chunks that have been read back so */
};

struct pipeline_result {
	void *first_chunk; /* malloc'd, block_buffer() aligned; NULL with a sink */
	uint32_t first_chunk_len;
	uint64_t fetched_bytes; /* received from all sources, repeated and discarded ones included */
	uint64_t source_bytes[PIPELINE_SOURCES_MAX];
	uint64_t retries; /* broken transfers that were taken up again, and damaged frames fetched again */
	struct pipeline_bad bad[PIPELINE_BAD_MAX];
	unsigned n_bad; /* how many there were; those beyond PIPELINE_BAD_MAX are counted alone */
	struct pipeline_target_result targets[PIPELINE_TARGETS_MAX];
	struct bits *sample; /* owned: the chunks that a sampled run reads back; drawn before it begins */
};
void pipeline_result_clear(struct pipeline_result *result);

/*
 * Fills *ret, on failure too (for the record; clear it in any case). A transfer that breaks is taken up where it stood, from another
 * source when there is one, without end while not cancelled; a source that lies, is too slow or keeps answering something else is left
 * for the others, and only when none is left does it end the run. The first cause ends all stages promptly and is the one
 * that is told. What was written is flushed. Chunks that could be read back beside the writing have been (targets[].proven).
 */
int pipeline_run(const struct pipeline_job *job, struct pipeline_result *ret, struct err *err) _must_check_;

/*
 * Reads back what job->verify asks for and pipeline_run() has not: every chunk but the first. A target that differs or fails is an
 * error, or with go_on_without_lost becomes lost while another is whole. Sources are not used.
 */
int pipeline_read_back(const struct pipeline_job *job, struct pipeline_result *result,
		       struct err *err) _must_check_;

#endif

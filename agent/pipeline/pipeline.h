/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a payload URL onto a disk: frames are fetched by ranges, checked, decoded on all cores and written where they belong, out of
 * order, through a bounded amount of memory. The first chunk is decoded and never written: the disk's commit point is another's.
 */
#ifndef AGENT_PIPELINE_PIPELINE_H
#define AGENT_PIPELINE_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "images/index.h"

struct pipeline_job {
	int fd; /* the disk, writable; O_DIRECT or not. Buffers, offsets and lengths suit O_DIRECT */
	const struct index *index; /* verified; each chunk's length a multiple of the disk's logical block */
	const char *url;           /* of the payload */
	const char *ca_pem;        /* for an https URL; NULL: the system's */
	bool medium_reads_zero;    /* chunks of zeros need not be written */
	size_t memory;             /* bytes for buffers; 0: a quarter of what is available, 24 to 96 MiB */
	/* Called about four times a second from the calling thread alone; each may be NULL. */
	bool (*cancelled)(void *data);
	void (*progress)(void *data, uint64_t done, uint64_t total); /* bytes of plain chunks */
	void (*note)(void *data, const char *text);
	void *data;
};

struct pipeline_result {
	void *first_chunk; /* malloc'd, block_buffer() aligned; index_chunk_len(0) bytes */
	uint32_t first_chunk_len;
	uint64_t bytes;         /* written */
	uint64_t fetched_bytes; /* received, repeated ones included */
	uint64_t retries; /* broken transfers that were taken up again, and damaged frames fetched again */
};

/*
 * Fills *ret on success. A transfer that breaks is taken up where it stood, without end while not cancelled; a server that keeps
 * answering something else than was asked for ends it after a few attempts; a frame with a wrong hash is fetched once more. The first error
 * ends all stages and is the one that is told. Does not flush.
 */
int pipeline_run(const struct pipeline_job *job, struct pipeline_result *ret, struct err *err) _must_check_;

/* Reads every chunk but the first from job->fd and compares it with the index. url and medium_reads_zero are not used. */
int pipeline_read_back(const struct pipeline_job *job, struct err *err) _must_check_;

#endif

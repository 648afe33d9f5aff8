/* SPDX-License-Identifier: Apache-2.0 */
/* One attempt of erasing on a modelled NVMe drive: what a method of agent/wipe/method.h is given, and what came of it. */
#ifndef TESTS_FAKES_NVME_JOB_H
#define TESTS_FAKES_NVME_JOB_H

#include "agent/wipe/method.h"
#include "tests/fakes/nvme_model.h"

#define NVME_JOB_SIZE (1 << 16) /* bytes of the drive; the neighbour has half of them */

struct nvme_job {
	struct model *controller, *drive, *neighbour; /* namespaces 1 and 2 */
	struct nvme_model *m;
	struct wipe_caps caps; /* of the drive; caps.nvme is the test's to fill */
	int fd;                /* of the drive */
	json_t *status;        /* of the last attempt */
	struct err err;
	unsigned n_progress; /* calls */
	unsigned
		dies_at; /* the call of progress at which the power fails: the process exits with 9; 0: never */
};

struct nvme_method {
	int (*run)(struct wipe_run *run, struct err *err);
	uint8_t opcode;   /* of the command that erases ... */
	uint32_t dword10; /* ... and its dword 10, with LBA format 0 */
};
enum { NVME_METHODS = 5 };
extern const struct nvme_method nvme_methods[NVME_METHODS]; /* Sanitize first: NVME_SANITIZES of them */
enum { NVME_SANITIZES = 3 };

void nvme_job_begin(struct nvme_job *job);
void nvme_job_end(struct nvme_job *job);
int nvme_job_run(struct nvme_job *job, int (*method)(struct wipe_run *run, struct err *err), bool resumed);
/* What was kept of status i: "" where there is none. */
const char *nvme_job_what(const struct nvme_job *job, unsigned i);
const char *nvme_job_hex(const struct nvme_job *job, unsigned i);
/* The drive forgets that it ever ran a Sanitize. */
void nvme_job_forget(struct nvme_job *job);
/* Somebody else begins a Sanitize. */
void nvme_job_sanitize(struct nvme_job *job, uint32_t dword10);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's GPUs: what they were, what was done to them, and what was not. docs/certificate.md, "GPUs".
 * The agent checks with the same functions what a back end's child process has told it, before it uses any of it (agent/gpu/answer.h).
 */
#ifndef PROTOCOL_EVIDENCE_GPU_H
#define PROTOCOL_EVIDENCE_GPU_H

#include <jansson.h>

#include "core/err.h"
#include "protocol/order/gpu.h"

#define EVIDENCE_GPUS_MAX       64   /* of one machine */
#define EVIDENCE_GPU_LIST_MAX   64   /* faults, settings, ... of one */
#define EVIDENCE_GPU_TEXT_MAX   128  /* bytes of a name */
#define EVIDENCE_GPU_REASON_MAX 991  /* bytes of a sentence: as long as an error may be */
#define EVIDENCE_GPU_VALUE_MAX  512  /* bytes of a setting's value */
#define EVIDENCE_GPU_FREE_MAX   8192 /* bytes of settings, and of health */

/* Parts of one GPU; `what` names it. -EBADMSG names the field. Keys that are not the part's own are left to the caller. */
int evidence_gpu_identity_check(const json_t *gpu, const char *what,
				struct err *err) _must_check_; /* "model", ... "memory" */
int evidence_gpu_state_check(const json_t *gpu, const char *what,
			     struct err *err) _must_check_; /* "settings", "health", "faults", "unknown" */
int evidence_gpu_set_check(const json_t *gpu, const char *what,
			   struct err *err) _must_check_; /* "set", "not_set" */
int evidence_gpu_reset_check(const json_t *reset, const char *what, struct err *err) _must_check_;
int evidence_gpu_scrub_check(const json_t *scrub, const char *what, struct err *err) _must_check_;

/* evidence.gpus, which may be missing or null: the agent looks after none. */
int evidence_gpus_check(const json_t *evidence, struct err *err) _must_check_;
/* Was each reset and scrubbed that had to be, and none that was not to be? With an image: is each without a fault, and set as asked? -EBADMSG. For evidence that has been checked. */
int evidence_gpus_are_as_ordered(const json_t *evidence, const struct order_gpu *wish,
				 struct err *err) _must_check_;
/* A sentence about evidence that has been checked, with a space in front; "" where it says nothing. malloc'd. */
char *evidence_gpus_statement(const json_t *evidence);

#endif

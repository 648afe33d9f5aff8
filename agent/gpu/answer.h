/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a back end's child has told, checked as strictly as if a stranger had said it: keys, types, lengths, bounds. Only then does anybody use it.
 * `what` names the GPU and what was asked. -EPROTO.
 */
#ifndef AGENT_GPU_ANSWER_H
#define AGENT_GPU_ANSWER_H

#include <jansson.h>

#include "core/err.h"

/* As gpu.h describes them. What may be missing of a look is put in, empty. */
int gpu_answer_look(json_t *answer, const char *what, struct err *err) _must_check_;
int gpu_answer_set(const json_t *answer, const char *what, struct err *err) _must_check_;
int gpu_answer_reset(const json_t *answer, const char *what, struct err *err) _must_check_;
/* Of gpu_scrub_cuda(). */
int gpu_answer_scrub(const json_t *answer, const char *what, struct err *err) _must_check_;

#endif

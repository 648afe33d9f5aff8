/* SPDX-License-Identifier: Apache-2.0 */
/* All of a GPU's free memory, held at once in as few pieces as it can be had. */
#ifndef AGENT_GPU_CUDA_HOLD_H
#define AGENT_GPU_CUDA_HOLD_H

#include "agent/gpu/cuda.h"

#define CUDA_HOLD_MAX   512
#define CUDA_HOLD_LEAST (2ull << 20) /* bytes, the driver's page: smaller pieces are left */

struct cuda_piece {
	uint64_t at, size; /* bytes; both multiples of 16 */
};

struct cuda_hold {
	struct cuda_piece pieces[CUDA_HOLD_MAX];
	unsigned n;
	uint64_t bytes; /* in all of them */
};

/* Takes what the current context's device has free; -ENOMEM where that is nothing. */
int cuda_hold_all(const struct cuda *cuda, struct cuda_hold *ret, struct err *err) _must_check_;
void cuda_hold_free(const struct cuda *cuda, struct cuda_hold *hold);

#endif

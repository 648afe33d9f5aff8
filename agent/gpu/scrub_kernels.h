/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A context on one GPU with the kernels of the scrub in it. Functions that work return CUDA's code, 0 where all went well: what it means
 * depends on what was being done. Each waits for its end; a piece takes well below a second, as the caller keeps it small.
 */
#ifndef AGENT_GPU_SCRUB_KERNELS_H
#define AGENT_GPU_SCRUB_KERNELS_H

#include "agent/gpu/cuda_device.h"
#include "agent/gpu/cuda_hold.h"

#define SCRUB_ROOM (2ull << 20) /* bytes */

struct scrub_kernels {
	const struct cuda *cuda;
	struct CUctx_st *context;
	struct CUmod_st *module;
	struct CUfunc_st *fill, *verify;
	struct CUevent_st *from, *to;
	uint64_t
		room; /* SCRUB_ROOM bytes on the GPU: the verification's result, then what the trial works on */
	uint64_t key; /* of the pattern, random for each context */
	unsigned blocks;
};

struct scrub_found {
	uint64_t wrong;  /* words of 8 bytes */
	uint64_t lowest; /* the first one's address; UINT64_MAX: none */
};

int scrub_kernels_open(const struct cuda *cuda, const struct cuda_device *device, struct scrub_kernels *ret,
		       struct err *err) _must_check_;
/* Also where it was opened in part. */
void scrub_kernels_close(struct scrub_kernels *k);

/* *ret_right: what they write is what the host reads, and a word that is changed is found. */
int scrub_kernels_try(struct scrub_kernels *k, bool *ret_right) _must_check_;

/* *ns grows by the time that the GPU took. */
int scrub_kernels_fill(struct scrub_kernels *k, struct cuda_piece piece, uint64_t mask,
		       uint64_t *ns) _must_check_;
int scrub_kernels_verify(struct scrub_kernels *k, struct cuda_piece piece, uint64_t mask,
			 struct scrub_found *ret, uint64_t *ns) _must_check_;
int scrub_kernels_copy(struct scrub_kernels *k, uint64_t to, uint64_t from, uint64_t bytes,
		       uint64_t *ns) _must_check_;
/* What the host reads of the 16 bytes at that address. */
int scrub_kernels_sample(struct scrub_kernels *k, uint64_t at, uint64_t mask, bool *ret_right) _must_check_;

#endif

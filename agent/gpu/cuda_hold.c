/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/gpu/cuda_hold.h"

static uint64_t whole(uint64_t bytes)
{
	return bytes & ~(CUDA_HOLD_LEAST - 1);
}

/* Nine tenths of what is free: the driver may need some for the piece's own tables. */
static uint64_t next_size(uint64_t free_bytes)
{
	uint64_t size = whole(free_bytes / 10 * 9);

	return size ? size : whole(free_bytes);
}

static int free_memory(const struct cuda *cuda, uint64_t *ret, struct err *err)
{
	size_t free_bytes = 0, total = 0;
	int r = cuda->memory_info(&free_bytes, &total);

	if (r != CUDA_SUCCESS)
		return cuda_err(cuda, err, r, "CUDA does not say how much memory is free");
	*ret = free_bytes;
	return 0;
}

static void add(struct cuda_hold *hold, uint64_t at, uint64_t size)
{
	hold->pieces[hold->n++] = (struct cuda_piece){at, size};
	hold->bytes += size;
}

/* A size that fails is halved and does not grow again; each other step makes what is free smaller. Hence this ends. */
static int take(const struct cuda *cuda, struct cuda_hold *hold, struct err *err)
{
	uint64_t free_bytes = 0, limit = UINT64_MAX, size, at;
	int r;

	while (hold->n < CUDA_HOLD_MAX) {
		if (free_memory(cuda, &free_bytes, err) < 0)
			return -err->code;
		size = next_size(free_bytes);
		if (size > limit)
			size = limit;
		if (size < CUDA_HOLD_LEAST)
			return 0;
		r = cuda->memory_alloc(&at, size);
		if (r == CUDA_SUCCESS)
			add(hold, at, size);
		else if (r == CUDA_ERROR_OUT_OF_MEMORY)
			limit = whole(size / 2);
		else
			return cuda_err(cuda, err, r, "%llu bytes of its memory", (unsigned long long)size);
	}
	return 0;
}

int cuda_hold_all(const struct cuda *cuda, struct cuda_hold *ret, struct err *err)
{
	int r;

	*ret = (struct cuda_hold){};
	r = take(cuda, ret, err);
	if (r == 0 && ret->n == 0)
		r = err_set(err, ENOMEM, "none of its memory is free: is something else running on it?");
	if (r < 0)
		cuda_hold_free(cuda, ret);
	return r;
}

void cuda_hold_free(const struct cuda *cuda, struct cuda_hold *hold)
{
	while (hold->n > 0)
		cuda->memory_free(hold->pieces[--hold->n]
					  .at); /* the context, which goes next, frees what this does not */
	hold->bytes = 0;
}

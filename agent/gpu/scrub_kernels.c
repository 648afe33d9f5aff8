/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/gpu/scrub_kernels.h"

#include <string.h>

#include "agent/gpu/scrub_pattern.h"
#include "agent/gpu/scrub_ptx.h"
#include "core/hash.h"

#define THREADS         256 /* of a block */
#define BLOCKS_PER_CORE 8   /* 2,048 threads: as many as one holds at once, or twice as many */

/* The trial's part of the room: what is before it holds the verification's result. */
#define TRIAL_AT    4096
#define TRIAL_BYTES (1ull << 20)

static int prepare(struct scrub_kernels *k)
{
	const struct cuda *cuda = k->cuda;
	size_t room = SCRUB_ROOM;
	int r = cuda->module_load(&k->module, scrub_ptx, 0, NULL, NULL);

	if (r == CUDA_SUCCESS)
		r = cuda->module_function(&k->fill, k->module, SCRUB_PTX_FILL);
	if (r == CUDA_SUCCESS)
		r = cuda->module_function(&k->verify, k->module, SCRUB_PTX_VERIFY);
	if (r == CUDA_SUCCESS)
		r = cuda->event_create(&k->from, 0);
	if (r == CUDA_SUCCESS)
		r = cuda->event_create(&k->to, 0);
	return r == CUDA_SUCCESS ? cuda->memory_alloc(&k->room, room) : r;
}

/* ---- work ---- */

static int finish(struct scrub_kernels *k, uint64_t *ns)
{
	float ms = 0;
	int r = k->cuda->event_record(k->to, NULL);

	if (r == CUDA_SUCCESS)
		r = k->cuda->event_synchronize(k->to);
	if (r == CUDA_SUCCESS)
		r = k->cuda->event_elapsed(&ms, k->from, k->to);
	if (r == CUDA_SUCCESS && ms > 0)
		*ns += (uint64_t)((double)ms * 1e6);
	return r;
}

static int launch(struct scrub_kernels *k, struct CUfunc_st *function, void **params, uint64_t *ns)
{
	int r = k->cuda->event_record(k->from, NULL);

	if (r == CUDA_SUCCESS)
		r = k->cuda->launch(function, k->blocks, 1, 1, THREADS, 1, 1, 0, NULL, params, NULL);
	return r == CUDA_SUCCESS ? finish(k, ns) : r;
}

int scrub_kernels_fill(struct scrub_kernels *k, struct cuda_piece piece, uint64_t mask, uint64_t *ns)
{
	uint64_t units = piece.size / SCRUB_UNIT;
	void *params[] = {&piece.at, &units, &k->key, &mask};

	return launch(k, k->fill, params, ns);
}

int scrub_kernels_verify(struct scrub_kernels *k, struct cuda_piece piece, uint64_t mask,
			 struct scrub_found *ret, uint64_t *ns)
{
	struct scrub_found found = {.lowest = UINT64_MAX};
	uint64_t units = piece.size / SCRUB_UNIT;
	void *params[] = {&piece.at, &units, &k->key, &mask, &k->room};
	int r = k->cuda->copy_to_device(k->room, &found, sizeof(found));

	if (r == CUDA_SUCCESS)
		r = launch(k, k->verify, params, ns);
	if (r == CUDA_SUCCESS)
		r = k->cuda->copy_to_host(&found, k->room, sizeof(found));
	if (r == CUDA_SUCCESS)
		*ret = found;
	return r;
}

int scrub_kernels_copy(struct scrub_kernels *k, uint64_t to, uint64_t from, uint64_t bytes, uint64_t *ns)
{
	int r = k->cuda->event_record(k->from, NULL);

	if (r == CUDA_SUCCESS)
		r = k->cuda->copy_on_device(to, from, bytes, NULL);
	return r == CUDA_SUCCESS ? finish(k, ns) : r;
}

int scrub_kernels_sample(struct scrub_kernels *k, uint64_t at, uint64_t mask, bool *ret_right)
{
	struct scrub_unit wanted = scrub_unit_at(at, k->key, mask), read = {};
	int r = k->cuda->copy_to_host(&read, at, sizeof(read));

	if (r == CUDA_SUCCESS)
		*ret_right = !memcmp(&wanted, &read, sizeof(read));
	return r;
}

/* ---- the trial ---- */

/* A kernel that did nothing would find nothing wrong either: so a word is made wrong, and must be found where it is. */
static int try_wrong_word(struct scrub_kernels *k, struct cuda_piece piece, bool *right)
{
	struct scrub_found found;
	uint64_t at = piece.at + k->key % (piece.size / 8) * 8, word, ns = 0;
	int r = k->cuda->copy_to_host(&word, at, sizeof(word));

	word = ~word;
	if (r == CUDA_SUCCESS)
		r = k->cuda->copy_to_device(at, &word, sizeof(word));
	if (r == CUDA_SUCCESS)
		r = scrub_kernels_verify(k, piece, SCRUB_PATTERN, &found, &ns);
	if (r == CUDA_SUCCESS)
		*right = *right && found.wrong == 1 && found.lowest == at;
	return r;
}

/* Also makes the driver load what is loaded late, before the memory is taken and the clock runs. */
int scrub_kernels_try(struct scrub_kernels *k, bool *ret_right)
{
	struct cuda_piece piece = {k->room + TRIAL_AT, TRIAL_BYTES};
	struct scrub_found found = {};
	uint64_t ns = 0;
	bool sample = false;
	int r = scrub_kernels_fill(k, piece, SCRUB_PATTERN, &ns);

	if (r == CUDA_SUCCESS)
		r = scrub_kernels_verify(k, piece, SCRUB_PATTERN, &found, &ns);
	if (r == CUDA_SUCCESS)
		r = scrub_kernels_sample(k, piece.at + piece.size - SCRUB_UNIT, SCRUB_PATTERN, &sample);
	*ret_right = sample && found.wrong == 0;
	if (r == CUDA_SUCCESS)
		r = try_wrong_word(k, piece, ret_right);
	if (r == CUDA_SUCCESS)
		r = scrub_kernels_copy(k, piece.at, piece.at + piece.size / 2, piece.size / 2, &ns);
	if (r == CUDA_SUCCESS)
		r = scrub_kernels_fill(k, piece, SCRUB_ZEROS, &ns);
	return r;
}

/* ---- opening and closing ---- */

int scrub_kernels_open(const struct cuda *cuda, const struct cuda_device *device, struct scrub_kernels *ret,
		       struct err *err)
{
	int r;

	*ret = (struct scrub_kernels){.cuda = cuda, .blocks = device->cores * BLOCKS_PER_CORE};
	random_bytes(&ret->key, sizeof(ret->key));
	r = cuda->context_create(&ret->context, 0, device->id);
	if (r != CUDA_SUCCESS)
		return cuda_err(cuda, err, r, "CUDA makes no context on it");
	r = prepare(ret);
	if (r != CUDA_SUCCESS)
		return cuda_err(cuda, err, r, "the scrub's kernels cannot be loaded");
	return 0;
}

/* What fails here is the driver's to clean up when the process ends, which it does next. */
void scrub_kernels_close(struct scrub_kernels *k)
{
	if (!k->context)
		return;
	if (k->room)
		k->cuda->memory_free(k->room);
	if (k->from)
		k->cuda->event_destroy(k->from);
	if (k->to)
		k->cuda->event_destroy(k->to);
	k->cuda->context_destroy(k->context);
	*k = (struct scrub_kernels){};
}

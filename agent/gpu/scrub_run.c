/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/gpu/scrub_run.h"

#include "agent/gpu/scrub_pattern.h"
#include "core/hash.h"

#define LAUNCH_MAX  (4ull << 30) /* bytes of one launch: a fifth of a second where memory does 20 GB/s */
#define SAMPLES     512          /* units that the host reads after a verification */
#define COPY_MAX    (2ull << 30) /* bytes */
#define COPY_TIMES  16
#define COPY_NS_MAX 1000000000ull /* enough to know the rate */

static const struct pass_spec {
	const char *name;
	uint64_t mask;
	bool verifies;
} specs[SCRUB_PASSES] = {
	[SCRUB_FILL] = {"the fill of its memory", SCRUB_PATTERN, false},
	[SCRUB_VERIFY] = {"the verification of its memory", SCRUB_PATTERN, true},
	[SCRUB_CLEAR] = {"the fill with zeros", SCRUB_ZEROS, false},
	[SCRUB_VERIFY_CLEAR] = {"the verification of the zeros", SCRUB_ZEROS, true},
};

static void tell(const struct scrub_run *run)
{
	uint64_t done = 0;

	for (unsigned i = 0; i < SCRUB_PASSES; i++)
		done += run->passes[i].bytes;
	if (run->progress)
		run->progress(run->data, done, SCRUB_PASSES * run->hold.bytes);
}

static void note(struct scrub_pass *pass, const struct scrub_found *found)
{
	pass->found.wrong += found->wrong;
	if (found->wrong && found->lowest < pass->found.lowest)
		pass->found.lowest = found->lowest;
}

static int work(struct scrub_run *run, const struct pass_spec *spec, struct scrub_pass *pass,
		struct cuda_piece part)
{
	struct scrub_found found = {.lowest = UINT64_MAX};
	int r = spec->verifies ? scrub_kernels_verify(&run->kernels, part, spec->mask, &found, &pass->ns)
			       : scrub_kernels_fill(&run->kernels, part, spec->mask, &pass->ns);

	if (r != CUDA_SUCCESS)
		return r;
	note(pass, &found);
	pass->bytes += part.size;
	tell(run);
	return 0;
}

static int work_piece(struct scrub_run *run, const struct pass_spec *spec, struct scrub_pass *pass,
		      struct cuda_piece piece)
{
	int r = 0;

	for (uint64_t at = 0, n; r == 0 && at < piece.size; at += n) {
		n = piece.size - at < LAUNCH_MAX ? piece.size - at : LAUNCH_MAX;
		r = work(run, spec, pass, (struct cuda_piece){piece.at + at, n});
	}
	return r;
}

/* ---- what the host sees of it ---- */

static uint64_t unit_address(const struct cuda_hold *hold, uint64_t offset)
{
	unsigned i = 0;

	while (offset >= hold->pieces[i].size)
		offset -= hold->pieces[i++].size;
	return hold->pieces[i].at + offset;
}

static int sample(struct scrub_run *run, uint64_t mask, struct scrub_pass *pass)
{
	uint64_t place[SAMPLES];
	bool right = false;
	int r = 0;

	random_bytes(place, sizeof(place));
	for (unsigned i = 0; r == 0 && i < SAMPLES; i++) {
		uint64_t offset = place[i] % (run->hold.bytes / SCRUB_UNIT) * SCRUB_UNIT;

		r = scrub_kernels_sample(&run->kernels, unit_address(&run->hold, offset), mask, &right);
		pass->samples_wrong += r == 0 && !right;
	}
	return r;
}

/* ---- passes ---- */

static int run_pass(struct scrub_run *run, enum scrub_pass_kind kind)
{
	const struct pass_spec *spec = &specs[kind];
	struct scrub_pass *pass = &run->passes[kind];
	int r = 0;

	run->broke_in = spec->name;
	pass->found.lowest = UINT64_MAX;
	for (unsigned i = 0; r == 0 && i < run->hold.n; i++)
		r = work_piece(run, spec, pass, run->hold.pieces[i]);
	return r == 0 && spec->verifies ? sample(run, spec->mask, pass) : r;
}

/* Of the first piece, the largest: one half onto the other. What that leaves is filled with zeros next. */
static int run_copy(struct scrub_run *run)
{
	struct cuda_piece piece = run->hold.pieces[0];
	uint64_t bytes = piece.size / 2 / SCRUB_UNIT * SCRUB_UNIT;
	int r = 0;

	run->broke_in = "the copy within its memory";
	if (bytes > COPY_MAX)
		bytes = COPY_MAX;
	for (unsigned i = 0; r == 0 && i < COPY_TIMES && run->copy_ns < COPY_NS_MAX; i++) {
		r = scrub_kernels_copy(&run->kernels, piece.at + bytes, piece.at, bytes, &run->copy_ns);
		run->copied += r == 0 ? 2 * bytes : 0;
		tell(run);
	}
	return r;
}

bool scrub_run_trial(struct scrub_run *run)
{
	bool right = false;

	run->broke_in = "the trial of the scrub's kernels";
	run->broke = scrub_kernels_try(&run->kernels, &right);
	run->trial_wrong = !run->broke && !right;
	return right && !run->broke;
}

void scrub_run(struct scrub_run *run)
{
	tell(run);
	run->broke = run_pass(run, SCRUB_FILL);
	if (!run->broke)
		run->broke = run_pass(run, SCRUB_VERIFY);
	if (!run->broke)
		run->broke = run_copy(run);
	if (!run->broke)
		run->broke = run_pass(run, SCRUB_CLEAR);
	if (!run->broke)
		run->broke = run_pass(run, SCRUB_VERIFY_CLEAR);
}

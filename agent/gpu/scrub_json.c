/* SPDX-License-Identifier: Apache-2.0 */
/* What a scrub has found, in numbers and in words. */
#include <inttypes.h>

#include "agent/gpu/scrub_run.h"
#include "core/json.h"

static void add_fault(json_t *faults, const char *text)
{
	json_array_append_new(faults, json_pack("{s:s, s:s}", "what", "memory", "text", text));
}

static void add_broken(json_t *faults, const struct scrub_run *run, uint64_t total)
{
	bool ecc = run->broke == CUDA_ERROR_ECC_UNCORRECTABLE || run->broke == CUDA_ERROR_CONTAINED;
	uint64_t filled = run->passes[SCRUB_FILL].bytes;
	char name[64], text[512];

	cuda_error_name(run->kernels.cuda, run->broke, name);
	snprintf(text, sizeof(text), "%s in %s (%s); %" PRIu64 " of %" PRIu64 " bytes had been filled",
		 ecc ? "an error that ECC cannot correct" : "the GPU failed", run->broke_in, name, filled,
		 total);
	add_fault(faults, text);
}

static void add_wrong(json_t *faults, const struct scrub_pass *pass, const char *what)
{
	char text[512];

	if (pass->found.wrong) {
		snprintf(text, sizeof(text),
			 "%" PRIu64
			 " words of 8 bytes do not read back as %s, the first at address 0x%" PRIx64,
			 pass->found.wrong, what, pass->found.lowest);
		add_fault(faults, text);
	}
	if (pass->samples_wrong) {
		snprintf(text, sizeof(text), "%u of the samples that the host has read are not %s",
			 pass->samples_wrong, what);
		add_fault(faults, text);
	}
}

static json_t *faults_of(const struct scrub_run *run, uint64_t total)
{
	json_t *faults = json_array();

	if (run->broke)
		add_broken(faults, run, total);
	if (run->trial_wrong)
		add_fault(faults, "in the trial of the scrub's kernels the GPU did not do what it was told");
	add_wrong(faults, &run->passes[SCRUB_VERIFY], "the pattern that was written");
	add_wrong(faults, &run->passes[SCRUB_VERIFY_CLEAR], "the zeros that were written");
	return faults;
}

/* Bytes right in both verifications; a word that is wrong in both counts twice, which errs on the safe side. */
static uint64_t verified(const struct scrub_run *run)
{
	const struct scrub_pass *pattern = &run->passes[SCRUB_VERIFY],
				*zeros = &run->passes[SCRUB_VERIFY_CLEAR];
	uint64_t bytes = zeros->bytes, wrong;

	if (pattern->found.wrong > bytes / 8 || zeros->found.wrong > bytes / 8)
		return 0;
	wrong = 8 * (pattern->found.wrong + zeros->found.wrong);
	return wrong < bytes ? bytes - wrong : 0;
}

static double rate_of(uint64_t bytes, uint64_t ns)
{
	return ns ? (double)bytes * 1e9 / (double)ns : 0;
}

static void add_rate(json_t *to, const char *key, double rate)
{
	if (rate >= 1)
		json_object_set_new(to, key, json_integer((json_int_t)rate));
}

/* A card that is faster than its clock allows has another clock than was said: then that is not known. */
static void add_share(json_t *to, double rate, uint64_t peak_rate)
{
	if (rate < 1 || rate > (double)peak_rate)
		return;
	add_rate(to, "peak_rate", (double)peak_rate);
	json_object_set_new(to, "share", json_real(rate / (double)peak_rate));
}

json_t *scrub_run_to_json(const struct scrub_run *run, const struct cuda_device *device)
{
	const struct scrub_pass *fill = &run->passes[SCRUB_FILL], *verify = &run->passes[SCRUB_VERIFY];
	_cleanup_json_ json_t *faults = faults_of(run, device->memory);
	json_t *json = json_pack("{s:s, s:I, s:I, s:I}", "by", "cuda", "total", (json_int_t)device->memory,
				 "covered", (json_int_t)fill->bytes, "verified", (json_int_t)verified(run));

	if (!json)
		return NULL;
	add_rate(json, "rate", rate_of(fill->bytes, fill->ns));
	add_rate(json, "verify_rate", rate_of(verify->bytes, verify->ns));
	add_rate(json, "copy_rate", rate_of(run->copied, run->copy_ns));
	add_share(json, rate_of(fill->bytes, fill->ns), device->peak_rate);
	if (json_array_size(faults))
		json_object_set(json, "faults", faults);
	return json;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* rooms: agent/gpu agent/hw protocol core */
/* The memory scrub against a library that models GPUs, their memory and its faults (tests/fakes/cuda). */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/gpu/scrub.h"
#include "core/io.h"
#include "core/json.h"

#define PIECE   (2 << 20)       /* bytes that the driver gives at once */
#define COVERED (56ll << 20)    /* of 64 MiB: 6 for the context, 2 for the kernels' own use */
#define PEAK    3352320000000ll /* bytes/s: 2 * 2619 MHz * 5120 bits */

static char fakes[PATH_MAX], no_library[PATH_MAX], nvml[PATH_MAX], nvml_says[PATH_MAX];

struct heard {
	uint64_t done, total;
	unsigned times;
};

static void hear(void *data, uint64_t done, uint64_t total)
{
	struct heard *heard = data;

	assert_true(done >= heard->done && done <= total);
	*heard = (struct heard){done, total, heard->times + 1};
}

static int scrub_in(const char *folder, const char *scenario, struct heard *heard, json_t **ret,
		    struct err *err)
{
	const char *const libraries[] = {no_library, folder, NULL};
	const struct gpu_host host = {.root = "", .libraries = libraries};
	const struct gpu gpu = {.pci = "0000:1a:00.0", .vendor = GPU_VENDOR_NVIDIA};

	assert_int_equal(setenv("FAKE_CUDA", scenario, 1), 0);
	return gpu_scrub_cuda(&host, &gpu, heard ? hear : NULL, heard, ret, err);
}

static json_t *scrubbed(const char *scenario)
{
	json_t *json = NULL;
	struct err err = {};

	if (scrub_in(fakes, scenario, NULL, &json, &err) < 0)
		fail_msg("%s: %s", scenario, err.text);
	return json;
}

static void refused(const char *scenario, int code, const char *words)
{
	json_t *json = NULL;
	struct err err = {};

	assert_int_equal(scrub_in(fakes, scenario, NULL, &json, &err), -code);
	if (!strstr(err.text, words))
		fail_msg("%s: \"%s\" does not say \"%s\"", scenario, err.text, words);
	assert_null(json);
}

static json_int_t number(const json_t *json, const char *key)
{
	return json_integer_value(json_object_get(json, key));
}

static const char *fault(const json_t *json)
{
	const json_t *first = json_array_get(json_object_get(json, "faults"), 0);

	return json_string_value(json_object_get(first, "text")) ?: "no fault";
}

static void assert_fault(const char *scenario, const char *words, json_int_t covered, json_int_t verified)
{
	_cleanup_json_ json_t *json = scrubbed(scenario);

	if (!strstr(fault(json), words))
		fail_msg("%s: \"%s\" does not say \"%s\"", scenario, fault(json), words);
	assert_int_equal(number(json, "covered"), covered);
	assert_int_equal(number(json, "verified"), verified);
}

/* ---- a good card ---- */

static void test_good(void **state)
{
	_cleanup_json_ json_t *json = NULL;
	struct heard heard = {};
	struct err err = {};
	double share;

	(void)state;
	assert_int_equal(scrub_in(fakes, "", &heard, &json, &err), 0);
	assert_string_equal(json_string_value(json_object_get(json, "by")), "cuda");
	assert_int_equal(number(json, "total"), 64 << 20);
	assert_int_equal(number(json, "covered"), COVERED);
	assert_int_equal(number(json, "verified"), COVERED);
	assert_int_equal(number(json, "peak_rate"), PEAK);
	assert_true(number(json, "rate") > 0 && number(json, "verify_rate") > 0 &&
		    number(json, "copy_rate") > 0);
	share = json_number_value(json_object_get(json, "share"));
	assert_true(share > 0 && share <= 1);
	assert_float_equal(share, (double)number(json, "rate") / PEAK, 1e-6);
	assert_null(json_object_get(json, "faults"));
	assert_int_equal(heard.done, 4 * COVERED);
	assert_int_equal(heard.total, 4 * COVERED);
}

static void test_small_pieces(void **state)
{
	_cleanup_json_ json_t *halved = scrubbed("piece=9"), *least = scrubbed("piece=2");

	(void)state;
	assert_int_equal(number(halved, "verified"), COVERED);
	assert_int_equal(number(least, "verified"), COVERED);
}

/* What the driver says is free need not be, and must not keep us asking. */
static void test_free_memory_that_is_not(void **state)
{
	_cleanup_json_ json_t *json = scrubbed("stuck");

	(void)state;
	assert_int_equal(number(json, "verified"), COVERED);
}

static void test_peak_not_known(void **state)
{
	_cleanup_json_ json_t *none = scrubbed("no_clock"), *wrong = scrubbed("slow_clock=1");

	(void)state;
	assert_null(json_object_get(none, "peak_rate"));
	assert_null(json_object_get(none, "share"));
	assert_true(number(none, "rate") > 0);
	assert_null(json_object_get(wrong, "peak_rate")); /* faster than a clock of 1 kHz allows */
	assert_null(json_object_get(wrong, "share"));
}

/* ---- faulty memory ---- */

static void test_dropped_writes(void **state)
{
	(void)state;
	/* 4 KiB that stay zeros: right in the second verification, wrong in the first */
	assert_fault("drop_at=20971520,dropped=4096", "512 words of 8 bytes do not read back as the pattern",
		     COVERED, COVERED - 4096);
}

static void test_first_address(void **state)
{
	_cleanup_json_ json_t *json = scrubbed("drop_at=20971520,dropped=16");
	const char *at;

	(void)state;
	at = strstr(fault(json), "the first at address 0x");
	assert_non_null(at);
	assert_int_equal(strtoull(at + strlen("the first at address "), NULL, 16) % 4096,
			 0); /* of a page's start */
}

static void test_aliased_memory(void **state)
{
	(void)state;
	/* the first 2 MiB hold what was written later to the last */
	assert_fault("alias", "262144 words of 8 bytes do not read back as the pattern", COVERED,
		     COVERED - PIECE);
}

static void test_stuck_bit(void **state)
{
	_cleanup_json_ json_t *json = scrubbed("flip_at=33554432");
	_cleanup_free_ char *faults = json_dumps(json_object_get(json, "faults"), JSON_COMPACT);

	(void)state;
	assert_int_equal(number(json, "covered"), COVERED);
	assert_true(number(json, "verified") < COVERED);
	assert_non_null(faults);
	assert_non_null(strstr(faults, "1 words of 8 bytes do not read back as the zeros"));
}

/* Launches 1 to 4 are the trial's; then each of the three pieces is filled. */
static void test_uncorrectable(void **state)
{
	(void)state;
	assert_fault(
		"ecc_at=6",
		"an error that ECC cannot correct in the fill of its memory (CUDA_ERROR_ECC_UNCORRECTABLE)",
		50ll << 20, 0);
	assert_fault("ecc_at=5", "0 of 67108864 bytes had been filled", 0, 0);
	assert_fault("ecc_at=16", "in the verification of the zeros", COVERED, 54ll << 20);
	assert_fault("fail_at=9", "the GPU failed in the verification of its memory (CUDA error 719)",
		     COVERED, 0);
}

static void test_trial(void **state)
{
	(void)state;
	assert_fault("idle", "the GPU did not do what it was told", 0, 0);
	assert_fault("ecc_at=1", "an error that ECC cannot correct in the trial of the scrub's kernels", 0,
		     0);
}

/* ---- what cannot be scrubbed ---- */

static void test_refused(void **state)
{
	(void)state;
	refused("mig", EBUSY, "MIG mode is on");
	refused("integrated", ENOTSUP, "no memory of its own");
	refused("none", ENODEV, "no GPU that CUDA can use");
	refused("gpus=0", ENODEV, "CUDA does not see that GPU");
	refused("busy", EBUSY, "a process has it to itself");
	refused("not_ready", EAGAIN, "fabric manager");
	refused("old_ptx", ENOTSUP, "the driver is too old");
	refused("memory=9", ENOMEM, "none of its memory is free");
	refused("memory=7", ENOMEM, "is something else running");
}

static void test_other_library(void **state)
{
	_cleanup_free_ char *without = str_printf("%s-without-events", fakes);
	json_t *json = NULL;
	struct err err = {};

	(void)state;
	assert_int_equal(scrub_in(without, "", NULL, &json, &err), -ENOSYS);
	assert_non_null(strstr(err.text, "has no cuEventDestroy_v2"));
}

/* ---- with NVML beside it ---- */

static int with_nvml(const char *says, json_t **ret, struct err *err)
{
	const char *const libraries[] = {nvml, fakes, NULL};
	const struct gpu_host host = {.root = "", .libraries = libraries};
	const struct gpu gpu = {.pci = "0000:1a:00.0", .vendor = GPU_VENDOR_NVIDIA};
	_cleanup_free_ char *text = str_printf("gpus 1\n0.pci 0000:1a:00.0\n%s\n", says);
	struct err file_err;

	assert_int_equal(file_write_atomic(nvml_says, text, strlen(text), 0600, &file_err), 0);
	assert_int_equal(setenv("NVML_FAKE", nvml_says, 1), 0);
	assert_int_equal(setenv("FAKE_CUDA", "", 1), 0);
	return gpu_scrub_cuda(&host, &gpu, NULL, NULL, ret, err);
}

static void nvml_refuses(const char *says, const char *words)
{
	json_t *json = NULL;
	struct err err = {};

	assert_int_equal(with_nvml(says, &json, &err), -EBUSY);
	if (!strstr(err.text, words))
		fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

static void test_nvml(void **state)
{
	_cleanup_json_ json_t *json = NULL, *silent = NULL;
	struct err err = {};

	(void)state;
	nvml_refuses("0.processes 2 4711 4712", "used by 2 processes, the first is 4711: end them first");
	nvml_refuses("0.graphics 1 815", "used by 1 process, the first is 815");
	nvml_refuses("0.mig 1 1", "MIG mode is on");
	assert_int_equal(with_nvml("0.mig 0 1\n0.memory 70000000", &json, &err), 0);
	assert_int_equal(number(json, "total"), 70000000); /* with what the driver keeps */
	assert_int_equal(number(json, "covered"), COVERED);
	assert_int_equal(with_nvml("0.all 999", &silent, &err), 0);
	assert_int_equal(number(silent, "total"), 64 << 20);
}

/* ---- the list ---- */

static void test_list(void **state)
{
	const char *const libraries[] = {fakes, NULL};
	const struct gpu_host host = {.root = "", .libraries = libraries};
	_cleanup_json_ json_t *json = NULL;
	struct err err = {};
	const json_t *gpus;

	(void)state;
	assert_int_equal(setenv("FAKE_CUDA", "gpus=8", 1), 0);
	assert_int_equal(gpu_scrub_list(&host, &json, &err), 0);
	gpus = json_object_get(json, "gpus");
	assert_int_equal(json_array_size(gpus), 8);
	assert_string_equal(json_string_value(json_object_get(json_array_get(gpus, 7), "pci")),
			    "0000:21:00.0");
	assert_string_equal(json_string_value(json_object_get(json_array_get(gpus, 7), "model")), "Fake GPU");
}

static void find_fakes(void)
{
	char own[PATH_MAX - 64] = "";
	char *slash;

	if (readlink("/proc/self/exe", own, sizeof(own) - 1) < 0)
		abort();
	for (unsigned i = 0; i < 2 && (slash = strrchr(own, '/')); i++)
		*slash = '\0';
	snprintf(fakes, sizeof(fakes), "%s/fakes/cuda", own);
	snprintf(nvml, sizeof(nvml), "%s/fakes/nvml-whole", own);
	snprintf(nvml_says, sizeof(nvml_says), "%s/unit/test_scrub.nvml", own);
	snprintf(no_library, sizeof(no_library), "%s/fakes", own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_small_pieces),
		cmocka_unit_test(test_free_memory_that_is_not),
		cmocka_unit_test(test_peak_not_known),
		cmocka_unit_test(test_dropped_writes),
		cmocka_unit_test(test_first_address),
		cmocka_unit_test(test_aliased_memory),
		cmocka_unit_test(test_stuck_bit),
		cmocka_unit_test(test_uncorrectable),
		cmocka_unit_test(test_trial),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_other_library),
		cmocka_unit_test(test_nvml),
		cmocka_unit_test(test_list),
	};

	find_fakes();
	return cmocka_run_group_tests_name("scrub", tests, NULL, NULL);
}

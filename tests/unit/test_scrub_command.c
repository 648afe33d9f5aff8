/* SPDX-License-Identifier: Apache-2.0 */
/* rooms: cli redfish agent/gpu agent/hw protocol core */
/* wraps: gpu_find */
/* remint gpu scrub, from its words to its exit status, against the fake library. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/gpu/find.h"
#include "cli/gpu/scrub.h"
#include "core/io.h"
#include "core/json.h"

#define OUTPUT_MAX (1 << 20)

static char library[PATH_MAX], output[PATH_MAX];

static const char *in_sysfs; /* a GPU that the kernel shows; NULL: none, as in a container */

int __wrap_gpu_find(const struct gpu_host *host, struct gpu **ret, unsigned *ret_n, struct err *err);
int __wrap_gpu_find(const struct gpu_host *host, struct gpu **ret, unsigned *ret_n, struct err *err)
{
	(void)host;
	if (!in_sysfs)
		return err_set(err, ENOENT, "no /sys");
	*ret = xcalloc(1, sizeof(**ret));
	(*ret)->vendor = GPU_VENDOR_NVIDIA;
	snprintf((*ret)->pci, sizeof((*ret)->pci), "%s", in_sysfs);
	*ret_n = 1;
	return 0;
}

/* Runs the command; what it prints is left in the file `output`. */
static int run(const char *scenario, const char *const *words)
{
	char *argv[16] = {(char *)"scrub", (char *)"--library", library};
	int argc = 3, saved = dup(STDOUT_FILENO), status;

	assert_int_equal(setenv("FAKE_CUDA", scenario, 1), 0);
	for (; *words; words++)
		argv[argc++] = (char *)*words;
	assert_non_null(freopen(output, "w", stdout));
	status = gpu_scrub(argc, argv);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	return status;
}

static char *printed(void)
{
	struct err err = {};
	char *text = NULL;

	assert_int_equal(file_read(output, OUTPUT_MAX, &text, NULL, &err), 0);
	return text;
}

static json_t *printed_json(void)
{
	struct err err = {};
	json_t *json = NULL;

	if (json_read_file(output, OUTPUT_MAX, &json, &err) < 0)
		fail_msg("%s", err.text);
	return json;
}

static const char *found(const json_t *all, size_t i)
{
	const json_t *list = json_object_get(json_array_get(all, i), "found");

	return json_string_value(json_array_get(list, 0)) ?: "nothing";
}

static void test_all(void **state)
{
	const char *const words[] = {"--json", NULL};
	_cleanup_json_ json_t *all = NULL;

	(void)state;
	assert_int_equal(run("gpus=2", words), EXIT_SUCCESS);
	all = printed_json();
	assert_int_equal(json_array_size(all), 2);
	for (unsigned i = 0; i < 2; i++)
		assert_non_null(json_object_get(json_array_get(all, i), "scrub"));
	assert_string_equal(json_string_value(json_object_get(json_array_get(all, 1), "pci")),
			    "0000:1b:00.0");
}

static void test_one(void **state)
{
	static const char *const names[] = {"1b:00.0", "0000:1B:00.0", "00000000:1b:00.0"};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		const char *const words[] = {"--gpu", names[i], NULL};
		_cleanup_free_ char *text = NULL;

		assert_int_equal(run("gpus=2", words), EXIT_SUCCESS);
		text = printed();
		assert_memory_equal(text, "0000:1b:00.0  Fake GPU\n", 23);
		assert_null(strstr(text, "1a:00.0"));
		assert_non_null(strstr(text, "overwritten    58720256 bytes, 87.50 %"));
	}
}

static void test_no_such(void **state)
{
	static const char *const names[] = {"1c:00.0", "1b:00",   "-1:00.0", "100:00.0",
					    "1b:20.0", "1b:00.8", "all "};

	(void)state;
	for (unsigned i = 0; i < 7; i++) {
		const char *const words[] = {"--gpu", names[i], NULL};

		assert_int_equal(run("gpus=2", words), EXIT_FAILURE);
	}
}

/* One that CUDA does not see is not passed over. */
static void test_unseen(void **state)
{
	const char *const words[] = {"--json", NULL};
	_cleanup_json_ json_t *all = NULL, *same = NULL;

	(void)state;
	in_sysfs = "0000:5b:00.0";
	assert_int_equal(run("", words), EXIT_FAILURE);
	all = printed_json();
	assert_int_equal(json_array_size(all), 2);
	assert_non_null(json_object_get(json_array_get(all, 0), "scrub"));
	assert_non_null(strstr(json_string_value(json_object_get(json_array_get(all, 1), "error")),
			       "CUDA does not see that GPU"));
	in_sysfs = "0000:1a:00.0";
	assert_int_equal(run("", words), EXIT_SUCCESS);
	same = printed_json();
	assert_int_equal(json_array_size(same), 1);
	in_sysfs = NULL;
}

static void test_found(void **state)
{
	const char *const words[] = {"--json", NULL};
	_cleanup_json_ json_t *all = NULL;

	(void)state;
	assert_int_equal(run("drop_at=20971520,dropped=16", words), 3);
	all = printed_json();
	assert_non_null(strstr(found(all, 0), "2 words of 8 bytes do not read back"));
}

static void test_share(void **state)
{
	const char *const words[] = {"--json", "--share", "1", NULL}, *const any[] = {"--share", "0", NULL};
	_cleanup_json_ json_t *slow = NULL, *unknown = NULL;

	(void)state;
	assert_int_equal(run("", words), 3); /* the host's memory does not do 33 GB/s by one core */
	slow = printed_json();
	assert_non_null(strstr(found(slow, 0), "% of what the memory can do; 1 % are wanted"));
	assert_int_equal(run("no_clock", words), 3);
	unknown = printed_json();
	assert_non_null(strstr(found(unknown, 0), "how fast the memory could be is not known"));
	assert_int_equal(run("no_clock", any), EXIT_SUCCESS);
}

static const char *error(const json_t *all)
{
	return json_string_value(json_object_get(json_array_get(all, 0), "error")) ?: "none";
}

/* One that hangs or crashes is told as such, and does not take this process with it. */
static void test_not_scrubbed(void **state)
{
	const char *const words[] = {"--json", NULL}, *const late[] = {"--json", "--limit", "1", NULL};
	_cleanup_json_ json_t *mig = NULL, *hung = NULL, *dead = NULL;

	(void)state;
	assert_int_equal(run("mig", words), EXIT_FAILURE);
	mig = printed_json();
	assert_non_null(strstr(error(mig), "MIG mode is on"));
	assert_int_equal(run("hang_at=7", late), EXIT_FAILURE);
	hung = printed_json();
	assert_non_null(strstr(error(hung), "no answer within"));
	assert_int_equal(run("die_at=7", words), EXIT_FAILURE);
	dead = printed_json();
	assert_non_null(strstr(error(dead), "its process crashed"));
	assert_int_equal(run("gpus=0", words), EXIT_FAILURE);
}

static void test_words(void **state)
{
	static const char *const wrong[][3] = {
		{"--share", "101", NULL}, {"--limit", "0", NULL}, {"--limit", "86401", NULL}, {"one", NULL}};

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(run("", wrong[i]), 2);
}

static void find_files(void)
{
	char own[PATH_MAX - 64] = "", *slash;

	if (readlink("/proc/self/exe", own, sizeof(own) - 1) < 0)
		abort();
	for (unsigned i = 0; i < 2 && (slash = strrchr(own, '/')); i++)
		*slash = '\0';
	snprintf(library, sizeof(library), "%s/fakes/cuda", own);
	snprintf(output, sizeof(output), "%s/unit/test_scrub_command.out", own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),          cmocka_unit_test(test_one),
		cmocka_unit_test(test_no_such),      cmocka_unit_test(test_unseen),
		cmocka_unit_test(test_found),        cmocka_unit_test(test_share),
		cmocka_unit_test(test_not_scrubbed), cmocka_unit_test(test_words),
	};

	find_files();
	return cmocka_run_group_tests_name("scrub command", tests, NULL, NULL);
}

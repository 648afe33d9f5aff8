/* rooms: core */
/* wraps: free */
/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel says of a secret's pages, and what memory holds after it was given back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <malloc.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "core/io.h"
#include "core/secret.h"

/* VmFlags (proc(5)) of the mapping that begins at the page. */
static char *flags_of(const void *page)
{
	_cleanup_free_ char *text = NULL, *head = str_printf("\n%lx-", (unsigned long)page);
	struct err err = {0};
	char *at;

	assert_int_equal(file_read("/proc/self/smaps", 64 << 20, &text, NULL, &err), 0);
	at = strstr(text, head);
	assert_non_null(at);
	at = strstr(at, "VmFlags:");
	assert_non_null(at);
	return strndup(at, strcspn(at, "\n"));
}

static void test_pages(void **state)
{
	char *secret = secret_new(100);
	_cleanup_free_ char *flags = flags_of((void *)((uintptr_t)secret & ~(uintptr_t)4095));

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(secret[i], 0);
	assert_non_null(strstr(flags, " lo")); /* locked */
	assert_non_null(strstr(flags, " dd")); /* not dumped */
	secret_free(secret);
	secret_free(NULL);
	assert_null(secret_dup(NULL));
}

static void test_sizes(void **state)
{
	(void)state;
	for (size_t size = 1; size < 20000; size += 1013) {
		char *secret = secret_new(size);

		memset(secret, 'x', size);
		secret_free(secret);
	}
}

static void test_copies(void **state)
{
	char *secret = secret_dup("hunter2");

	(void)state;
	assert_string_equal(secret, "hunter2");
	assert_int_equal((uintptr_t)secret % _Alignof(max_align_t), 0);
	secret_free(secret);
}

static unsigned wiped, not_wiped;
void __real_free(void *p);
void __wrap_free(void *p);

void __wrap_free(void *p)
{
	const char *bytes = p;
	size_t size = p ? malloc_usable_size(p) : 0;

	for (size_t i = 0; i < size; i++)
		if (bytes[i]) {
			not_wiped++;
			__real_free(p);
			return;
		}
	wiped += p != NULL;
	__real_free(p);
}

static void test_what_is_freed_was_wiped(void **state)
{
	char *p = malloc(100), *q;

	(void)state;
	assert_non_null(p);
	memset(p, 'x', 100);
	wiped = not_wiped = 0;
	q = wiping_realloc(p, 200);
	assert_int_equal(wiped, 1);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(q[i], 'x');
	wiping_free(q);
	assert_int_equal(wiped, 2);
	assert_int_equal(not_wiped, 0);
	wiping_free(NULL);
}

static void test_a_process(void **state)
{
	struct rlimit limit;
	json_t *json;

	(void)state;
	secret_process();
	assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
	assert_int_equal(limit.rlim_cur, 0);
	assert_int_equal(limit.rlim_max, 0);
	assert_int_equal(prctl(PR_GET_DUMPABLE), 0);
	wiped = not_wiped = 0;
	json = json_loads("{\"token\":\"hunter2\"}", 0, NULL);
	assert_non_null(json);
	json_decref(json);
	assert_true(wiped >= 3);
	assert_int_equal(not_wiped, 0);
	prctl(PR_SET_DUMPABLE, 1); /* the leak sanitizer traces its own process at the end */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),     cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_copies),    cmocka_unit_test(test_what_is_freed_was_wiped),
		cmocka_unit_test(test_a_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

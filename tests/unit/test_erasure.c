/* rooms: agent/wipe agent/hw images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's table of methods and the station's say the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "agent/wipe/method.h"
#include "protocol/erasure.h"

static void test_the_tables_agree(void **state)
{
	(void)state;
	for (unsigned i = 0; i < WIPE_METHODS; i++) {
		const struct wipe_method_row *row = &wipe_methods[i];
		const struct erasure *erasure = erasure_find(row->name);

		if (!erasure)
			fail_msg("the station does not know %s", row->name);
		assert_string_equal(row->technique, erasure->technique);
		assert_int_equal(row->cryptographic, erasure->cryptographic);
		assert_int_equal(i == WIPE_OVERWRITE, erasure->by_host);
		assert_int_equal(row->flash == WIPE_PURGE, erasure_reaches(erasure, "flash", "purge"));
		assert_int_equal(row->disk == WIPE_PURGE, erasure_reaches(erasure, "magnetic", "purge"));
	}
	assert_null(erasure_find("none"));
	assert_null(erasure_find(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_tables_agree)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

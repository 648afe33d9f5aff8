/* rooms: tests/fakes agent/hw core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Captured forms of the kernel's files (drivers/char/tpm/tpm_ppi.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "agent/hw/tpm/ppi.h"
#include "core/io.h"
#include "tests/fakes/machine_tree.h"

#define FILES "/sys/class/tpm/tpm0/ppi"

static char *root;

static char *path_of(const char *name)
{
	return str_printf("%s" FILES "/%s", root, name);
}

static void put(const char *name, const char *text)
{
	_cleanup_free_ char *path = path_of(name);
	struct err err = {0};

	assert_int_equal(file_write_atomic(path, text, strlen(text), 0644, &err), 0);
}

static int setup(void **state)
{
	(void)state;
	root = machine_tree_new();
	machine_tree_add(root, FILES "/request = 0\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	machine_tree_free(root);
	return 0;
}

static void what_is_pending(void **state)
{
	char *bare = machine_tree_new();

	(void)state;
	assert_int_equal(ppi_pending(root), 0);
	put("request", "5\n");
	assert_int_equal(ppi_pending(root), 5);
	put("request", "23 1\n");
	assert_int_equal(ppi_pending(root), 23);
	put("request", "");
	assert_int_equal(ppi_pending(root), 0);
	assert_int_equal(ppi_pending(bare), 0); /* no TPM */
	machine_tree_free(bare);
}

static void what_the_firmware_offers(void **state)
{
	(void)state;
	assert_int_equal(ppi_clear_offered(root), PPI_NONE);
	put("tcg_operations", "0 4: User not required\n5 3: User required\n22 4: User not required\n");
	assert_int_equal(ppi_clear_offered(root), PPI_BY_USER);
	put("tcg_operations", "0 4: User not required\n5 4: User not required\n");
	assert_int_equal(ppi_clear_offered(root), PPI_ALONE);
	put("tcg_operations", "5 2: Blocked for OS by BIOS\n");
	assert_int_equal(ppi_clear_offered(root), PPI_NONE);
	put("tcg_operations", "15 4: User not required\nnonsense\n5\n");
	assert_int_equal(ppi_clear_offered(root), PPI_NONE);
}

static void a_request(void **state)
{
	_cleanup_free_ char *path = path_of("request"), *text = NULL, *said = NULL;
	struct err err = {0};
	(void)state;

	put("request", "0");
	put("tcg_operations", "5 1: BIOS only\n");
	assert_int_equal(ppi_clear_request(root, &err), -ENOTSUP);
	put("tcg_operations", "5 3: User required\n");
	put("transition_action", "1: Shutdown\n");
	assert_int_equal(ppi_clear_request(root, &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "switched off"));
	put("transition_action", "2: Reboot\n");
	assert_int_equal(ppi_clear_request(root, &err), 0);
	assert_int_equal(file_read(path, 100, &text, NULL, &err), 0);
	assert_string_equal(text, "5");
	said = ppi_response(root);
	assert_string_equal(said, "the firmware said nothing");
	free(said);
	put("response", "5 4294967280: User Abort\n");
	said = ppi_response(root);
	assert_string_equal(said, "the firmware answered \"5 4294967280: User Abort\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_pending),
		cmocka_unit_test(what_the_firmware_offers),
		cmocka_unit_test(a_request),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

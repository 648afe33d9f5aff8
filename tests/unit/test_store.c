/* rooms: station images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The store: transactions, and what it does with a file that is not its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "core/io.h"
#include "station/store.h"

static char folder[] = "/tmp/remint-store-XXXXXX";
static char path[64];

static int setup(void **state)
{
	(void)state;
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/station.db", folder);
	return 0;
}

static int teardown(void **state)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char file[80];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		snprintf(file, sizeof(file), "%s%s", path, ends[i]);
		(void)unlink(file);
	}
	return rmdir(folder);
}

static int64_t count(struct store *store)
{
	struct err err = {0};
	int64_t n = -1;

	assert_int_equal(store_int(store, &err, 0, &n, "SELECT count(*) FROM accounts", ""), 0);
	return n;
}

static int add(struct store *store, const char *name, struct err *err)
{
	return store_exec(store, err, "INSERT INTO accounts VALUES (?1, 'viewer', ?1, ?2)", "si", name,
			  (int64_t)1);
}

static void a_transaction_is_kept_or_gone(void **state)
{
	_cleanup_(store_closep) struct store *store = NULL;
	struct err err = {0};
	struct stat st;

	(void)state;
	assert_int_equal(store_open(path, &store, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(store_begin(store, &err), 0);
	assert_int_equal(add(store, "a", &err), 1);
	assert_int_equal(add(store, "a", &err), -EEXIST);
	store_rollback(store);
	assert_int_equal(store_begin(store, &err), 0);
	assert_int_equal(count(store), 0);
	assert_int_equal(add(store, "b", &err), 1);
	assert_int_equal(store_commit(store, &err), 0);
	store_close(TAKE_PTR(store));
	assert_int_equal(store_open(path, &store, &err), 0);
	assert_int_equal(store_begin(store, &err), 0);
	assert_int_equal(count(store), 1);
	store_rollback(store);
}

static void rows_within_rows(void **state)
{
	static const char all[] = "SELECT name FROM accounts ORDER BY name";
	_cleanup_(store_closep) struct store *store = NULL;
	struct rows outer = {0}, inner = {0};
	struct err err = {0};
	int pairs = 0;

	(void)state;
	assert_int_equal(store_open(path, &store, &err), 0);
	assert_int_equal(store_begin(store, &err), 0);
	assert_int_equal(add(store, "a", &err), 1);
	assert_int_equal(add(store, "b", &err), 1);
	assert_int_equal(store_query(store, &outer, &err, all, ""), 0);
	while (rows_next(&outer, &err) > 0) {
		assert_int_equal(store_query(store, &inner, &err, all, ""), 0);
		while (rows_next(&inner, &err) > 0)
			pairs++;
		rows_end(&inner);
	}
	rows_end(&outer);
	assert_int_equal(pairs, 4);
	store_rollback(store);
}

static void a_newer_or_foreign_file_is_refused(void **state)
{
	_cleanup_(store_closep) struct store *store = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(store_open(path, &store, &err), 0);
	assert_int_equal(store_begin(store, &err), 0);
	assert_true(store_exec(store, &err, "UPDATE meta SET value = 99", "") == 1);
	assert_int_equal(store_commit(store, &err), 0);
	store_close(TAKE_PTR(store));
	assert_int_equal(store_open(path, &store, &err), -EPROTO);
	assert_non_null(strstr(err.text, "newer remint"));
	assert_int_equal(file_write_atomic(path,
					   "this is no database, and longer than its head would be: "
					   "this is no database, and longer than its head would be",
					   110, 0600, &err),
			 0);
	assert_int_equal(store_open(path, &store, &err), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_transaction_is_kept_or_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(rows_within_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(a_newer_or_foreign_file_is_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

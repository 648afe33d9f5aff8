/* rooms: station redfish images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* BMCs in the store: sealed, bound to all else in their row; and which key is the right one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "core/io.h"
#include "core/secret.h"
#include "station/bmc/store.h"
#include "station/context.h"
#include "station/secrets/key.h"
#include "station/secrets/start.h"
#include "station/store.h"

#define PIN "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static char folder[] = "/tmp/remint-bmc-store-XXXXXX";
static char db[80], key_file[80], new_file[80];
static struct station station;

static void run(const char *sql)
{
	struct err err = {0};

	if (store_exec(station.store, &err, sql, "") < 0)
		fail_msg("%s: %s", sql, err.text);
}

static void open_store(const struct secrets_options *options)
{
	struct err err = {0};

	if (store_open(db, &station.store, &err) < 0 ||
	    secrets_start(station.store, folder, options, &station.secrets, &err) < 0)
		fail_msg("%s", err.text);
}

static void close_store(void)
{
	store_close(TAKE_PTR(station.store));
	secrets_free(TAKE_PTR(station.secrets));
}

static void begin(void)
{
	struct err err;

	assert_int_equal(store_begin(station.store, &err), 0);
}

static void commit(void)
{
	struct err err;

	assert_int_equal(store_commit(station.store, &err), 0);
}

static int set(int64_t node, const char *origin, const char *password, const char *system, struct err *err)
{
	struct station_bmc bmc = {.pin = PIN, .user = "root", .system = (char *)system};
	int r;

	bmc.password = secret_dup(password);
	snprintf(bmc.origin, sizeof(bmc.origin), "%s", origin);
	r = bmc_store_set(&station, node, &bmc, err);
	secret_free(bmc.password);
	return r;
}

/* Two nodes, each with a BMC. */
static int setup(void **state)
{
	struct err err;

	(void)state;
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(db, sizeof(db), "%s/station.db", folder);
	snprintf(key_file, sizeof(key_file), "%s/secrets.key", folder);
	snprintf(new_file, sizeof(new_file), "%s/new.key", folder);
	open_store(&(struct secrets_options){0});
	begin();
	run("INSERT INTO nodes (id, name, state, location_trusted, identity, created) VALUES"
	    " (1, 'n1', 'enrolled', 0, '{}', 0), (2, 'n2', 'enrolled', 0, '{}', 0)");
	if (set(1, "https://bmc1", "first secret", NULL, &err) < 0 ||
	    set(2, "https://bmc2", "second secret", "2", &err) < 0)
		return -1;
	commit();
	return 0;
}

static int teardown(void **state)
{
	static const char *const files[] = {"station.db", "station.db-wal", "station.db-shm", "secrets.key",
					    "new.key"};
	char file[120];

	(void)state;
	close_store();
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(file, sizeof(file), "%s/%s", folder, files[i]);
		(void)unlink(file);
	}
	return rmdir(folder);
}

static void has_password(int64_t node, const char *password, const char *candidate)
{
	_cleanup_bmc_ struct station_bmc bmc = {0};
	struct err err = {0};

	if (bmc_store_get(&station, node, &bmc, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(bmc.password, password);
	if (candidate)
		assert_string_equal(bmc.candidate, candidate);
	else
		assert_null(bmc.candidate);
}

static void what_was_set_is_there(void **state)
{
	_cleanup_bmc_ struct station_bmc bmc = {0};
	char origin[BMC_ORIGIN_SIZE];
	struct err err;

	(void)state;
	begin();
	assert_int_equal(bmc_store_get(&station, 2, &bmc, &err), 0);
	assert_string_equal(bmc.origin, "https://bmc2");
	assert_string_equal(bmc.pin, PIN);
	assert_string_equal(bmc.system, "2");
	assert_string_equal(bmc.password, "second secret");
	assert_true(bmc.changed > 0);
	assert_int_equal(bmc_store_has(station.store, 1, origin, &err), 1);
	assert_string_equal(origin, "https://bmc1");
	assert_int_equal(bmc_store_remove(station.store, 1, &err), 0);
	assert_int_equal(bmc_store_remove(station.store, 1, &err), -ENOENT);
	assert_int_equal(bmc_store_has(station.store, 1, origin, &err), 0);
	store_rollback(station.store);
}

static void a_machine_is_one_nodes(void **state)
{
	struct err err = {0};

	(void)state;
	begin();
	assert_int_equal(set(1, "https://bmc2", "x", NULL, &err), -EEXIST);
	assert_non_null(strstr(err.text, "node n2"));
	assert_int_equal(set(1, "https://bmc2", "x", "2", &err), -EEXIST);
	assert_int_equal(set(1, "https://bmc2", "x", "1", &err), 0);
	assert_int_equal(set(1, "https://bmc2", "again", "1", &err), 0);
	store_rollback(station.store);
}

/* Whoever writes to the file, and has no key, gets no password opened that is not where it was. */
static void a_row_is_one_piece(void **state)
{
	static const char *const changes[] = {
		"UPDATE bmcs SET origin = 'https://evil' WHERE node = 1",
		"UPDATE bmcs SET pin = 'sha256//BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' WHERE node = 1",
		"UPDATE bmcs SET pin = '', ca = 'a CA' WHERE node = 1",
		"UPDATE bmcs SET user = 'other' WHERE node = 1",
		"UPDATE bmcs SET system = '2' WHERE node = 1",
		"UPDATE bmcs SET basic = 1 WHERE node = 1",
		"UPDATE bmcs SET password = (SELECT password FROM bmcs WHERE node = 2) WHERE node = 1",
		"UPDATE bmcs SET candidate = (SELECT password FROM bmcs WHERE node = 2) WHERE node = 1",
		"UPDATE bmcs SET password = x'' WHERE node = 1",
		"UPDATE bmcs SET password = zeroblob(40) WHERE node = 1",
		"UPDATE bmcs SET password = substr(password, 1, 20) WHERE node = 1",
		"UPDATE bmcs SET node = CASE node WHEN 1 THEN 7 ELSE 1 END",
		"UPDATE bmcs SET origin = x'ff' WHERE node = 1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		_cleanup_bmc_ struct station_bmc bmc = {0};
		struct err err = {0};

		begin();
		run("PRAGMA defer_foreign_keys = ON");
		run(changes[i]);
		if (bmc_store_get(&station, 1, &bmc, &err) != -EIO)
			fail_msg("%s: opens", changes[i]);
		assert_null(bmc.password);
		assert_null(strstr(err.text, "secret"));
		store_rollback(station.store);
	}
	begin();
	has_password(1, "first secret", NULL);
	store_rollback(station.store);
}

static void a_change_of_the_password_step_by_step(void **state)
{
	struct err err;

	(void)state;
	begin();
	assert_int_equal(bmc_store_proven(&station, 1, &err), -ESTALE);
	assert_int_equal(bmc_store_candidate(&station, 1, "third secret", &err), 0);
	has_password(1, "first secret", "third secret");
	assert_int_equal(bmc_store_candidate(&station, 1, NULL, &err), 0);
	has_password(1, "first secret", NULL);
	assert_int_equal(bmc_store_candidate(&station, 1, "fourth secret", &err), 0);
	assert_int_equal(bmc_store_proven(&station, 1, &err), 0);
	has_password(1, "fourth secret", NULL);
	has_password(2, "second secret", NULL);
	assert_int_equal(bmc_store_candidate(&station, 3, "x", &err), -ENOENT);
	store_rollback(station.store);
}

static int start(const struct secrets_options *options, struct err *err)
{
	assert_int_equal(store_open(db, &station.store, err), 0);
	return secrets_start(station.store, folder, options, &station.secrets, err);
}

static void without_its_key_it_does_not_start(void **state)
{
	struct secrets *other = NULL;
	struct err err = {0};
	struct stat st;

	(void)state;
	assert_int_equal(stat(key_file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	close_store();
	assert_int_equal(chmod(key_file, 0640), 0);
	assert_int_equal(start(&(struct secrets_options){0}, &err), -EPERM);
	close_store();
	assert_int_equal(rename(key_file, new_file), 0);
	assert_int_equal(start(&(struct secrets_options){0}, &err), -ENOENT);
	assert_non_null(strstr(err.text, "--secrets-key-lost"));
	assert_int_equal(stat(key_file, &st), -1); /* nothing was made that would hide it */
	close_store();
	assert_int_equal(secrets_key_make(key_file, &other, &err), 0);
	secrets_free(other);
	assert_int_equal(start(&(struct secrets_options){0}, &err), -EKEYREJECTED);
	close_store();
	assert_int_equal(chmod(new_file, 0600), 0);
	open_store(&(struct secrets_options){.key = new_file});
	begin();
	has_password(1, "first secret", NULL);
	store_rollback(station.store);
	close_store();
	assert_int_equal(start(&(struct secrets_options){.key = new_file, .lost = true}, &err), -EINVAL);
	assert_int_equal(truncate(new_file, 63), 0);
	close_store();
	assert_int_equal(start(&(struct secrets_options){.key = new_file}, &err), -EBADMSG);
}

static void make_new_key(void)
{
	struct secrets *key = NULL;
	struct err err;

	assert_int_equal(secrets_key_make(new_file, &key, &err), 0);
	secrets_free(key);
}

static void the_key_is_changed(void **state)
{
	struct secrets_options change = {.key_new = new_file};
	_cleanup_free_ char *old = NULL;
	struct err err;

	(void)state;
	begin();
	assert_int_equal(bmc_store_candidate(&station, 2, "candidate secret", &err), 0);
	commit();
	close_store();
	assert_int_equal(file_read(key_file, 100, &old, NULL, &err), 0);
	make_new_key();
	open_store(&change);
	begin();
	has_password(1, "first secret", NULL);
	has_password(2, "second secret", "candidate secret");
	store_rollback(station.store);
	close_store();
	open_store(&(struct secrets_options){0}); /* by the copy in the state folder */
	close_store();
	/* Cut off before that copy was made: the same once more ends it. */
	assert_int_equal(file_write_atomic(key_file, old, strlen(old), 0600, &err), 0);
	assert_int_equal(start(&(struct secrets_options){0}, &err), -EKEYREJECTED);
	close_store();
	open_store(&change);
	begin();
	has_password(2, "second secret", "candidate secret");
	store_rollback(station.store);
	close_store();
	open_store(&(struct secrets_options){0});
}

static void a_key_is_lost_for_good(void **state)
{
	char origin[BMC_ORIGIN_SIZE];
	struct err err;

	(void)state;
	close_store();
	assert_int_equal(unlink(key_file), 0);
	open_store(&(struct secrets_options){.lost = true});
	begin();
	assert_int_equal(bmc_store_has(station.store, 1, origin, &err), 0);
	assert_int_equal(set(1, "https://bmc1", "new secret", NULL, &err), 0);
	commit();
	close_store();
	open_store(&(struct secrets_options){0});
	begin();
	has_password(1, "new secret", NULL);
	store_rollback(station.store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_set_is_there, setup, teardown),
		cmocka_unit_test_setup_teardown(a_machine_is_one_nodes, setup, teardown),
		cmocka_unit_test_setup_teardown(a_row_is_one_piece, setup, teardown),
		cmocka_unit_test_setup_teardown(a_change_of_the_password_step_by_step, setup, teardown),
		cmocka_unit_test_setup_teardown(without_its_key_it_does_not_start, setup, teardown),
		cmocka_unit_test_setup_teardown(the_key_is_changed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_key_is_lost_for_good, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

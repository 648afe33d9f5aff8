/* rooms: tests/fakes images/boot efi images protocol core */
/* wraps: var_find_in var_write_in */
/* SPDX-License-Identifier: Apache-2.0 */
/* A new PK, a new KEK: machines that missed changes, and power cuts, against a firmware that checks signatures and times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "efi/sb_former.h"
#include "efi/secureboot.h"
#include "images/boot/sb_keys.h"
#include "tests/fakes/sb_firmware.h"

static char base[32], *folder; /* with a site's first keys, which take their time; and a copy */
static const char digest_a[] = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a",
		  digest_b[] = "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5";
static const struct sb_keys_request request = {.name = "hall", .days = 10};

static int run(const char *what, const char *a, const char *b)
{
	_cleanup_free_ char *command = str_printf("%s %s %s", what, a, b);

	return system(command);
}

static int setup(void **state)
{
	(void)state;
	sb_firmware_reset();
	folder = str_printf("%s.copy", base);
	return run("cp -r", base, folder);
}

static int teardown(void **state)
{
	int r = run("rm -rf", folder, "");

	(void)state;
	free(folder);
	return r;
}

static int setup_base(void **state)
{
	struct err err = {0};

	(void)state;
	strcpy(base, "/tmp/remint-sb-XXXXXX");
	return mkdtemp(base) && sb_keys_init(base, &request, &err) == 0 ? 0 : -1;
}

static int teardown_base(void **state)
{
	(void)state;
	return run("rm -rf", base, "");
}

/* ---- the site ---- */

static struct sb_keys *begin(void)
{
	struct sb_keys *keys = NULL;
	struct err err = {0};

	if (sb_keys_load(folder, &keys, &err) < 0)
		fail_msg("%s", err.text);
	return keys;
}

static void replace(struct sb_keys *keys, enum sb_var var)
{
	struct err err = {0};

	if (sb_keys_replace(keys, var, &request, &err) < 0)
		fail_msg("%s", err.text);
}

static void *read_beside(const char *name, size_t *len)
{
	_cleanup_free_ char *path = path_join(folder, name);
	char *bytes = NULL;
	struct err err = {0};

	if (file_read(path, AUTHVAR_MAX, &bytes, len, &err) < 0)
		fail_msg("%s", err.text);
	return bytes;
}

/* Written, and read as an agent does. */
static struct sb_bundle *publish(struct sb_keys *keys)
{
	struct sb_bundle *bundle = NULL;
	_cleanup_free_ char *out = path_join(folder, "out"), *text = NULL;
	struct err err = {0};
	size_t len = 0;
	int r = sb_keys_write_bundle(keys, out, &err);

	if (r < 0)
		fail_msg("%s", err.text);
	text = read_beside("out/bundle.json", &len);
	r = sb_bundle_read(text, len, &bundle, &err);
	for (unsigned i = 0; r == 0 && i < SB_VARS; i++) {
		_cleanup_free_ char *name = path_join("out", sb_variables[i].file);
		void *bytes = read_beside(name, &len);

		r = sb_bundle_take(bundle, (enum sb_var)i, bytes, len, &err);
	}
	for (unsigned i = 0; r == 0 && i < bundle->n_former; i++) {
		char file[SB_FORMER_FILE_SIZE];
		_cleanup_free_ char *name = NULL;
		void *bytes;

		sb_former_file(i, file);
		name = path_join("out", file);
		bytes = read_beside(name, &len);
		r = sb_former_take(bundle, i, bytes, len, &err);
	}
	if (r == 0)
		r = sb_former_check(bundle, &err);
	if (r < 0)
		fail_msg("%s", err.text);
	return bundle;
}

/* ---- the machine ---- */

static bool enrol(const struct sb_bundle *bundle)
{
	bool changed = false;
	struct err err = {0};

	if (secureboot_enrol(bundle, &changed, &err) < 0)
		fail_msg("%s", err.text);
	return changed;
}

static void enrol_fails(const struct sb_bundle *bundle, int expected, const char *words)
{
	bool changed = false;
	struct err err = {0};

	assert_int_equal(secureboot_enrol(bundle, &changed, &err), expected);
	if (!strstr(err.text, words))
		fail_msg("%s", err.text);
}

static bool is_in_force(const struct sb_bundle *bundle)
{
	_cleanup_(secureboot_freep) struct secureboot *sb = NULL;
	struct err err = {0};
	bool all = true;

	if (secureboot_read(&sb, &err) < 0)
		fail_msg("%s", err.text);
	for (unsigned i = 0; i < SB_VARS; i++)
		all &= secureboot_holds(sb, bundle, (enum sb_var)i);
	return all && sb->setup_mode == 0 && secureboot_is_ours(sb, bundle);
}

static int former(const struct sb_bundle *bundle)
{
	_cleanup_(secureboot_freep) struct secureboot *sb = NULL;
	struct err err = {0};

	if (secureboot_read(&sb, &err) < 0)
		fail_msg("%s", err.text);
	return secureboot_former(sb, bundle);
}

/* ---- tests ---- */

static void test_a_new_kek_is_signed_by_the_platform_key(void **state)
{
	_cleanup_(sb_keys_freep) struct sb_keys *keys = begin();
	_cleanup_(sb_bundle_freep) struct sb_bundle *first = publish(keys), *next = NULL, *newer = NULL;

	(void)state;
	assert_true(enrol(first));
	assert_string_equal(sb_firmware_written(), "db KEK PK ");
	sb_keys_take_hash(keys, "roms", digest_a);
	sb_keys_take_hash(keys, "dbx_hashes", digest_b);
	replace(keys, SB_KEK);
	next = publish(keys);
	assert_int_equal(next->n_former, 0);
	assert_true(enrol(next));
	assert_string_equal(sb_firmware_written(), "KEK db dbx ");
	assert_true(is_in_force(next));
	assert_false(is_in_force(first));
	assert_false(enrol(next));
	/* what the former KEK has signed is worthless from then on */
	enrol_fails(first, -EACCES, "refused the signed payload for KEK");
	/* and what is older, by the same keys */
	sb_keys_take_hash(keys, "roms", digest_b);
	newer = publish(keys);
	assert_true(enrol(newer));
	enrol_fails(next, -EACCES, "refused the signed payload for db");
}

/* From each platform key that the site has had, in one order. */
static void test_no_number_of_changes_loses_a_machine(void **state)
{
	_cleanup_(sb_keys_freep) struct sb_keys *keys = begin();
	_cleanup_(sb_bundle_freep) struct sb_bundle *last = NULL;
	struct sb_firmware_state *machines[3];
	static const char *const writes[] = {"PK PK PK KEK db ", "PK PK KEK db ", "PK KEK db "};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		_cleanup_(sb_bundle_freep) struct sb_bundle *bundle = publish(keys);

		sb_firmware_reset();
		assert_true(enrol(bundle));
		machines[i] = sb_firmware_save();
		replace(keys, SB_PK);
		replace(keys, SB_KEK);
	}
	sb_keys_take_hash(keys, "roms", digest_a);
	last = publish(keys);
	assert_int_equal(last->n_former, 3);
	for (unsigned i = 0; i < 3; i++) {
		sb_firmware_load(machines[i]);
		assert_int_equal(former(last), i);
		assert_true(enrol(last));
		assert_string_equal(sb_firmware_written(), writes[i]);
		assert_true(is_in_force(last));
		assert_int_equal(former(last), -1);
		assert_false(enrol(last));
		free(machines[i]);
	}
	/* and one in setup mode takes the newest at once */
	sb_firmware_reset();
	assert_true(enrol(last));
	assert_string_equal(sb_firmware_written(), "db KEK PK ");
	assert_true(is_in_force(last));
}

static void test_no_power_cut_loses_a_machine(void **state)
{
	_cleanup_(sb_keys_freep) struct sb_keys *keys = begin();
	_cleanup_(sb_bundle_freep) struct sb_bundle *first = publish(keys), *last = NULL;
	struct sb_firmware_state *machine;

	(void)state;
	enrol(first);
	machine = sb_firmware_save();
	replace(keys, SB_PK);
	replace(keys, SB_KEK);
	replace(keys, SB_PK);
	sb_keys_take_hash(keys, "roms", digest_a);
	last = publish(keys);
	for (int n = 0; n < 4; n++) {
		sb_firmware_load(machine);
		sb_firmware_fail_after(n, EIO);
		enrol_fails(last, -EIO, "writing UEFI variable");
		sb_firmware_fail_after(-1, 0);
		assert_false(is_in_force(last));
		assert_true(enrol(last));
		assert_string_equal(sb_firmware_written(), "PK PK KEK db ");
		assert_true(is_in_force(last));
	}
	free(machine);
	for (int n = 0; n < 3; n++) {
		sb_firmware_reset(); /* setup mode */
		sb_firmware_fail_after(n, EIO);
		enrol_fails(last, -EIO, "writing UEFI variable");
		sb_firmware_fail_after(-1, 0);
		assert_true(enrol(last));
		assert_string_equal(sb_firmware_written(), "db KEK PK ");
		assert_true(is_in_force(last));
	}
}

/* It packs its store at each start. */
static void test_a_full_store_needs_more_resets(void **state)
{
	_cleanup_(sb_keys_freep) struct sb_keys *keys = begin();
	_cleanup_(sb_bundle_freep) struct sb_bundle *first = publish(keys), *last = NULL;

	(void)state;
	enrol(first);
	(void)sb_firmware_written();
	replace(keys, SB_PK);
	replace(keys, SB_KEK);
	last = publish(keys);
	sb_firmware_fail_after(0, ENOSPC);
	enrol_fails(last, -ENOSPC, "enrolling PK");
	sb_firmware_fail_after(1, ENOSPC);
	assert_true(enrol(last));
	assert_string_equal(sb_firmware_written(), "PK ");
	sb_firmware_fail_after(1, ENOSPC);
	assert_true(enrol(last));
	assert_string_equal(sb_firmware_written(), "KEK ");
	assert_true(is_in_force(last));
	assert_false(enrol(last));
}

/* The former private keys are not asked again. */
static void test_former_private_keys_may_be_destroyed(void **state)
{
	_cleanup_(sb_keys_freep) struct sb_keys *keys = begin();
	_cleanup_(sb_bundle_freep) struct sb_bundle *first = publish(keys), *last = NULL;
	_cleanup_free_ char *pk = path_join(folder, "PK.key"), *kek = path_join(folder, "KEK.key");

	(void)state;
	enrol(first);
	assert_int_equal(unlink(kek), 0); /* lost, or in the wrong hands: the platform key signs the next */
	replace(keys, SB_KEK);
	replace(keys, SB_PK);
	assert_int_equal(unlink(pk), 0);
	last = publish(keys);
	assert_true(enrol(last));
	assert_true(is_in_force(last));
}

static void test_somebody_elses_key_stays(void **state)
{
	_cleanup_(sb_keys_freep) struct sb_keys *keys = begin();
	_cleanup_(sb_bundle_freep) struct sb_bundle *first = NULL, *others = NULL;
	struct err err = {0};

	(void)state;
	replace(keys, SB_PK);
	first = publish(keys);
	sb_keys_free(TAKE_PTR(keys));
	assert_int_equal(run("rm -rf", folder, ""), 0);
	if (sb_keys_init(folder, &request, &err) < 0)
		fail_msg("%s", err.text);
	keys = begin();
	others = publish(keys);
	enrol(others);
	assert_int_equal(former(first), -1);
	enrol_fails(first, -EACCES, "refused the signed payload for PK");
	assert_true(is_in_force(others));
}

static void test_the_way_is_checked(void **state)
{
	_cleanup_(sb_keys_freep) struct sb_keys *keys = begin();
	_cleanup_(sb_bundle_freep) struct sb_bundle *bundle = NULL;
	_cleanup_free_ char *from = NULL, *to = NULL, *out = path_join(folder, "out");
	struct err err = {0};
	uint8_t *flipped;

	(void)state;
	replace(keys, SB_PK);
	replace(keys, SB_PK);
	bundle = publish(keys);
	flipped = xcalloc(1, bundle->former[0].next.len);
	memcpy(flipped, bundle->former[0].next.bytes, bundle->former[0].next.len);
	flipped[100] ^= 1;
	assert_int_equal(sb_former_take(bundle, 0, flipped, bundle->former[0].next.len, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "PK-from-1.auth: is not the file that the bundle names"));
	/* a folder in which two of them have changed places makes no bundle */
	from = path_join(folder, "PK-from-2.auth");
	to = path_join(folder, "PK-from-1.auth");
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(link(to, from), 0);
	assert_int_equal(sb_keys_write_bundle(keys, out, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "PK-from-1.auth does not hold the platform key that came next"));
}

static void test_documents(void **state)
{
	static const char *const wrong[] = {"{}", "[1]", "[{\"PK\":\"00\",\"sha256\":\"00\"}]",
					    "[{\"PK\":\""
					    "\"}]",
					    "\"PK\""};
	char digest[SHA256_HEX_SIZE];

	(void)state;
	sha256_hex("", 0, digest);
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		_cleanup_free_ char *text = str_printf(
			"{\"secure_boot\":1,\"generation\":1,\"sha256\":{\"PK\":\"%s\",\"KEK\":\"%s\","
			"\"db\":\"%s\",\"dbx\":\"%s\"},\"former\":%s}",
			digest, digest, digest, digest, wrong[i]);
		_cleanup_(sb_bundle_freep) struct sb_bundle *bundle = NULL;
		struct err err = {0};

		assert_int_equal(sb_bundle_read(text, strlen(text), &bundle, &err), -EBADMSG);
		assert_non_null(strstr(err.text, "former"));
	}
}

static void test_what_a_site_knows(void **state)
{
	_cleanup_(sb_keys_freep) struct sb_keys *keys = begin();
	_cleanup_json_ json_t *before = NULL, *after = NULL, *db = NULL;
	struct err err = {0};

	(void)state;
	/* a folder of before any of them was replaced */
	json_object_del(keys->json, "former");
	assert_int_equal(sb_keys_save(keys, &err), 0);
	sb_keys_free(TAKE_PTR(keys));
	assert_int_equal(sb_keys_load(folder, &keys, &err), 0);
	assert_int_equal(sb_keys_known(keys, SB_PK, &before, &err), 0);
	assert_int_equal(json_array_size(before), 1);
	replace(keys, SB_PK);
	assert_int_equal(sb_keys_known(keys, SB_PK, &after, &err), 0);
	assert_int_equal(json_array_size(after), 2);
	assert_true(json_equal(json_array_get(before, 0), json_array_get(after, 0)));
	assert_false(json_equal(json_array_get(after, 0), json_array_get(after, 1)));
	assert_int_equal(sb_keys_known(keys, SB_DB, &db, &err), 0);
	assert_int_equal(json_array_size(db), 1);
	while (json_array_size(sb_keys_former(keys, SB_KEK)) < SB_FORMER_MAX)
		json_array_append(sb_keys_former(keys, SB_KEK), json_object_get(keys->json, "KEK"));
	assert_int_equal(sb_keys_replace(keys, SB_KEK, &request, &err), -EINVAL);
	assert_non_null(strstr(err.text, "32 times"));
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_new_kek_is_signed_by_the_platform_key),
		TEST(test_no_number_of_changes_loses_a_machine),
		TEST(test_no_power_cut_loses_a_machine),
		TEST(test_a_full_store_needs_more_resets),
		TEST(test_former_private_keys_may_be_destroyed),
		TEST(test_somebody_elses_key_stays),
		TEST(test_the_way_is_checked),
		TEST(test_documents),
		TEST(test_what_a_site_knows),
	};

	return cmocka_run_group_tests(tests, setup_base, teardown_base);
}

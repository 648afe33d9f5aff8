/* rooms: tests/fakes efi core */
/* wraps: var_find_in var_write_in */
/* SPDX-License-Identifier: Apache-2.0 */
/* Enrolling against a small firmware of our own, which keeps the rules of UEFI 2.10, 32.3 as far as they matter here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "efi/secureboot.h"
#include "efi/siglist.h"
#include "efi/vars.h"
#include "tests/fakes/sb_site.h"

/* ---- the firmware ---- */

static struct variable {
	char name[16];
	uint8_t *data;
	size_t len;
} variables[12];
static char written[128]; /* names, in order */
static int refuse;        /* errno of the next write; 0: none */
static bool forgetful;    /* takes writes and keeps nothing */

static struct variable *find(const char *name)
{
	for (unsigned i = 0; i < 12; i++)
		if (!strcmp(variables[i].name, name))
			return &variables[i];
	return NULL;
}

static void put(const char *name, const void *data, size_t len)
{
	struct variable *v = find(name) ?: find("");

	free(v->data);
	*v = (struct variable){.len = len};
	if (len) {
		snprintf(v->name, sizeof(v->name), "%s", name);
		v->data = xcalloc(1, len);
		memcpy(v->data, data, len);
	}
}

static void put_flag(const char *name, uint8_t value)
{
	put(name, &value, 1);
}

int __wrap_var_find_in(const uint8_t guid[16], const char *name, uint8_t **ret, size_t *ret_len,
		       uint32_t *ret_attributes, struct err *err);
int __wrap_var_find_in(const uint8_t guid[16], const char *name, uint8_t **ret, size_t *ret_len,
		       uint32_t *ret_attributes, struct err *err)
{
	const struct variable *v = find(name);

	(void)guid;
	(void)err;
	if (!v)
		return 0;
	*ret = xcalloc(1, v->len);
	memcpy(*ret, v->data, v->len);
	*ret_len = v->len;
	*ret_attributes = 0x27;
	return 1;
}

int __wrap_var_write_in(const uint8_t guid[16], const char *name, const void *data, size_t len,
			uint32_t attributes, struct err *err);
int __wrap_var_write_in(const uint8_t guid[16], const char *name, const void *data, size_t len,
			uint32_t attributes, struct err *err)
{
	struct variable *v = find(name);
	struct authvar_parts parts;

	(void)guid;
	strcat(strcat(written, name), " ");
	if (refuse)
		return err_sys(err, refuse, "writing UEFI variable %s", name);
	assert_int_equal(authvar_parse(data, len, &parts, err), 0);
	if (forgetful)
		return 0;
	if (attributes == AUTHVAR_APPEND && v) {
		uint8_t joined[8192];

		memcpy(joined, v->data, v->len);
		memcpy(joined + v->len, parts.data, parts.data_len);
		put(name, joined, v->len + parts.data_len);
	} else {
		put(name, parts.data, parts.data_len);
	}
	if (!strcmp(name, "PK"))
		put_flag("SetupMode", !parts.data_len);
	return 0;
}

static void reset_firmware(bool setup)
{
	for (unsigned i = 0; i < 12; i++) {
		free(variables[i].data);
		variables[i] = (struct variable){0};
	}
	put_flag("SetupMode", setup);
	put_flag("SecureBoot", 0);
	*written = '\0';
	refuse = 0;
	forgetful = false;
}

/* ---- a site ---- */

static struct sb_site site;
static struct sb_bundle *bundle; /* the site's */

static int setup_site(void **state)
{
	int r = sb_site_setup(&site, 3);

	(void)state;
	bundle = site.bundle;
	return r;
}

static int teardown_site(void **state)
{
	(void)state;
	reset_firmware(true);
	reset_firmware(true);
	for (unsigned i = 0; i < 12; i++)
		free(variables[i].data);
	return sb_site_teardown(&site);
}

static struct secureboot *look(void)
{
	struct secureboot *sb = NULL;
	struct err err = {0};

	if (secureboot_read(&sb, &err) < 0)
		fail_msg("%s", err.text);
	return sb;
}

static bool enrol(int expected)
{
	bool changed = false;
	struct err err = {0};

	assert_int_equal(secureboot_enrol(bundle, &changed, &err), expected);
	return changed;
}

/* ---- tests ---- */

static void test_platform_key_last(void **state)
{
	_cleanup_(secureboot_freep) struct secureboot *before = NULL, *sb = NULL;

	(void)state;
	reset_firmware(true);
	before = look();
	assert_false(secureboot_is_ours(before, bundle));
	assert_true(enrol(0));
	assert_string_equal(written, "db dbx KEK PK ");
	sb = look();
	assert_true(secureboot_is_ours(sb, bundle));
	assert_int_equal(sb->setup_mode, 0);
	for (unsigned i = 0; i < SB_VARS; i++)
		assert_true(secureboot_holds(sb, bundle, (enum sb_var)i));
	/* the same again writes nothing */
	*written = '\0';
	assert_false(enrol(0));
	assert_string_equal(written, "");
}

static void test_revocations_are_only_added_to(void **state)
{
	_cleanup_(secureboot_freep) struct secureboot *sb = NULL;
	uint8_t others[32] = {0xcd};
	struct siglist lists = {0};
	struct err err = {0};

	(void)state;
	reset_firmware(true);
	assert_int_equal(siglist_add(&lists, SIG_SHA256, sb_site_owner, others, 32, &err), 0);
	put("dbx", lists.bytes, lists.len);
	assert_true(enrol(0));
	sb = look();
	assert_true(siglist_covers(sb->lists[SB_DBX].data, sb->lists[SB_DBX].len, lists.bytes, lists.len));
	assert_true(secureboot_holds(sb, bundle, SB_DBX));
	siglist_clear(&lists);
}

static void test_refused(void **state)
{
	bool changed = false;
	struct err err = {0};

	(void)state;
	reset_firmware(false);
	refuse = EACCES;
	assert_int_equal(secureboot_enrol(bundle, &changed, &err), -EACCES);
	assert_non_null(strstr(err.text, "refused the signed payload for PK"));
	assert_string_equal(written, "PK ");
	reset_firmware(true);
	refuse = ENOSPC;
	assert_int_equal(secureboot_enrol(bundle, &changed, &err), -ENOSPC);
	reset_firmware(true);
	forgetful = true;
	assert_int_equal(secureboot_enrol(bundle, &changed, &err), -EIO);
	assert_non_null(strstr(err.text, "read back"));
}

static void test_cleared(void **state)
{
	struct authvar none = {.name = "PK",
			       .guid = sb_variables[SB_PK].guid,
			       .attributes = AUTHVAR_REPLACE,
			       .time = 1764108062};
	_cleanup_(secureboot_freep) struct secureboot *sb = NULL;
	_cleanup_free_ uint8_t *payload = NULL;
	struct err err = {0};
	size_t len;

	(void)state;
	reset_firmware(true);
	assert_true(enrol(0));
	assert_int_equal(authvar_sign(&none, site.key, site.cert, &payload, &len, &err), 0);
	assert_int_equal(secureboot_clear(payload, len, &err), 0);
	sb = look();
	assert_int_equal(sb->setup_mode, 1);
	assert_int_equal(sb->lists[SB_PK].len, 0);
	assert_true(enrol(0));
	forgetful = true;
	assert_int_equal(secureboot_clear(payload, len, &err), -EIO);
}

static void test_report(void **state)
{
	_cleanup_(secureboot_freep) struct secureboot *sb = NULL;
	_cleanup_free_ char *name = NULL, *none = NULL;
	_cleanup_json_ json_t *json = NULL;
	const json_t *pk, *first;

	(void)state;
	reset_firmware(true);
	assert_true(enrol(0));
	put("db", "garbage", 7);
	sb = look();
	json = secureboot_to_json(sb);
	pk = json_object_get(json, "PK");
	first = json_array_get(json_object_get(pk, "certificates"), 0);
	assert_string_equal(json_string_value(json_object_get(first, "subject")), "CN=site");
	assert_true(json_is_false(json_object_get(json, "setup_mode")));
	assert_true(json_is_null(json_object_get(json, "audit_mode")));
	assert_int_equal(json_integer_value(json_object_get(json_object_get(json, "dbx"), "digests")), 1);
	assert_non_null(json_object_get(json_object_get(json, "db"), "error"));
	name = secureboot_platform_key(sb);
	assert_memory_equal(name, "\"CN=site\" (SHA-256 ", 19);
	secureboot_free(sb);
	reset_firmware(true);
	sb = look();
	none = secureboot_platform_key(sb);
	assert_string_equal(none, "none");
}

static void test_factory(void **state)
{
	_cleanup_(secureboot_freep) struct secureboot *sb = NULL;
	bool factory = true;
	struct err err = {0};

	(void)state;
	reset_firmware(true);
	assert_true(enrol(0));
	sb = look();
	assert_int_equal(secureboot_is_factory(sb, &factory, &err), -ENOENT);
	put("PKDefault", sb->lists[SB_PK].data, sb->lists[SB_PK].len);
	put("KEKDefault", sb->lists[SB_KEK].data, sb->lists[SB_KEK].len);
	put("dbDefault", sb->lists[SB_DB].data, sb->lists[SB_DB].len);
	assert_int_equal(secureboot_is_factory(sb, &factory, &err), 0);
	assert_true(factory);
	put("PKDefault", "x", 1);
	assert_int_equal(secureboot_is_factory(sb, &factory, &err), 0);
	assert_false(factory);
}

static void test_bundle(void **state)
{
	_cleanup_json_ json_t *json = sb_bundle_to_json(bundle);
	_cleanup_free_ char *text = json_pretty(json, NULL);
	_cleanup_(sb_bundle_freep) struct sb_bundle *read = NULL;
	struct sb_payload *db = &bundle->payloads[SB_DB];
	struct err err = {0};
	uint8_t *copy = xcalloc(1, db->len);

	(void)state;
	assert_int_equal(sb_bundle_read(text, strlen(text), &read, &err), 0);
	assert_int_equal(read->generation, 3);
	memcpy(copy, db->bytes, db->len);
	copy[db->len - 1] ^= 1;
	assert_int_equal(sb_bundle_take(read, SB_DB, copy, db->len, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "another SHA-256"));
	/* a payload that would delete the platform key is no bundle's */
	copy = xcalloc(1, db->len);
	memcpy(copy, db->bytes, db->len - db->parts.data_len);
	sha256(copy, db->len - db->parts.data_len, read->payloads[SB_PK].sha256);
	assert_int_equal(sb_bundle_take(read, SB_PK, copy, db->len - db->parts.data_len, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "neither certificate nor digest"));
	assert_int_equal(sb_bundle_read("{\"secure_boot\":2}", 17, &read, &err), -EBADMSG);
	assert_int_equal(sb_bundle_read("[]", 2, &read, &err), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_platform_key_last),
		cmocka_unit_test(test_revocations_are_only_added_to),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cleared),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_factory),
		cmocka_unit_test(test_bundle),
	};

	return cmocka_run_group_tests(tests, setup_site, teardown_site);
}

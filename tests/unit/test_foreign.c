/* rooms: efi tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Whose is each variable: by name and GUID, by value, and in a folder as efivarfs shows it. Also MemoryOverwriteRequest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <efivar/efivar.h>
#include <string.h>

#include "core/io.h"
#include "efi/foreign.h"
#include "efi/guid.h"
#include "efi/mor.h"
#include "efi/vars.h"
#include "tests/fakes/efivars.h"

#define GLOBAL "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define SHIM   "605dab50-e046-4300-abb6-3dd810dd8b23"
#define MOR    "MemoryOverwriteRequestControl-e20939be-32d4-41be-a150-897f85d49829"
#define LOCK   "MemoryOverwriteRequestControlLock-bb983ccf-151d-40e1-a07b-4a17be168292"
#define NV     7

static void guid_bytes(const char *text, uint8_t guid[16])
{
	efi_guid_t parsed;

	assert_int_equal(efi_str_to_guid(text, &parsed), 0);
	memcpy(guid, &parsed, 16);
}

static enum efi_owner owner_of(const char *guid, const char *name, uint32_t attributes, const char *value,
			       size_t len)
{
	struct efi_variable variable = {.name = (char *)name, .size = len, .attributes = attributes};

	guid_bytes(guid, variable.guid);
	efi_variable_judge(&variable, NULL, (const uint8_t *)value, len);
	return variable.owner;
}

static const struct {
	const char *guid, *name;
	enum efi_owner owner;
} named[] = {
	{GLOBAL, "Boot0001", EFI_OWNER_FIRMWARE},
	{GLOBAL, "Boot000a", EFI_OWNER_UNKNOWN}, /* the specification has upper case alone */
	{GLOBAL, "Boot00011", EFI_OWNER_UNKNOWN},
	{GLOBAL, "BootOrder", EFI_OWNER_FIRMWARE},
	{GLOBAL, "PK", EFI_OWNER_KEYS},
	{GLOBAL, "PKx", EFI_OWNER_UNKNOWN},
	{GLOBAL, "MokList", EFI_OWNER_UNKNOWN},
	{"d719b2cb-3d3a-4596-a3bc-dad00e67656f", "dbx", EFI_OWNER_KEYS},
	{SHIM, "MokNew", EFI_OWNER_TENANT},
	{SHIM, "SbatLevel", EFI_OWNER_TENANT},
	{SHIM, "Other", EFI_OWNER_UNKNOWN},
	{"4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", "LoaderSystemToken", EFI_OWNER_TENANT},
	{"cfc8fc79-be2e-4ddc-97f0-9f98bfe298a0", "dump-type0-1-1-1700000000-C", EFI_OWNER_STALE},
	{"0f3c1a52-90ab-4cde-8f01-23456789abcd", "OsRecovery0001", EFI_OWNER_TENANT},
	{"0f3c1a52-90ab-4cde-8f01-23456789abcd", "BootOrder", EFI_OWNER_UNKNOWN},
	{"ec87d643-eba4-4bb5-a1e5-3f3e36b20da9", "Setup", EFI_OWNER_UNKNOWN},
	{"e20939be-32d4-41be-a150-897f85d49829", "MemoryOverwriteRequestControl", EFI_OWNER_FIRMWARE},
};

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (owner_of(named[i].guid, named[i].name, NV, "", 0) != named[i].owner)
			fail_msg("%s", named[i].name);
	/* what goes with the next reset is nobody's concern, but Secure Boot's state is told by others */
	assert_int_equal(owner_of(SHIM, "MokListRT", 6, "", 0), EFI_OWNER_VOLATILE);
	assert_int_equal(owner_of(GLOBAL, "SecureBoot", 6, "\1", 1), EFI_OWNER_KEYS);
}

static void test_values(void **state)
{
	(void)state;
	assert_int_equal(owner_of(GLOBAL, "Timeout", NV, "\0\0", 2), EFI_OWNER_FIRMWARE);
	assert_int_equal(owner_of(GLOBAL, "Timeout", NV, "\x2c\1", 2), EFI_OWNER_FIRMWARE); /* 300 */
	assert_int_equal(owner_of(GLOBAL, "Timeout", NV, "\xff\xff", 2), EFI_OWNER_STALE);
	assert_int_equal(owner_of(GLOBAL, "Timeout", NV, "\1", 1), EFI_OWNER_STALE);
	assert_int_equal(owner_of(GLOBAL, "OsIndications", NV, "\0\0\0\0\0\0\0\0", 8), EFI_OWNER_FIRMWARE);
	assert_int_equal(owner_of(GLOBAL, "OsIndications", NV, "\1\0\0\0\0\0\0\0", 8), EFI_OWNER_STALE);
	assert_int_equal(owner_of(GLOBAL, "Driver0000", NV, "no load option", 14), EFI_OWNER_STALE);
	assert_int_equal(owner_of(GLOBAL, "SysPrep0000", NV, "", 0), EFI_OWNER_STALE);
	assert_int_equal(owner_of(GLOBAL, "SysPrep0000", 6, "", 0), EFI_OWNER_VOLATILE);
	assert_int_equal(owner_of(GLOBAL, "Key0000", NV, "short", 5), EFI_OWNER_STALE);
}

/* A program in a firmware's volume may run before a system boots, one on a disk may not. */
static const char fv_driver[] = "\1\0\0\0\30\0d\0\0\0\4\6\24\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x7f\xff\4\0",
		  disk_driver[] = "\1\0\0\0\16\0d\0\0\0\4\4\12\0\\\0a\0\0\0\x7f\xff\4\0";

static void test_drivers(void **state)
{
	char commanded[sizeof(fv_driver) + 3];

	(void)state;
	memcpy(commanded, fv_driver, sizeof(fv_driver) - 1);
	memcpy(commanded + sizeof(fv_driver) - 1, "f\0s\0", 4);
	assert_int_equal(owner_of(GLOBAL, "Driver0001", NV, fv_driver, sizeof(fv_driver) - 1),
			 EFI_OWNER_FIRMWARE);
	assert_int_equal(owner_of(GLOBAL, "Driver0001", NV, commanded, sizeof(commanded)), EFI_OWNER_STALE);
	assert_int_equal(owner_of(GLOBAL, "Driver0001", NV, disk_driver, sizeof(disk_driver) - 1),
			 EFI_OWNER_STALE);
}

static void test_keys(void **state)
{
	struct efi_entry list[] = {{.number = 3}, {.number = 0x104}};
	const struct efi_boot boot = {.entries = list, .n_entries = 2};
	const struct efi_fate fates[] = {{EFI_STAYS, NULL}, {EFI_GOES, "x"}};
	const struct efi_entries entries = {&boot, fates};
	struct efi_variable key = {.name = (char *)"Key0000", .attributes = NV};
	static const struct {
		const char *value;
		enum efi_owner owner;
	} keys[] = {{"\0\0\0\0\0\0\0\0\3\0\x17\0\0\0", EFI_OWNER_FIRMWARE},
		    {"\0\0\0\0\0\0\0\0\4\1\x17\0\0\0", EFI_OWNER_STALE},
		    {"\0\0\0\0\0\0\0\0\4\0\x17\0\0\0", EFI_OWNER_STALE}};

	(void)state;
	guid_bytes(GLOBAL, key.guid);
	for (size_t i = 0; i < 3; i++) {
		efi_variable_judge(&key, &entries, (const uint8_t *)keys[i].value, 14);
		assert_int_equal(key.owner, keys[i].owner);
	}
}

/* ---- a folder ---- */

static bool guarded, locked; /* as firmware of version 1.10 guards MemoryOverwriteRequestControl */

/* Stands before libefivar's: efivarfs replaces a variable whole, and the firmware may refuse. */
int efi_set_variable(efi_guid_t guid, const char *name, uint8_t *data, size_t len, uint32_t attributes,
		     mode_t mode)
{
	int (*real)(efi_guid_t, const char *, uint8_t *, size_t, uint32_t, mode_t) =
		(__typeof__(real))dlsym(RTLD_NEXT, "efi_set_variable");
	char text[GUID_TEXT_SIZE];
	_cleanup_free_ char *path = NULL;

	if (guarded && (locked || len != 1)) {
		errno = locked ? EACCES : EINVAL;
		return -1;
	}
	guid_text((const uint8_t *)&guid, text);
	path = str_printf("%s%s-%s", getenv("EFIVARFS_PATH"), name, text);
	if (access(path, F_OK) == 0)
		assert_int_equal(truncate(path, 0), 0);
	return real(guid, name, data, len, attributes, mode);
}

static void put(const char *title, uint8_t attributes, const char *value, size_t len)
{
	_cleanup_free_ char *path = str_printf("%s%s", getenv("EFIVARFS_PATH"), title),
			    *bytes = xcalloc(1, len + 4);
	struct err err = {0};

	bytes[0] = (char)attributes;
	memcpy(bytes + 4, value, len);
	assert_int_equal(file_write_atomic(path, bytes, len + 4, 0644, &err), 0);
}

static void expect(const char *title, const char *value, size_t len)
{
	_cleanup_free_ char *path = str_printf("%s%s", getenv("EFIVARFS_PATH"), title), *bytes = NULL;
	struct err err = {0};
	size_t n;

	assert_int_equal(file_read(path, 4096, &bytes, &n, &err), 0);
	assert_int_equal(n, len + 4);
	assert_memory_equal(bytes + 4, value, len);
}

static int empty(void **state)
{
	(void)state;
	guarded = locked = false;
	efivars_fill(NULL);
	return 0;
}

static void test_read(void **state)
{
	_cleanup_(efi_variables_freep) struct efi_variables *variables = NULL;
	_cleanup_free_ char *title = NULL;
	struct err err = {0};

	(void)state;
	put("MokNew-" SHIM, NV, "abc", 3);
	put("Timeout-" GLOBAL, NV, "\xff\xff", 2);
	put("na\033me-0f3c1a52-90ab-4cde-8f01-23456789abcd", NV, "", 0);
	assert_int_equal(efi_variables_read(NULL, &variables, &err), 0);
	assert_int_equal(variables->n, 3);
	for (unsigned i = 0; i < 3; i++) {
		const struct efi_variable *v = &variables->list[i];

		if (!strcmp(v->name, "MokNew"))
			assert_true(v->owner == EFI_OWNER_TENANT && v->size == 3 && v->attributes == NV);
		else if (!strcmp(v->name, "Timeout"))
			assert_true(v->owner == EFI_OWNER_STALE && v->size == 2);
		else
			title = efi_variable_title(v);
	}
	assert_string_equal(title, "na?me-0f3c1a52-90ab-4cde-8f01-23456789abcd");
}

static void test_orders_are_tidied(void **state)
{
	struct err err = {0};

	(void)state;
	put("Driver0002-" GLOBAL, NV, fv_driver, sizeof(fv_driver) - 1);
	put("DriverOrder-" GLOBAL, NV, "\1\0\2\0\3\0", 6);
	put("SysPrepOrder-" GLOBAL, NV, "\1\0", 2);
	assert_int_equal(efi_tidy_orders(&err), 0);
	expect("DriverOrder-" GLOBAL, "\2\0", 2);
	assert_int_equal(var_delete("SysPrepOrder", &err), 0);
	assert_int_equal(var_read("SysPrepOrder", &(uint8_t *){NULL}, &(size_t){0}, &err), -ENOENT);
	err = (struct err){0};
	assert_int_equal(efi_tidy_orders(&err), 0);
}

static void test_mor_absent(void **state)
{
	struct err err = {0};
	struct mor mor;

	(void)state;
	assert_int_equal(mor_read(&mor, &err), 0);
	assert_false(mor.present || mor.odd || mor_is_set(&mor));
	assert_int_equal(mor.lock, MOR_LOCK_NONE);
	assert_int_equal(mor_set(&err), -ENODEV);
}

static void test_mor_of_another_form(void **state)
{
	struct err err = {0};
	struct mor mor;

	(void)state;
	put(MOR, 7, "\1\0", 2);
	assert_int_equal(mor_read(&mor, &err), 0);
	assert_true(mor.odd && !mor.present && !mor_is_set(&mor));
	put(MOR, 6, "\1", 1);
	assert_int_equal(mor_read(&mor, &err), 0);
	assert_true(mor.odd && !mor.present);
}

static void test_mor_unguarded(void **state)
{
	struct err err = {0};
	bool is_guarded = true;
	struct mor mor;

	(void)state;
	put(MOR, 7, "\0", 1);
	assert_int_equal(mor_read(&mor, &err), 0);
	assert_int_equal(mor_is_guarded(&mor, &is_guarded, &err), 0);
	assert_false(is_guarded);
	expect(MOR, "\0", 1);
	assert_int_equal(mor_set(&err), 0);
	expect(MOR, "\x11", 1);
}

static void test_mor_guarded(void **state)
{
	struct err err = {0};
	bool is_guarded = false;
	struct mor mor;

	(void)state;
	put(MOR, 7, "\1", 1); /* as a kernel leaves it */
	put(LOCK, 7, "\0", 1);
	guarded = true;
	assert_int_equal(mor_read(&mor, &err), 0);
	assert_int_equal(mor.lock, MOR_LOCK_OPEN);
	assert_int_equal(mor_is_guarded(&mor, &is_guarded, &err), 0);
	assert_true(is_guarded);
	assert_int_equal(mor_set(&err), 0);
	expect(MOR, "\x11", 1);
}

static void test_mor_locked(void **state)
{
	struct err err = {0};
	struct mor mor;

	(void)state;
	put(MOR, 7, "\0", 1);
	put(LOCK, 7, "\1", 1);
	guarded = locked = true;
	assert_int_equal(mor_set(&err), -EACCES);
	assert_non_null(strstr(err.text, "locked until the next reset"));
	put(LOCK, 7, "\2", 1);
	assert_int_equal(mor_read(&mor, &err), 0);
	assert_string_equal(mor_lock_name(mor.lock), "closed with a key");
	put(MOR, 7, "\1", 1); /* locked while it is set: that is what is wanted */
	assert_int_equal(mor_set(&err), 0);
}

static int tests(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_drivers),
		cmocka_unit_test(test_keys),
		cmocka_unit_test_setup_teardown(test_read, empty, empty),
		cmocka_unit_test_setup_teardown(test_orders_are_tidied, empty, empty),
		cmocka_unit_test_setup_teardown(test_mor_absent, empty, empty),
		cmocka_unit_test_setup_teardown(test_mor_of_another_form, empty, empty),
		cmocka_unit_test_setup_teardown(test_mor_unguarded, empty, empty),
		cmocka_unit_test_setup_teardown(test_mor_guarded, empty, empty),
		cmocka_unit_test_setup_teardown(test_mor_locked, empty, empty),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}

int main(int argc, char **argv)
{
	(void)argc;
	return efivars_run(argv, tests);
}

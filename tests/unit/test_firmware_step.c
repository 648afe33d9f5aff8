/* rooms: agent/steps efi images protocol tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The rows firmware and settle on variables that OVMF made, with what a former tenant added: one boot, the boot after a reset, and what the firmware may do in
 * between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <efivar/efivar.h>
#include <string.h>

#include "agent/hw/machine.h"
#include "agent/hw/pstore.h"
#include "agent/step.h"
#include "core/io.h"
#include "core/json.h"
#include "efi/guid.h"
#include "protocol/evidence/firmware.h"
#include "tests/fakes/efivars.h"

#define CAPTURED "tests/machines/ovmf-efivars/"
#define GLOBAL   "-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define SHIM     "-605dab50-e046-4300-abb6-3dd810dd8b23"
#define NOBODY   "-0f3c1a52-90ab-4cde-8f01-23456789abcd"
#define MOR      "MemoryOverwriteRequestControl-e20939be-32d4-41be-a150-897f85d49829"

static bool uefi = true;
static const char *locked; /* the firmware protects this variable */
static struct order order;
static struct job job;
static struct journal_entry journal[8];
static char note[1024];

/* ---- stand-ins ---- */

bool firmware_is_uefi(const char *root)
{
	(void)root;
	return uefi;
}

int pstore_empty(const char *root, struct pstore *ret, struct err *err)
{
	(void)root;
	(void)err;
	*ret = (struct pstore){.present = true, .backend = "erst", .records = 2, .bytes = 300};
	return 0;
}

/* Stand before libefivar's: efivarfs replaces a variable whole, and the firmware may refuse. */
int efi_set_variable(efi_guid_t guid, const char *name, uint8_t *data, size_t len, uint32_t attributes,
		     mode_t mode)
{
	int (*real)(efi_guid_t, const char *, uint8_t *, size_t, uint32_t, mode_t) =
		(__typeof__(real))dlsym(RTLD_NEXT, "efi_set_variable");
	char text[GUID_TEXT_SIZE];
	_cleanup_free_ char *path = NULL;

	guid_text((const uint8_t *)&guid, text);
	path = str_printf("%s%s-%s", getenv("EFIVARFS_PATH"), name, text);
	if (access(path, F_OK) == 0)
		assert_int_equal(truncate(path, 0), 0);
	return real(guid, name, data, len, attributes, mode);
}

int efi_del_variable(efi_guid_t guid, const char *name)
{
	int (*real)(efi_guid_t, const char *) = (__typeof__(real))dlsym(RTLD_NEXT, "efi_del_variable");

	if (locked && !strcmp(name, locked)) {
		errno = EROFS;
		return -1;
	}
	return real(guid, name);
}

static int keep_entry(struct job *j, const struct journal_entry *entry, struct err *err)
{
	(void)err;
	assert_true(j->n_journal < 8);
	journal[j->n_journal] = *entry;
	json_incref(entry->proof);
	j->n_journal++;
	return 0;
}

static void keep_note(struct job *j, const char *text)
{
	(void)j;
	snprintf(note, sizeof(note), "%s", text);
}

static const struct job_ops ops = {.journal = keep_entry, .note = keep_note};

/* ---- the folder ---- */

static void put(const char *title, const char *value, size_t len)
{
	_cleanup_free_ char *path = str_printf("%s%s", getenv("EFIVARFS_PATH"), title),
			    *bytes = xcalloc(1, len + 4);
	struct err err = {0};

	bytes[0] = 7;
	memcpy(bytes + 4, value, len);
	assert_int_equal(file_write_atomic(path, bytes, len + 4, 0644, &err), 0);
}

static bool there_is(const char *title)
{
	_cleanup_free_ char *path = str_printf("%s%s", getenv("EFIVARFS_PATH"), title);

	return access(path, F_OK) == 0;
}

static int setup(void **state)
{
	(void)state;
	efivars_fill(CAPTURED);
	put("BootCurrent" GLOBAL, "\4", 2);
	put("MokNew" SHIM, "his key", 7);
	put("dump-type0-1-1-1-C-cfc8fc79-be2e-4ddc-97f0-9f98bfe298a0", "oops", 4);
	put("Setup" NOBODY, "vendor", 6);
	put("OsIndications" GLOBAL, "\1\0\0\0\0\0\0\0", 8);
	uefi = true;
	locked = NULL;
	note[0] = '\0';
	order = (struct order){0};
	job = (struct job){.order = &order, .ops = &ops, .journal = journal};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	efivars_fill(NULL);
	for (unsigned i = 0; i < job.n_journal; i++)
		json_decref(journal[i].proof);
	json_decref(job.facts.firmware);
	json_decref(job.facts.efi);
	json_decref(job.facts.memory);
	return 0;
}

static const json_t *list(const char *key)
{
	return json_object_get(json_object_get(job.facts.firmware, "variables"), key);
}

static bool has(const json_t *variables, const char *name)
{
	for (size_t i = 0; i < json_array_size(variables); i++)
		if (!strcmp(json_string_value(json_object_get(json_array_get(variables, i), "name")), name))
			return true;
	return false;
}

/* What the station would take. */
static void expect_good_evidence(void)
{
	_cleanup_json_ json_t *firmware = json_copy(job.facts.firmware), *evidence = json_object();
	struct err err = {0};

	json_object_set_new(firmware, "memory",
			    job.facts.memory ? json_incref(job.facts.memory) : json_null());
	json_object_set(evidence, "firmware", firmware);
	if (evidence_firmware_check(evidence, &err) < 0)
		fail_msg("%s", err.text);
}

static void run(const struct step *step, int expected)
{
	struct err err = {0};
	int r = step->run(&job, &err);

	if (r != expected)
		fail_msg("%s: %d, %s", step->name, r, err.text);
}

static void verify(const struct step *step)
{
	struct err err = {0};

	if (step->verify(&job, &err) < 0)
		fail_msg("%s: %s", step->name, err.text);
}

/* Everything before the evidence, in the table's order. */
static void run_all(int settled)
{
	run(&step_firmware, STEP_DONE);
	run(&step_efi, STEP_DONE);
	run(&step_settle, settled);
}

static void test_report(void **state)
{
	(void)state;
	run_all(STEP_DONE);
	assert_false(there_is("dump-type0-1-1-1-C-cfc8fc79-be2e-4ddc-97f0-9f98bfe298a0"));
	assert_false(there_is("OsIndications" GLOBAL));
	assert_true(there_is("MokNew" SHIM) && there_is("Setup" NOBODY));
	assert_int_equal(json_array_size(list("removed")), 2);
	assert_true(has(list("reported"), "MokNew") && has(list("reported"), "Setup"));
	assert_int_equal(json_array_size(list("reported")), 2);
	verify(&step_firmware);
	verify(&step_settle);
	expect_good_evidence();
	/* the station had heard of it before anything went */
	assert_int_equal(job.n_journal, 1);
	assert_string_equal(journal[0].method, "found");
}

static void test_remove(void **state)
{
	char *names[] = {(char *)"Setup" NOBODY};

	(void)state;
	order.efi.remove_foreign = true;
	order.efi.remove = names;
	order.efi.n_remove = 1;
	run(&step_firmware, STEP_DONE);
	assert_false(there_is("MokNew" SHIM) || there_is("Setup" NOBODY));
	assert_int_equal(json_array_size(list("removed")), 4);
	assert_int_equal(json_array_size(list("reported")), 0);
	verify(&step_firmware);
	/* a later boot of the order tells what this one removed */
	run(&step_firmware, STEP_DONE);
	assert_int_equal(json_array_size(list("removed")), 4);
	expect_good_evidence();
}

static void test_protected(void **state)
{
	const json_t *refused;

	(void)state;
	locked = "OsIndications";
	run(&step_firmware, STEP_DONE);
	refused = list("not_removed");
	assert_int_equal(json_array_size(refused), 1);
	assert_true(has(refused, "OsIndications") && !has(list("removed"), "OsIndications"));
	assert_non_null(strstr(json_string_value(json_object_get(json_array_get(refused, 0), "reason")),
			       "the firmware does not allow it"));
	verify(&step_firmware);
	expect_good_evidence();
}

static void test_verify_finds_what_comes_back(void **state)
{
	struct err err = {0};

	(void)state;
	run(&step_firmware, STEP_DONE);
	put("OsIndications" GLOBAL, "\1\0\0\0\0\0\0\0", 8);
	assert_int_equal(step_firmware.verify(&job, &err), -EIO);
	assert_non_null(strstr(err.text, "OsIndications is there again"));
}

static void test_memory(void **state)
{
	struct err err = {0};

	(void)state;
	run(&step_settle, STEP_DONE);
	assert_true(json_is_false(json_object_get(job.facts.memory, "requested")));
	put(MOR, "\0", 1);
	run(&step_settle, STEP_DONE);
	assert_true(json_is_true(json_object_get(job.facts.memory, "requested")));
	assert_true(json_is_false(json_object_get(job.facts.memory, "guarded")));
	verify(&step_settle);
	put(MOR, "\0", 1);
	assert_int_equal(step_settle.verify(&job, &err), -EIO);
	order.efi.keep_memory = true;
	run(&step_settle, STEP_DONE);
	assert_string_equal(json_string_value(json_object_get(job.facts.memory, "reason")),
			    "the order did not ask for it");
	verify(&step_settle);
}

/* The runner's own entry; this machine forgets all but the journal. */
static void next_boot(void)
{
	struct journal_entry reset = {
		.drive = "machine:reset-1", .step = "reset", .method = "settle", .state = JOURNAL_BEGUN};
	struct err err = {0};

	assert_int_equal(keep_entry(&job, &reset, &err), 0);
	json_decref(job.facts.firmware);
	json_decref(job.facts.efi);
	json_decref(job.facts.memory);
	job.facts = (struct facts){0};
}

static void first_boot(void)
{
	_cleanup_free_ char *next = str_printf("%sBootNext" GLOBAL, getenv("EFIVARFS_PATH"));

	order.efi.verify_after_reset = true;
	put("Boot000B" GLOBAL, "\1\0\0\0\16\0d\0\0\0\4\4\12\0\\\0a\0\0\0\x7f\xff\4\0", 24);
	put("BootOrder" GLOBAL, "\x0b\0\4\0\0\0", 6);
	run_all(STEP_NEEDS_RESET);
	assert_true(there_is("BootNext" GLOBAL));
	assert_false(there_is("Boot000B" GLOBAL));
	next_boot();
	unlink(next); /* the firmware takes it */
}

static void test_kept_over_a_reset(void **state)
{
	const json_t *reset;

	(void)state;
	put(MOR, "\0", 1);
	first_boot();
	put(MOR, "\0", 1);
	put("BootOrder" GLOBAL, "\4\0\0\0\1\0", 6); /* the firmware adds 0001 */
	run_all(STEP_DONE);
	reset = json_object_get(job.facts.firmware, "after_reset");
	assert_int_equal(json_array_size(json_object_get(reset, "boot_order")), 3);
	assert_string_equal(json_string_value(json_array_get(json_object_get(reset, "appeared"), 0)), "0001");
	assert_string_equal(json_string_value(json_object_get(reset, "memory")),
			    "taken back by the firmware");
	assert_int_equal(json_array_size(list("removed")), 2); /* in the boot before */
	assert_int_equal(json_array_size(json_object_get(job.facts.efi, "removed")), 1);
	expect_good_evidence();
}

static void expect_not_kept(const char *says)
{
	struct err err = {0};

	assert_int_equal(step_firmware.run(&job, &err), -EIO);
	if (!strstr(err.text, says))
		fail_msg("%s", err.text);
}

static void test_not_kept(void **state)
{
	(void)state;
	first_boot();
	put("BootOrder" GLOBAL, "\1\0\4\0\0\0", 6);
	expect_not_kept("has changed BootOrder over the reset: it was [\"0004\",\"0000\"]");
	put("BootOrder" GLOBAL, "\4\0\0\0", 4);
	put("Boot0042" GLOBAL, "\1\0\0\0\16\0d\0\0\0\4\4\12\0\\\0a\0\0\0\x7f\xff\4\0", 24);
	expect_not_kept("Boot0042 is back after the reset");
}

static void test_bios(void **state)
{
	(void)state;
	uefi = false;
	run(&step_firmware, STEP_DONE);
	run(&step_settle, STEP_SKIPPED);
	assert_true(there_is("OsIndications" GLOBAL));
	assert_true(json_is_null(json_object_get(job.facts.firmware, "variables")) ||
		    !json_object_get(job.facts.firmware, "variables"));
	verify(&step_firmware);
	verify(&step_settle);
}

static int tests(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test_setup_teardown(test_report, setup, teardown),
		cmocka_unit_test_setup_teardown(test_remove, setup, teardown),
		cmocka_unit_test_setup_teardown(test_protected, setup, teardown),
		cmocka_unit_test_setup_teardown(test_verify_finds_what_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kept_over_a_reset, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bios, setup, teardown),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}

int main(int argc, char **argv)
{
	(void)argc;
	return efivars_run(argv, tests);
}

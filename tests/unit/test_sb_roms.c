/* rooms: agent/steps efi protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Which option ROMs would be lost with the site's keys alone, by logs that OVMF has left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "agent/hw/tpm/tpm_log.h"
#include "agent/steps/sb_roms.h"
#include "efi/siglist.h"
#include "protocol/attestation/tcg_event.h"
#include "tests/unit/logs.h"

static const uint8_t owner[16] = {1};
static struct captured log_, signer_; /* with the network card's ROM; with Secure Boot on */
static struct siglist db;
static const char *log_path; /* what the machine has; NULL: none */

int tpm_log_read(const char *root, size_t limit, uint8_t **ret, size_t *ret_len, struct err *err)
{
	(void)root;
	if (!log_path)
		return err_set(err, ENOENT, "there is no log");
	return file_read(log_path, limit, (char **)ret, ret_len, err);
}

static int setup(void **state)
{
	(void)state;
	captured_read("efi-ipxe", &log_);
	captured_read("efi-secure-boot", &signer_);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	captured_clear(&log_);
	captured_clear(&signer_);
	siglist_clear(&db);
	return 0;
}

static void judge(int expected, unsigned expected_roms, const char *words)
{
	const struct authvar_parts parts = {.data = db.bytes, .data_len = db.len};
	struct err err = {0};
	unsigned roms = 99;
	int r = sb_roms_judge(log_.log, log_.len, &parts, &roms, &err);

	if (r != expected || (words && !strstr(err.text, words)))
		fail_msg("%d: %s", r, err.text);
	assert_int_equal(roms, expected ? 99 : expected_roms);
}

static void add(enum sig_kind kind, const void *data, size_t len)
{
	struct err err = {0};

	assert_int_equal(siglist_add(&db, kind, owner, data, len, &err), 0);
}

/* The signer's event of a boot with Secure Boot on, at that place in our log. Returns it. */
static struct place put_signer(size_t at)
{
	struct place signer = place_of(&signer_, 7, -1);

	assert_int_equal(signer.event.type, EV_EFI_VARIABLE_AUTHORITY);
	log_insert(&log_, at, 7, EV_EFI_VARIABLE_AUTHORITY, signer.event.sha256, signer_.log + signer.data,
		   signer.event.len);
	return signer;
}

static void add_its_certificate(const struct place *signer)
{
	struct tcg_event event = signer->event;
	struct tcg_variable var;

	event.data = signer_.log + signer->data;
	assert_int_equal(tcg_event_variable(&event, &var), 0);
	add(SIG_X509, var.data + 16, var.len - 16);
}

static void test_a_rom_by_its_digest(void **state)
{
	const struct place rom = place_of(&log_, 2, 0);
	char hex[SHA256_HEX_SIZE];

	(void)state;
	hex_encode(rom.event.sha256, SHA256_SIZE, hex);
	judge(-EPERM, 0, hex);
	judge(-EPERM, 0, "1 of the 1 option ROMs");
	add(SIG_SHA256, rom.event.sha256, SHA256_SIZE);
	judge(0, 1, NULL);
	/* another one that is not in db; its name is not to be made longer than there is room */
	for (unsigned i = 0; i < 9; i++) {
		const uint8_t digest[SHA256_SIZE] = {(uint8_t)i};

		log_insert(&log_, rom.begin, 2, EV_EFI_RUNTIME_SERVICES_DRIVER, digest, "x", 1);
	}
	judge(-EPERM, 0, "9 of the 10 option ROMs");
	judge(-EPERM, 0, " ...)");
}

static void test_no_rom(void **state)
{
	const struct place rom = place_of(&log_, 2, 0);

	(void)state;
	log_remove(&log_, &rom);
	judge(0, 0, NULL);
}

static void test_a_rom_by_its_signer(void **state)
{
	const struct place rom = place_of(&log_, 2, 0);
	struct place signer;

	(void)state;
	signer = put_signer(rom.begin);
	judge(-EPERM, 0, "--with");
	add_its_certificate(&signer);
	judge(0, 1, NULL);
	/* a second one that db has not */
	log_insert(&log_, rom.begin, 7, EV_EFI_VARIABLE_AUTHORITY, rom.event.sha256, "garbage", 7);
	judge(-EPERM, 0, NULL);
}

/* Who vouched for what was booted says nothing of ROMs. */
static void test_signers_of_what_was_booted(void **state)
{
	struct place signer;

	(void)state;
	signer = put_signer(log_.len);
	add_its_certificate(&signer);
	judge(-EPERM, 0, NULL);
}

static void test_bent_log(void **state)
{
	(void)state;
	log_.len -= 3;
	judge(-EBADMSG, 0, "event log");
	log_.len = 0;
	judge(-EBADMSG, 0, "event log");
}

static void note(struct job *job, const char *text)
{
	(void)job;
	assert_non_null(strstr(text, "cannot be checked"));
}

static void test_the_record(void **state)
{
	static const struct job_ops ops = {.note = note};
	struct job job = {.ops = &ops};
	struct sb_bundle bundle = {0};
	struct err err = {0};

	(void)state;
	log_path = NULL;
	assert_int_equal(sb_roms_check(&job, &bundle, &err), 0);
	assert_true(json_is_false(json_object_get(job.facts.option_roms, "checked")));
	log_path = LOGS_FOLDER "/efi.log";
	assert_int_equal(sb_roms_check(&job, &bundle, &err), 0);
	assert_int_equal(json_integer_value(json_object_get(job.facts.option_roms, "roms")), 0);
	assert_true(json_is_true(json_object_get(job.facts.option_roms, "checked")));
	log_path = LOGS_FOLDER "/efi-ipxe.log";
	assert_int_equal(sb_roms_check(&job, &bundle, &err), -EPERM);
	json_decref(job.facts.option_roms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_rom_by_its_digest, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_rom, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_rom_by_its_signer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_signers_of_what_was_booted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bent_log, setup, teardown),
		cmocka_unit_test(test_the_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

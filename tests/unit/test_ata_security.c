/* rooms: agent/hw tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* SECURITY ERASE UNIT: every way through it, and on none of them a password is left behind. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/ata/private.h"
#include "agent/hw/scsi/sg_spec.h"
#include "tests/fakes/ata_model.h"

#define SIZE (4u << 20)

static struct model *model;
static struct ata_model *drive;
static struct ata_caps caps;
static struct err err;
static int fd;

static int setup(void **state)
{
	(void)state;
	memset(&err, 0, sizeof(err));
	model = ata_model_new("LOCK", SIZE);
	drive = ata_model(model);
	fd = open(model->block.path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ata_identify(fd, &caps, &err), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(fd);
	models_clear();
	return 0;
}

static void assert_error(int r, int code, const char *words)
{
	if (r != -code)
		fail_msg("%d instead of %d: %s", r, -code, err.text);
	assert_int_equal(err.code, code);
	if (!strstr(err.text, words))
		fail_msg("\"%s\" is not in \"%s\"", words, err.text);
}

static int erase(void)
{
	return ata_security_erase(fd, &caps, false, 1000, &err);
}

static void test_it_erases_and_leaves_no_password(void **state)
{
	(void)state;
	for (drive->sense = 0; drive->sense < ATA_SENSE_NONE; drive->sense++) {
		unsigned enhanced = drive->sense & 1;

		assert_int_equal(ata_security_erase(fd, &caps, enhanced, 1000, &err), 0);
		assert_int_equal(model_residue(model), 0);
		assert_false(ata_model_has_password(model));
	}
	assert_int_equal(drive->erasures, drive->sense);
	assert_int_equal(drive->last_timeout_ms, 20000); /* the last look */
}

static void test_what_is_not_offered_is_not_issued(void **state)
{
	(void)state;
	drive->has_enhanced = false;
	assert_int_equal(ata_identify(fd, &caps, &err), 0);
	assert_error(ata_security_erase(fd, &caps, true, 1000, &err), EOPNOTSUPP, "enhanced");
	drive->has_security = false;
	assert_int_equal(ata_identify(fd, &caps, &err), 0);
	assert_error(erase(), EOPNOTSUPP, "does not offer it");
	caps.security = true;
	assert_error(ata_security_erase(fd, &caps, false, 0, &err), EINVAL, "time limit");
	assert_int_equal(drive->commands[ATA_SECURITY_SET_PASSWORD], 0);
}

static void test_frozen_says_what_to_do(void **state)
{
	(void)state;
	drive->frozen = true;
	assert_error(erase(), EPERM, "power-cycle");
	assert_int_equal(drive->commands[ATA_SECURITY_SET_PASSWORD], 0);
	model_power_cycle(model);
	assert_int_equal(erase(), 0);
}

static void test_somebody_elses_password_is_left_alone(void **state)
{
	(void)state;
	ata_model_set_password(model, "tenant");
	assert_error(erase(), EACCES, "somebody else's password");
	assert_true(ata_model_has_password(model));
	assert_int_equal(drive->commands[ATA_SECURITY_SET_PASSWORD], 0);
	model_power_cycle(model); /* locked */
	assert_error(erase(), EACCES, "somebody else's password");
	assert_int_equal(drive->attempts, 4); /* one try, no more */
	drive->attempts = 0;
	assert_error(erase(), EACCES, "too many wrong ones");
	assert_int_equal(drive->attempts, 0);
	assert_int_equal(model_residue(model), SIZE);
}

/* The power goes in the middle; the next run finds the drive locked by our password. */
static void test_a_run_that_was_cut_off_is_recognised(void **state)
{
	(void)state;
	drive->faults[ATA_SECURITY_ERASE_UNIT] = (struct ata_fault){.kind = ATA_FAULT_ERRNO, .value = EIO};
	drive->faults[ATA_SECURITY_DISABLE_PASSWORD] =
		(struct ata_fault){.kind = ATA_FAULT_ERRNO, .value = EIO};
	assert_true(erase() < 0);
	assert_true(ata_model_has_password(model));
	memset(drive->faults, 0, sizeof(drive->faults));
	model_power_cycle(model);
	assert_true(drive->locked);
	assert_int_equal(erase(), 0);
	assert_false(ata_model_has_password(model));
	assert_int_equal(model_residue(model), 0);
	assert_int_equal(drive->attempts, 5);
}

static void test_an_erasure_that_fails_half_way(void **state)
{
	(void)state;
	drive->security_fails = true;
	assert_error(erase(), EIO, "SECURITY ERASE UNIT: the drive answered: command aborted");
	assert_false(ata_model_has_password(model));
	assert_int_equal(model_residue(model), SIZE / 2);
}

static void test_a_time_limit_that_runs_out(void **state)
{
	(void)state;
	drive->security_s = 2000;
	assert_error(erase(), EIO, "timed out");
	assert_false(ata_model_has_password(model));
}

static void test_successes_that_are_none(void **state)
{
	(void)state;
	/* The defect of others' tools: aborted or ignored, and success reported. */
	drive->faults[ATA_SECURITY_SET_PASSWORD] = (struct ata_fault){.kind = ATA_FAULT_SUCCESS};
	assert_error(erase(), EIO, "SECURITY SET PASSWORD: success, and the drive has no password");
	assert_int_equal(drive->commands[ATA_SECURITY_ERASE_UNIT], 0);
	memset(drive->faults, 0, sizeof(drive->faults));
	drive->faults[ATA_SECURITY_ERASE_UNIT] = (struct ata_fault){.kind = ATA_FAULT_SUCCESS};
	assert_error(erase(), EIO, "SECURITY ERASE UNIT: success, and the drive still has its password");
	assert_false(ata_model_has_password(model));
	memset(drive->faults, 0, sizeof(drive->faults));
	drive->keeps_password = true;
	assert_error(erase(), EIO, "still has its password");
	assert_false(ata_model_has_password(model));
}

static void test_a_password_that_will_not_go_is_told_loudly(void **state)
{
	(void)state;
	drive->keeps_password = true;
	drive->faults[ATA_SECURITY_DISABLE_PASSWORD] = (struct ata_fault){.kind = ATA_FAULT_SUCCESS};
	assert_error(erase(), EIO, "THE DRIVE MAY STILL HAVE THE USER PASSWORD \"remint\"");
	assert_non_null(strstr(err.text, "the password is still there"));
	assert_non_null(strstr(err.text, "before that: SECURITY ERASE UNIT"));
	assert_int_equal(drive->commands[ATA_SECURITY_DISABLE_PASSWORD], 3);
	/* As is one that cannot be looked for. */
	memset(drive->faults, 0, sizeof(drive->faults));
	drive->enabled = drive->keeps_password = false;
	drive->faults[ATA_IDENTIFY_DEVICE] =
		(struct ata_fault){.kind = ATA_FAULT_HOST, .value = 1, .after = 2};
	assert_error(erase(), EIO, "THE DRIVE MAY STILL HAVE THE USER PASSWORD");
	assert_non_null(strstr(err.text, "no connection"));
}

/* It is taken away at the second try, or the third. */
static void test_a_drive_that_needs_a_moment(void **state)
{
	(void)state;
	for (unsigned times = 1; times < 3; times++) {
		drive->security_fails = true;
		drive->faults[ATA_SECURITY_DISABLE_PASSWORD] =
			(struct ata_fault){.kind = ATA_FAULT_SAM, .value = SAM_BUSY, .times = times};
		assert_error(erase(), EIO, "SECURITY ERASE UNIT: the drive answered: command aborted");
		assert_false(ata_model_has_password(model));
	}
}

/* Locked in the middle by a reset that the drive takes for a power-on: unlock, then disable. */
static void test_locked_in_the_middle(void **state)
{
	struct ata_security_data data = {.password = "remint"};
	struct ata_command cmd = {.command = ATA_SECURITY_SET_PASSWORD,
				  .count = 1,
				  .direction = SG_TO_DEVICE,
				  .data = &data,
				  .timeout_s = 5};

	(void)state;
	assert_int_equal(ata_pass(fd, &cmd, "x", &err), 0);
	model_power_cycle(model);
	assert_int_equal(erase(), 0);
	assert_int_equal(drive->commands[ATA_SECURITY_UNLOCK], 1);
	assert_false(ata_model_has_password(model));
}

/* Every command in turn, at each of its calls, in every way, carried out by the drive or not. */
static void test_no_failure_leaves_a_password(void **state)
{
	static const uint8_t commands[] = {ATA_IDENTIFY_DEVICE,           ATA_SECURITY_SET_PASSWORD,
					   ATA_SECURITY_ERASE_PREPARE,    ATA_SECURITY_ERASE_UNIT,
					   ATA_SECURITY_DISABLE_PASSWORD, ATA_SECURITY_UNLOCK};
	static const struct {
		enum ata_fault_kind kind;
		uint32_t value;
	} ways[] = {
		{ATA_FAULT_ERROR, ATA_ERROR_ABRT},
		{ATA_FAULT_STATUS, 0x60},
		{ATA_FAULT_HOST, 3},
		{ATA_FAULT_DRIVER, 6},
		{ATA_FAULT_SAM, 0x28},
		{ATA_FAULT_ERRNO, EIO},
		{ATA_FAULT_SENSE, 0x044400},
		{ATA_FAULT_NO_SENSE, 0},
		{ATA_FAULT_SUCCESS, 0},
	};
	unsigned failures = 0, runs = 0;

	(void)state;
	for (size_t c = 0; c < sizeof(commands); c++)
		for (size_t w = 0; w < sizeof(ways) / sizeof(*ways); w++)
			for (unsigned after = 0; after < 4; after++)
				for (unsigned done = 0; done < 2; done++)
					for (unsigned fails = 0; fails < 2; fails++) {
						memset(drive->faults, 0, sizeof(drive->faults));
						drive->security_fails = fails;
						drive->faults[commands[c]] = (struct ata_fault){
							ways[w].kind, ways[w].value, done, after, 1};
						runs++;
						if (erase() < 0)
							failures++;
						else
							assert_false(fails);
						assert_false(ata_model_has_password(model));
						assert_null(strstr(err.text, "MAY STILL HAVE"));
					}
	assert_true(failures > runs / 2);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_it_erases_and_leaves_no_password),
		T(test_what_is_not_offered_is_not_issued),
		T(test_frozen_says_what_to_do),
		T(test_somebody_elses_password_is_left_alone),
		T(test_a_run_that_was_cut_off_is_recognised),
		T(test_an_erasure_that_fails_half_way),
		T(test_a_time_limit_that_runs_out),
		T(test_successes_that_are_none),
		T(test_a_password_that_will_not_go_is_told_loudly),
		T(test_a_drive_that_needs_a_moment),
		T(test_locked_in_the_middle),
		T(test_no_failure_leaves_a_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

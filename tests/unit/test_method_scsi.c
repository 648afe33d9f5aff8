/* rooms: agent/wipe tests/fakes agent/hw core */
/* SPDX-License-Identifier: Apache-2.0 */
/* SCSI SANITIZE as a method: its state machine from every state, with drives that are slow, stuck, failing and lying. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/scsi/sg_spec.h"
#include "agent/hw/scsi/spec.h"
#include "agent/hw/transport.h"
#include "agent/wipe/method.h"
#include "core/json.h"
#include "tests/fakes/scsi_model.h"

enum { SIZE = 4 << 20, DAY_MS = 86400 * 1000 };

static struct model *model;
static struct scsi_model *drive;
static struct wipe_caps caps;
static struct wipe_run run;
static struct err err;
static unsigned n_progress;
static uint64_t progress_seen;

static void on_progress(struct wipe_run *r, uint64_t done, uint64_t total, unsigned patience_s)
{
	assert_ptr_equal(r, &run);
	assert_true(done <= total && patience_s > 0);
	progress_seen = done > progress_seen ? done : progress_seen;
	n_progress++;
}

static void look_at_it(void)
{
	memset(&caps, 0, sizeof(caps));
	caps.kind = WIPE_CAPS_SCSI;
	assert_int_equal(scsi_identify(run.fd, &caps.scsi, &err), 0);
}

static int setup(void **state)
{
	(void)state;
	model = scsi_model_new("SM1", SIZE, 512);
	drive = scsi_model(model);
	n_progress = 0;
	progress_seen = 0;
	err = (struct err){0};
	run = (struct wipe_run){.block = &model->block,
				.fd = open(model->block.path, O_RDWR | O_CLOEXEC),
				.caps = &caps,
				.status = json_array(),
				.progress = on_progress};
	look_at_it();
	return run.fd < 0;
}

static int teardown(void **state)
{
	(void)state;
	close(run.fd);
	json_decref(run.status);
	models_clear();
	return 0;
}

static const char *last_status(const char *key)
{
	size_t n = json_array_size(run.status);

	assert_true(n > 0);
	return json_string_value(json_object_get(json_array_get(run.status, n - 1), key));
}

static void test_each_action_erases(void **state)
{
	static const struct {
		int (*method)(struct wipe_run *run, struct err *err);
		uint8_t action;
	} cases[] = {{method_scsi_sanitize_overwrite, 1},
		     {method_scsi_sanitize_block, 2},
		     {method_scsi_sanitize_crypto, 3}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(cases[i].method(&run, &err), 0);
		assert_int_equal(drive->action, cases[i].action);
		assert_int_equal(drive->n_sanitize, i + 1);
		assert_int_equal(model_residue(model), 0);
		assert_string_equal(last_status("what"), "SCSI sense, no sanitize running");
		assert_string_equal(last_status("hex"), "700000000000000a");
	}
	assert_true(n_progress > 10 && progress_seen > 32768);
}

/* It reports what the drive said; that nothing was erased is for the proof to find. */
static void test_a_lie_is_not_noticed_here(void **state)
{
	(void)state;
	drive->truth = MODEL_NOTHING;
	assert_int_equal(method_scsi_sanitize_block(&run, &err), 0);
	assert_int_equal(model_residue(model), SIZE);
}

static void test_what_is_not_offered_is_not_issued(void **state)
{
	(void)state;
	drive->crypto = false;
	look_at_it();
	assert_int_equal(method_scsi_sanitize_crypto(&run, &err), -EOPNOTSUPP);
	caps.kind = WIPE_CAPS_NONE;
	assert_int_equal(method_scsi_sanitize_block(&run, &err), -EOPNOTSUPP);
	assert_int_equal(drive->n_sanitize, 0);
}

static void test_a_drive_that_refuses(void **state)
{
	(void)state;
	drive->refuses = true; /* as scsi_debug does, but for the promise before */
	assert_int_equal(method_scsi_sanitize_block(&run, &err), -EOPNOTSUPP);
	drive->refuses = false;
	drive->write_protected = true;
	assert_int_equal(method_scsi_sanitize_block(&run, &err), -EIO);
	assert_int_equal(drive->n_exit, 0);
	assert_int_equal(model_residue(model), SIZE);
}

static void test_slow_is_waited_for(void **state)
{
	uint64_t before = model_paused_ms();

	(void)state;
	drive->duration_ms = 20 * 3600 * 1000; /* a large rotating drive */
	assert_int_equal(method_scsi_sanitize_overwrite(&run, &err), 0);
	assert_int_equal(model_residue(model), 0);
	assert_true(model_paused_ms() - before >= drive->duration_ms);
}

static void test_stuck_is_bounded(void **state)
{
	uint64_t before = model_paused_ms();

	(void)state;
	drive->stuck_at = 30000;
	assert_int_equal(method_scsi_sanitize_block(&run, &err), -ETIMEDOUT);
	assert_non_null(strstr(err.text, "stood still at 45 %"));
	drive->no_progress = true;
	drive->state = SCSI_MODEL_IDLE;
	assert_int_equal(method_scsi_sanitize_block(&run, &err), -ETIMEDOUT);
	assert_true(model_paused_ms() - before < 3ull * DAY_MS);
}

static void test_busy_for_a_while_and_for_ever(void **state)
{
	(void)state;
	drive->fault = (struct scsi_fault){
		.on = true, .opcode = SCSI_REQUEST_SENSE, .skip = 2, .times = 5, .status = SAM_BUSY};
	assert_int_equal(method_scsi_sanitize_block(&run, &err), 0);
	drive->fault =
		(struct scsi_fault){.on = true, .opcode = SCSI_REQUEST_SENSE, .skip = 2, .status = SAM_BUSY};
	assert_int_equal(method_scsi_sanitize_block(&run, &err), -ETIMEDOUT);
}

static void test_failure_at_the_end(void **state)
{
	(void)state;
	drive->fails = true;
	assert_int_equal(method_scsi_sanitize_block(&run, &err), -EIO);
	assert_non_null(strstr(err.text, "31h/03h"));
	assert_string_equal(last_status("what"), "SCSI sense, sanitize failed");
	assert_true(model_residue(model) > 0);
	/* The next one is the way out, and needs nothing else. */
	drive->fails = false;
	assert_int_equal(method_scsi_sanitize_overwrite(&run, &err), 0);
	assert_int_equal(drive->n_exit, 0);
	assert_int_equal(model_residue(model), 0);
}

static void test_failure_mode_that_must_be_left_first(void **state)
{
	(void)state;
	drive->state = SCSI_MODEL_FAILED;
	drive->unrestricted = true; /* a former tenant's, with AUSE */
	drive->picky = true;
	assert_int_equal(method_scsi_sanitize_block(&run, &err), 0);
	assert_int_equal(drive->n_exit, 1);
	assert_int_equal(drive->n_sanitize, 3);
	assert_int_equal(model_residue(model), 0);
}

static void test_failure_mode_that_cannot_be_left(void **state)
{
	(void)state;
	drive->state = SCSI_MODEL_FAILED;
	drive->picky = true;
	assert_int_equal(method_scsi_sanitize_block(&run, &err), -EIO);
	assert_non_null(strstr(err.text, "failure mode of an earlier sanitize"));
	assert_int_equal(drive->n_exit, 1);
	assert_int_equal(drive->n_sanitize, 2);
}

/* ---- after a power cut ---- */

static void begun_by_an_earlier_boot(enum scsi_sanitize action)
{
	assert_int_equal(scsi_sanitize_start(run.fd, &caps.scsi, action, &err), 0);
	device_transport()->pause(20 * 1000);
	model_power_cycle(model);
	look_at_it();
	run.resumed = true;
}

static void test_resumed_while_it_runs(void **state)
{
	(void)state;
	begun_by_an_earlier_boot(SCSI_SANITIZE_BLOCK);
	assert_int_equal(method_scsi_sanitize_block(&run, &err), 0);
	assert_int_equal(drive->n_sanitize, 1);
	assert_int_equal(model_residue(model), 0);
}

/* Nothing tells one that has ended from one that never began: it is done again. */
static void test_resumed_after_its_end(void **state)
{
	(void)state;
	begun_by_an_earlier_boot(SCSI_SANITIZE_BLOCK);
	device_transport()->pause(60 * 1000);
	assert_int_equal(method_scsi_sanitize_block(&run, &err), 0);
	assert_int_equal(drive->n_sanitize, 2);
}

static void test_resumed_and_failed(void **state)
{
	(void)state;
	drive->fails = true;
	begun_by_an_earlier_boot(SCSI_SANITIZE_BLOCK);
	assert_int_equal(method_scsi_sanitize_block(&run, &err), -EIO); /* seen to fail */
	drive->fails = false;
	model_power_cycle(model);
	assert_int_equal(method_scsi_sanitize_block(&run, &err), 0); /* found failed */
	assert_int_equal(drive->n_sanitize, 2);
	assert_int_equal(model_residue(model), 0);
}

static void test_somebody_elses_is_waited_for_and_ours_follows(void **state)
{
	(void)state;
	drive->truth = MODEL_NOTHING;
	begun_by_an_earlier_boot(SCSI_SANITIZE_CRYPTO);
	run.resumed = false;
	assert_int_equal(method_scsi_sanitize_block(&run, &err), 0);
	assert_int_equal(drive->n_sanitize, 2);
	assert_int_equal(drive->action, SCSI_SANITIZE_BLOCK);
	/* Also when it fails. */
	drive->fails = true;
	begun_by_an_earlier_boot(SCSI_SANITIZE_CRYPTO);
	run.resumed = false;
	assert_int_equal(method_scsi_sanitize_block(&run, &err), -EIO);
	assert_int_equal(drive->n_sanitize, 4);
	/* One that never ends is not waited for without end. */
	drive->stuck_at = 5;
	assert_int_equal(scsi_sanitize_start(run.fd, &caps.scsi, SCSI_SANITIZE_BLOCK, &err), 0);
	assert_int_equal(method_scsi_sanitize_block(&run, &err), -ETIMEDOUT);
	assert_int_equal(drive->n_sanitize, 5);
}

/* ---- every layer, at every command of the method ---- */

static void test_every_layer_is_a_failure(void **state)
{
	static const struct scsi_fault faults[] = {
		{.error = EIO},
		{.error = ENODEV},
		{.host = 0x01},
		{.host = 0x0e},
		{.driver = 0x06},
		{.status = SAM_RESERVATION_CONFLICT},
		{.status = SAM_TASK_ABORTED},
		{.status = SAM_CHECK_CONDITION, .key = SENSE_HARDWARE_ERROR, .asc = 0x44},
		{.status = SAM_CHECK_CONDITION, .key = SENSE_ABORTED_COMMAND, .asc = 0x4b},
		{.status = SAM_CHECK_CONDITION, .no_sense = true},
		{.status = SAM_CHECK_CONDITION, .key = SENSE_RECOVERED_ERROR, .deferred = true},
	};
	static const uint8_t opcodes[] = {SCSI_REQUEST_SENSE, SCSI_TEST_UNIT_READY, SCSI_SANITIZE};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		for (size_t j = 0; j < sizeof(opcodes); j++)
			for (unsigned skip = 0; skip < (opcodes[j] == SCSI_SANITIZE ? 1 : 2); skip++) {
				drive->state = SCSI_MODEL_IDLE;
				drive->fault = faults[i];
				drive->fault.on = true;
				drive->fault.opcode = opcodes[j];
				drive->fault.skip = skip;
				err.text[0] = '\0';
				assert_true(method_scsi_sanitize_block(&run, &err) < 0);
				assert_true(err.text[0] != '\0');
			}
}

static void test_nonsense_is_bounded(void **state)
{
	static const uint8_t opcodes[] = {SCSI_REQUEST_SENSE, SCSI_TEST_UNIT_READY, SCSI_SANITIZE};
	uint64_t before = model_paused_ms();

	(void)state;
	drive->duration_ms = 1000;
	for (unsigned i = 0; i < 300; i++) {
		drive->state = SCSI_MODEL_IDLE;
		drive->fault = (struct scsi_fault){.on = true,
						   .opcode = opcodes[i % 3],
						   .status = i % 2 ? SAM_CHECK_CONDITION : SAM_GOOD,
						   .skip = i % 4,
						   .nonsense = true};
		if (method_scsi_sanitize_block(&run, &err) == 0)
			assert_int_equal(drive->state, SCSI_MODEL_IDLE);
	}
	assert_true(model_paused_ms() - before < 300ull * 2 * DAY_MS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_each_action_erases),
		TEST(test_a_lie_is_not_noticed_here),
		TEST(test_what_is_not_offered_is_not_issued),
		TEST(test_a_drive_that_refuses),
		TEST(test_slow_is_waited_for),
		TEST(test_stuck_is_bounded),
		TEST(test_busy_for_a_while_and_for_ever),
		TEST(test_failure_at_the_end),
		TEST(test_failure_mode_that_must_be_left_first),
		TEST(test_failure_mode_that_cannot_be_left),
		TEST(test_resumed_while_it_runs),
		TEST(test_resumed_after_its_end),
		TEST(test_resumed_and_failed),
		TEST(test_somebody_elses_is_waited_for_and_ours_follows),
		TEST(test_every_layer_is_a_failure),
		TEST(test_nonsense_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

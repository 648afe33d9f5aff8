/* rooms: agent/wipe agent/hw tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The five methods of ATA drives, from the first look to the last, on modelled drives. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "agent/wipe/method.h"
#include "core/json.h"
#include "tests/fakes/ata_model.h"

#define SIZE   (8u << 20)
#define DAY_MS (86400ull * 1000)

static struct model *model;
static struct ata_model *drive;
static struct wipe_caps caps;
static struct wipe_run run;
static struct err err;
static unsigned calls, patience, longest;
static uint64_t told_ns,
	silent_ns; /* by the model's clock: when told last, and the longest silence beyond the patience */

static int (*const sanitizes[])(struct wipe_run *run, struct err *err) = {
	method_ata_sanitize_block, method_ata_sanitize_crypto, method_ata_sanitize_overwrite};
static int (*const erases[])(struct wipe_run *run, struct err *err) = {method_ata_security_enhanced,
								       method_ata_security_normal};

static void check_silence(void)
{
	uint64_t silence = model_now_ns() - told_ns;

	if (calls > 0 && silence > patience * 1000000000ull)
		silent_ns = silence;
}

static void progress(struct wipe_run *r, uint64_t done, uint64_t total, unsigned patience_s)
{
	assert_ptr_equal(r, &run);
	assert_true(done <= total && total > 0 && patience_s > 0);
	check_silence();
	calls++;
	patience = patience_s;
	longest = patience_s > longest ? patience_s : longest;
	told_ns = model_now_ns();
}

static void fresh(void)
{
	if (run.fd >= 0)
		close(run.fd);
	json_decref(run.status);
	models_clear();
	model = ata_model_new("METHOD", SIZE);
	drive = ata_model(model);
	run = (struct wipe_run){.block = &model->block,
				.fd = open(model->block.path, O_RDWR | O_CLOEXEC),
				.caps = &caps,
				.status = json_array(),
				.progress = progress};
	assert_true(run.fd >= 0);
	memset(&err, 0, sizeof(err));
	caps = (struct wipe_caps){.kind = WIPE_CAPS_ATA};
	assert_int_equal(ata_identify(run.fd, &caps.ata, &err), 0);
	calls = patience = longest = 0;
	silent_ns = 0;
}

static int setup(void **state)
{
	(void)state;
	run = (struct wipe_run){.fd = -EBADF};
	fresh();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	check_silence();
	assert_int_equal(silent_ns, 0);
	close(run.fd);
	json_decref(run.status);
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

static const char *kept(unsigned i, const char *key)
{
	return json_string_value(json_object_get(json_array_get(run.status, i), key));
}

static void test_sanitize_erases(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		fresh();
		assert_int_equal(sanitizes[i](&run, &err), 0);
		assert_int_equal(model_residue(model), 0);
		assert_int_equal(drive->sanitizes, 1);
		assert_true(calls > 3);
		assert_int_equal(json_array_size(run.status), 2);
		assert_string_equal(kept(0, "what"), "SANITIZE STATUS EXT, before");
		assert_string_equal(kept(1, "what"), "SANITIZE STATUS EXT, after");
		/* code, length, EXTEND, ERROR, COUNT 15:8 with "completed" */
		assert_memory_equal(kept(1, "hex"), "090c010080", 10);
	}
}

/* Lies are the proof's business; a method reports what the drive said. */
static void test_a_liars_word_is_passed_on(void **state)
{
	(void)state;
	for (unsigned truth = MODEL_NOTHING; truth < MODEL_TRUTHS; truth++) {
		fresh();
		drive->truth = truth;
		assert_int_equal(sanitizes[truth % 3](&run, &err), 0);
		assert_true(model_residue(model) > 0);
		assert_int_equal(erases[truth % 2](&run, &err), 0);
		assert_true(model_residue(model) > 0);
	}
}

static void test_sanitize_of_a_drive_that_takes_its_time(void **state)
{
	(void)state;
	drive->sanitize_s = 20 * 3600;
	assert_int_equal(method_ata_sanitize_overwrite(&run, &err), 0);
	assert_true(model_paused_ms() >= 20 * 3600 * 1000ull);
	assert_int_equal(model_residue(model), 0);
}

static void test_sanitize_that_stands_still(void **state)
{
	uint64_t before = model_paused_ms();

	(void)state;
	drive->sanitize_stuck = true;
	assert_error(method_ata_sanitize_block(&run, &err), ETIMEDOUT, "stood still");
	assert_true(model_paused_ms() - before < 2 * DAY_MS);
}

static void test_sanitize_that_never_ends(void **state)
{
	(void)state;
	drive->sanitize_s = 40 * 86400;
	assert_error(method_ata_sanitize_block(&run, &err), ETIMEDOUT, "still at it");
}

static void test_sanitize_that_fails_at_its_end(void **state)
{
	(void)state;
	drive->sanitize_fails = true;
	assert_error(method_ata_sanitize_block(&run, &err), EIO, "its sanitize has failed");
	assert_string_equal(kept(1, "what"), "SANITIZE STATUS EXT, after");
	assert_non_null(strstr(kept(1, "hex"), "090c0004")); /* ABRT, in fixed format */
	/* The next begins in the failed state, and leads out of it. */
	drive->sanitize_fails = false;
	assert_int_equal(method_ata_sanitize_overwrite(&run, &err), 0);
	assert_int_equal(model_residue(model), 0);
}

static void test_sanitize_frozen(void **state)
{
	(void)state;
	drive->sanitize = SD1_FROZEN;
	drive->commands[0xb4] = 0;
	assert_error(method_ata_sanitize_block(&run, &err), EPERM, "power-cycle");
	assert_int_equal(drive->commands[0xb4], 1); /* the question alone */
}

static void test_success_that_is_told_once(void **state)
{
	(void)state;
	drive->sanitize_tells_once = true;
	assert_int_equal(method_ata_sanitize_block(&run, &err), 0);
	assert_int_equal(model_residue(model), 0);
}

static void test_a_stop_without_success_is_a_failure(void **state)
{
	(void)state;
	/* Accepted, and nothing is done: no more than idle, nor completed. */
	drive->faults[0xb4] = (struct ata_fault){.kind = ATA_FAULT_SUCCESS, .after = 1, .times = 1};
	assert_error(method_ata_sanitize_block(&run, &err), EIO, "does not say that it has completed");
	assert_int_equal(model_residue(model), SIZE);
}

static void test_resumed_waits_for_what_runs(void **state)
{
	(void)state;
	assert_int_equal(ata_sanitize_start(run.fd, &caps.ata, ATA_SANITIZE_BLOCK, &err), 0);
	model_power_cycle(model);
	run.resumed = true;
	assert_int_equal(method_ata_sanitize_block(&run, &err), 0);
	assert_int_equal(drive->sanitizes, 1);
	assert_int_equal(model_residue(model), 0);
	/* It has ended: not again. */
	assert_int_equal(method_ata_sanitize_block(&run, &err), 0);
	assert_int_equal(drive->sanitizes, 1);
	/* The drive knows of none: it is begun. */
	model_power_cycle(model);
	assert_int_equal(method_ata_sanitize_block(&run, &err), 0);
	assert_int_equal(drive->sanitizes, 2);
}

/* That the drive has completed one some day is no reason to leave ours out. */
static void test_a_former_success_is_not_ours(void **state)
{
	(void)state;
	drive->sanitize = SD4_SUCCEEDED;
	assert_int_equal(method_ata_sanitize_block(&run, &err), 0);
	assert_int_equal(drive->sanitizes, 1);
	assert_int_equal(model_residue(model), 0);
}

static void test_resumed_and_it_failed_meanwhile(void **state)
{
	(void)state;
	drive->sanitize_fails = true;
	assert_int_equal(ata_sanitize_start(run.fd, &caps.ata, ATA_SANITIZE_BLOCK, &err), 0);
	run.resumed = true;
	assert_error(method_ata_sanitize_block(&run, &err), EIO, "its sanitize has failed");
	assert_int_equal(drive->sanitizes, 1);
}

static void test_a_foreign_sanitize_is_waited_for_and_ours_follows(void **state)
{
	(void)state;
	assert_int_equal(ata_sanitize_start(run.fd, &caps.ata, ATA_SANITIZE_CRYPTO, &err), 0);
	assert_int_equal(method_ata_sanitize_block(&run, &err), 0);
	assert_int_equal(drive->sanitizes, 2);
	assert_int_equal(drive->sanitize_action, 0x12);
	fresh();
	drive->sanitize_stuck = true;
	assert_int_equal(ata_sanitize_start(run.fd, &caps.ata, ATA_SANITIZE_CRYPTO, &err), 0);
	assert_error(method_ata_sanitize_block(&run, &err), ETIMEDOUT, "running already");
	assert_int_equal(drive->sanitizes, 1);
}

/* Each question in turn fails, in each layer: never a success. */
static void test_no_layer_of_sanitize_is_swallowed(void **state)
{
	static const struct {
		enum ata_fault_kind kind;
		uint32_t value;
	} ways[] = {
		{ATA_FAULT_ERROR, 0x04}, {ATA_FAULT_ERROR, 0x10}, {ATA_FAULT_STATUS, 0x60},
		{ATA_FAULT_STATUS, 0},   {ATA_FAULT_HOST, 1},     {ATA_FAULT_HOST, 3},
		{ATA_FAULT_DRIVER, 6},   {ATA_FAULT_SAM, 0x18},   {ATA_FAULT_SENSE, 0x044400},
		{ATA_FAULT_ERRNO, EIO},  {ATA_FAULT_NO_SENSE, 0},
	};

	(void)state;
	for (size_t w = 0; w < sizeof(ways) / sizeof(*ways); w++)
		for (unsigned after = 0; after < 6; after++) {
			fresh();
			drive->faults[0xb4] =
				(struct ata_fault){ways[w].kind, ways[w].value, w % 2, after, 0};
			assert_true(sanitizes[w % 3](&run, &err) < 0);
			assert_true(strlen(err.text) > 0);
		}
}

static void test_security_erases(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		fresh();
		assert_int_equal(erases[i](&run, &err), 0);
		assert_int_equal(model_residue(model), 0);
		assert_false(ata_model_has_password(model));
		assert_int_equal(json_array_size(run.status), 2);
		assert_string_equal(kept(0, "what"), "IDENTIFY DEVICE, before");
		assert_string_equal(kept(1, "what"), "IDENTIFY DEVICE, after");
		assert_int_equal(strlen(kept(1, "hex")), 1024);
	}
}

static void test_time_limits_of_security_erase(void **state)
{
	static const struct {
		uint16_t word;
		uint64_t size;
		unsigned seconds;
	} cases[] = {
		{2, SIZE, 2 * 240 + 600},                /* twice the estimate and ten minutes */
		{0, SIZE, 4 * 3600},                     /* not told */
		{255, SIZE, 4 * 3600},                   /* "more than 508 minutes" */
		{0, 20ull << 40, 4 * 3600 + (20 << 16)}, /* by size */
		{0x8000 | 3000, SIZE, 2 * 3000 * 120 + 600},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		fresh();
		drive->erase_time = cases[i].word;
		drive->faults[0xf4] = (struct ata_fault){.kind = ATA_FAULT_ERROR, .value = 4};
		assert_int_equal(ata_identify(run.fd, &caps.ata, &err), 0);
		model->block.size = cases[i].size;
		assert_true(method_ata_security_normal(&run, &err) < 0);
		assert_true(longest > cases[i].seconds);
		/* The command's own limit lies within the patience that was told. */
		drive->faults[0xf4] = (struct ata_fault){.kind = ATA_FAULT_NONE};
		drive->security_s = cases[i].seconds;
		model->block.size = cases[i].size;
		assert_int_equal(method_ata_security_normal(&run, &err), 0);
		drive->security_s = cases[i].seconds + 1;
		assert_error(method_ata_security_normal(&run, &err), EIO, "timed out");
		assert_false(ata_model_has_password(model));
		model->block.size = SIZE;
	}
}

static void test_security_frozen_and_foreign(void **state)
{
	(void)state;
	drive->frozen = true;
	assert_error(method_ata_security_enhanced(&run, &err), EPERM, "power-cycle");
	drive->frozen = false;
	ata_model_set_password(model, "tenant");
	assert_error(method_ata_security_enhanced(&run, &err), EACCES, "somebody else's");
	assert_int_equal(model_residue(model), SIZE);
}

static void test_a_cut_off_security_erase_is_taken_up_again(void **state)
{
	(void)state;
	drive->faults[0xf4] = (struct ata_fault){.kind = ATA_FAULT_ERRNO, .value = EIO, .times = 1};
	drive->faults[0xf6] = (struct ata_fault){.kind = ATA_FAULT_ERRNO, .value = EIO, .times = 3};
	assert_error(method_ata_security_normal(&run, &err), EIO, "MAY STILL HAVE THE USER PASSWORD");
	model_power_cycle(model);
	run.resumed = true;
	assert_int_equal(method_ata_security_normal(&run, &err), 0);
	assert_false(ata_model_has_password(model));
	assert_int_equal(model_residue(model), 0);
}

static void test_what_is_not_offered(void **state)
{
	(void)state;
	memset(&caps.ata, 0, sizeof(caps.ata));
	for (unsigned i = 0; i < 3; i++)
		assert_error(sanitizes[i](&run, &err), EOPNOTSUPP, "offer");
	for (unsigned i = 0; i < 2; i++)
		assert_error(erases[i](&run, &err), EOPNOTSUPP, "offer");
	assert_int_equal(model_residue(model), SIZE);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_sanitize_erases),
		T(test_a_liars_word_is_passed_on),
		T(test_sanitize_of_a_drive_that_takes_its_time),
		T(test_sanitize_that_stands_still),
		T(test_sanitize_that_never_ends),
		T(test_sanitize_that_fails_at_its_end),
		T(test_sanitize_frozen),
		T(test_success_that_is_told_once),
		T(test_a_stop_without_success_is_a_failure),
		T(test_resumed_waits_for_what_runs),
		T(test_a_former_success_is_not_ours),
		T(test_resumed_and_it_failed_meanwhile),
		T(test_a_foreign_sanitize_is_waited_for_and_ours_follows),
		T(test_no_layer_of_sanitize_is_swallowed),
		T(test_security_erases),
		T(test_time_limits_of_security_erase),
		T(test_security_frozen_and_foreign),
		T(test_a_cut_off_security_erase_is_taken_up_again),
		T(test_what_is_not_offered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

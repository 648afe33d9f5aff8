/* rooms: agent/hw tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* SANITIZE DEVICE: what is asked of the drive, and what its states are taken for. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/ata/private.h"
#include "agent/hw/transport.h"
#include "tests/fakes/ata_model.h"

#define SIZE (4u << 20)

static struct model *model;
static struct ata_model *drive;
static struct ata_caps caps;
static struct ata_sanitize_status status;
static struct err err;
static int fd;

static int setup(void **state)
{
	(void)state;
	memset(&err, 0, sizeof(err));
	model = ata_model_new("SANE", SIZE);
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

static void look(void)
{
	memset(&status, 0xff, sizeof(status));
	assert_int_equal(ata_sanitize_status(fd, &status, &err), 0);
}

static void test_each_action_as_the_standard_has_it(void **state)
{
	static const struct {
		uint64_t lba;
		uint16_t count;
	} asked[] = {
		[ATA_SANITIZE_CRYPTO] = {0x000043727970ull, 0},
		[ATA_SANITIZE_BLOCK] = {0x0000426b4572ull, 0},
		/* One pass of zeros; FAILURE MODE is bit 4 and is clear. */
		[ATA_SANITIZE_OVERWRITE] = {0x4f5700000000ull, 1},
	};

	(void)state;
	for (unsigned action = 0; action < 3; action++) {
		drive->sanitize = SD0_IDLE;
		assert_int_equal(ata_sanitize_start(fd, &caps, action, &err), 0);
		assert_true(drive->last_lba == asked[action].lba);
		assert_int_equal(drive->last_count, asked[action].count);
		assert_int_equal(drive->sanitize, SD2_IN_PROGRESS);
		assert_false(drive->failure_mode);
	}
}

static void test_what_is_not_offered_is_not_issued(void **state)
{
	unsigned before = drive->commands[ATA_SANITIZE_DEVICE];

	(void)state;
	caps.sanitize_block = caps.sanitize_crypto = caps.sanitize_overwrite = false;
	for (unsigned action = 0; action < 5; action++)
		assert_error(ata_sanitize_start(fd, &caps, action, &err), EOPNOTSUPP, "does not offer");
	assert_int_equal(drive->commands[ATA_SANITIZE_DEVICE], before);
}

static void test_from_idle_to_done(void **state)
{
	static const uint8_t descriptor[] = {0x09, 12, 1};

	(void)state;
	look();
	assert_false(status.done || status.in_progress || status.frozen || status.failed);
	assert_memory_equal(status.raw, descriptor, sizeof(descriptor));
	assert_int_equal(ata_sanitize_start(fd, &caps, ATA_SANITIZE_BLOCK, &err), 0);
	look();
	assert_true(status.in_progress && !status.done);
	assert_int_equal(status.progress, 0);
	device_transport()->pause(15000);
	look();
	assert_true(status.in_progress);
	assert_int_equal(status.progress, 32768);
	assert_int_equal(model_residue(model), SIZE);
	device_transport()->pause(15000);
	look();
	assert_true(status.done && !status.in_progress);
	assert_int_equal(model_residue(model), 0);
	assert_int_equal(status.raw[4], 0x80);
}

static void test_it_goes_on_over_a_power_cut(void **state)
{
	(void)state;
	assert_int_equal(ata_sanitize_start(fd, &caps, ATA_SANITIZE_CRYPTO, &err), 0);
	model_power_cycle(model);
	look();
	assert_true(status.in_progress);
	/* A second one is not taken meanwhile. */
	assert_error(ata_sanitize_start(fd, &caps, ATA_SANITIZE_BLOCK, &err), EIO, "command aborted");
	device_transport()->pause(30000);
	look();
	assert_true(status.done);
}

static void test_failed_state_in_every_format(void **state)
{
	(void)state;
	for (drive->sense = 0; drive->sense < ATA_SENSE_NONE; drive->sense++) {
		drive->sanitize = SD3_FAILED;
		look();
		assert_true(status.failed && !status.done && !status.in_progress);
		assert_int_equal(status.raw[0], 0x09);
		assert_int_equal(status.raw[3], 0x04);
		assert_int_equal(status.raw[7], 1);
		/* Only another sanitize leads out of it. */
		assert_int_equal(ata_sanitize_start(fd, &caps, ATA_SANITIZE_BLOCK, &err), 0);
	}
}

static void test_frozen_says_what_to_do(void **state)
{
	(void)state;
	drive->sanitize = SD1_FROZEN;
	look();
	assert_true(status.frozen);
	for (drive->sense = 0; drive->sense < ATA_SENSE_NONE; drive->sense++)
		assert_error(ata_sanitize_start(fd, &caps, ATA_SANITIZE_BLOCK, &err), EPERM, "power-cycle");
	drive->sense = ATA_SENSE_LINUX;
	model_power_cycle(model);
	assert_int_equal(ata_sanitize_start(fd, &caps, ATA_SANITIZE_BLOCK, &err), 0);
}

static void test_refusals_with_a_reason(void **state)
{
	(void)state;
	drive->has_block = false; /* but it said so in word 59 */
	assert_error(ata_sanitize_start(fd, &caps, ATA_SANITIZE_BLOCK, &err), EOPNOTSUPP, "not support it");
	ata_model_set_password(model, "tenant");
	model_power_cycle(model);
	assert_error(ata_sanitize_start(fd, &caps, ATA_SANITIZE_CRYPTO, &err), EIO, "command aborted");
}

static void test_status_that_cannot_be_read(void **state)
{
	(void)state;
	/* The flags are in the upper byte of COUNT, which fixed format has no place for. */
	drive->sense = ATA_SENSE_FIXED;
	look();
	assert_false(status.done || status.in_progress || status.frozen || status.failed);
	drive->sanitize = SD4_SUCCEEDED;
	assert_error(ata_sanitize_status(fd, &status, &err), ENODATA, "only a part");
	drive->sense = ATA_SENSE_NONE;
	assert_error(ata_sanitize_status(fd, &status, &err), ENODATA, "registers");
	/* An abort without the reason of the failed state is no state. */
	drive->sense = ATA_SENSE_DESCRIPTOR;
	drive->has_sanitize = false;
	assert_error(ata_sanitize_status(fd, &status, &err), EIO, "command aborted");
}

static void test_every_layer_of_a_start(void **state)
{
	static const struct {
		enum ata_fault_kind kind;
		uint32_t value;
	} ways[] = {
		{ATA_FAULT_ERROR, 0},    {ATA_FAULT_ERROR, 0x10},     {ATA_FAULT_ERROR, 0x84},
		{ATA_FAULT_STATUS, 0},   {ATA_FAULT_STATUS, 0x60},    {ATA_FAULT_STATUS, 0xd0},
		{ATA_FAULT_HOST, 1},     {ATA_FAULT_HOST, 7},         {ATA_FAULT_DRIVER, 6},
		{ATA_FAULT_SAM, 0x08},   {ATA_FAULT_SAM, 0x18},       {ATA_FAULT_SAM, 0x02},
		{ATA_FAULT_ERRNO, EIO},  {ATA_FAULT_SENSE, 0x031100}, {ATA_FAULT_SENSE, 0x01001d},
		{ATA_FAULT_NO_SENSE, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		for (unsigned done = 0; done < 2; done++) {
			drive->sanitize = SD0_IDLE;
			drive->faults[ATA_SANITIZE_DEVICE] =
				(struct ata_fault){ways[i].kind, ways[i].value, done, 0, 0};
			assert_true(ata_sanitize_start(fd, &caps, ATA_SANITIZE_BLOCK, &err) < 0);
			assert_true(ata_sanitize_status(fd, &status, &err) < 0);
		}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_each_action_as_the_standard_has_it),
		T(test_what_is_not_offered_is_not_issued),
		T(test_from_idle_to_done),
		T(test_it_goes_on_over_a_power_cut),
		T(test_failed_state_in_every_format),
		T(test_frozen_says_what_to_do),
		T(test_refusals_with_a_reason),
		T(test_status_that_cannot_be_read),
		T(test_every_layer_of_a_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

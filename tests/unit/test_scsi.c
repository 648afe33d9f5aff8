/* rooms: tests/fakes agent/hw core */
/* SPDX-License-Identifier: Apache-2.0 */
/* SCSI drives: what they tell, SANITIZE and its state, health; against a model of one. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/scsi/scsi.h"
#include "agent/hw/scsi/sg_spec.h"
#include "agent/hw/scsi/spec.h"
#include "agent/hw/transport.h"
#include "core/json.h"
#include "tests/fakes/scsi_model.h"

enum { SIZE = 1 << 20 };

static struct model *model;
static struct scsi_model *drive;
static struct scsi_caps caps;
static struct scsi_sanitize_status status;
static struct err err;
static int fd;

static int setup(void **state)
{
	(void)state;
	model = scsi_model_new("SC1", SIZE, 512);
	drive = scsi_model(model);
	memset(&caps, 0, sizeof(caps));
	fd = open(model->block.path, O_RDWR | O_CLOEXEC);
	return fd < 0;
}

static int teardown(void **state)
{
	(void)state;
	close(fd);
	models_clear();
	return 0;
}

static void identify(void)
{
	assert_int_equal(scsi_identify(fd, &caps, &err), 0);
}

/* ---- who it is ---- */

static void test_all_is_read(void **state)
{
	(void)state;
	drive->protection = 3; /* enabled, P_TYPE 1: type 2 */
	drive->rotation = 7200;
	drive->write_protected = true;
	identify();
	assert_string_equal(caps.vendor, "MODEL");
	assert_string_equal(caps.product, "A drive?");
	assert_string_equal(caps.revision, "1.0");
	assert_int_equal(caps.device_type, 0);
	assert_true(caps.sanitize_overwrite && caps.sanitize_block && caps.sanitize_crypto);
	assert_true(caps.write_protected);
	assert_int_equal(caps.blocks, SIZE / 512);
	assert_int_equal(caps.block_size, 512);
	assert_int_equal(caps.protection, 2);
	assert_int_equal(caps.rotation, 7200);
}

static void test_each_service_action_is_asked_for_alone(void **state)
{
	(void)state;
	drive->overwrite = drive->crypto = false;
	identify();
	assert_true(!caps.sanitize_overwrite && caps.sanitize_block && !caps.sanitize_crypto);
}

static void test_an_old_drive_tells_little(void **state)
{
	(void)state;
	drive->no_vpd = drive->no_report = drive->no_mode_10 = drive->write_protected = true;
	identify();
	assert_int_equal(caps.rotation, 0);
	assert_true(!caps.sanitize_overwrite && !caps.sanitize_block && !caps.sanitize_crypto);
	assert_true(caps.write_protected); /* by MODE SENSE (6) */
	assert_int_equal(caps.block_size, 512);
}

static void test_a_report_of_another_command_offers_nothing(void **state)
{
	(void)state;
	drive->muddled_report = true;
	identify();
	assert_true(!caps.sanitize_overwrite && !caps.sanitize_block && !caps.sanitize_crypto);
}

static void test_impossible_values_are_not_told(void **state)
{
	(void)state;
	drive->rotation = 0x0400; /* reserved */
	drive->protection = 0x0f; /* P_TYPE 7 */
	identify();
	assert_int_equal(caps.rotation, 0);
	assert_int_equal(caps.blocks, 0);
	assert_int_equal(caps.block_size, 0);
	assert_int_equal(caps.protection, 0);
	drive->protection = 0;
	model->block.logical_block_size = 1 << 21; /* larger than any */
	identify();
	assert_int_equal(caps.block_size, 0);
	model->block.logical_block_size = 512;
	model->block.size = 0; /* the last block is then 2^64 - 1 */
	identify();
	assert_int_equal(caps.blocks, 0);
	assert_int_equal(caps.block_size, 0);
}

static void test_other_devices_are_not_asked_for_block_commands(void **state)
{
	(void)state;
	drive->device_type = 5; /* optical */
	identify();
	assert_int_equal(drive->n_commands, 1);
	assert_true(!caps.sanitize_block);
	drive->device_type = SCSI_TYPE_ZONED;
	identify();
	assert_true(caps.sanitize_block);
	drive->qualifier = 3;
	assert_int_equal(scsi_identify(fd, &caps, &err), -ENODEV);
}

static void test_attentions_are_taken_note_of(void **state)
{
	(void)state;
	drive->attentions = 3;
	identify();
	assert_true(caps.block_size && caps.sanitize_overwrite && caps.sanitize_block);
	assert_int_equal(drive->attentions, 0);
	/* A drive that always has one is not asked for ever. */
	drive->attentions = 1000000;
	drive->n_commands = 0;
	identify();
	assert_true(!caps.block_size && !caps.sanitize_block);
	assert_true(drive->n_commands < 60);
}

static void test_what_a_drive_is_stays_known_while_it_sanitizes(void **state)
{
	_cleanup_json_ json_t *before = NULL, *during = NULL;

	(void)state;
	identify();
	before = scsi_caps_to_json(&caps);
	assert_int_equal(scsi_sanitize_start(fd, &caps, SCSI_SANITIZE_BLOCK, &err), 0);
	model_power_cycle(model);
	identify();
	during = scsi_caps_to_json(&caps);
	assert_true(json_equal(before, during));
}

static void test_inquiry_must_be_answered(void **state)
{
	static const struct {
		struct scsi_fault fault;
		int code;
		const char *words;
	} cases[] = {
		{{.error = ENODEV}, ENODEV, "the kernel did not carry it out"},
		{{.host = 0x03}, EIO, "timed out"},
		{{.driver = 0x06}, EIO, "driver status 06h"},
		{{.status = SAM_RESERVATION_CONFLICT}, EIO, "RESERVATION CONFLICT"},
		{{.status = SAM_BUSY}, EBUSY, "busy"},
		{{.status = SAM_CHECK_CONDITION, .key = SENSE_HARDWARE_ERROR, .asc = 0x44},
		 EIO,
		 "hardware error"},
		{{.status = SAM_CHECK_CONDITION, .no_sense = true}, EIO, "without sense data"},
		{{.status = SAM_GOOD}, EBADMSG, "answered 0 bytes"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		drive->fault = cases[i].fault;
		drive->fault.on = true;
		drive->fault.opcode = SCSI_INQUIRY;
		assert_int_equal(scsi_identify(fd, &caps, &err), -cases[i].code);
		assert_non_null(strstr(err.text, cases[i].words));
	}
}

static void test_nonsense_neither_crashes_nor_offers(void **state)
{
	static const uint8_t opcodes[] = {SCSI_INQUIRY, SCSI_SERVICE_IN_16, SCSI_MODE_SENSE_10,
					  SCSI_MAINTENANCE_IN};

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		_cleanup_json_ json_t *json = NULL;
		struct scsi_caps again;

		drive->fault = (struct scsi_fault){
			.on = true, .opcode = opcodes[i % 4], .nonsense = true, .skip = i % 3};
		if (scsi_identify(fd, &caps, &err) < 0)
			continue;
		json = scsi_caps_to_json(&caps);
		assert_non_null(json);
		assert_int_equal(scsi_caps_from_json(json, &again, &err), 0);
		if (opcodes[i % 4] == SCSI_MAINTENANCE_IN && i % 3 == 0)
			assert_true(!caps.sanitize_overwrite && !caps.sanitize_block &&
				    !caps.sanitize_crypto);
	}
}

/* ---- as JSON ---- */

static void test_json_round_trip(void **state)
{
	_cleanup_json_ json_t *json = NULL, *again = NULL;
	struct scsi_caps back;

	(void)state;
	drive->crypto = false;
	identify();
	json = scsi_caps_to_json(&caps);
	assert_int_equal(scsi_caps_from_json(json, &back, &err), 0);
	again = scsi_caps_to_json(&back);
	assert_true(json_equal(json, again));
	assert_true(back.sanitize_block && !back.sanitize_crypto && back.rotation == 1);
}

static void test_hostile_json(void **state)
{
	static const char *const changes[] = {
		"{\"vendor\": \"much too long\"}",
		"{\"vendor\": \" blank\"}",
		"{\"product\": 7}",
		"{\"revision\": \"\\u00e9\"}",
		"{\"device_type\": 32}",
		"{\"device_type\": -1}",
		"{\"sanitize_block\": 1}",
		"{\"write_protected\": null}",
		"{\"blocks\": 0}",
		"{\"blocks\": 9223372036854775807}",
		"{\"block_size\": 0}",
		"{\"block_size\": 1048577}",
		"{\"protection\": 4}",
		"{\"rotation\": 2}",
		"{\"rotation\": 65535}",
		"{\"rotation\": 1.0}",
		"{\"more\": true}",
	};

	(void)state;
	identify();
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		_cleanup_json_ json_t *json = scsi_caps_to_json(&caps), *change = NULL;

		assert_int_equal(json_parse(changes[i], strlen(changes[i]), &change, &err), 0);
		json_object_update(json, change);
		assert_int_equal(scsi_caps_from_json(json, &caps, &err), -EBADMSG);
	}
}

static void test_json_that_lacks_something(void **state)
{
	_cleanup_json_ json_t *whole = NULL, *array = json_array();
	const char *key;
	json_t *value;

	(void)state;
	identify();
	whole = scsi_caps_to_json(&caps);
	json_object_foreach(whole, key, value) {
		_cleanup_json_ json_t *json = json_copy(whole);

		json_object_del(json, key);
		assert_int_equal(scsi_caps_from_json(json, &caps, &err), -EBADMSG);
	}
	assert_int_equal(scsi_caps_from_json(array, &caps, &err), -EBADMSG);
}

/* ---- SANITIZE ---- */

static void test_start_is_restricted_and_immediate(void **state)
{
	static const uint8_t block[10] = {0x48, 0x82}, crypto[10] = {0x48, 0x83};
	static const uint8_t overwrite[10] = {0x48, 0x81, 0, 0, 0, 0, 0, 0, 5, 0};
	static const uint8_t list[5] = {1, 0, 0, 1, 0}; /* one pass, a pattern of one byte, which is 0 */

	(void)state;
	identify();
	assert_int_equal(scsi_sanitize_start(fd, &caps, SCSI_SANITIZE_BLOCK, &err), 0);
	assert_memory_equal(drive->sanitize_cdb, block, 10);
	assert_int_equal(drive->list_len, 0);
	drive->state = SCSI_MODEL_IDLE;
	assert_int_equal(scsi_sanitize_start(fd, &caps, SCSI_SANITIZE_CRYPTO, &err), 0);
	assert_memory_equal(drive->sanitize_cdb, crypto, 10);
	drive->state = SCSI_MODEL_IDLE;
	assert_int_equal(scsi_sanitize_start(fd, &caps, SCSI_SANITIZE_OVERWRITE, &err), 0);
	assert_memory_equal(drive->sanitize_cdb, overwrite, 10);
	assert_int_equal(drive->list_len, 5);
	assert_memory_equal(drive->list, list, 5);
}

static void test_nothing_is_issued_that_was_not_offered(void **state)
{
	(void)state;
	drive->overwrite = drive->block = drive->crypto = false;
	identify();
	for (unsigned action = 0; action < 32; action++)
		assert_int_equal(scsi_sanitize_start(fd, &caps, (enum scsi_sanitize)action, &err),
				 -EOPNOTSUPP);
	drive->overwrite = true;
	identify();
	for (unsigned action = 0; action < 32; action++)
		if (action != SCSI_SANITIZE_OVERWRITE && action != SCSI_SANITIZE_EXIT_FAILURE)
			assert_int_equal(scsi_sanitize_start(fd, &caps, (enum scsi_sanitize)action, &err),
					 -EOPNOTSUPP);
	assert_int_equal(drive->n_sanitize, 0);
}

static void test_start_refused(void **state)
{
	(void)state;
	identify();
	drive->refuses = true;
	assert_int_equal(scsi_sanitize_start(fd, &caps, SCSI_SANITIZE_BLOCK, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.text, "illegal request"));
	drive->refuses = false;
	drive->write_protected = true;
	assert_int_equal(scsi_sanitize_start(fd, &caps, SCSI_SANITIZE_BLOCK, &err), -EIO);
	assert_non_null(strstr(err.text, "write protected"));
	drive->write_protected = false;
	assert_int_equal(scsi_sanitize_start(fd, &caps, SCSI_SANITIZE_BLOCK, &err), 0);
	assert_int_equal(scsi_sanitize_start(fd, &caps, SCSI_SANITIZE_BLOCK, &err), -EBUSY);
	assert_non_null(strstr(err.text, "sanitize in progress"));
}

static void refused(struct scsi_fault fault)
{
	drive->fault = fault;
	drive->fault.on = true;
	drive->fault.opcode = SCSI_SANITIZE;
	err.text[0] = '\0';
	assert_true(scsi_sanitize_start(fd, &caps, SCSI_SANITIZE_BLOCK, &err) < 0);
	assert_true(err.text[0] != '\0');
}

/* Every sense key but RECOVERED ERROR, every status but two, every host and driver status: none is a success. */
static void test_every_layer_of_the_start_is_an_error(void **state)
{
	(void)state;
	identify();
	for (unsigned v = 1; v < 256; v++) {
		refused((struct scsi_fault){.host = (uint16_t)v});
		if ((v & 0xf) && (v & 0xf) != SG_DRIVER_SENSE)
			refused((struct scsi_fault){.driver = (uint16_t)v});
		if (v != SAM_CONDITION_MET)
			refused((struct scsi_fault){.status = (uint8_t)v});
		for (uint8_t key = 0; key < 16; key++)
			if (key != SENSE_RECOVERED_ERROR)
				refused((struct scsi_fault){
					.status = SAM_CHECK_CONDITION, .key = key, .asc = (uint8_t)v});
	}
	refused((struct scsi_fault){.error = ENOTTY});
	refused((struct scsi_fault){
		.status = SAM_CHECK_CONDITION, .key = SENSE_RECOVERED_ERROR, .deferred = true});
	refused((struct scsi_fault){.status = SAM_CHECK_CONDITION, .no_sense = true});
	assert_int_equal(drive->n_sanitize, 0);
}

static void test_states_are_told_apart(void **state)
{
	(void)state;
	identify();
	assert_int_equal(scsi_sanitize_status(fd, &status, &err), 0);
	assert_true(!status.in_progress && !status.failed);
	for (unsigned descriptor = 0; descriptor < 2; descriptor++) {
		drive->descriptor_sense = descriptor;
		assert_int_equal(scsi_sanitize_start(fd, &caps, SCSI_SANITIZE_BLOCK, &err), 0);
		device_transport()->pause(30 * 1000);
		assert_int_equal(scsi_sanitize_status(fd, &status, &err), 0);
		assert_true(status.in_progress && !status.failed);
		assert_int_equal(status.progress, 32768);
		assert_int_equal(status.sense_len, descriptor ? 16 : 18);
		model_power_cycle(model); /* and it goes on */
		device_transport()->pause(20 * 1000);
		assert_int_equal(scsi_sanitize_status(fd, &status, &err), 0);
		assert_true(status.in_progress && status.progress > 50000);
		device_transport()->pause(20 * 1000);
		assert_int_equal(scsi_sanitize_status(fd, &status, &err), 0);
		assert_true(!status.in_progress && !status.failed);
		assert_int_equal(model_residue(model), 0);
	}
}

static void test_a_failure_is_found_though_request_sense_is_silent(void **state)
{
	(void)state;
	identify();
	drive->fails = true;
	for (unsigned shows = 0; shows < 2; shows++) {
		drive->shows_failure = shows;
		assert_int_equal(scsi_sanitize_start(fd, &caps, SCSI_SANITIZE_OVERWRITE, &err), 0);
		device_transport()->pause(61 * 1000);
		assert_int_equal(scsi_sanitize_status(fd, &status, &err), 0);
		assert_true(status.failed && !status.in_progress);
		assert_int_equal(status.sense[12], 0x31);
		/* Begun without AUSE: there is no way out but another one. */
		assert_int_equal(scsi_sanitize_start(fd, &caps, SCSI_SANITIZE_EXIT_FAILURE, &err),
				 -EOPNOTSUPP);
	}
	drive->unrestricted = true;
	assert_int_equal(scsi_sanitize_start(fd, &caps, SCSI_SANITIZE_EXIT_FAILURE, &err), 0);
	assert_int_equal(scsi_sanitize_status(fd, &status, &err), 0);
	assert_false(status.failed);
}

static void test_without_progress(void **state)
{
	(void)state;
	identify();
	drive->no_progress = true;
	assert_int_equal(scsi_sanitize_start(fd, &caps, SCSI_SANITIZE_BLOCK, &err), 0);
	device_transport()->pause(30 * 1000);
	assert_int_equal(scsi_sanitize_status(fd, &status, &err), 0);
	assert_true(status.in_progress);
	assert_int_equal(status.progress, 0);
}

static void test_every_layer_of_the_status_is_an_error(void **state)
{
	static const struct {
		struct scsi_fault fault;
		int code;
	} cases[] = {
		{{.error = EIO}, EIO},
		{{.host = 0x01}, EIO},
		{{.driver = 0x05}, EIO},
		{{.status = SAM_BUSY}, EBUSY},
		{{.status = SAM_TASK_ABORTED}, EIO},
		{{.status = SAM_CHECK_CONDITION, .no_sense = true}, EIO},
		{{.status = SAM_CHECK_CONDITION, .key = SENSE_ABORTED_COMMAND, .asc = 0x47}, EIO},
		{{.status = SAM_CHECK_CONDITION, .key = SENSE_NOT_READY, .asc = 0x3a}, EIO},
		/* A failed host adapter does not make the sense data true. */
		{{.host = 0x07, .status = SAM_CHECK_CONDITION, .key = 2, .asc = 4, .ascq = 0x1b}, EIO},
		{{.driver = 0x03, .status = SAM_CHECK_CONDITION, .key = 2, .asc = 4, .ascq = 0x1b}, EIO},
	};
	static const uint8_t opcodes[] = {SCSI_REQUEST_SENSE, SCSI_TEST_UNIT_READY};

	(void)state;
	for (size_t i = 0; i < 2 * (sizeof(cases) / sizeof(*cases)); i++) {
		drive->fault = cases[i / 2].fault;
		drive->fault.on = true;
		drive->fault.opcode = opcodes[i % 2];
		assert_int_equal(scsi_sanitize_status(fd, &status, &err), -cases[i / 2].code);
	}
	/* Good, and no data. */
	drive->fault = (struct scsi_fault){.on = true, .opcode = SCSI_REQUEST_SENSE};
	assert_int_equal(scsi_sanitize_status(fd, &status, &err), -EBADMSG);
}

static void test_status_of_a_drive_with_endless_attentions(void **state)
{
	(void)state;
	drive->attentions = 5;
	assert_int_equal(scsi_sanitize_status(fd, &status, &err), 0);
	drive->attentions = 1000000;
	drive->n_commands = 0;
	assert_int_equal(scsi_sanitize_status(fd, &status, &err), -EIO);
	assert_true(drive->n_commands < 40);
}

/* QEMU's drives do so: what REQUEST SENSE tells first is of the command before. */
static void test_status_behind_the_sense_of_an_earlier_command(void **state)
{
	(void)state;
	drive->keeps_sense = true;
	drive->no_report = true;
	identify();
	assert_true(drive->kept_len > 0);
	assert_int_equal(scsi_sanitize_status(fd, &status, &err), 0);
	assert_false(status.in_progress || status.failed);
	caps.sanitize_block = true;
	assert_int_equal(scsi_sanitize_start(fd, &caps, SCSI_SANITIZE_BLOCK, &err), 0);
	assert_int_equal(scsi_sanitize_start(fd, &caps, SCSI_SANITIZE_BLOCK, &err), -EBUSY);
	identify();
	assert_int_equal(scsi_sanitize_status(fd, &status, &err), 0);
	assert_true(status.in_progress);
	/* What it goes on telling is its state, and an error. */
	drive->keeps_sense = false;
	drive->fault = (struct scsi_fault){.on = true,
					   .opcode = SCSI_TEST_UNIT_READY,
					   .status = SAM_CHECK_CONDITION,
					   .key = SENSE_ILLEGAL_REQUEST,
					   .asc = 0x25};
	drive->state = SCSI_MODEL_IDLE;
	assert_int_equal(scsi_sanitize_status(fd, &status, &err), -EIO);
	assert_non_null(strstr(err.text, "logical unit not supported"));
}

static void test_status_from_nonsense_is_bounded(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		drive->fault =
			(struct scsi_fault){.on = true,
					    .opcode = i % 2 ? SCSI_REQUEST_SENSE : SCSI_TEST_UNIT_READY,
					    .status = i % 4 < 2 ? SAM_CHECK_CONDITION : SAM_GOOD,
					    .nonsense = true};
		if (scsi_sanitize_status(fd, &status, &err) == 0)
			assert_true(status.sense_len <= sizeof(status.sense));
	}
}

/* ---- health ---- */

static json_int_t number(const json_t *json, const char *key)
{
	assert_true(json_is_integer(json_object_get(json, key)));
	return json_integer_value(json_object_get(json, key));
}

static void test_health(void **state)
{
	_cleanup_json_ json_t *health = NULL;

	(void)state;
	assert_int_equal(scsi_health(fd, &health, &err), 0);
	assert_int_equal(number(health, "exception_asc"), 0x5d);
	assert_int_equal(number(health, "exception_ascq"), 0x10);
	assert_int_equal(number(health, "temperature_c"), 38);
	assert_int_equal(number(health, "start_stop_cycles"), 300);
	assert_int_equal(number(health, "read_errors_uncorrected"), 7);
	assert_int_equal(number(health, "read_errors_corrected"), 258);
	assert_null(json_object_get(health, "percentage_used")); /* not among its pages */
	assert_int_equal(json_object_size(health), 6);
}

static void test_health_of_nonsense(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		_cleanup_json_ json_t *health = NULL;

		drive->fault = (struct scsi_fault){
			.on = true, .opcode = SCSI_LOG_SENSE, .nonsense = true, .skip = i % 4};
		if (scsi_health(fd, &health, &err) == 0)
			assert_non_null(health);
	}
	drive->fault = (struct scsi_fault){.on = true, .opcode = SCSI_LOG_SENSE, .host = 1};
	assert_int_equal(scsi_health(fd, &(json_t *){NULL}, &err), -EIO);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_all_is_read),
		TEST(test_each_service_action_is_asked_for_alone),
		TEST(test_an_old_drive_tells_little),
		TEST(test_a_report_of_another_command_offers_nothing),
		TEST(test_impossible_values_are_not_told),
		TEST(test_other_devices_are_not_asked_for_block_commands),
		TEST(test_attentions_are_taken_note_of),
		TEST(test_what_a_drive_is_stays_known_while_it_sanitizes),
		TEST(test_inquiry_must_be_answered),
		TEST(test_nonsense_neither_crashes_nor_offers),
		TEST(test_json_round_trip),
		TEST(test_hostile_json),
		TEST(test_json_that_lacks_something),
		TEST(test_start_is_restricted_and_immediate),
		TEST(test_nothing_is_issued_that_was_not_offered),
		TEST(test_start_refused),
		TEST(test_every_layer_of_the_start_is_an_error),
		TEST(test_states_are_told_apart),
		TEST(test_a_failure_is_found_though_request_sense_is_silent),
		TEST(test_without_progress),
		TEST(test_every_layer_of_the_status_is_an_error),
		TEST(test_status_of_a_drive_with_endless_attentions),
		TEST(test_status_behind_the_sense_of_an_earlier_command),
		TEST(test_status_from_nonsense_is_bounded),
		TEST(test_health),
		TEST(test_health_of_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

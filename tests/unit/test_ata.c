/* rooms: agent/hw tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* One ATA command through every layer of status, and what IDENTIFY DEVICE tells, there and back by JSON. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/ata/private.h"
#include "agent/hw/scsi/sg_spec.h"
#include "core/json.h"
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
	memset(&caps, 0, sizeof(caps));
	model = ata_model_new("ATA1", SIZE);
	drive = ata_model(model);
	fd = open(model->block.path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
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

/* A command that carries no data, is not 48-bit, and changes nothing to speak of. */
static int plain(struct ata_command *ret)
{
	*ret = (struct ata_command){.command = ATA_SECURITY_ERASE_PREPARE, .timeout_s = 5};
	return ata_pass(fd, ret, "PREPARE", &err);
}

static void fault(uint8_t command, enum ata_fault_kind kind, uint32_t value)
{
	drive->faults[command] = (struct ata_fault){.kind = kind, .value = value};
}

/* ---- one command ---- */

static void test_registers_come_back_in_every_format(void **state)
{
	struct ata_command cmd;

	(void)state;
	for (drive->sense = 0; drive->sense < ATA_SENSE_NONE; drive->sense++) {
		cmd = (struct ata_command){.command = ATA_READ_NATIVE_MAX_EXT, .ext = true, .timeout_s = 5};
		assert_int_equal(ata_pass(fd, &cmd, "x", &err), 0);
		assert_true(cmd.answered && !cmd.upper_lost);
		assert_int_equal(cmd.out_lba, SIZE / 512 - 1);
		assert_int_equal(cmd.status, 0x50);
		assert_int_equal(cmd.raw.code, 9);
	}
}

static void test_fixed_format_says_what_it_lost(void **state)
{
	struct ata_command cmd = {.command = ATA_READ_NATIVE_MAX_EXT, .ext = true, .timeout_s = 5};

	(void)state;
	drive->sense = ATA_SENSE_FIXED;
	drive->dco_sectors = 0x123456789aull;
	assert_int_equal(ata_pass(fd, &cmd, "x", &err), 0);
	assert_true(cmd.upper_lost);
	drive->sense = ATA_SENSE_DESCRIPTOR;
	assert_int_equal(ata_pass(fd, &cmd, "x", &err), 0);
	assert_false(cmd.upper_lost);
	assert_int_equal(cmd.out_lba, 0x1234567899ull);
}

static void test_missing_registers_are_a_failure(void **state)
{
	struct ata_command cmd;

	(void)state;
	drive->sense = ATA_SENSE_NONE;
	assert_error(plain(&cmd), ENODATA, "does not hand the drive's registers back");
	assert_false(ata_refused(&cmd, -ENODATA));
	drive->frozen = true; /* it aborts, and that comes as CHECK CONDITION and nothing more */
	assert_error(plain(&cmd), EIO, "without sense data");
	assert_false(ata_refused(&cmd, -EIO));
}

static void test_every_error_bit_is_a_failure(void **state)
{
	struct ata_command cmd;

	(void)state;
	for (drive->sense = 0; drive->sense < ATA_SENSE_NONE; drive->sense++)
		for (unsigned error = 0; error < 256; error++) {
			fault(ATA_SECURITY_ERASE_PREPARE, ATA_FAULT_ERROR, error);
			assert_error(plain(&cmd), EIO, "PREPARE: the drive answered: ");
			assert_int_equal(cmd.error, error);
			assert_int_equal(ata_refused(&cmd, -EIO), (error & 0x14) != 0);
		}
	drive->sense = ATA_SENSE_LINUX_OLD;
	fault(ATA_SECURITY_ERASE_PREPARE, ATA_FAULT_ERROR, 0x14);
	assert_error(plain(&cmd), EIO, "command aborted, ID not found (status 51h, error 14h");
	fault(ATA_SECURITY_ERASE_PREPARE, ATA_FAULT_ERROR, 0);
	assert_error(plain(&cmd), EIO, "an error without a reason");
}

static void test_every_status_but_ready_is_a_failure(void **state)
{
	struct ata_command cmd;

	(void)state;
	drive->sense = ATA_SENSE_DESCRIPTOR;
	for (unsigned status = 0; status < 256; status++) {
		/* DRDY, and neither BSY, DF, DRQ nor ERR; bits 4, 2 and 1 are of no account */
		bool good = (status & (0x80 | 0x40 | 0x20 | 0x08 | 0x01)) == 0x40;

		fault(ATA_SECURITY_ERASE_PREPARE, ATA_FAULT_STATUS, status);
		if (good)
			assert_int_equal(plain(&cmd), 0);
		else
			assert_error(plain(&cmd), EIO, "the drive answered: ");
	}
	fault(ATA_SECURITY_ERASE_PREPARE, ATA_FAULT_STATUS, 0x60);
	assert_error(plain(&cmd), EIO, "device fault");
	/* An adapter that hands zeros back has filled nothing in. */
	fault(ATA_SECURITY_ERASE_PREPARE, ATA_FAULT_STATUS, 0);
	assert_error(plain(&cmd), EIO, "not ready");
}

static void test_every_layer_above_is_a_failure(void **state)
{
	static const struct {
		enum ata_fault_kind kind;
		uint32_t value;
		int code;
		const char *words;
	} cases[] = {
		{ATA_FAULT_HOST, 0x01, EIO, "no connection"},
		{ATA_FAULT_HOST, 0x03, EIO, "timed out"},
		{ATA_FAULT_HOST, 0xffff, EIO, "host status ffffh"},
		{ATA_FAULT_DRIVER, 0x06, EIO, "the driver failed it"},
		{ATA_FAULT_SAM, SAM_BUSY, EBUSY, "busy"},
		{ATA_FAULT_SAM, SAM_RESERVATION_CONFLICT, EIO, "RESERVATION CONFLICT"},
		{ATA_FAULT_SAM, SAM_TASK_ABORTED, EIO, "TASK ABORTED"},
		{ATA_FAULT_SAM, SAM_CHECK_CONDITION, EIO, "without sense data"},
		{ATA_FAULT_SENSE, 0x052000, EOPNOTSUPP, "invalid command operation code"},
		{ATA_FAULT_SENSE, 0x052400, EOPNOTSUPP, "invalid field"},
		{ATA_FAULT_SENSE, 0x0b4700, EIO, "aborted command"},
		{ATA_FAULT_SENSE, 0x062900, EIO, "unit attention"},
		{ATA_FAULT_SENSE, 0x044400, EIO, "internal target failure"},
		{ATA_FAULT_SENSE, 0x01001d, ENODATA, "registers"}, /* the announcement without the thing */
		{ATA_FAULT_ERRNO, ENODEV, ENODEV, "the kernel did not carry it out"},
		{ATA_FAULT_ERRNO, EPERM, EPERM, "the kernel did not carry it out"},
		{ATA_FAULT_NO_SENSE, 0, ENODATA, "registers"},
	};
	struct ata_command cmd;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		fault(ATA_SECURITY_ERASE_PREPARE, cases[i].kind, cases[i].value);
		assert_error(plain(&cmd), cases[i].code, cases[i].words);
		assert_int_equal(ata_refused(&cmd, -cases[i].code), cases[i].code == EOPNOTSUPP);
		fault(ATA_IDENTIFY_DEVICE, cases[i].kind, cases[i].value);
		assert_true(ata_identify(fd, &caps, &err) < 0);
	}
}

/* ---- IDENTIFY DEVICE ---- */

static void test_identify_reads_the_words(void **state)
{
	(void)state;
	for (drive->sense = 0; drive->sense < ATA_SENSE_NONE; drive->sense++) {
		assert_int_equal(ata_identify(fd, &caps, &err), 0);
		assert_string_equal(caps.model, "A model of a drive");
		assert_string_equal(caps.serial, "ATA1");
		assert_string_equal(caps.firmware, "1.0");
		assert_true(caps.security && caps.security_enhanced && caps.sanitize &&
			    caps.sanitize_crypto && caps.sanitize_block && caps.sanitize_overwrite &&
			    caps.trusted && caps.hpa && caps.dco);
		assert_false(caps.amac || caps.rotational || caps.security_enabled || caps.security_locked ||
			     caps.security_frozen || caps.security_expired || caps.sanitize_frozen);
		assert_int_equal(caps.erase_s, 240);
		assert_int_equal(caps.enhanced_s, 360);
		assert_int_equal(caps.sectors, SIZE / 512);
		assert_int_equal(caps.native_sectors, SIZE / 512);
		assert_int_equal(caps.dco_sectors, SIZE / 512);
		assert_int_equal(caps.sector_size, 512);
	}
}

static void test_features_that_are_not_there(void **state)
{
	(void)state;
	drive->has_security = drive->has_sanitize = drive->has_hpa = drive->has_dco = drive->has_trusted =
		false;
	drive->rotation = 7200;
	assert_int_equal(ata_identify(fd, &caps, &err), 0);
	/* Bits 15:13 of word 59 count only with bit 12. */
	assert_false(caps.security || caps.security_enhanced || caps.sanitize || caps.sanitize_crypto ||
		     caps.sanitize_block || caps.sanitize_overwrite || caps.hpa || caps.dco || caps.trusted);
	assert_true(caps.rotational);
	assert_int_equal(caps.erase_s, 0);
	assert_int_equal(caps.native_sectors + caps.dco_sectors, 0);
	assert_int_equal(drive->commands[ATA_READ_NATIVE_MAX_EXT] +
				 drive->commands[ATA_DEVICE_CONFIGURATION] +
				 drive->commands[ATA_SANITIZE_DEVICE],
			 0);
}

static void test_erase_times(void **state)
{
	static const struct {
		uint16_t word;
		uint32_t seconds;
	} cases[] = {
		{0, 0},      {1, 120},      {254, 254 * 120},       {255, 0},    {0x7f01, 120},
		{0x8000, 0}, {0x8001, 120}, {0xfffe, 0x7ffe * 120}, {0xffff, 0}, {0x80ff, 255 * 120},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		drive->erase_time = cases[i].word;
		assert_int_equal(ata_identify(fd, &caps, &err), 0);
		assert_int_equal(caps.erase_s, cases[i].seconds);
	}
}

static void test_checksum_counts_where_it_is_there(void **state)
{
	(void)state;
	drive->wrong_checksum = true;
	assert_error(ata_identify(fd, &caps, &err), EBADMSG, "checksum");
	drive->wrong_checksum = false;
	drive->no_integrity_word = true;
	assert_int_equal(ata_identify(fd, &caps, &err), 0);
}

static void test_short_data_are_a_failure(void **state)
{
	(void)state;
	fault(ATA_IDENTIFY_DEVICE, ATA_FAULT_SUCCESS, 0); /* success, and no data */
	assert_error(ata_identify(fd, &caps, &err), EIO, "0 of 512 bytes came");
}

static void test_limits_that_are_not_told(void **state)
{
	(void)state;
	fault(ATA_READ_NATIVE_MAX_EXT, ATA_FAULT_ERROR, ATA_ERROR_ABRT);
	fault(ATA_DEVICE_CONFIGURATION, ATA_FAULT_ERROR, ATA_ERROR_ABRT);
	assert_int_equal(ata_identify(fd, &caps, &err), 0);
	assert_int_equal(caps.native_sectors + caps.dco_sectors, 0);
	fault(ATA_READ_NATIVE_MAX_EXT, ATA_FAULT_NO_SENSE, 0);
	assert_int_equal(ata_identify(fd, &caps, &err), 0);
	/* But what the drive did not say itself is not swallowed. */
	fault(ATA_READ_NATIVE_MAX_EXT, ATA_FAULT_HOST, 3);
	assert_error(ata_identify(fd, &caps, &err), EIO, "READ NATIVE MAX ADDRESS EXT");
	fault(ATA_READ_NATIVE_MAX_EXT, ATA_FAULT_NONE, 0);
	fault(ATA_DEVICE_CONFIGURATION, ATA_FAULT_STATUS, 0x60);
	assert_error(ata_identify(fd, &caps, &err), EIO, "DEVICE CONFIGURATION IDENTIFY");
}

static void test_identify_works_while_it_sanitises(void **state)
{
	(void)state;
	drive->sanitize = SD2_IN_PROGRESS;
	drive->sanitize_stuck = true;
	assert_int_equal(ata_identify(fd, &caps, &err), 0);
	assert_int_equal(caps.native_sectors, 0);
	drive->sanitize = SD1_FROZEN;
	assert_int_equal(ata_identify(fd, &caps, &err), 0);
	assert_true(caps.sanitize_frozen);
}

/* ---- words that no drive should send ---- */

static void words_of_a_drive(struct ata_caps *ret)
{
	assert_int_equal(ata_identify(fd, &caps, &err), 0);
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->id, caps.id, sizeof(ret->id));
}

static void test_words_that_cannot_be(void **state)
{
	static const struct {
		unsigned word;
		uint16_t value;
		int code;
	} cases[] = {
		{0, 0x8040, EOPNOTSUPP},             /* ATAPI */
		{0, 0x0044, EBADMSG},                /* incomplete */
		{ATA_ID_SECTORS_48 + 3, 2, EBADMSG}, /* above 2^48 */
	};
	struct ata_caps c;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		words_of_a_drive(&c);
		c.id[cases[i].word] = cases[i].value;
		assert_int_equal(ata_caps_parse(&c, &err), -cases[i].code);
	}
	words_of_a_drive(&c);
	memset(c.id + ATA_ID_SECTORS_48, 0, 8);
	assert_error(ata_caps_parse(&c, &err), EBADMSG, "0 sectors");
	for (unsigned words = 0; words < 70000; words += words < 300 ? 1 : 997) {
		words_of_a_drive(&c);
		c.id[ATA_ID_SECTOR_SIZES] = 0x5000;
		c.id[ATA_ID_SECTOR_WORDS] = (uint16_t)words;
		c.id[ATA_ID_SECTOR_WORDS + 1] = (uint16_t)(words >> 16);
		assert_int_equal(ata_caps_parse(&c, &err), words == 256 ? 0 : -EBADMSG);
	}
	c.id[ATA_ID_SECTOR_WORDS] = 2048;
	c.id[ATA_ID_SECTOR_WORDS + 1] = 0;
	assert_int_equal(ata_caps_parse(&c, &err), 0);
	assert_int_equal(c.sector_size, 4096);
}

static void test_words_without_their_validity_bits(void **state)
{
	struct ata_caps c;

	(void)state;
	words_of_a_drive(&c);
	c.id[ATA_ID_COMMANDS_2] = 0xffff; /* not 01 in bits 15:14 */
	c.id[ATA_ID_COMMANDS_4] = 0xffff;
	c.id[ATA_ID_TRUSTED] = 0xffff;
	c.id[ATA_ID_SANITIZE] = 0xffff;
	c.id[ATA_ID_SECURITY] = 0xffff;
	c.id[ATA_ID_SECTOR_SIZES] = 0xffff;
	assert_int_equal(ata_caps_parse(&c, &err), 0);
	assert_false(c.hpa || c.dco || c.amac || c.trusted || c.sanitize || c.sanitize_block || c.security);
	assert_int_equal(c.sector_size, 512);
	assert_int_equal(c.sectors, SIZE / 512); /* of words 60 and 61 */
	words_of_a_drive(&c);
	c.id[ATA_ID_ADDITIONAL] = ATA_ID_EXTENDED_SECTORS;
	c.id[ATA_ID_SECTORS_EXTENDED + 2] = 1;
	assert_int_equal(ata_caps_parse(&c, &err), 0);
	assert_true(c.sectors == 1ull << 32);
}

/* ---- JSON ---- */

static void test_json_there_and_back(void **state)
{
	_cleanup_json_ json_t *json = NULL;
	struct ata_caps back;

	(void)state;
	drive->frozen = true;
	drive->sanitize = SD1_FROZEN;
	ata_model_hide(model, 100, 50);
	assert_int_equal(ata_identify(fd, &caps, &err), 0);
	json = ata_caps_to_json(&caps);
	assert_non_null(json);
	memset(&back, 0, sizeof(back));
	assert_int_equal(ata_caps_from_json(json, &back, &err), 0);
	assert_memory_equal(back.id, caps.id, sizeof(caps.id));
	assert_int_equal(ata_hidden_sectors(&back), 150);
	assert_true(back.security_frozen && back.sanitize_frozen);
	assert_int_equal(back.native_sectors, caps.native_sectors);
	{
		_cleanup_json_ json_t *again = ata_caps_to_json(&back);

		assert_true(json_equal(json, again));
	}
}

/* Each key missing, of every other type, changed, and one more than there should be. */
static void spoil(const json_t *json, const char *object, const char *key)
{
	json_t *const values[] = {NULL,           json_null(),      json_true(),
				  json_false(),   json_integer(-1), json_integer(INT64_MAX),
				  json_real(0.5), json_string(""),  json_string("zz"),
				  json_array(),   json_object()};
	struct ata_caps back;

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		_cleanup_json_ json_t *bad = json_deep_copy(json);
		json_t *in = object ? json_object_get(bad, object) : bad;

		/* No change. */
		if (values[i] ? json_equal(values[i], json_object_get(in, key)) : !json_object_get(in, key)) {
			json_decref(values[i]);
			continue;
		}
		if (values[i])
			json_object_set_new(in, key, values[i]);
		else
			json_object_del(in, key);
		/* Only what was asked for besides the words may be another value: it is the raw value. */
		if (!strcmp(key, "frozen") && object && !strcmp(object, "sanitize") &&
		    json_is_boolean(values[i]))
			continue;
		assert_int_equal(ata_caps_from_json(bad, &back, &err), -EBADMSG);
		assert_true(strlen(err.text) > 0);
	}
}

static void test_hostile_json_is_refused(void **state)
{
	_cleanup_json_ json_t *json = NULL, *more = NULL, *other = json_array();
	const char *key, *inner;
	struct ata_caps back;
	json_t *value, *ignored;

	(void)state;
	assert_int_equal(ata_identify(fd, &caps, &err), 0);
	json = ata_caps_to_json(&caps);
	json_object_foreach(json, key, value) {
		spoil(json, NULL, key);
		if (json_is_object(value))
			json_object_foreach(value, inner, ignored)
				spoil(json, key, inner);
	}
	spoil(json, NULL, "one more");
	spoil(json, "security", "one more");
	/* A word that contradicts what is read from it. */
	more = json_deep_copy(json);
	json_object_set_new(more, "sectors", json_integer((json_int_t)caps.sectors + 1));
	assert_error(ata_caps_from_json(more, &back, &err), EBADMSG, "identify");
	assert_int_equal(ata_caps_from_json(other, &back, &err), -EBADMSG);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_registers_come_back_in_every_format),
		T(test_fixed_format_says_what_it_lost),
		T(test_missing_registers_are_a_failure),
		T(test_every_error_bit_is_a_failure),
		T(test_every_status_but_ready_is_a_failure),
		T(test_every_layer_above_is_a_failure),
		T(test_identify_reads_the_words),
		T(test_features_that_are_not_there),
		T(test_erase_times),
		T(test_checksum_counts_where_it_is_there),
		T(test_short_data_are_a_failure),
		T(test_limits_that_are_not_told),
		T(test_identify_works_while_it_sanitises),
		T(test_words_that_cannot_be),
		T(test_words_without_their_validity_bits),
		T(test_json_there_and_back),
		T(test_hostile_json_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

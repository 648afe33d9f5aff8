/* rooms: agent/hw tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Sectors that HPA, AMAC and DCO hide: found, made visible for good, and read back. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/ata/private.h"
#include "tests/fakes/ata_model.h"

#define SIZE    (4u << 20)
#define SECTORS (SIZE / 512)

static struct model *model;
static struct ata_model *drive;
static struct ata_caps caps;
static struct err err;
static bool power;
static int fd;

static int setup(void **state)
{
	(void)state;
	memset(&err, 0, sizeof(err));
	model = ata_model_new("HIDE", SIZE);
	drive = ata_model(model);
	fd = open(model->block.path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	power = false;
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
	if (!strstr(err.text, words))
		fail_msg("\"%s\" is not in \"%s\"", words, err.text);
}

static uint64_t hidden(void)
{
	assert_int_equal(ata_identify(fd, &caps, &err), 0);
	return ata_hidden_sectors(&caps);
}

static void test_nothing_hidden_nothing_done(void **state)
{
	(void)state;
	assert_int_equal(hidden(), 0);
	assert_int_equal(ata_unhide(fd, &caps, &power, &err), 0);
	assert_int_equal(drive->commands[ATA_SET_MAX_EXT], 0);
	/* A drive that claims less than it shows hides nothing. */
	caps.native_sectors = 5;
	caps.dco_sectors = 6;
	assert_int_equal(ata_hidden_sectors(&caps), 0);
}

static void test_protected_area_is_lifted_for_good(void **state)
{
	(void)state;
	for (drive->sense = 0; drive->sense < ATA_SENSE_NONE; drive->sense++) {
		ata_model_hide(model, 1000, 0);
		drive->max_set = false;
		assert_int_equal(hidden(), 1000);
		assert_int_equal(ata_unhide(fd, &caps, &power, &err), 0);
		assert_false(power);
		assert_int_equal(hidden(), 0);
		assert_int_equal(caps.sectors, SECTORS);
		model_power_cycle(model);
		assert_int_equal(hidden(), 0);
	}
}

static void test_accessible_max_address_is_lifted(void **state)
{
	(void)state;
	drive->has_hpa = false;
	drive->has_dco = false;
	drive->has_amac = true;
	ata_model_hide(model, 77, 0);
	assert_int_equal(hidden(), 77);
	assert_int_equal(ata_unhide(fd, &caps, &power, &err), 0);
	assert_int_equal(hidden(), 0);
	assert_int_equal(drive->last_lba, 0); /* the last look */
	model_power_cycle(model);
	assert_int_equal(hidden(), 0);
}

static void test_overlay_is_restored(void **state)
{
	(void)state;
	ata_model_hide(model, 0, 500);
	assert_int_equal(hidden(), 500);
	assert_int_equal(ata_unhide(fd, &caps, &power, &err), 0);
	assert_false(power);
	assert_int_equal(hidden(), 0);
	model_power_cycle(model);
	assert_int_equal(hidden(), 0);
}

static void test_protected_area_over_an_overlay(void **state)
{
	(void)state;
	ata_model_hide(model, 300, 500);
	assert_int_equal(hidden(), 800);
	assert_int_equal(ata_unhide(fd, &caps, &power, &err), 0);
	assert_false(power);
	assert_int_equal(hidden(), 0);
}

static void test_overlay_that_needs_a_power_cycle(void **state)
{
	(void)state;
	drive->dco_needs_power = true;
	ata_model_hide(model, 0, 500);
	assert_int_equal(hidden(), 500);
	assert_int_equal(ata_unhide(fd, &caps, &power, &err), 0);
	assert_true(power);
	assert_int_equal(hidden(), 500);
	model_power_cycle(model);
	assert_int_equal(hidden(), 0);
}

static void test_frozen_settings_say_what_to_do(void **state)
{
	(void)state;
	ata_model_hide(model, 300, 0);
	drive->max_frozen = true;
	assert_int_equal(hidden(), 300);
	assert_error(ata_unhide(fd, &caps, &power, &err), EACCES,
		     "host protected area: 300 of 8192 sectors stay hidden: refused");
	assert_non_null(strstr(err.text, "power-cycle"));
	/* Once between two power-ons. */
	drive->max_frozen = false;
	drive->max_set = true;
	assert_error(ata_unhide(fd, &caps, &power, &err), EACCES, "ID not found");
	model_power_cycle(model);
	assert_int_equal(ata_unhide(fd, &caps, &power, &err), 0);
	ata_model_hide(model, 0, 500);
	assert_int_equal(hidden(), 500);
	drive->faults[ATA_DEVICE_CONFIGURATION] =
		(struct ata_fault){.kind = ATA_FAULT_ERROR, .value = ATA_ERROR_ABRT};
	assert_error(ata_unhide(fd, &caps, &power, &err), EIO,
		     "device configuration overlay: 500 of 8192 sectors stay hidden: refused");
	assert_false(power);
}

static void test_success_that_changes_nothing_is_an_error(void **state)
{
	(void)state;
	ata_model_hide(model, 300, 0);
	assert_int_equal(hidden(), 300);
	drive->faults[ATA_SET_MAX_EXT] = (struct ata_fault){.kind = ATA_FAULT_SUCCESS};
	assert_error(ata_unhide(fd, &caps, &power, &err), EIO,
		     "300 of 8192 sectors stay hidden: the drive reported success");
	drive->has_amac = true;
	assert_int_equal(hidden(), 300);
	drive->faults[ATA_ACCESSIBLE_MAX] = (struct ata_fault){.kind = ATA_FAULT_SUCCESS, .after = 1};
	/* The answer to the setting, or the look before it, is one that nothing was done for. */
	assert_true(ata_unhide(fd, &caps, &power, &err) < 0);
	assert_false(power);
	assert_int_equal(drive->visible, SECTORS - 300);
}

static void test_each_command_may_fail(void **state)
{
	static const uint8_t commands[] = {ATA_READ_NATIVE_MAX_EXT, ATA_SET_MAX_EXT, ATA_IDENTIFY_DEVICE,
					   ATA_DEVICE_CONFIGURATION};
	static const enum ata_fault_kind kinds[] = {ATA_FAULT_HOST, ATA_FAULT_ERRNO, ATA_FAULT_SAM};

	(void)state;
	for (size_t c = 0; c < sizeof(commands); c++)
		for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
			ata_model_hide(model, 300, 500);
			drive->max_set = false;
			assert_int_equal(hidden(), 800);
			drive->faults[commands[c]] = (struct ata_fault){.kind = kinds[k], .value = EIO};
			assert_true(ata_unhide(fd, &caps, &power, &err) < 0);
			assert_non_null(strstr(err.text, "stay hidden"));
			assert_false(power);
			drive->faults[commands[c]] = (struct ata_fault){.kind = ATA_FAULT_NONE};
		}
}

/* Numbers that do not fit through fixed format are not guessed. */
static void test_a_part_of_a_number_is_no_number(void **state)
{
	(void)state;
	drive->sense = ATA_SENSE_FIXED;
	drive->dco_sectors = 1ull << 30;
	drive->has_dco = false;
	assert_int_equal(hidden(), 0);
	assert_int_equal(caps.native_sectors, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_nothing_hidden_nothing_done),
		T(test_protected_area_is_lifted_for_good),
		T(test_accessible_max_address_is_lifted),
		T(test_overlay_is_restored),
		T(test_protected_area_over_an_overlay),
		T(test_overlay_that_needs_a_power_cycle),
		T(test_frozen_settings_say_what_to_do),
		T(test_success_that_changes_nothing_is_an_error),
		T(test_each_command_may_fail),
		T(test_a_part_of_a_number_is_no_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

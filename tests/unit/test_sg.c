/* rooms: agent/hw core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Every layer of a SCSI command's status: only GOOD, CONDITION MET and RECOVERED ERROR are success. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/scsi/sg.h"
#include "agent/hw/scsi/sg_spec.h"
#include "agent/hw/transport.h"

/* What the next command is answered with, and what was asked. */
static struct {
	int code;
	uint8_t status, sense[64];
	unsigned sense_len;
	uint16_t host, driver;
	int resid;
	struct sg_io_hdr seen;
	uint8_t cdb[16];
} reply;
static struct err err;

static int answer(int fd, struct sg_io_hdr *io)
{
	assert_int_equal(fd, 7);
	reply.seen = *io;
	memcpy(reply.cdb, io->cmdp, io->cmd_len);
	io->status = reply.status;
	io->host_status = reply.host;
	io->driver_status = reply.driver;
	io->resid = reply.resid;
	io->sb_len_wr = (unsigned char)reply.sense_len;
	memcpy(io->sbp, reply.sense, reply.sense_len < io->mx_sb_len ? reply.sense_len : io->mx_sb_len);
	return reply.code;
}

static int setup(void **state)
{
	static const struct device_transport transport = {.scsi = answer};

	(void)state;
	memset(&reply, 0, sizeof(reply));
	memset(&err, 0, sizeof(err));
	device_transport_replace(&transport);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	device_transport_replace(NULL);
	return 0;
}

static int run(void)
{
	struct sg_command cmd = {.cdb = {0x12}, .cdb_len = 6, .direction = SG_NO_DATA, .timeout_s = 10};

	return sg_run(7, &cmd, "INQUIRY", &err);
}

/* A sense of either format, current or deferred. */
static void sense(bool fixed, bool deferred, uint8_t key, uint8_t asc, uint8_t ascq)
{
	memset(reply.sense, 0, sizeof(reply.sense));
	reply.status = SAM_CHECK_CONDITION;
	reply.sense[0] = (uint8_t)((fixed ? 0x70 : 0x72) | deferred);
	reply.sense[fixed ? 2 : 1] = key;
	reply.sense[fixed ? 12 : 2] = asc;
	reply.sense[fixed ? 13 : 3] = ascq;
	reply.sense[7] = fixed ? 10 : 0;
	reply.sense_len = fixed ? 18 : 8;
}

static void assert_error(int r, int code, const char *words)
{
	assert_int_equal(r, -code);
	assert_int_equal(err.code, code);
	if (!strstr(err.text, words))
		fail_msg("\"%s\" is not in \"%s\"", words, err.text);
}

static void test_the_command_goes_out_as_it_is(void **state)
{
	uint8_t data[512];
	struct sg_command cmd = {.cdb = {0x85, 8},
				 .cdb_len = 16,
				 .direction = SG_FROM_DEVICE,
				 .data = data,
				 .len = sizeof(data),
				 .timeout_s = 5};

	(void)state;
	reply.resid = 500;
	assert_int_equal(sg_run(7, &cmd, "something", &err), 0);
	assert_int_equal(reply.seen.interface_id, 'S');
	assert_int_equal(reply.seen.dxfer_direction, SG_DXFER_FROM_DEV);
	assert_int_equal(reply.seen.dxfer_len, 512);
	assert_ptr_equal(reply.seen.dxferp, data);
	assert_int_equal(reply.seen.timeout, 5000);
	assert_int_equal(reply.seen.cmd_len, 16);
	assert_int_equal(reply.cdb[0] << 8 | reply.cdb[1], 0x8508);
	assert_int_equal(cmd.received, 12);
	cmd.direction = SG_TO_DEVICE;
	cmd.timeout_s = UINT32_MAX; /* no overflow into a short time */
	reply.resid = 513;          /* nonsense: nothing was received for certain */
	assert_int_equal(sg_run(7, &cmd, "something", &err), 0);
	assert_int_equal(reply.seen.dxfer_direction, SG_DXFER_TO_DEV);
	assert_int_equal(reply.seen.timeout, UINT32_MAX);
	assert_int_equal(cmd.received, 0);
	reply.resid = -1;
	assert_int_equal(sg_run(7, &cmd, "something", &err), 0);
	assert_int_equal(cmd.received, 0);
}

static void test_the_kernel_may_refuse(void **state)
{
	static const int codes[] = {ENOTTY, EINVAL, EPERM, ENODEV, EIO, ENOMEM, EINTR};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		reply.code = -codes[i];
		assert_error(run(), codes[i], "INQUIRY: the kernel did not carry it out");
	}
}

static void test_every_sam_status(void **state)
{
	(void)state;
	for (unsigned status = 0; status < 256; status++) {
		reply.status = (uint8_t)status;
		if (status == SAM_GOOD || status == SAM_CONDITION_MET)
			assert_int_equal(run(), 0);
		else if (status == SAM_BUSY)
			assert_error(run(), EBUSY, "busy");
		else
			assert_error(run(), EIO, "INQUIRY: the device answered ");
	}
}

static void test_every_host_status(void **state)
{
	(void)state;
	/* Whatever the device is said to have said. */
	for (unsigned with_sense = 0; with_sense < 2; with_sense++) {
		if (with_sense)
			sense(false, false, SENSE_RECOVERED_ERROR, 0, 0);
		for (unsigned host = 1; host <= 0xffff; host = host < 64 ? host + 1 : host * 2 + 1) {
			reply.host = (uint16_t)host;
			assert_error(run(), EIO, "the host adapter failed it");
		}
	}
	reply.host = 3;
	assert_error(run(), EIO, "timed out (host status 03h)");
}

static void test_every_driver_status(void **state)
{
	(void)state;
	for (unsigned driver = 0; driver <= 0xffff; driver = driver < 256 ? driver + 1 : driver * 2) {
		reply.driver = (uint16_t)driver;
		/* 8 says only that there are sense data. */
		if (!driver || driver == SG_DRIVER_SENSE)
			assert_int_equal(run(), 0);
		else
			assert_error(run(), EIO, "the driver failed it");
	}
}

static int expected(uint8_t key, uint8_t asc, uint8_t ascq)
{
	if (key == SENSE_RECOVERED_ERROR)
		return 0;
	if (key == SENSE_ILLEGAL_REQUEST && (asc == 0x20 || asc == 0x24))
		return EOPNOTSUPP;
	if (key == SENSE_NOT_READY && asc == 0x04 && ascq == 0x1b)
		return EBUSY;
	return EIO;
}

static void test_every_sense_key_in_both_formats(void **state)
{
	static const uint8_t codes[][2] = {{0, 0},    {0, 0x1d}, {0x04, 0x1b}, {0x04, 0x01}, {0x20, 0},
					   {0x24, 0}, {0x27, 0}, {0x31, 3},    {0xff, 0xff}};

	(void)state;
	for (unsigned fixed = 0; fixed < 2; fixed++)
		for (uint8_t key = 0; key < 16; key++)
			for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
				int code = expected(key, codes[i][0], codes[i][1]);

				sense(fixed, false, key, codes[i][0], codes[i][1]);
				if (code)
					assert_error(run(), code, sg_sense_key_name(key));
				else
					assert_int_equal(run(), 0);
			}
}

static void test_deferred_errors_are_errors_whatever_they_say(void **state)
{
	(void)state;
	for (unsigned fixed = 0; fixed < 2; fixed++)
		for (uint8_t key = 0; key < 16; key++) {
			sense(fixed, true, key, 0, 0);
			assert_error(run(), EIO, "of an earlier command");
			reply.status = SAM_GOOD; /* with it, too */
			assert_error(run(), EIO, "of an earlier command");
			/* What another command met says nothing of what this one could do. */
			sense(fixed, true, key, 0x20, 0);
			assert_error(run(), EIO, "of an earlier command");
		}
	/* Sense of this command with GOOD is none of our business. */
	sense(true, false, SENSE_RECOVERED_ERROR, 0, 0);
	reply.status = SAM_GOOD;
	assert_int_equal(run(), 0);
}

static void test_sense_that_is_missing_or_cut_is_a_failure(void **state)
{
	(void)state;
	for (unsigned fixed = 0; fixed < 2; fixed++)
		for (unsigned len = 0; len < 8; len++) {
			sense(fixed, false, SENSE_RECOVERED_ERROR, 0, 0);
			reply.sense_len = len;
			assert_error(run(), EIO, "without sense data");
		}
	for (unsigned code = 0; code < 0x80; code++) {
		sense(false, false, SENSE_RECOVERED_ERROR, 0, 0);
		reply.sense[0] = (uint8_t)code;
		reply.sense[2] = SENSE_RECOVERED_ERROR; /* either format's place */
		if (code < 0x70 || code > 0x73)
			assert_error(run(), EIO, "without sense data");
	}
}

static void test_longer_than_was_asked_is_cut(void **state)
{
	struct sg_command cmd = {.cdb_len = 6};

	(void)state;
	sense(false, false, SENSE_RECOVERED_ERROR, 0, 0);
	reply.sense[7] = 255;
	reply.sense_len = 64;
	assert_int_equal(sg_issue(7, &cmd, "x", &err), 0);
	assert_int_equal(cmd.sense_len, 64);
}

/* The command's sense is read from a buffer of exactly its length, so that the sanitizers see a byte too many. */
static void test_descriptors_are_bounded(void **state)
{
	struct sg_command cmd = {.cdb_len = 6};
	struct sg_sense s;

	(void)state;
	sense(false, false, SENSE_NOT_READY, 4, 0x1b);
	memcpy(reply.sense + 8, (uint8_t[]){0x02, 6, 0, 0, 0x80, 0x40, 0x01, 0}, 8);
	memcpy(reply.sense + 16, (uint8_t[]){0x09, 12, 1, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x51}, 14);
	reply.sense[7] = 22;
	reply.sense_len = 30;
	assert_int_equal(sg_issue(7, &cmd, "x", &err), 0);
	assert_true(sg_sense(&cmd, &s));
	assert_true(s.has_progress);
	assert_int_equal(s.progress, 0x4001);
	assert_ptr_equal(s.ata, cmd.sense + 16);
	/* The whole says that it is shorter, or the transfer was. */
	cmd.sense[7] = 21;
	assert_true(sg_sense(&cmd, &s) && s.has_progress && !s.ata);
	cmd.sense[7] = 255;
	cmd.sense_len = 29;
	assert_true(sg_sense(&cmd, &s) && s.has_progress && !s.ata);
	/* A descriptor that is longer than all, and one without length. */
	cmd.sense_len = 30;
	cmd.sense[9] = 255;
	assert_true(sg_sense(&cmd, &s) && !s.has_progress && !s.ata);
	memset(cmd.sense + 8, 0, 22);
	assert_true(sg_sense(&cmd, &s) && !s.has_progress && !s.ata);
	/* The right type with the wrong length is not what it says. */
	memcpy(cmd.sense + 8, (uint8_t[]){0x09, 11, 1}, 3);
	assert_true(sg_sense(&cmd, &s) && !s.ata);
}

static void test_progress_counts_only_with_its_key_and_bit(void **state)
{
	struct sg_command cmd = {.cdb_len = 6};
	struct sg_sense s;

	(void)state;
	for (uint8_t key = 0; key < 16; key++) {
		sense(true, false, key, 4, 0x1b);
		memcpy(reply.sense + 15, (uint8_t[]){0x80, 0x12, 0x34}, 3);
		assert_int_equal(sg_issue(7, &cmd, "x", &err), 0);
		assert_true(sg_sense(&cmd, &s));
		assert_int_equal(s.has_progress, key == SENSE_NO_SENSE || key == SENSE_NOT_READY);
		assert_int_equal(s.progress, s.has_progress ? 0x1234 : 0);
		cmd.sense[15] = 0x7f;
		assert_true(sg_sense(&cmd, &s) && !s.has_progress);
	}
	sense(true, false, SENSE_NOT_READY, 4, 0x1b);
	reply.sense[15] = 0x80;
	reply.sense_len = 17;
	assert_int_equal(sg_issue(7, &cmd, "x", &err), 0);
	assert_true(sg_sense(&cmd, &s) && !s.has_progress);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_the_command_goes_out_as_it_is, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_kernel_may_refuse, setup, teardown),
		cmocka_unit_test_setup_teardown(test_every_sam_status, setup, teardown),
		cmocka_unit_test_setup_teardown(test_every_host_status, setup, teardown),
		cmocka_unit_test_setup_teardown(test_every_driver_status, setup, teardown),
		cmocka_unit_test_setup_teardown(test_every_sense_key_in_both_formats, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deferred_errors_are_errors_whatever_they_say, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_sense_that_is_missing_or_cut_is_a_failure, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_longer_than_was_asked_is_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_descriptors_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_progress_counts_only_with_its_key_and_bit, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

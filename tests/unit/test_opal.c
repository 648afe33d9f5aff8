/* rooms: tests/fakes agent/hw core */
/* SPDX-License-Identifier: Apache-2.0 */
/* TCG Opal: discovery over each transport, hostile answers, reverting; against a model of a drive. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/opal/opal.h"
#include "agent/hw/opal/spec.h"
#include "core/hash.h"
#include "core/json.h"
#include "tests/fakes/opal_model.h"

enum { SIZE = 1 << 20 };

static struct model *model;
static struct opal_model *drive;
static struct opal_caps caps;
static struct err err;
static int fd;

static void use(enum block_transport transport)
{
	models_clear();
	if (fd >= 0)
		close(fd);
	model = opal_model_new("OP1", SIZE, 512, transport);
	drive = opal_model(model);
	fd = open(model->block.path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
}

static int setup(void **state)
{
	(void)state;
	fd = -EBADF;
	use(BLOCK_NVME);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(fd);
	models_clear();
	return 0;
}

static int discover(void)
{
	err.text[0] = '\0';
	return opal_discover(fd, model->block.transport, &caps, &err);
}

/* ---- discovery ---- */

static void test_every_transport(void **state)
{
	static const enum block_transport transports[] = {BLOCK_NVME, BLOCK_ATA, BLOCK_SCSI};

	(void)state;
	for (size_t i = 0; i < sizeof(transports) / sizeof(*transports); i++) {
		use(transports[i]);
		drive->mbr_enabled = i == 1;
		assert_int_equal(discover(), 0);
		assert_true(caps.tper && caps.locking && caps.locking_enabled && caps.locked);
		assert_true(caps.media_encryption && !caps.mbr_done);
		assert_int_equal(caps.mbr_enabled, i == 1);
		assert_int_equal(caps.ssc, 0x0203);
		assert_int_equal(caps.raw_len, 48 + 16 + 16 + 20);
		assert_true(opal_reverts_media(&caps));
		assert_int_equal(drive->n_pass_through, i == 1);
	}
}

/* Linux without libata.allow_tpm: the SCSI command still reaches the ATA drive. */
static void test_ata_where_the_kernel_refuses_pass_through(void **state)
{
	(void)state;
	use(BLOCK_ATA);
	drive->no_pass_through = true;
	assert_int_equal(discover(), 0);
	assert_int_equal(caps.ssc, 0x0203);
	assert_int_equal(drive->n_pass_through, 1);
}

static void test_other_drives_are_not_asked(void **state)
{
	static const enum block_transport others[] = {BLOCK_VIRTIO, BLOCK_MMC, BLOCK_OTHER};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_int_equal(opal_discover(fd, others[i], &caps, &err), -EOPNOTSUPP);
	assert_int_equal(drive->n_discoveries, 0);
}

static void test_every_layer_of_status_is_an_error(void **state)
{
	(void)state;
	drive->nvme_status = 0x4001;
	assert_int_equal(discover(), -EOPNOTSUPP);
	drive->nvme_status = 0x0006;
	assert_int_equal(discover(), -EIO);
	assert_non_null(strstr(err.text, "Internal Error"));
	drive->discovery_error = -ENODEV;
	assert_int_equal(discover(), -ENODEV);
	for (unsigned i = 0; i < 2; i++) {
		use(i ? BLOCK_ATA : BLOCK_SCSI);
		drive->scsi_key = 5;
		drive->scsi_asc = 0x20;
		assert_int_equal(discover(), -EOPNOTSUPP);
		drive->scsi_key = 4;
		drive->scsi_asc = 0x44;
		assert_int_equal(discover(), -EIO);
		drive->scsi_key = 6; /* one UNIT ATTENTION after the other */
		assert_int_equal(discover(), -EIO);
		drive->discovery_error = -EPERM;
		assert_int_equal(discover(), -EPERM);
	}
	use(BLOCK_ATA);
	drive->ata_status = 0x51;
	assert_int_equal(discover(), -EIO);
	assert_non_null(strstr(err.text, "ATA status 51h"));
	drive->ata_status = 0x50;
	assert_int_equal(discover(), 0);
}

/* ---- hostile answers ---- */

static void tell(const char *hex)
{
	drive->raw_len = (uint16_t)(strlen(hex) / 2);
	assert_int_equal(hex_decode(hex, drive->raw, drive->raw_len), 0);
}

/* A head of 48 bytes that tells of n bytes in all. */
static void tell_features(unsigned n, const char *features)
{
	char hex[512];

	snprintf(hex, sizeof(hex), "%08x00000001%080d%s", n - 4, 0, features);
	tell(hex);
}

static void test_hostile_lengths(void **state)
{
	(void)state;
	tell("00");
	assert_int_equal(discover(), -EOPNOTSUPP); /* zeros from an NVMe drive: nothing is told */
	tell_features(0 + 4, "");
	assert_int_equal(discover(), -EOPNOTSUPP);
	tell_features(47, "");
	assert_int_equal(discover(), -EBADMSG);
	tell_features(2049, "");
	assert_int_equal(discover(), -EBADMSG);
	tell_features(3, ""); /* 2^32 - 1 */
	assert_int_equal(discover(), -EBADMSG);
	tell_features(48, "");
	assert_int_equal(discover(), 0);
	assert_true(!caps.tper && !caps.locking && !caps.ssc);
	assert_false(opal_reverts_media(&caps));
	tell_features(48 + 4, "000210ff"); /* runs past the end */
	assert_int_equal(discover(), -EBADMSG);
	tell_features(48 + 4, "00021000"); /* Locking without its byte */
	assert_int_equal(discover(), -EBADMSG);
	tell_features(48 + 3, "000110"); /* less than a head is left: nothing */
	assert_int_equal(discover(), 0);
	assert_false(caps.tper);
	tell_features(48 + 5, "000210010a");
	assert_int_equal(discover(), 0);
	assert_true(caps.locking && caps.locking_enabled && caps.media_encryption && !caps.locked);
	assert_int_equal(caps.raw_len, 53);
}

static void test_short_answers_over_scsi(void **state)
{
	(void)state;
	use(BLOCK_SCSI);
	tell("0000006000000001");
	assert_int_equal(discover(), -EBADMSG);
	tell_features(100, "0001100c"); /* tells of 100 bytes and gives 52 */
	assert_int_equal(discover(), -EBADMSG);
}

static void test_features_told_twice(void **state)
{
	(void)state;
	tell_features(48 + 10, "0002100107000210010a");
	assert_int_equal(discover(), 0);
	assert_true(caps.locking_enabled && caps.locked);
	tell_features(48 + 12, "030210000203100001001000"); /* Pyrite 1, Opal 2, Enterprise */
	assert_int_equal(discover(), 0);
	assert_int_equal(caps.ssc, 0x0203);
}

static void test_only_encrypting_classes_are_reverted_for_their_data(void **state)
{
	static const struct {
		uint16_t ssc;
		bool reverts;
	} cases[] = {{0x0200, true},  {0x0203, true},  {0x0304, true},  {0x0302, false},
		     {0x0303, false}, {0x0100, false}, {0x0000, false}, {0xc001, false}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		drive->ssc = cases[i].ssc;
		drive->media_encryption = true;
		assert_int_equal(discover(), 0);
		assert_int_equal(opal_reverts_media(&caps), cases[i].reverts);
		drive->media_encryption = false;
		assert_int_equal(discover(), 0);
		assert_false(opal_reverts_media(&caps));
		drive->media_encryption = true;
		drive->locking_enabled = false;
		assert_int_equal(discover(), 0);
		assert_false(opal_reverts_media(&caps));
		drive->locking_enabled = true;
	}
}

static void test_random_answers(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		_cleanup_json_ json_t *json = NULL;
		struct opal_caps back;

		random_bytes(drive->raw, sizeof(drive->raw));
		drive->raw_len = sizeof(drive->raw);
		drive->raw[0] = drive->raw[1] = 0;
		drive->raw[2] &= 7;
		if (discover() < 0)
			continue;
		json = opal_caps_to_json(&caps);
		assert_int_equal(opal_caps_from_json(json, &back, &err), 0);
		assert_int_equal(back.raw_len, caps.raw_len);
	}
}

/* ---- as JSON ---- */

static void test_json_round_trip(void **state)
{
	_cleanup_json_ json_t *json = NULL, *again = NULL;
	struct opal_caps back;

	(void)state;
	assert_int_equal(discover(), 0);
	json = opal_caps_to_json(&caps);
	assert_int_equal(opal_caps_from_json(json, &back, &err), 0);
	again = opal_caps_to_json(&back);
	assert_true(json_equal(json, again));
	assert_memory_equal(back.raw, caps.raw, caps.raw_len);
}

static void test_hostile_json(void **state)
{
	static const char *const changes[] = {
		"{\"locked\": false}",
		"{\"tper\": 1}",
		"{\"ssc\": 512}",
		"{\"ssc\": -1}",
		"{\"raw\": \"\"}",
		"{\"raw\": \"0\"}",
		"{\"raw\": \"zz\"}",
		"{\"raw\": \"00000000\"}",
		"{\"media_encryption\": null}",
		"{\"more\": 1}",
		"{\"raw\": 5}",
	};
	const char *key;
	json_t *value;
	_cleanup_json_ json_t *whole = NULL, *array = json_array();

	(void)state;
	assert_int_equal(discover(), 0);
	whole = opal_caps_to_json(&caps);
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		_cleanup_json_ json_t *json = json_copy(whole), *change = NULL;

		assert_int_equal(json_parse(changes[i], strlen(changes[i]), &change, &err), 0);
		json_object_update(json, change);
		assert_int_equal(opal_caps_from_json(json, &caps, &err), -EBADMSG);
	}
	json_object_foreach(whole, key, value) {
		_cleanup_json_ json_t *json = json_copy(whole);

		json_object_del(json, key);
		assert_int_equal(opal_caps_from_json(json, &caps, &err), -EBADMSG);
	}
	assert_int_equal(opal_caps_from_json(array, &caps, &err), -EBADMSG);
}

/* ---- revert ---- */

static void test_psid_revert(void **state)
{
	(void)state;
	assert_int_equal(opal_psid_revert(fd, drive->psid, &err), 0);
	assert_int_equal(model_residue(model), 0);
	assert_int_equal(discover(), 0);
	assert_true(caps.locking && !caps.locking_enabled && !caps.locked);
	assert_string_equal(drive->sid, drive->msid);
	/* And once more: the PSID stays. */
	assert_int_equal(opal_psid_revert(fd, drive->psid, &err), 0);
}

static void test_revert_by_the_owner(void **state)
{
	(void)state;
	assert_int_equal(opal_revert(fd, "somebody", &err), -EACCES);
	assert_non_null(strstr(err.text, "NOT_AUTHORIZED"));
	assert_int_equal(model_residue(model), SIZE);
	assert_int_equal(opal_revert(fd, "former owner", &err), 0);
	assert_int_equal(model_residue(model), 0);
	assert_int_equal(opal_revert(fd, "former owner", &err), -EACCES);
}

static void test_tries_are_limited_until_power_is_cut(void **state)
{
	(void)state;
	drive->try_limit = 3;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(opal_psid_revert(fd, "wrong", &err), -EACCES);
	assert_int_equal(opal_psid_revert(fd, drive->psid, &err), -EACCES);
	assert_non_null(strstr(err.text, "AUTHORITY_LOCKED_OUT"));
	assert_non_null(strstr(err.text, "power it off"));
	model_power_cycle(model);
	assert_int_equal(opal_psid_revert(fd, drive->psid, &err), 0);
}

static void test_secrets_that_cannot_be_are_not_sent(void **state)
{
	char secret[OPAL_SECRET_MAX + 2];

	(void)state;
	assert_int_equal(opal_psid_revert(fd, "", &err), -EINVAL);
	memset(secret, 'x', sizeof(secret));
	secret[OPAL_SECRET_MAX + 1] = '\0';
	assert_int_equal(opal_psid_revert(fd, secret, &err), -EINVAL);
	assert_int_equal(opal_revert(fd, secret, &err), -EINVAL);
	assert_null(strstr(err.text, "xxx"));
	assert_int_equal(drive->n_reverts, 0);
	secret[OPAL_SECRET_MAX] = '\0';
	assert_int_equal(opal_revert(fd, secret, &err), -EACCES);
	assert_null(strstr(err.text, "xxx"));
}

static void test_every_answer_to_a_revert_but_0_is_an_error(void **state)
{
	static const struct {
		int answer, code;
		const char *words;
	} cases[] = {
		{TCG_SP_BUSY, EBUSY, "SP_BUSY"},
		{TCG_NO_SESSIONS, EBUSY, "NO_SESSIONS_AVAILABLE"},
		{TCG_FAIL, EIO, "3fh (FAIL)"},
		{0x0f, EIO, "TPER_MALFUNCTION"},
		{0x02, EIO, "no name known"},
		{0x89, EIO, "no status came back"},
		{0x4002, EIO, "4002h"},
		{-ENOTTY, EOPNOTSUPP, "no Opal"},
		{-EOPNOTSUPP, EOPNOTSUPP, "no Opal"},
		{-524, EOPNOTSUPP, "no Opal"},
		{-EPERM, EPERM, "opened no session"},
		{-EACCES, EACCES, "the kernel did not carry it out"},
		{-EIO, EIO, "the kernel did not"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		drive->answer = cases[i].answer;
		assert_int_equal(opal_psid_revert(fd, drive->psid, &err), -cases[i].code);
		assert_non_null(strstr(err.text, cases[i].words));
		assert_null(strstr(err.text, drive->psid));
	}
	for (int answer = 1; answer < 0x200; answer++) {
		drive->answer = answer;
		assert_true(opal_revert(fd, "x", &err) < 0);
		drive->answer = -answer;
		assert_true(opal_revert(fd, "x", &err) < 0);
	}
	assert_int_equal(model_residue(model), SIZE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_every_transport),
		TEST(test_ata_where_the_kernel_refuses_pass_through),
		TEST(test_other_drives_are_not_asked),
		TEST(test_every_layer_of_status_is_an_error),
		TEST(test_hostile_lengths),
		TEST(test_short_answers_over_scsi),
		TEST(test_features_told_twice),
		TEST(test_only_encrypting_classes_are_reverted_for_their_data),
		TEST(test_random_answers),
		TEST(test_json_round_trip),
		TEST(test_hostile_json),
		TEST(test_psid_revert),
		TEST(test_revert_by_the_owner),
		TEST(test_tries_are_limited_until_power_is_cut),
		TEST(test_secrets_that_cannot_be_are_not_sent),
		TEST(test_every_answer_to_a_revert_but_0_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* rooms: agent/wipe tests/fakes agent/hw core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Opal reverts as methods: drives that are owned, locked, busy, refusing and lying. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/opal/spec.h"
#include "agent/wipe/method.h"
#include "core/json.h"
#include "tests/fakes/opal_model.h"

enum { SIZE = 4 << 20 };

static struct model *model;
static struct opal_model *drive;
static struct wipe_caps caps;
static struct wipe_run run;
static struct err err;
static unsigned n_progress;

static void on_progress(struct wipe_run *r, uint64_t done, uint64_t total, unsigned patience_s)
{
	assert_ptr_equal(r, &run);
	assert_true(done <= total && patience_s > 0);
	n_progress++;
}

static void look_at_it(void)
{
	memset(&caps, 0, sizeof(caps));
	caps.kind = WIPE_CAPS_NVME;
	caps.has_opal = opal_discover(run.fd, model->block.transport, &caps.opal, &err) == 0;
}

static void use(enum block_transport transport)
{
	model = opal_model_new("OM1", SIZE, 512, transport);
	drive = opal_model(model);
	run = (struct wipe_run){.block = &model->block,
				.fd = open(model->block.path, O_RDWR | O_CLOEXEC),
				.caps = &caps,
				.psid = drive->psid,
				.sid = drive->sid,
				.status = json_array(),
				.progress = on_progress};
	assert_true(run.fd >= 0);
	look_at_it();
	assert_true(caps.has_opal);
}

static void done_with_it(void)
{
	close(run.fd);
	json_decref(run.status);
	models_clear();
}

static int setup(void **state)
{
	(void)state;
	err = (struct err){0};
	n_progress = 0;
	use(BLOCK_NVME);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	done_with_it();
	return 0;
}

static const char *status(size_t i, const char *key)
{
	return json_string_value(json_object_get(json_array_get(run.status, i), key));
}

static void test_psid_revert_over_every_transport(void **state)
{
	static const enum block_transport transports[] = {BLOCK_NVME, BLOCK_ATA, BLOCK_SCSI};

	(void)state;
	for (size_t i = 0; i < sizeof(transports) / sizeof(*transports); i++) {
		done_with_it();
		use(transports[i]);
		drive->mbr_enabled = true;
		assert_int_equal(method_opal_psid_revert(&run, &err), 0);
		assert_int_equal(model_residue(model), 0);
		assert_false(drive->locking_enabled || drive->locked || drive->mbr_enabled);
		/* Both answers are kept, raw. */
		assert_int_equal(json_array_size(run.status), 2);
		assert_string_equal(status(0, "what"), "TCG discovery before the revert");
		assert_string_equal(status(1, "what"), "TCG discovery after the revert");
		assert_string_not_equal(status(0, "hex"), status(1, "hex"));
	}
	assert_true(n_progress >= 3);
}

static void test_revert_by_the_owners_password(void **state)
{
	(void)state;
	assert_int_equal(method_opal_revert(&run, &err), 0);
	assert_int_equal(model_residue(model), 0);
	done_with_it();
	use(BLOCK_SCSI);
	run.sid = "guessed";
	assert_int_equal(method_opal_revert(&run, &err), -EACCES);
	assert_null(strstr(err.text, "guessed"));
	assert_int_equal(model_residue(model), SIZE);
}

static void test_nothing_is_issued_that_was_not_offered(void **state)
{
	(void)state;
	run.psid = run.sid = NULL;
	assert_int_equal(method_opal_psid_revert(&run, &err), -EINVAL);
	assert_non_null(strstr(err.text, "no PSID"));
	assert_int_equal(method_opal_revert(&run, &err), -EINVAL);
	run.psid = drive->psid;
	caps.opal.media_encryption = false;
	assert_int_equal(method_opal_psid_revert(&run, &err), -EOPNOTSUPP);
	caps.opal.media_encryption = true;
	caps.opal.ssc = TCG_FEATURE_PYRITE_2;
	assert_int_equal(method_opal_psid_revert(&run, &err), -EOPNOTSUPP);
	caps.opal.ssc = TCG_FEATURE_OPAL_2;
	caps.has_opal = false;
	assert_int_equal(method_opal_psid_revert(&run, &err), -EOPNOTSUPP);
	assert_int_equal(drive->n_reverts, 0);
}

static void test_what_stays_locked_was_not_reverted(void **state)
{
	static const struct {
		enum opal_lie lie;
		const char *words;
	} cases[] = {{OPAL_DOES_NOTHING, "locking is still in force"},
		     {OPAL_KEEPS_LOCKING, "locking is still enabled"},
		     {OPAL_KEEPS_LOCKED, "locking is still in force"},
		     {OPAL_KEEPS_MBR, "shadow"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		drive->lie = cases[i].lie;
		assert_int_equal(method_opal_psid_revert(&run, &err), -EIO);
		assert_non_null(strstr(err.text, cases[i].words));
	}
}

/* Nobody has activated the Locking SP: a revert would succeed and keep all data. */
static void test_a_drive_that_was_never_activated(void **state)
{
	(void)state;
	drive->locking_enabled = drive->locked = false;
	assert_int_equal(method_opal_psid_revert(&run, &err), -EOPNOTSUPP); /* found now */
	look_at_it();
	assert_int_equal(method_opal_psid_revert(&run, &err),
			 -EOPNOTSUPP); /* and from what was told before */
	assert_non_null(strstr(err.text, "never activated"));
	assert_int_equal(drive->n_reverts, 0);
	assert_int_equal(opal_psid_revert(run.fd, drive->psid, &err), 0);
	assert_int_equal(model_residue(model), SIZE);
}

/* Nothing here can tell that the key is the old one: that is for the proof to find. */
static void test_a_key_that_stays_is_not_noticed_here(void **state)
{
	(void)state;
	drive->truth = MODEL_NOTHING;
	assert_int_equal(method_opal_psid_revert(&run, &err), 0);
	assert_int_equal(model_residue(model), SIZE);
}

static void test_a_drive_that_begins_anew_is_waited_for(void **state)
{
	(void)state;
	drive->busy = 5;
	assert_int_equal(method_opal_psid_revert(&run, &err), 0);
	drive->n_reverts = 0; /* busy only after the next */
	drive->locking_enabled = true;
	drive->busy = 1000;
	assert_int_equal(method_opal_psid_revert(&run, &err), -EIO);
	assert_non_null(strstr(err.text, "TCG discovery after the revert"));
	assert_true(drive->busy > 900);
}

static void test_every_answer_but_0_is_a_failure(void **state)
{
	(void)state;
	for (int answer = 1; answer < 0x100; answer++) {
		drive->answer = answer;
		assert_true(method_opal_psid_revert(&run, &err) < 0);
		drive->answer = -answer;
		assert_true(method_opal_revert(&run, &err) < 0);
	}
	assert_int_equal(model_residue(model), SIZE);
	drive->answer = 0;
	drive->try_limit = 1;
	drive->wrong_tries = 1;
	assert_int_equal(method_opal_psid_revert(&run, &err), -EACCES);
	assert_non_null(strstr(err.text, "power it off"));
}

static void test_discovery_must_work_before(void **state)
{
	(void)state;
	drive->nvme_status = 0x0006;
	assert_int_equal(method_opal_psid_revert(&run, &err), -EIO);
	drive->nvme_status = 0;
	drive->discovery_error = -ENODEV;
	assert_int_equal(method_opal_psid_revert(&run, &err), -ENODEV);
	assert_int_equal(drive->n_reverts, 0);
}

static void test_classes_that_the_kernel_does_not_know(void **state)
{
	(void)state;
	drive->ssc = TCG_FEATURE_RUBY;
	look_at_it();
	assert_int_equal(method_opal_psid_revert(&run, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.text, "the kernel finds no Opal"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_psid_revert_over_every_transport),
		TEST(test_revert_by_the_owners_password),
		TEST(test_nothing_is_issued_that_was_not_offered),
		TEST(test_what_stays_locked_was_not_reverted),
		TEST(test_a_drive_that_was_never_activated),
		TEST(test_a_key_that_stays_is_not_noticed_here),
		TEST(test_a_drive_that_begins_anew_is_waited_for),
		TEST(test_every_answer_but_0_is_a_failure),
		TEST(test_discovery_must_work_before),
		TEST(test_classes_that_the_kernel_does_not_know),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

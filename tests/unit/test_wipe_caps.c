/* rooms: agent/wipe tests/fakes agent/hw core */
/* SPDX-License-Identifier: Apache-2.0 */
/* What a drive can do, of whatever kind: asking never fails, and the JSON is read as strictly as it is written. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/scsi/spec.h"
#include "agent/wipe/caps.h"
#include "core/json.h"
#include "tests/fakes/scsi_model.h"

enum { SIZE = 1 << 20 };

static struct wipe_caps caps;
static struct err err;

static int teardown(void **state)
{
	(void)state;
	models_clear();
	return 0;
}

static void read_caps(const struct model *model)
{
	_cleanup_close_ int fd = open(model->block.path, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	wipe_caps_read(fd, &model->block, &caps);
}

/* To JSON and back, and it is the same. The caller owns it. */
static json_t *there_and_back(void)
{
	_cleanup_json_ json_t *again = NULL;
	json_t *json = wipe_caps_to_json(&caps);
	struct wipe_caps back;

	assert_non_null(json);
	assert_int_equal(wipe_caps_from_json(json, &back, &err), 0);
	assert_int_equal(back.kind, caps.kind);
	assert_int_equal(back.has_opal, caps.has_opal);
	again = wipe_caps_to_json(&back);
	assert_true(json_equal(json, again));
	return json;
}

static void test_scsi_with_and_without_opal(void **state)
{
	struct model *model = scsi_model_new("C1", SIZE, 512);

	(void)state;
	for (unsigned opal = 0; opal < 2; opal++) {
		_cleanup_json_ json_t *json = NULL;

		scsi_model(model)->has_opal = opal;
		read_caps(model);
		assert_int_equal(caps.kind, WIPE_CAPS_SCSI);
		assert_true(caps.scsi.sanitize_block);
		assert_int_equal(caps.has_opal, opal);
		json = there_and_back();
		assert_true(json_is_object(json_object_get(json, "scsi")));
		assert_int_equal(json_is_null(json_object_get(json, "opal")), !opal);
	}
	assert_true(caps.opal.locking_enabled && caps.opal.media_encryption);
}

/* A drive that has discovery, and no trusted peripheral in it. */
static void test_discovery_without_a_tper_is_no_opal(void **state)
{
	struct model *model = scsi_model_new("C1", SIZE, 512);
	struct opal_model *opal = &scsi_model(model)->opal;

	(void)state;
	scsi_model(model)->has_opal = true;
	opal->raw_len = 48;
	opal->raw[3] = 44;
	read_caps(model);
	assert_false(caps.has_opal);
	json_decref(there_and_back());
}

static void test_what_does_not_answer_has_nothing(void **state)
{
	static const enum block_transport transports[] = {BLOCK_NVME, BLOCK_ATA, BLOCK_SCSI};

	(void)state;
	for (size_t i = 0; i < sizeof(transports) / sizeof(*transports); i++) {
		_cleanup_json_ json_t *json = NULL;
		struct model *model = scsi_model_new("C1", SIZE, 512);

		scsi_model(model)->fault =
			(struct scsi_fault){.on = true, .opcode = SCSI_INQUIRY, .host = 0x01};
		model->block.transport = transports[i];
		read_caps(model);
		assert_int_equal(caps.kind, WIPE_CAPS_NONE);
		assert_true(caps.why_none.code && caps.why_none.text[0]);
		assert_false(caps.has_opal);
		json = there_and_back();
		assert_string_equal(json_string_value(json_object_get(json, "none")), caps.why_none.text);
		models_clear();
	}
}

static void test_other_kinds_are_not_asked(void **state)
{
	static const enum block_transport others[] = {BLOCK_VIRTIO, BLOCK_MMC, BLOCK_OTHER};
	struct model *model = scsi_model_new("C1", SIZE, 512);

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		_cleanup_json_ json_t *json = NULL;

		model->block.transport = others[i];
		read_caps(model);
		assert_int_equal(caps.kind, WIPE_CAPS_NONE);
		assert_int_equal(caps.why_none.code, 0);
		json = there_and_back();
		assert_string_equal(json_string_value(json_object_get(json, "none")), "");
	}
	assert_int_equal(scsi_model(model)->n_commands, 0);
}

static void test_hostile_json(void **state)
{
	static const char *const hostile[] = {
		"{}",
		"[]",
		"{\"opal\": null}",
		"{\"none\": \"\"}",
		"{\"none\": 1, \"opal\": null}",
		"{\"none\": \"a\\nb\", \"opal\": null}",
		"{\"none\": \"\", \"opal\": {}}",
		"{\"none\": \"\", \"opal\": false}",
		"{\"none\": \"\", \"opal\": null, \"scsi\": {}}",
		"{\"scsi\": {}, \"opal\": null}",
		"{\"scsi\": null, \"opal\": null}",
		"{\"nvme\": {}, \"opal\": null}",
		"{\"ata\": [], \"opal\": null}",
		"{\"scsi\": {}, \"ata\": {}}",
		"{\"other\": {}, \"opal\": null}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
		_cleanup_json_ json_t *json = NULL;

		assert_int_equal(json_parse(hostile[i], strlen(hostile[i]), &json, &err), 0);
		assert_int_equal(wipe_caps_from_json(json, &caps, &err), -EBADMSG);
	}
}

/* Opal is told of a drive of a known kind, with a trusted peripheral, or not at all. */
static void test_opal_that_no_drive_tells(void **state)
{
	struct model *model = scsi_model_new("C1", SIZE, 512);
	_cleanup_json_ json_t *json = NULL;

	(void)state;
	scsi_model(model)->has_opal = true;
	read_caps(model);
	json = wipe_caps_to_json(&caps);
	json_object_del(json, "scsi");
	json_object_set_new(json, "none", json_string(""));
	assert_int_equal(wipe_caps_from_json(json, &caps, &err), -EBADMSG);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_scsi_with_and_without_opal),
		TEST(test_discovery_without_a_tper_is_no_opal),
		TEST(test_what_does_not_answer_has_nothing),
		TEST(test_other_kinds_are_not_asked),
		TEST(test_hostile_json),
		TEST(test_opal_that_no_drive_tells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

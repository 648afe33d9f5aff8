/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/json.h"
#include "protocol/certificate/certificate.h"

static const struct certificate_context context = {
	.station = "station.example",
	.order_id = "o-1",
	.node = "node1",
	.requested_by = "alice",
	.issued = 1795381261,
	.identity_basis = "location-trusted",
	.place = "Hall 7",
	.evidence_sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
};

/* The fuzzers' seed: a drive that was read back, one that failed, one that was left alone. */
static json_t *evidence(void)
{
	json_t *json = NULL;
	struct err err = {0};

	assert_int_equal(json_read_file("tests/fuzz/corpus/evidence/two-drives", EVIDENCE_MAX, &json, &err),
			 0);
	return json;
}

static json_t *drive_of(json_t *json, size_t i)
{
	return json_array_get(json_object_get(json, "drives"), i);
}

static json_t *certify(json_t *from)
{
	struct err err = {0};
	json_t *json = NULL;
	size_t len = 0;
	_cleanup_free_ char *text = certificate_make(from, &context, &len, &err);

	if (!text)
		fail_msg("%s", err.text);
	assert_int_equal(json_parse(text, len, &json, &err), 0);
	return json;
}

static const char *text_at(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void test_certificate(void **state)
{
	static const char *const keys[] = {"certificate",
					   "order",
					   "node",
					   "identity",
					   "identity_basis",
					   "station",
					   "place",
					   "contact",
					   "requested_by",
					   "issued",
					   "tool",
					   "standards",
					   "agent",
					   "image",
					   "root_disks",
					   "drives",
					   "drives_not_touched",
					   "efi",
					   "firmware",
					   "tpm",
					   "attestation",
					   "out_of_band",
					   "gate",
					   "overlays",
					   "nics",
					   "steps",
					   "validation",
					   "statement",
					   NULL};
	_cleanup_json_ json_t *from = evidence(), *json = certify(from);
	json_t *untouched = json_array_get(json_object_get(json, "drives_not_touched"), 0);
	struct err err = {0};

	(void)state;
	assert_int_equal(json_only_keys(json, "certificate", keys, &err), 0);
	for (size_t i = 0; keys[i]; i++)
		assert_non_null(json_object_get(json, keys[i]));
	assert_int_equal(json_integer_value(json_object_get(json, "certificate")), 2);
	assert_string_equal(text_at(json, "requested_by"), "alice");
	assert_string_equal(text_at(json, "place"), "Hall 7");
	assert_true(json_is_null(json_object_get(json, "contact")));
	assert_string_equal(text_at(json_object_get(json, "tool"), "name"), "remint-agent");
	assert_string_equal(text_at(json_object_get(json, "tool"), "version"), "0.1.0");
	assert_string_equal(json_string_value(json_array_get(json_object_get(json, "standards"), 0)),
			    "NIST SP 800-88r2");
	assert_string_equal(text_at(drive_of(json, 0), "level_basis"), "asserted by the device");
	assert_true(json_is_null(json_object_get(drive_of(json, 1), "level_basis")));
	assert_int_equal(certificate_check(json, &err), 0);
	assert_string_equal(text_at(json, "issued"), "2026-11-22T21:01:01Z");
	assert_string_equal(text_at(drive_of(json, 0), "claim"), "read back");
	assert_string_equal(text_at(drive_of(json, 1), "claim"), "not erased");
	assert_string_equal(text_at(drive_of(json, 1), "reason"), "marker 3 is still there");
	assert_string_equal(text_at(untouched, "reason"), "removable");
	assert_null(json_object_get(untouched, "dev"));
	assert_non_null(strstr(text_at(json, "statement"),
			       "Drives that were to be erased: 2. Read back after erasing: 1. "));
	assert_non_null(strstr(text_at(json, "statement"), "Not erased: 1. Purged: 1, cleared: 0. Further "));
}

#define DIGEST               "abababababababababababababababababababababababababababababababab"
#define PORT(mac)            "{\"name\":\"rail0\",\"mac\":\"" mac "\",\"pci\":null}"
#define NETWORK(size, ports) "{\"sha256\":\"" DIGEST "\",\"size\":" size ",\"ports\":[" ports "]}"

static void test_network(void **state)
{
	static const char *const bad[] = {
		"[]",
		NETWORK("0", PORT("52:54:00:00:00:01")),
		NETWORK("9", ""),
		NETWORK("9", "{\"name\":\"a b\",\"mac\":\"52:54:00:00:00:01\",\"pci\":null}"),
		NETWORK("9", PORT("52:54:00:00:00:AA")),
		NETWORK("9", "{\"name\":\"rail0\",\"mac\":\"52:54:00:00:00:01\",\"pci\":7}"),
		NETWORK("9", PORT("52:54:00:00:00:01") ",1"),
		"{\"size\":9,\"ports\":[]}"};
	_cleanup_json_ json_t *from = evidence(), *json = NULL;
	struct err err = {0};

	(void)state;
	json_object_set_new(from, "network", json_loads(NETWORK("9", PORT("52:54:00:00:00:01")), 0, NULL));
	json = certify(from);
	assert_true(json_equal(json_object_get(json, "network"), json_object_get(from, "network")));
	assert_non_null(
		strstr(text_at(json, "statement"),
		       "The network that the order describes was written for the tenant's "
		       "system, which has to set it up: 1 port of this machine, named by its address."));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_object_set_new(from, "network", json_loads(bad[i], 0, NULL));
		assert_int_equal(evidence_check(from, context.order_id, &err), -EBADMSG);
		assert_non_null(strstr(err.text, "evidence.network"));
	}
}

/* What the agent calls proven and its figures do not bear out fails by name, in the drive and in the validation. */
static void test_what_is_not_borne_out(void **state)
{
	_cleanup_json_ json_t *from = evidence(), *sound = certify(from), *json = NULL;
	const json_t *validation = json_object_get(sound, "validation"), *wrong;

	(void)state;
	assert_string_equal(text_at(validation, "result"),
			    "borne out"); /* a drive that failed was not said to be proven */
	assert_string_equal(text_at(validation, "evidence_sha256"), context.evidence_sha256);
	assert_int_equal(json_array_size(json_object_get(validation, "not_borne_out")), 0);
	json_object_set_new(json_object_get(drive_of(from, 0), "proof"), "unchanged", json_integer(3));
	json = certify(from);
	validation = json_object_get(json, "validation");
	wrong = json_array_get(json_object_get(validation, "not_borne_out"), 0);
	assert_string_equal(text_at(validation, "result"), "not borne out");
	assert_string_equal(text_at(wrong, "name"), "serial:A");
	assert_string_equal(text_at(wrong, "why"), "places read as they did before erasing");
	assert_string_equal(text_at(drive_of(json, 0), "claim"), "not erased");
	assert_string_equal(text_at(drive_of(json, 0), "outcome"), "failed");
	assert_non_null(strstr(text_at(drive_of(json, 0), "reason"), "does not bear that out: places read"));
}

/* The station adds and judges; it changes nothing of what was reported. */
static void test_a_drive_is_told_whole(void **state)
{
	static const char *const added[] = {"claim", "level_basis", NULL};
	_cleanup_json_ json_t *from = evidence(), *json = certify(from);
	json_t *drive = drive_of(json, 0), *reported = drive_of(from, 0);

	(void)state;
	for (size_t i = 0; added[i]; i++)
		json_object_del(drive, added[i]);
	assert_true(json_equal(drive, reported));
}

static const struct {
	const char *key, *value, *says;
} no_certificates[] = {
	{"certificate", "-", "not a certificate"},
	{"certificate", "\"2\"", "not a certificate"},
	{"certificate", "1", "version 1"},
	{"certificate", "3", "version 3"},
	{"order", "7", "order"},
	{"drives", "{}", "drives"},
	{"drives", "[1]", "drives"},
	{"drives", "[{\"claim\":\"clean\"}]", "claim"},
	{"drives", "[{\"claim\":\"read back\"}]", "name"},
	{"validation", "[]", "validation"},
	{"image", "-", "image"},
	{"statement", "\"\"", "statement"},
};

static void test_other_documents_are_told_apart(void **state)
{
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(no_certificates) / sizeof(no_certificates[0]); i++) {
		_cleanup_json_ json_t *from = evidence(), *json = certify(from);

		if (!strcmp(no_certificates[i].value, "-"))
			json_object_del(json, no_certificates[i].key);
		else
			json_object_set_new(json, no_certificates[i].key,
					    json_loads(no_certificates[i].value, JSON_DECODE_ANY, NULL));
		assert_int_equal(certificate_check(json, &err), -EBADMSG);
		if (!strstr(err.text, no_certificates[i].says))
			fail_msg("%zu: %s", i, err.text);
	}
	_cleanup_json_ json_t *list = json_array();
	assert_int_equal(certificate_check(list, &err), -EBADMSG);
}

static json_t *written_of(json_t *from)
{
	return json_object_get(json_object_get(from, "image"), "written");
}

static json_t *target_of(json_t *from)
{
	return json_array_get(json_object_get(written_of(from), "targets"), 0);
}

/* verify, chunks of the image, chunks read of its disk: what the statement says */
static const struct {
	const char *verify;
	int chunks, read;
	const char *says;
} readings[] = {
	{"full", 4, 3, "The image was read back in full"},
	{"full", 1, 0, "The image was read back in full"}, /* the commit's chunk alone */
	{"full", 4, 2, "its figures do not bear that out: 2 of 3 chunks"},
	{"full", 4, 0, "The image was not read back"},
	{"sampled", 6401, 640, "The image was read back by sampling: 640 of 6400 chunks"},
	{"sampled", 4, 3, "The image was read back in full"},
	{"none", 4, 0, "The image was not read back"},
	{"none", 4, 3, "The image was not read back"},
};

static void test_reading_back_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
		_cleanup_json_ json_t *from = evidence(), *json = NULL;

		json_object_set_new(written_of(from), "verify", json_string(readings[i].verify));
		json_object_set_new(written_of(from), "chunks", json_integer(readings[i].chunks));
		json_object_set_new(target_of(from), "chunks_read", json_integer(readings[i].read));
		json = certify(from);
		if (!strstr(text_at(json, "statement"), readings[i].says))
			fail_msg("%zu: %s", i, text_at(json, "statement"));
	}
}

/* Every whole disk counts, and one of which nothing is said was not read. */
static void test_lost_disk_is_named(void **state)
{
	_cleanup_json_ json_t *from = evidence(), *whole = NULL, *lost = NULL;
	json_t *second = json_pack("{ss si sn}", "name", "serial:B", "size", 7, "lost");

	(void)state;
	json_array_append_new(json_object_get(from, "root_disks"), second);
	whole = certify(from);
	assert_non_null(strstr(text_at(whole, "statement"), "The image was not read back."));
	assert_null(strstr(text_at(whole, "statement"), "lost"));
	json_object_set_new(second, "lost", json_string("writing: I/O error"));
	lost = certify(from);
	assert_non_null(strstr(text_at(lost, "statement"), "The image was read back in full"));
	assert_non_null(
		strstr(text_at(lost, "statement"), "Disk serial:B was to hold the image too, was lost"));
	assert_non_null(strstr(text_at(lost, "statement"), "writing: I/O error."));
}

static void test_files_are_counted(void **state)
{
	_cleanup_json_ json_t *from = evidence(), *json = NULL;

	(void)state;
	json_object_set_new(written_of(from), "verify", json_string("sampled"));
	json_object_set_new(written_of(from), "files", json_integer(900));
	json_object_set_new(target_of(from), "files_read", json_integer(90));
	json = certify(from);
	assert_non_null(strstr(text_at(json, "statement"), "by sampling: 90 of 900 files"));
}

static void test_no_image(void **state)
{
	_cleanup_json_ json_t *from = evidence(), *json = NULL;
	struct err err = {0};

	(void)state;
	json_object_set_new(from, "image", json_null());
	assert_int_equal(evidence_check(from, "o-1", &err), -EBADMSG); /* root disks of what? */
	json_object_set_new(from, "root_disks", json_array());
	json = certify(from);
	assert_true(json_is_null(json_object_get(json, "image")));
	assert_non_null(strstr(text_at(json, "statement"), "No image was written"));
	assert_null(strstr(text_at(json, "statement"), "read back in full"));
	assert_string_equal(text_at(drive_of(json, 0), "claim"), "read back");
	json_object_del(from, "image");
	assert_int_equal(evidence_check(from, "o-1", &err), -EBADMSG);
}

/* object ("" the evidence, or a key), key, value as JSON; test_evidence.c has those of drives */
static const struct {
	const char *object, *key, *value;
} bad[] = {
	{"", "evidence", "2"},
	{"", "order", "\"o-2\""},
	{"", "node", "null"},
	{"", "certificate", "1"},
	{"", "drives", "{}"},
	{"", "drives_not_touched", "null"},
	{"", "efi", "[]"},
	{"", "firmware", "{\"pstore\":{}}"},
	{"", "steps", "[{}]"},
	{"agent", "version", "1"},
	{"agent", "by", "\"me\""},
	{"image", "manifest_sha256", "\"x\""},
	{"image", "serial", "-1"},
	{"image", "written", "\"yes\""},
	{"", "root_disks", "[]"},
	{"", "root_disks", "[7]"},
	{"", "root_disks", "[{\"name\":\"serial:A\",\"size\":1,\"lost\":\"it burned\"}]"}, /* none is whole */
	{"", "root_disks", "[{\"name\":\"serial:Z\",\"size\":1,\"lost\":null}]"}, /* was not erased */
	{"", "root_disks",
	 "[{\"name\":\"serial:A\",\"size\":1,\"lost\":null},{\"name\":\"serial:A\",\"size\":1,\"lost\":null}"
	 "]"},
	{"written", "verify", "\"yes\""},
	{"written", "verify", "null"},
	{"written", "chunks", "-1"},
	{"written", "targets", "{}"},
	{"written", "targets", "[{\"disk\":\"serial:B\"}]"}, /* no root disk */
	{"written", "targets", "[{\"disk\":\"serial:A\",\"chunks_read\":\"all\"}]"},
	{"written", "targets", "[{\"disk\":\"serial:A\",\"lost\":true}]"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		_cleanup_json_ json_t *json = evidence();
		json_t *object = json;
		struct err err = {0};
		size_t len;

		if (!strcmp(bad[i].object, "written"))
			object = json_object_get(json_object_get(json, "image"), "written");
		else if (*bad[i].object)
			object = json_object_get(json, bad[i].object);
		json_object_set_new(object, bad[i].key, json_loads(bad[i].value, JSON_DECODE_ANY, NULL));
		if (evidence_check(json, "o-1", &err) != -EBADMSG)
			fail_msg("%s.%s = %s is taken", bad[i].object, bad[i].key, bad[i].value);
		assert_null(certificate_make(json, &context, &len, &err));
	}
}

static void test_no_drive_twice(void **state)
{
	_cleanup_json_ json_t *json = evidence();
	json_t *others = json_object_get(json, "drives_not_touched");
	struct err err = {0};

	(void)state;
	json_object_set_new(json_array_get(others, 0), "name", json_string("serial:A"));
	assert_int_equal(evidence_check(json, "o-1", &err), -EBADMSG);
	assert_non_null(strstr(err.text, "twice"));
}

static void test_more_keys_where_allowed(void **state)
{
	_cleanup_json_ json_t *json = evidence();
	struct err err = {0};

	(void)state;
	json_object_set_new(json_object_get(json, "image"), "mirrors", json_array());
	json_object_set_new(json_object_get(json, "efi"), "removed", json_array());
	assert_int_equal(evidence_check(json, "o-1", &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_certificate),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_what_is_not_borne_out),
		cmocka_unit_test(test_a_drive_is_told_whole),
		cmocka_unit_test(test_other_documents_are_told_apart),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_reading_back_is_told),
		cmocka_unit_test(test_lost_disk_is_named),
		cmocka_unit_test(test_files_are_counted),
		cmocka_unit_test(test_no_image),
		cmocka_unit_test(test_no_drive_twice),
		cmocka_unit_test(test_more_keys_where_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

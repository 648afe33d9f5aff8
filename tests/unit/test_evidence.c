/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* What evidence may say of a drive: one wrong field at a time, and fields that contradict each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/json.h"
#include "protocol/certificate/certificate.h"
#include "protocol/evidence/drive.h"
#include "protocol/evidence/overlays.h"

static json_t *evidence(const char *name)
{
	_cleanup_free_ char *path = NULL;
	json_t *json = NULL;
	struct err err = {0};

	if (asprintf(&path, "tests/fuzz/corpus/evidence/%s", name) < 0)
		abort();
	assert_int_equal(json_read_file(path, EVIDENCE_MAX, &json, &err), 0);
	return json;
}

static json_t *drive_of(json_t *json, size_t i)
{
	return json_array_get(json_object_get(json, "drives"), i);
}

static json_t *value_of(const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);

	if (!value)
		fail_msg("not JSON: %s", text);
	return value;
}

/* "proof.stream.bytes_read" or "attempts.0.error" of a drive; "-" removes it. */
static void set(json_t *from, const char *path, const char *value)
{
	const char *dot;

	for (; (dot = strchr(path, '.')); path = dot + 1) {
		_cleanup_free_ char *key = strndup(path, (size_t)(dot - path));

		from = json_is_array(from) ? json_array_get(from, strtoul(key, NULL, 10))
					   : json_object_get(from, key);
		assert_non_null(from);
	}
	if (!strcmp(value, "-"))
		assert_int_equal(json_object_del(from, path), 0);
	else
		json_object_set_new(from, path, value_of(value));
}

static void test_the_corpus(void **state)
{
	static const struct {
		const char *name;
		bool good;
	} files[] = {{"two-drives", true},
		     {"asserted", true},
		     {"crypto-zeros", true},
		     {"overwritten", true},
		     {"sampled", true},
		     {"untold", true},
		     {"second-method", true},
		     {"unchanged", true},
		     {"signature", true},
		     {"bios", true},
		     {"kexec", true},
		     {"overlays", true},
		     {"failed-without-reason", false},
		     {"no-drives", false},
		     {"twice", false},
		     {"other-order", false},
		     {"version-1", false}};
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		_cleanup_json_ json_t *json = evidence(files[i].name);
		int r = evidence_check(json, "o-1", &err);

		if ((r == 0) != files[i].good)
			fail_msg("%s: %s", files[i].name, r ? err.text : "taken");
	}
}

/* No field of a drive, of its proof or of a list's member may be left out, or have another name. */
static const struct {
	const char *file, *object;
} objects[] = {
	{"two-drives", ""},
	{"two-drives", "policy"},
	{"two-drives", "plan.0"},
	{"two-drives", "passed_over.0"},
	{"two-drives", "attempts.0"},
	{"two-drives", "attempts.0.status.0"},
	{"two-drives", "capabilities"},
	{"two-drives", "health"},
	{"two-drives", "not_done.0"},
	{"two-drives", "proof"},
	{"two-drives", "proof.method_reads"},
	{"overwritten", "proof.stream"},
	{"sampled", "proof.detects"},
};

static bool may_be_missing(const char *object, const char *key)
{
	return (!*object && !strcmp(key, "reason")) || !strcmp(key, "samples");
}

static void test_every_field_counts(void **state)
{
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		_cleanup_json_ json_t *original = evidence(objects[i].file);
		const json_t *at = drive_of(original, 0);
		_cleanup_free_ char *names = strdup(objects[i].object);
		const char *key;
		json_t *value;

		for (char *name = strtok(names, "."); name; name = strtok(NULL, "."))
			at = json_is_array(at) ? json_array_get(at, strtoul(name, NULL, 10))
					       : json_object_get(at, name);
		assert_true(json_object_size(at) > 0);
		json_object_foreach((json_t *)at, key, value) {
			_cleanup_json_ json_t *without = json_deep_copy(original),
					      *renamed = json_deep_copy(original);
			_cleanup_free_ char *path = NULL, *more = NULL;

			if (asprintf(&path, "%s%s%s", objects[i].object, *objects[i].object ? "." : "", key) <
				    0 ||
			    asprintf(&more, "%sx", path) < 0)
				abort();
			set(drive_of(without, 0), path, "-");
			if (!may_be_missing(objects[i].object, key) &&
			    evidence_drive_check(drive_of(without, 0), 0, &err) == 0)
				fail_msg("%s: taken without %s", objects[i].file, path);
			set(drive_of(renamed, 0), more, "1");
			if (evidence_drive_check(drive_of(renamed, 0), 0, &err) != -EBADMSG)
				fail_msg("%s: taken with %s", objects[i].file, more);
			(void)value;
		}
	}
}

/* file, field of its first drive, value as JSON, what the error says */
static const struct {
	const char *file, *path, *value, *says;
} bad[] = {
	/* types, ranges, words */
	{"two-drives", "size", "-1", "size"},
	{"two-drives", "size", "\"big\"", "size"},
	{"two-drives", "name", "\"\"", "name"},
	{"two-drives", "model", "\"a\\nb\"", "control"},
	{"two-drives", "medium", "\"paper\"", "medium"},
	{"two-drives", "namespace", "4294967295", "namespace"},
	{"two-drives", "logical_block_size", "65537", "logical_block_size"},
	{"two-drives", "outcome", "\"skipped\"", "outcome"},
	{"two-drives", "level", "\"destroy\"", "level"},
	{"two-drives", "begun", "\"now\"", "begun"},
	{"two-drives", "resumed", "null", "resumed"},
	{"two-drives", "claim", "\"read back\"", "claim"},
	{"two-drives", "method", "\"nvme-format-ses0\"", "no method"},
	{"two-drives", "plan", "[1]", "plan"},
	{"two-drives", "plan.0.method", "\"scrub\"", "no method"},
	{"two-drives", "passed_over.0.reason", "\"\"", "reason"},
	{"two-drives", "attempts.0.error", "7", "error"},
	{"two-drives", "attempts.0.status.0.hex", "\"0F\"", "hexadecimal"},
	{"two-drives", "attempts.0.status.0.hex", "\"0\"", "hexadecimal"},
	{"two-drives", "not_done.0.what", "null", "what"},
	{"two-drives", "policy.verify", "\"none\"", "verify"},
	{"two-drives", "policy.forbid", "[\"all\"]", "forbid"},
	{"two-drives", "proof", "true", "proof"},
	{"two-drives", "proof.bytes_read", "\"all\"", "bytes_read"},
	{"two-drives", "proof.read_back", "\"yes\"", "read_back"},
	{"two-drives", "proof.reads", "\"nothing\"", "reads"},
	{"two-drives", "proof.signatures", "{}", "signatures"},
	{"two-drives", "proof.signatures", "[\"ext4\"]", "signatures"},
	{"two-drives", "proof.method_reads", "[]", "method_reads"},
	{"overwritten", "proof.stream", "true", "stream"},
	{"sampled", "proof.detects.residue", "0", "residue"},
	{"sampled", "proof.detects.probability", "1.5", "probability"},
	{"sampled", "proof.detects.probability", "\"95 %\"", "probability"},
	/* free-form objects */
	{"two-drives", "capabilities", "{\"nvme\":{},\"ata\":{},\"opal\":null}", "capabilities"},
	{"two-drives", "capabilities", "{\"opal\":null,\"nvme\":null}", "capabilities"},
	{"two-drives", "capabilities", "{\"none\":\"x\",\"opal\":[]}", "capabilities"},
	{"two-drives", "capabilities.nvme", "{\"a\":\"\\u00e9\"}", "ASCII"},
	{"two-drives", "capabilities.nvme", "{\"\\u001b\":1}", "ASCII"},
	{"two-drives", "capabilities.nvme", "{\"\":1}", "ASCII"},
	{"two-drives", "capabilities.nvme", "{\"a\":[[[[[[[[1]]]]]]]]}", "levels"},
	{"two-drives", "health.before", "[]", "health"},
	{"two-drives", "health.before", "{\"a\":\"\\n\"}", "ASCII"},
	/* what contradicts itself */
	{"overwritten", "medium", "\"flash\"", "rotational"},
	{"overwritten", "subsystem", "\"nqn.2014-08.org.example:a\"", "namespace"},
	{"two-drives", "size", "1073741823", "size_before"},
	{"two-drives", "technique", "\"cryptographic erase\"", "technique"},
	{"asserted", "technique", "\"block erase\"", "technique"},
	{"two-drives", "technique", "\"\"", "technique"},
	{"overwritten", "level", "\"purge\"", "does not reach"},
	{"overwritten", "plan.0.level", "\"purge\"", "does not reach"},
	{"overwritten", "attempts.0.level", "\"purge\"", "does not reach"},
	{"sampled", "level", "\"purge\"", "does not reach"}, /* Format, user data */
	{"two-drives", "outcome", "\"failed\"", "no reason"},
	{"two-drives", "reason", "\"it burned\"", "reason"},
	{"untold", "outcome", "\"proven\"", "reason"},
	{"two-drives", "attempts", "[]", "empty"},
	{"two-drives", "attempts.0.error", "\"aborted\"", "last"},
	{"two-drives", "attempts.0.method", "\"nvme-format-ses2\"", "last"},
	{"two-drives", "attempts.0.level", "\"clear\"", "last"},
	{"two-drives", "passed_over.0.method", "\"nvme-sanitize-block\"", "plan"},
	{"two-drives", "policy.forbid", "[\"nvme-sanitize-block\"]", "forbids its method"},
	{"second-method", "policy.forbid", "[\"nvme-sanitize-crypto\"]", "of its plan"},
	{"overwritten", "policy.level", "\"purge\"", "the policy is to purge"},
	{"sampled", "policy.verify", "\"full\"", "by sampling"},
	{"two-drives", "proof.markers_gone", "1068", "markers_gone is more"},
	{"two-drives", "proof.before_nonzero", "2001", "before_nonzero is more"},
	{"two-drives", "proof.unchanged", "1875", "unchanged is more"},
	{"two-drives", "proof.bytes_read", "1073741825", "more than the drive has"},
	{"two-drives", "proof.bytes_read", "0", "nothing was read"},
	{"two-drives", "proof.samples", "3001", "has samples"},
	{"two-drives", "proof.detects", "{\"residue\":0.001,\"probability\":0.95}", "detects must be null"},
	{"sampled", "proof.detects", "null", "detects must be an object"},
	{"sampled", "proof.detects.probability", "0.96", "not of 0.96"},
	{"sampled", "proof.detects.residue", "0.0001", "not of 0.95"},
	{"sampled", "proof.samples", "3000000", "are not in"},
	{"sampled", "proof.samples", "0", "are not in"},
	{"sampled", "proof.overwritten_after", "false", "nothing was written between"},
	{"two-drives", "proof.method_reads.random_bytes", "1", "do not sum up"},
	{"two-drives", "proof.method_reads.bytes_read", "1073741825", "more than the drive has"},
	{"two-drives", "proof.stream", "{\"bytes_written\":1,\"read_back\":\"full\",\"bytes_read\":1}",
	 "by the host alone"},
	{"overwritten", "proof.method_reads",
	 "{\"read_back\":\"full\",\"bytes_read\":0,\"zero_bytes\":0,\"constant_bytes\":0,\"random_bytes\":0,"
	 "\"other_bytes\":0}",
	 "of the device alone"},
	{"overwritten", "proof.overwritten_after", "true", "of the device alone"},
	{"overwritten", "proof.stream.bytes_written", "1073741825", "more than the drive has"},
	{"overwritten", "proof.stream.bytes_written", "1073741823", "more was read back"},
};

static void test_refused(void **state)
{
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		_cleanup_json_ json_t *json = evidence(bad[i].file);

		err = (struct err){0};
		set(drive_of(json, 0), bad[i].path, bad[i].value);
		if (!strcmp(bad[i].file, "untold")) /* its second drive is the one */
			set(drive_of(json, 1), bad[i].path, bad[i].value);
		if (evidence_check(json, "o-1", &err) != -EBADMSG)
			fail_msg("%s: %s = %s is taken", bad[i].file, bad[i].path, bad[i].value);
		if (!strstr(err.text, bad[i].says))
			fail_msg("%s: %s = %s: %s", bad[i].file, bad[i].path, bad[i].value, err.text);
	}
}

/* What is odd, and yet no contradiction. */
static const struct {
	const char *file, *path, *value;
} good[] = {
	{"two-drives", "size_before", "512"}, /* sectors were hidden */
	{"two-drives", "reason", "-"},
	{"two-drives", "subsystem", "\"\""}, /* controllers before NVMe 1.2 have no name */
	{"two-drives", "health", "null"},
	{"two-drives", "namespace", "4294967294"},
	{"two-drives", "proof.samples", "null"},
	{"two-drives", "proof.samples", "0"},
	{"two-drives", "level", "\"purge\""},
	{"two-drives", "capabilities.nvme", "{\"a\":[[[[[1.5]]]]]}"},
	{"sampled", "proof.detects.probability", "0.95"},
	{"sampled", "proof.detects", "{\"residue\":0.01,\"probability\":1}"},
	{"overwritten", "medium", "\"unknown\""},
	{"overwritten", "policy.forbid", "[\"nvme-sanitize-block\",\"opal-revert\"]"},
	{"overwritten", "proof.stream", "null"}, /* no contradiction, and no proof either: claim.h */
};

static void test_taken(void **state)
{
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		_cleanup_json_ json_t *json = evidence(good[i].file);

		set(drive_of(json, 0), good[i].path, good[i].value);
		if (evidence_drive_check(drive_of(json, 0), 0, &err) != 0)
			fail_msg("%s: %s = %s: %s", good[i].file, good[i].path, good[i].value, err.text);
	}
}

/* A text of `len` characters, in quotes. */
static char *long_text(size_t len)
{
	char *text = malloc(len + 3);

	memset(text, 'a', len + 2);
	text[0] = text[len + 1] = '"';
	text[len + 2] = '\0';
	return text;
}

static void test_bounds(void **state)
{
	static const struct {
		const char *path;
		size_t most;
	} texts[] = {{"attempts.0.status.0.hex", 4096},
		     {"capabilities.nvme.raw", 32 * 1024 - 31},
		     {"health.before.temperature", 32 * 1024 - 18},
		     {"subsystem", 223},
		     {"model", 127},
		     {"not_done.0.reason", 991}};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		_cleanup_json_ json_t *json = evidence("two-drives");
		_cleanup_free_ char *most = long_text(texts[i].most), *over = long_text(texts[i].most + 2);

		set(drive_of(json, 0), texts[i].path, most);
		if (evidence_drive_check(drive_of(json, 0), 0, &err) != 0)
			fail_msg("%s: %s", texts[i].path, err.text);
		set(drive_of(json, 0), texts[i].path, over);
		assert_int_equal(evidence_drive_check(drive_of(json, 0), 0, &err), -EBADMSG);
	}
}

static void test_lists_are_bounded(void **state)
{
	static const char *const lists[] = {"plan", "passed_over", "attempts", "not_done",
					    "attempts.0.status"};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		_cleanup_json_ json_t *json = evidence("two-drives");
		json_t *list = json_object_get(drive_of(json, 0), lists[i]);

		if (!list)
			list = json_object_get(
				json_array_get(json_object_get(drive_of(json, 0), "attempts"), 0), "status");
		while (json_array_size(list) < 65)
			json_array_append(list, json_array_get(list, 0));
		assert_int_equal(evidence_drive_check(drive_of(json, 0), 0, &err), -EBADMSG);
		assert_non_null(strstr(err.text, "at most 64"));
	}
}

/* ---- overlays ---- */

static const struct {
	const char *path, *value, *says;
} bad_overlays[] = {
	{"overlays", "{}", "overlays"},
	{"overlays.0.name", "1", "name"},
	{"overlays.0.version", "-", "version"},
	{"overlays.0.serial", "0", "serial"},
	{"overlays.0.manifest_sha256", "\"ab\"", "manifest_sha256"},
	{"overlays.0.signer", "\"\"", "signer"},
	{"overlays.0.url", "1", "url"},
	{"overlays.0.services", "null", "services"},
	{"overlays.0.services.0.ready", "\"maybe\"", "ready"},
	{"overlays.0.services.0.ready_after", "-1", "ready_after"},
	{"overlays.0.services.0.ended", "-", "ended"},
	{"overlays.0.services.0.stopped", "\"SIGHUP\"", "stopped"},
	{"overlays.0.services.0.pid", "1", "pid"},
};

static void test_overlays(void **state)
{
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad_overlays) / sizeof(bad_overlays[0]); i++) {
		_cleanup_json_ json_t *json = evidence("overlays");

		set(json, bad_overlays[i].path, bad_overlays[i].value);
		if (evidence_check(json, "o-1", &err) != -EBADMSG || !strstr(err.text, bad_overlays[i].says))
			fail_msg("%s %s: %s", bad_overlays[i].path, bad_overlays[i].value, err.text);
	}
}

static void test_overlays_of_the_order(void **state)
{
	_cleanup_json_ json_t *json = evidence("overlays"), *none = evidence("two-drives"),
			      *named = value_of("[{\"manifest_url\":\"http://s/a\",\"manifest_sha256\":null,"
						"\"min_serial\":3}]");
	_cleanup_free_ char *says = evidence_overlays_statement(json),
			    *nothing = evidence_overlays_statement(none);
	struct err err = {0};

	(void)state;
	assert_non_null(strstr(says, "signed overlays: nvidia 535."));
	assert_string_equal(nothing, "");
	assert_int_equal(evidence_overlays_are_of(json, named, &err), 0);
	assert_int_equal(evidence_overlays_are_of(none, NULL, &err), 0);
	assert_int_equal(evidence_overlays_are_of(json, NULL, &err), -EBADMSG);
	assert_int_equal(evidence_overlays_are_of(none, named, &err), -EBADMSG);
	set(named, "0.min_serial", "4");
	assert_int_equal(evidence_overlays_are_of(json, named, &err), -EBADMSG);
	set(named, "0.min_serial", "1");
	set(named, "0.manifest_sha256",
	    "\"0000000000000000000000000000000000000000000000000000000000000000\"");
	assert_int_equal(evidence_overlays_are_of(json, named, &err), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overlays),   cmocka_unit_test(test_overlays_of_the_order),
		cmocka_unit_test(test_the_corpus), cmocka_unit_test(test_every_field_counts),
		cmocka_unit_test(test_refused),    cmocka_unit_test(test_taken),
		cmocka_unit_test(test_bounds),     cmocka_unit_test(test_lists_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

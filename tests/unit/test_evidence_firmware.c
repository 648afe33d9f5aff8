/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware's part of evidence: what is taken, what is refused, and what the certificate says of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/evidence/firmware.h"

static const char good_text[] =
	"{\"firmware\":{\"pstore\":{\"backend\":\"erst\",\"removed\":1,\"bytes\":9},"
	"\"variables\":{\"policy\":\"remove\",\"seen\":40,\"bytes\":9000,\"of_firmware\":30,\"of_secure_"
	"boot\":8,"
	"\"volatile\":1,\"not_readable\":0,"
	"\"removed\":[{\"name\":\"MokNew\",\"guid\":\"605dab50-e046-4300-abb6-3dd810dd8b23\",\"size\":7,"
	"\"attributes\":7,\"what\":\"shim\"}],"
	"\"not_removed\":[{\"name\":\"X\",\"guid\":\"605dab50-e046-4300-abb6-3dd810dd8b23\",\"size\":7,"
	"\"attributes\":7,\"what\":null,\"reason\":\"no\"}],"
	"\"reported\":[],\"reported_more\":2},"
	"\"memory\":{\"present\":true,\"lock\":\"open\",\"guarded\":true,\"requested\":true,\"reason\":null},"
	"\"after_reset\":{\"boot_order\":[\"000A\"],\"appeared\":[],\"memory\":\"not asked for\"}}}";

static json_t *good(void)
{
	struct err err = {0};
	json_t *json = NULL;

	assert_int_equal(json_parse(good_text, strlen(good_text), &json, &err), 0);
	return json;
}

static void test_good(void **state)
{
	_cleanup_json_ json_t *evidence = good();
	_cleanup_free_ char *says = evidence_firmware_statement(evidence);
	struct err err = {0};

	(void)state;
	assert_int_equal(evidence_firmware_check(evidence, &err), 0);
	assert_string_equal(
		says, " Firmware variables removed: 1. To be removed, and not: 1. Reported, because "
		      "nobody's known: 2. The firmware was asked to clear the memory at its next start.");
}

static void test_none(void **state)
{
	_cleanup_json_ json_t *missing = json_object(), *null = json_pack("{sn}", "firmware"),
			      *bios = json_pack("{s{sn sn sn sn}}", "firmware", "pstore", "variables",
						"memory", "after_reset");
	const json_t *all[] = {missing, null, bios};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		_cleanup_free_ char *says = evidence_firmware_statement(all[i]);
		struct err err = {0};

		assert_int_equal(evidence_firmware_check(all[i], &err), 0);
		assert_string_equal(says, "");
	}
}

static const struct {
	const char *part, *key, *value, *says; /* value "-": left out; part "": of the whole */
} bad[] = {
	{"", "surprise", "1", "surprise"},
	{"", "pstore", "-", "pstore"},
	{"", "variables", "[]", "variables"},
	{"pstore", "removed", "-1", "removed"},
	{"pstore", "backend", "\"\"", "backend"},
	{"variables", "policy", "\"keep\"", "policy"},
	{"variables", "seen", "-", "seen"},
	{"variables", "removed", "[1]", "removed"},
	{"variables", "removed", "[{\"name\":\"\"}]", "name"},
	{"variables", "removed", "[{\"name\":\"a\",\"guid\":\"b\",\"size\":1,\"attributes\":4294967296}]",
	 "attributes"},
	{"variables", "not_removed", "[{\"name\":\"a\",\"guid\":\"b\",\"size\":1,\"attributes\":7}]",
	 "has no reason"},
	{"variables", "surprise", "1", "surprise"},
	{"memory", "lock", "\"ajar\"", "lock"},
	{"memory", "reason", "\"no\"", "there is a reason"},
	{"memory", "requested", "false", "there is a reason"},
	{"memory", "present", "false", "no such thing"},
	{"after_reset", "boot_order", "[\"a\"]", "boot entry"},
	{"after_reset", "appeared", "[10]", "boot entry"},
	{"after_reset", "memory", "-", "memory"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		_cleanup_json_ json_t *evidence = good();
		json_t *part = json_object_get(evidence, "firmware");
		struct err err = {0};

		if (*bad[i].part)
			part = json_object_get(part, bad[i].part);
		if (!strcmp(bad[i].value, "-"))
			json_object_del(part, bad[i].key);
		else
			json_object_set_new(part, bad[i].key,
					    json_loads(bad[i].value, JSON_DECODE_ANY, NULL));
		if (evidence_firmware_check(evidence, &err) != -EBADMSG || !strstr(err.text, bad[i].says))
			fail_msg("%s.%s %s: %s", bad[i].part, bad[i].key, bad[i].value, err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

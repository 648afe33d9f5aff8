/* rooms: cli protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* How a certificate is put into words, and what of others' text reaches a terminal or a page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "cli/certificate/gate.h"
#include "cli/certificate/gpu.h"
#include "cli/certificate/handover.h"
#include "cli/certificate/network.h"
#include "cli/certificate/out_of_band.h"
#include "cli/certificate/words.h"
#include "cli/plain.h"
#include "core/json.h"

static void says(char *text, const char *expected)
{
	assert_string_equal(text, expected);
	free(text);
}

static json_t *parsed(const char *text)
{
	json_t *json = json_loads(text, 0, NULL);

	assert_non_null(json);
	return json;
}

static void test_numbers(void **state)
{
	(void)state;
	says(words_count(0), "0");
	says(words_count(999), "999");
	says(words_count(1067), "1,067");
	says(words_count(1234567), "1,234,567");
	says(words_count(-1874), "-1,874");
	says(words_size(0), "0 bytes");
	says(words_size(999), "999 bytes");
	says(words_size(4096), "4.10 kB");
	says(words_size(999999), "1.00 MB");
	says(words_size(1920383410176), "1.92 TB");
	says(words_size(16000900661248), "16.0 TB");
	says(words_size(480103981056), "480 GB");
	says(words_size(INT64_MAX), "9.22 EB");
}

static void test_times(void **state)
{
	_cleanup_json_ json_t *one_day =
				      parsed("{\"drives\":[{\"begun\":\"2026-11-22T21:00:05Z\",\"ended\":"
					     "\"2026-11-22T21:01:01Z\"},{\"begun\":\"2026-11-22T21:00:00Z\","
					     "\"ended\":\"2026-11-22T21:01:00Z\"}]}"),
			      *two_days = parsed("{\"drives\":[{\"begun\":\"2026-11-22T21:00:05Z\",\"ended\":"
						 "\"2026-11-23T04:01:01Z\"}]}"),
			      *none = parsed("{\"drives\":[]}");

	(void)state;
	says(words_time("2026-11-22T21:01:01Z"), "2026-11-22 21:01:01 UTC");
	says(words_time("-"), "-");
	says(words_span(one_day), "2026-11-22 21:00:00 to 21:01:01 UTC");
	says(words_span(two_days), "2026-11-22 21:00:05 to 2026-11-23 04:01:01 UTC");
	says(words_span(none), "-");
}

static void test_verdicts(void **state)
{
	static const struct {
		const char *drives, *says, *tally;
		enum words_verdict verdict;
	} rows[] = {
		{"[]", "No drive was to be erased.", "1 further drive not touched", VERDICT_NONE},
		{"[{\"claim\":\"read back\"}]", "The drive that was to be erased is erased.",
		 "1 read back · 1 further drive not touched", VERDICT_ALL},
		{"[{\"claim\":\"asserted by the device\"}]",
		 "The drive that was to be erased is erased, by the device's own word alone.",
		 "1 asserted by the device · 1 further drive not touched", VERDICT_ALL},
		{"[{\"claim\":\"read back\"},{\"claim\":\"read back\"}]",
		 "All 2 drives that were to be erased are erased.",
		 "2 read back · 1 further drive not touched", VERDICT_ALL},
		{"[{\"claim\":\"read back\"},{\"claim\":\"asserted by the device\"}]",
		 "All 2 drives that were to be erased are erased, 1 of them by the device's own word alone.",
		 "1 read back · 1 asserted by the device · 1 further drive not touched", VERDICT_ALL},
		{"[{\"claim\":\"read back\"},{\"claim\":\"not erased\"},{\"claim\":\"not erased\"}]",
		 "2 of the 3 drives that were to be erased are not erased.",
		 "1 read back · 2 not erased · 1 further drive not touched", VERDICT_SOME},
		{"[{\"claim\":\"not erased\"}]", "None of the drives that were to be erased is erased.",
		 "1 not erased · 1 further drive not touched", VERDICT_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_json_ json_t *json = parsed("{\"drives_not_touched\":[{}]}");
		enum words_verdict verdict;

		json_object_set_new(json, "drives", parsed(rows[i].drives));
		says(words_verdict(json, &verdict), rows[i].says);
		says(words_tally(json), rows[i].tally);
		assert_int_equal(verdict, rows[i].verdict);
	}
}

/* What several drives have in common is told once; the last attempt's error is the reason, and not told again. */
static void test_not_done(void **state)
{
	_cleanup_json_ json_t *json = parsed(
		"{\"drives\":["
		"{\"name\":\"A\",\"claim\":\"read "
		"back\",\"reason\":null,\"attempts\":[{\"method\":\"m\",\"error\":\"no\"},"
		"{\"method\":\"n\",\"error\":null}],\"not_done\":[{\"what\":\"RPMB\",\"reason\":\"r\"}]},"
		"{\"name\":\"B\",\"claim\":\"not erased\",\"reason\":\"it "
		"burned\",\"attempts\":[{\"method\":\"m\","
		"\"error\":\"it burned\"}],\"not_done\":[{\"what\":\"RPMB\",\"reason\":\"r\"}]}],"
		"\"drives_not_touched\":[{\"name\":\"C\",\"reason\":\"removable\"}],"
		"\"root_disks\":[{\"name\":\"A\",\"lost\":null},{\"name\":\"D\",\"lost\":\"gone\"}],"
		"\"image\":{\"name\":\"debian\",\"written\":{\"verify\":\"none\"}}}");
	_cleanup_json_ json_t *expected =
		parsed("[{\"what\":\"the erasure\",\"where\":[\"B\"],\"reason\":\"it burned\"},"
		       "{\"what\":\"drive not touched\",\"where\":[\"C\"],\"reason\":\"removable\"},"
		       "{\"what\":\"method m\",\"where\":[\"A\"],\"reason\":\"no\"},"
		       "{\"what\":\"RPMB\",\"where\":[\"A\",\"B\"],\"reason\":\"r\"},"
		       "{\"what\":\"writing the image\",\"where\":[\"D\"],\"reason\":\"gone\"},"
		       "{\"what\":\"reading the image back\",\"where\":[\"debian\"],\"reason\":\"the order "
		       "did not ask for it\"}]");
	_cleanup_json_ json_t *list = words_not_done(json);

	(void)state;
	if (!json_equal(list, expected))
		fail_msg("%s", json_dumps(list, JSON_INDENT(1)));
}

static void test_out_of_band(void **state)
{
	_cleanup_json_ json_t *json = parsed(
		"{\"node\":\"n\",\"out_of_band\":{\"baseline\":{\"name\":\"b\",\"sha256\":\"ab\"},\"read\":"
		"\"t\","
		"\"firmware\":{\"state\":\"differing\",\"checked\":9,\"differing\":[{\"what\":\"bios\","
		"\"expected\":\"2\",\"found\":\"1\"},{\"what\":\"nic\",\"expected\":\"3\",\"found\":null}],"
		"\"differing_more\":2,\"not_readable\":[{\"what\":\"gpu\",\"reason\":\"HTTP 500\"}]},"
		"\"bios\":null,\"accounts\":{\"state\":\"equal\",\"checked\":2,\"not_compared\":0},"
		"\"event_log\":{\"state\":\"not-readable\",\"reason\":\"none\"}}}");
	_cleanup_json_ json_t *says =
		parsed("[\"What the management controller told (t) was compared with the baseline b (SHA-256 "
		       "ab).\",\"Firmware: differing, 4 of 9 compared.\",\"bios: expected 2, found: 1.\","
		       "\"nic: expected 3, found: it is not there.\",\"And 2 more.\","
		       "\"BMC accounts: equal; 2 compared, of 0 more the baseline says nothing.\","
		       "\"Event log: not readable: none.\"]");
	_cleanup_json_ json_t *not_done =
		parsed("[{\"what\":\"comparing the versions of the firmware with a "
		       "baseline\",\"where\":[\"gpu\"],\"reason\":\"HTTP 500\"},"
		       "{\"what\":\"comparing the BIOS settings with a "
		       "baseline\",\"where\":[\"b\"],\"reason\":\"the "
		       "baseline says nothing of it\"},{\"what\":\"keeping the event log of the management "
		       "controller\",\"where\":[\"n\"],\"reason\":\"none\"}]");
	_cleanup_json_ json_t *none = parsed("{\"node\":\"n\",\"out_of_band\":null}"),
			      *said = words_out_of_band(json_object_get(json, "out_of_band")),
			      *left = words_not_done(json), *asked_for_none = words_not_done(none);

	(void)state;
	if (!json_equal(said, says))
		fail_msg("%s", json_dumps(said, JSON_INDENT(1)));
	if (!json_equal(left, not_done))
		fail_msg("%s", json_dumps(left, JSON_INDENT(1)));
	assert_int_equal(json_array_size(asked_for_none), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(asked_for_none, 0), "reason")),
			    "the order named none");
}

static void test_gate(void **state)
{
	_cleanup_json_ json_t *json =
		parsed("{\"node\":\"n\",\"gate\":{\"class\":{\"name\":\"leaf\",\"sha256\":\"ab\"},\"before\":"
		       "{\"at\":"
		       "\"2026-11-22T21:00:00Z\",\"differences\":[],\"more\":0},\"after\":{\"at\":\"2026-11-"
		       "22T21:09:00Z\","
		       "\"differences\":[{\"part\":\"rails\",\"text\":\"eth2: not seen\"}],\"more\":2}}}");
	_cleanup_json_ json_t *says = parsed(
		"[\"The machine was compared with the class leaf (SHA-256 ab).\",\"Before anything was "
		"erased "
		"(2026-11-22 21:00:00 UTC): no difference.\",\"Before the handover (2026-11-22 21:09:00 "
		"UTC): all "
		"that is required is there; recorded differences: 3.\",\"eth2: not seen.\",\"And 2 more.\"]");
	_cleanup_json_ json_t *none = parsed("{\"node\":\"n\",\"gate\":null}"), *said = words_gate(json),
			      *left = words_not_done(json), *nothing = words_gate(none),
			      *not_asked = words_not_done(none);

	(void)state;
	if (!json_equal(said, says))
		fail_msg("%s", json_dumps(said, JSON_INDENT(1)));
	assert_int_equal(json_array_size(left), 0);
	assert_int_equal(json_array_size(nothing), 0);
	assert_int_equal(json_array_size(not_asked), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(not_asked, 0), "what")),
			    "comparing the machine with its class");
}

#define GPU_PARTS                                                                                           \
	"\"vendor\":\"10de\",\"device\":\"2330\",\"unknown\":[\"the fabric\"],\"differences\":[\"it is "    \
	"slow\"],"                                                                                          \
	"\"set\":[{\"setting\":\"mig\",\"from\":\"on\",\"to\":\"off\"}],\"not_set\":[{\"setting\":\"ecc\"," \
	"\"why\":\"no\"}]"

static void test_gpus(void **state)
{
	_cleanup_json_ json_t *json =
		parsed("{\"node\":\"n\",\"gpus\":[{\"pci\":\"0000:18:00.0\",\"slot\":\"Slot "
		       "1\",\"model\":\"H100\",\"serial\":\"7\","
		       "\"faults\":[{\"text\":\"it is "
		       "hot\"}],\"reset\":{\"method\":\"flr\",\"boot\":\"completed\"},\"scrub\":{"
		       "\"by\":\"cuda\",\"verified\":80000000000,\"total\":85000000000,\"rate\":"
		       "2500000000000,\"share\":0.75,"
		       "\"faults\":[{\"text\":\"a bit\"}]}," GPU_PARTS
		       "},{\"pci\":\"0000:2a:00.0\",\"reset\":{\"not_done\":"
		       "\"no driver\"},\"scrub\":{\"not_done\":\"no "
		       "driver\"},\"vendor\":\"1002\",\"device\":\"74a1\"}]}");
	_cleanup_json_ json_t *says = parsed("[\"GPU 0000:18:00.0 (H100, serial number 7, in Slot 1): reset "
					     "by flr, and its firmware has booted; "
					     "80.0 GB of its 85.0 GB of memory were overwritten and read "
					     "back, at 2500 GB/s, 75 % of what it can "
					     "take.\",\"GPU 0000:18:00.0: mig was on and is off.\",\"GPU "
					     "0000:18:00.0: fault: it is hot.\","
					     "\"GPU 0000:18:00.0: fault: a bit.\",\"GPU 0000:18:00.0: it is "
					     "slow.\",\"GPU 0000:18:00.0: not known: "
					     "the fabric.\",\"GPU 0000:2a:00.0 (1002:74a1): not reset; its "
					     "memory was not overwritten.\"]");
	_cleanup_json_ json_t *said = words_gpus(json), *left = words_not_done(json);

	(void)state;
	if (!json_equal(said, says))
		fail_msg("%s", json_dumps(said, JSON_INDENT(1)));
	assert_int_equal(json_array_size(left), 3);
	assert_string_equal(json_string_value(json_object_get(json_array_get(left, 0), "what")),
			    "the GPU's ecc");
}

static json_t *handover(const char *text)
{
	_cleanup_json_ json_t *json = parsed(text);

	return words_handover(json);
}

static void test_handover(void **state)
{
	_cleanup_json_ json_t *none = handover("{}"), *null = handover("{\"handover\":null}"),
			      *reset = handover("{\"handover\":{\"by\":\"reset\"}}"),
			      *kexec = handover("{\"handover\":{\"by\":\"kexec\",\"kernel\":{\"size\":1,"
						"\"sha256\":\"ab\"},\"initrd\":null,\"cmdline\":\"ro\"}}");

	(void)state;
	assert_int_equal(json_array_size(none), 0);
	assert_int_equal(json_array_size(null), 0);
	assert_int_equal(json_array_size(reset), 1);
	assert_int_equal(json_array_size(kexec), 3);
	assert_string_equal(json_string_value(json_array_get(kexec, 1)),
			    "Kernel: SHA-256 ab; initial RAM disk: none; command line: ro");
}

static void test_network(void **state)
{
	_cleanup_json_ json_t
		*json = parsed(
			"{\"network\":{\"sha256\":\"ab\",\"size\":9,\"ports\":[{\"name\":\"rail0\",\"mac\":"
			"\"52:54:00:00:00:01\",\"pci\":\"0000:18:00.0\"}]}}"),
		*none = parsed("{}"), *said = words_network(json), *nothing = words_network(none);

	(void)state;
	assert_int_equal(json_array_size(nothing), 0);
	assert_int_equal(json_array_size(said), 2);
	assert_string_equal(json_string_value(json_array_get(said, 1)),
			    "rail0: the port with the address 52:54:00:00:00:01, PCI 0000:18:00.0.");
}

static void test_plain(void **state)
{
	char text[] = "a\x1b[2Jb\x7f\xc2\x9b"
		      "c\xe2\x80\xae"
		      "d\xe2\x81\xa6"
		      "e\n\xc3\xa9\xc2\xa0\xe2\x80\x93\xc2",
	     cut[] = "\xe2\x80";

	(void)state;
	plain_text(text);
	assert_string_equal(text, "a?[2Jb???c???d???e\n\xc3\xa9\xc2\xa0\xe2\x80\x93\xc2");
	plain_text(cut);
	assert_string_equal(cut, "\xe2\x80");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),     cmocka_unit_test(test_times),
		cmocka_unit_test(test_verdicts),    cmocka_unit_test(test_not_done),
		cmocka_unit_test(test_plain),       cmocka_unit_test(test_handover),
		cmocka_unit_test(test_out_of_band), cmocka_unit_test(test_gate),
		cmocka_unit_test(test_gpus),        cmocka_unit_test(test_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

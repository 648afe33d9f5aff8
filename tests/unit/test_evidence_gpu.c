/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The account of GPUs: what is taken, what is refused with the field's name, and the sentence that is made of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/json.h"
#include "protocol/evidence/gpu.h"

#define HEAD                                                                                              \
	"\"pci\": \"0000:18:00.0\", \"slot\": \"PCIe Slot 1\", \"vendor\": \"10de\", \"device\": "        \
	"\"2330\", \"backend\": \"nvml\", \"model\": \"NVIDIA H100\", \"serial\": \"1650\", \"memory\": " \
	"85899345920, "
#define STATE                                                                                    \
	"\"settings\": {\"ecc\": \"on\"}, \"health\": {\"xids\": {\"31\": 1}}, \"faults\": [], " \
	"\"unknown\": [\"the fabric: not told\"], "
#define RESET "\"reset\": {\"method\": \"flr\", \"seconds\": 2.5, \"boot\": \"completed\"}, "
#define SCRUB                                                                                            \
	"\"scrub\": {\"by\": \"cuda\", \"total\": 1000, \"covered\": 990, \"verified\": 980, \"rate\": " \
	"2e12, \"share\": 0.81}, "
#define SET                                                                                   \
	"\"set\": [{\"setting\": \"mig\", \"from\": \"on\", \"to\": \"off\"}], \"not_set\": " \
	"[{\"setting\": \"power_limit\", \"wanted\": 500, \"why\": \"it is locked\"}], \"differences\": []"
#define GPU(head, state, reset, scrub, set) "{" head state reset scrub set "}"

static struct err err;

static json_t *evidence(const char *gpus)
{
	char text[4096];
	json_t *json;

	snprintf(text, sizeof(text), "{\"gpus\": %s}", gpus);
	json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	if (!json)
		fail_msg("%s", text);
	return json;
}

static int check(const char *gpus)
{
	_cleanup_json_ json_t *json = evidence(gpus);

	err = (struct err){0};
	return evidence_gpus_check(json, &err);
}

static void what_is_in_order_is_taken(void **state)
{
	static const char *const good[] = {
		"null",
		"[]",
		"[" GPU(HEAD, STATE, RESET, SCRUB, SET) "]",
		"[" GPU(HEAD, STATE, "\"reset\": {\"not_done\": \"no driver\"}, ",
			"\"scrub\": {\"not_done\": \"no driver\"}, ", SET) "]",
		"[" GPU(HEAD, STATE,
			"\"reset\": {\"method\": \"bus\", \"seconds\": 3, \"memory_scrub\": \"completed\"}, ",
			"\"scrub\": {\"by\": \"reset\"}, ", SET) "]",
		"[" GPU("\"pci\": \"a\", \"vendor\": \"1002\", \"device\": \"74a1\", \"backend\": null, ",
			STATE, RESET, SCRUB, SET) "]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (check(good[i]))
			fail_msg("%s: %s", good[i], err.text);
}

static void what_is_wrong_is_named(void **state)
{
	static const char *const bad[][2] = {
		{"{}", "gpus"},
		{"[7]", "gpus[0]"},
		{"[" GPU(HEAD "\"colour\": 1, ", STATE, RESET, SCRUB, SET) "]", "colour"},
		{"[" GPU("\"pci\": \"a\", \"vendor\": \"10DE\", \"device\": \"2330\", ", STATE, RESET, SCRUB,
			 SET) "]",
		 "vendor"},
		{"[" GPU(HEAD, "\"settings\": [], \"health\": {}, \"faults\": [], \"unknown\": [], ", RESET,
			 SCRUB, SET) "]",
		 "settings"},
		{"[" GPU(HEAD,
			 "\"settings\": {}, \"health\": {}, \"faults\": [{\"what\": \"x\"}], "
			 "\"unknown\": [], ",
			 RESET, SCRUB, SET) "]",
		 "text"},
		{"[" GPU(HEAD,
			 "\"settings\": {}, \"health\": {\"a\": \"\\u001b\"}, \"faults\": [], "
			 "\"unknown\": [], ",
			 RESET, SCRUB, SET) "]",
		 "health"},
		{"[" GPU(HEAD, STATE, "\"reset\": {\"method\": \"flr\"}, ", SCRUB, SET) "]", "seconds"},
		{"[" GPU(HEAD, STATE,
			 "\"reset\": {\"method\": \"flr\", \"seconds\": 1, \"boot\": \"soon\"}, ", SCRUB,
			 SET) "]",
		 "boot"},
		{"[" GPU(HEAD, STATE, "\"reset\": {\"method\": \"flr\", \"not_done\": \"x\"}, ", SCRUB,
			 SET) "]",
		 "method"},
		{"[" GPU(HEAD, STATE, RESET, "\"scrub\": {\"by\": \"reset\"}, ", SET) "]",
		 "the reset says nothing"},
		{"[" GPU(HEAD, STATE, RESET,
			 "\"scrub\": {\"by\": \"cuda\", \"total\": 10, \"covered\": 11, \"verified\": 1}, ",
			 SET) "]",
		 "covered"},
		{"[" GPU(HEAD, STATE, RESET,
			 "\"scrub\": {\"by\": \"cuda\", \"total\": 10, \"covered\": 9, \"verified\": 10}, ",
			 SET) "]",
		 "verified"},
		{"[" GPU(HEAD, STATE, RESET,
			 "\"scrub\": {\"by\": \"cuda\", \"total\": 10, \"covered\": 9, \"verified\": 9, "
			 "\"share\": -1}, ",
			 SET) "]",
		 "share"},
		{"[" GPU(HEAD, STATE, RESET, SCRUB,
			 "\"set\": [{\"setting\": \"ecc\", \"to\": 1}], "
			 "\"not_set\": [], \"differences\": []") "]",
		 "from"},
		{"[" GPU(HEAD, STATE, RESET, SCRUB, "\"set\": [], \"not_set\": [], \"differences\": [1]") "]",
		 "differences"},
		{"[" GPU(HEAD, STATE, RESET, SCRUB, SET) ", " GPU(HEAD, STATE, RESET, SCRUB, SET) "]",
		 "twice"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (check(bad[i][0]) != -EBADMSG || !strstr(err.text, bad[i][1]))
			fail_msg("%s: %s", bad[i][0], err.text);
}

static void what_must_be_done_was_done(void **state)
{
	static const struct {
		const char *gpus, *says; /* NULL: as ordered */
	} cases[] = {
		{"[]", NULL},
		{"[" GPU(HEAD, STATE, RESET, SCRUB, SET) "]", NULL},
		{"null", "nobody looked for any"},
		{"[{\"reset\": {\"not_done\": \"x\"}}]", "evidence.gpus[0].reset was not done"},
		{"[{\"reset\": {\"method\": \"flr\"}, \"scrub\": {\"not_done\": \"x\"}}]",
		 "scrub was not done"},
	};
	const struct order_gpu must = {.reset = ORDER_GPU_MUST, .scrub = ORDER_GPU_MUST}, may = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_json_ json_t *json = evidence(cases[i].gpus);
		int r = evidence_gpus_are_as_ordered(json, &must, &err);

		if (cases[i].says ? r != -EBADMSG || !strstr(err.text, cases[i].says) : r)
			fail_msg("%s: %s", cases[i].gpus, err.text);
		assert_int_equal(evidence_gpus_are_as_ordered(json, &may, &err), 0);
	}
}

static void as_ordered(const char *gpus, const struct order_gpu *wish, bool image, const char *says)
{
	_cleanup_json_ json_t *json = evidence(gpus);
	int r;

	json_object_set_new(json, "image", image ? json_object() : json_null());
	r = evidence_gpus_are_as_ordered(json, wish, &err);
	if (says ? r != -EBADMSG || !strstr(err.text, says) : r)
		fail_msg("%s: %d: %s", gpus, r, err.text);
}

static void what_holds_is_not_certified(void **state)
{
	static const struct {
		const char *gpu, *says;
	} cases[] = {{"[{\"faults\": [{}]}]", "[0] has a fault"},
		     {"[{}, {\"scrub\": {\"faults\": [{}]}}]", "[1] has a fault"},
		     {"[{\"not_set\": [{}]}]", "[0].not_set"}};
	const struct order_gpu any = {0}, never = {.reset = ORDER_GPU_NEVER, .scrub = ORDER_GPU_NEVER};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		as_ordered(cases[i].gpu, &any, true, cases[i].says);
		as_ordered(cases[i].gpu, &any, false, NULL);
	}
	as_ordered("[{\"reset\": {\"method\": \"flr\"}}]", &never, false,
		   "reset was done, and the order forbids it");
	as_ordered("[{\"scrub\": {\"by\": \"cuda\"}}]", &never, false, "scrub was done");
	as_ordered("[{\"scrub\": {\"not_done\": \"x\"}}]", &never, true, NULL);
}

static void the_statement_counts(void **state)
{
	_cleanup_json_ json_t *json = evidence("[" GPU(
				      HEAD, STATE, RESET, SCRUB,
				      SET) ", "
					   "{\"pci\": \"b\", \"faults\": [{}], \"reset\": {\"not_done\": "
					   "\"x\"}, \"scrub\": {\"by\": \"reset\"}}]"),
			      *none = evidence("[]");
	_cleanup_free_ char *said = evidence_gpus_statement(json), *nothing = evidence_gpus_statement(none);

	(void)state;
	assert_string_equal(said,
			    " GPUs: 2. Reset: 1. Memory overwritten and read back: 1, at least 98.0 % of "
			    "each. Memory cleared by the GPU itself with its reset, as its registers said: "
			    "1. With a known fault: 1.");
	assert_string_equal(nothing, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_in_order_is_taken),  cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(what_must_be_done_was_done), cmocka_unit_test(what_holds_is_not_certified),
		cmocka_unit_test(the_statement_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* What an order says of GPUs: read, written, and refused with the field's name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/json.h"
#include "protocol/order/gpu.h"

static struct order_gpu gpu;
static struct err err;

static int read_text(const char *text)
{
	_cleanup_json_ json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	if (!json)
		fail_msg("%s", text);
	memset(&gpu, 0, sizeof(gpu));
	err = (struct err){0};
	return order_gpu_read(json, &gpu, &err);
}

static void what_is_not_said_is_the_default(void **state)
{
	const char *const texts[] = {"{}", "{\"gpu\": null}", "{\"gpu\": {}}",
				     "{\"gpu\": {\"reset\": \"try\", \"scrub\": null, \"settings\": "
				     "{\"mig\": \"default\", \"profiles\": [], \"power_limit\": null}}}"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_int_equal(read_text(texts[i]), 0);
		assert_null(order_gpu_to_json(&gpu));
	}
}

#define ALL                                                                                                  \
	"{\"gpu\": {\"reset\": \"must\", \"scrub\": \"never\", \"settings\": {\"persistence\": \"on\", "     \
	"\"ecc\": \"off\", \"mig\": \"on\", \"profiles\": [\"1g.10gb\", \"1g.10gb+me\"], \"compute_mode\": " \
	"\"exclusive\", \"power_limit\": 500, \"clocks\": {\"graphics\": 1980, \"memory\": 2619}, "          \
	"\"compute_partition\": \"CPX\", \"memory_partition\": \"NPS4\"}}}"

static void all_of_it_is_read_and_written(void **state)
{
	_cleanup_json_ json_t *wanted = json_loads(ALL, 0, NULL), *written = NULL;

	(void)state;
	assert_int_equal(read_text(ALL), 0);
	assert_int_equal(gpu.reset, ORDER_GPU_MUST);
	assert_int_equal(gpu.scrub, ORDER_GPU_NEVER);
	assert_int_equal(gpu.persistence, ORDER_GPU_ON);
	assert_int_equal(gpu.ecc, ORDER_GPU_OFF);
	assert_int_equal(gpu.n_profiles, 2);
	assert_string_equal(gpu.profiles[1], "1g.10gb+me");
	assert_int_equal(gpu.compute, ORDER_GPU_EXCLUSIVE);
	assert_int_equal(gpu.power_limit, 500);
	assert_int_equal(gpu.graphics_clock, 1980);
	assert_string_equal(gpu.memory_partition, "NPS4");
	written = json_pack("{so}", "gpu", order_gpu_to_json(&gpu));
	assert_true(json_equal(written, wanted));
}

static void settings_may_be_left(void **state)
{
	_cleanup_json_ json_t *written = NULL;

	(void)state;
	assert_int_equal(read_text("{\"gpu\": {\"settings\": \"leave\"}}"), 0);
	assert_true(gpu.leave);
	written = order_gpu_to_json(&gpu);
	assert_string_equal(json_string_value(json_object_get(written, "settings")), "leave");
}

static void what_is_wrong_is_named(void **state)
{
	static const char *const bad[][2] = {
		{"[]", "gpu"},
		{"{\"rest\": 1}", "rest"},
		{"{\"reset\": \"perhaps\"}", "order.gpu.reset"},
		{"{\"scrub\": true}", "scrub"},
		{"{\"settings\": \"keep\"}", "order.gpu.settings"},
		{"{\"settings\": {\"turbo\": 1}}", "turbo"},
		{"{\"settings\": {\"ecc\": \"maybe\"}}", "ecc"},
		{"{\"settings\": {\"profiles\": [\"1g.10gb\"]}}", "\"mig\": \"on\""},
		{"{\"settings\": {\"mig\": \"on\", \"profiles\": [\"1g/../..\"]}}", "profiles"},
		{"{\"settings\": {\"mig\": \"on\", \"profiles\": [\"\"]}}", "profiles"},
		{"{\"settings\": {\"mig\": \"on\", \"profiles\": [7]}}", "profiles"},
		{"{\"settings\": {\"mig\": \"on\", \"profiles\": [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}}",
		 "at most 16"},
		{"{\"settings\": {\"power_limit\": 0}}", "power_limit"},
		{"{\"settings\": {\"power_limit\": 1000000}}", "power_limit"},
		{"{\"settings\": {\"clocks\": {\"video\": 1}}}", "video"},
		{"{\"settings\": {\"clocks\": 1980}}", "clocks"},
		{"{\"settings\": {\"compute_partition\": \"a name that is longer than thirty-one\"}}",
		 "compute_partition"},
		{"{\"settings\": {\"memory_partition\": \"NPS1\\n\"}}", "memory_partition"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char text[512];

		snprintf(text, sizeof(text), "{\"gpu\": %s}", bad[i][0]);
		if (read_text(text) != -EBADMSG || !strstr(err.text, bad[i][1]))
			fail_msg("%s: %s", text, err.text);
		assert_int_equal(gpu.reset, ORDER_GPU_TRY); /* left as it was */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_said_is_the_default),
		cmocka_unit_test(all_of_it_is_read_and_written),
		cmocka_unit_test(settings_may_be_left),
		cmocka_unit_test(what_is_wrong_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

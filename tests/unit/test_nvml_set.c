/* rooms: agent/gpu agent/hw tests/fakes protocol core */
/* wraps: sysfs_write */
/* SPDX-License-Identifier: Apache-2.0 */
/* Setting and resetting GPUs through NVML: what is set, read back, refused, lied about, and what waits for a reset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/gpu/answer.h"
#include "core/io.h"
#include "core/json.h"
#include "tests/fakes/machine_tree.h"
#include "tests/fakes/nvml_gpus.h"
#include "tests/fakes/pci_kernel.h"

static const struct gpu gpu = {
	.pci = NVML_GPUS_PCI, .vendor = GPU_VENDOR_NVIDIA, .device = 0x2330, .driver = "nvidia"};
static const struct gpu_host *host;
static json_t *answer;
static char *root;
static struct err err;

/* The kernel's fake brings the clock: nothing waits. */
static int setup(void **state)
{
	(void)state;
	root = machine_tree_new();
	pci_kernel_add(root, NVML_GPUS_PCI, "nvidia", "flr bus");
	machine_tree_add(root, "/proc/driver/nvidia/gpus/" NVML_GPUS_PCI "/information = Device Minor: \t 3");
	pci_kernel_start(root, PCI_NO_FAULT, NVML_GPUS_PCI);
	host = nvml_gpus_start("whole", root);
	answer = NULL;
	memset(&err, 0, sizeof(err));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	json_decref(answer);
	nvml_gpus_stop();
	pci_kernel_stop();
	machine_tree_free(root);
	return 0;
}

static void set(const struct order_gpu *wish)
{
	json_decref(answer);
	answer = NULL;
	if (gpu_nvml.set(host, &gpu, wish, &answer, &err) < 0)
		fail_msg("%s", err.text);
	if (gpu_answer_set(answer, "test", &err) < 0)
		fail_msg("%s", err.text);
}

static void assert_is(const char *key, const char *text)
{
	_cleanup_free_ char *is = json_dumps(json_object_get(answer, key), JSON_ENCODE_ANY | JSON_SORT_KEYS);

	assert_string_equal(is ? is : "nothing", text);
}

static void assert_answer(const char *was_set, const char *not_set, bool needs_reset)
{
	assert_is("set", was_set);
	assert_is("not_set", not_set);
	assert_is("needs_reset", needs_reset ? "true" : "false");
}

static void assert_setting(const char *key, const char *text)
{
	_cleanup_json_ json_t *look = NULL;
	_cleanup_free_ char *is = NULL;

	if (gpu_nvml.look(host, &gpu, &look, &err) < 0)
		fail_msg("%s", err.text);
	is = json_dumps(json_object_get(json_object_get(look, "settings"), key),
			JSON_ENCODE_ANY | JSON_SORT_KEYS);
	assert_string_equal(is ? is : "nothing", text);
}

static const struct order_gpu defaults;

/* ---- settings ---- */

static void test_nothing_to_do(void **state)
{
	(void)state;
	set(&defaults);
	assert_answer("[]", "[]", false);
}

/* What a former tenant left behind. */
static void test_back_to_defaults(void **state)
{
	(void)state;
	nvml_gpus_say("0.persistence 1");
	nvml_gpus_say("0.ecc 0 0");
	nvml_gpus_say("0.mig 1 1");
	nvml_gpus_say("0.parts 9:0:3 19:3:1");
	nvml_gpus_say("0.compute 2");
	nvml_gpus_say("0.power 300000");
	nvml_gpus_say("0.clock 1200");
	set(&defaults);
	assert_answer("[{\"from\": \"off\", \"setting\": \"ecc\", \"to\": \"on\"}, "
		      "{\"from\": [\"3g.40gb\", \"1g.10gb\"], \"setting\": \"profiles\", \"to\": []}, "
		      "{\"from\": \"on\", \"setting\": \"mig\", \"to\": \"off\"}, "
		      "{\"from\": \"prohibited\", \"setting\": \"compute_mode\", \"to\": \"default\"}, "
		      "{\"from\": 300, \"setting\": \"power_limit\", \"to\": 700}, "
		      "{\"from\": \"on\", \"setting\": \"persistence\", \"to\": \"off\"}]",
		      "[]", true);
	assert_setting("pending", "{\"ecc\": \"on\"}");
	assert_setting("mig", "\"off\"");
}

static void test_wishes(void **state)
{
	const struct order_gpu wish = {.persistence = ORDER_GPU_ON,
				       .ecc = ORDER_GPU_OFF,
				       .compute = ORDER_GPU_EXCLUSIVE,
				       .power_limit = 500,
				       .graphics_clock = 1410,
				       .memory_clock = 2619};

	(void)state;
	set(&wish);
	assert_answer(
		"[{\"from\": \"off\", \"setting\": \"persistence\", \"to\": \"on\"}, "
		"{\"from\": \"on\", \"setting\": \"ecc\", \"to\": \"off\"}, "
		"{\"from\": \"default\", \"setting\": \"compute_mode\", \"to\": \"exclusive\"}, "
		"{\"from\": 700, \"setting\": \"power_limit\", \"to\": 500}, "
		"{\"from\": {\"graphics\": 345}, \"setting\": \"clocks\", \"to\": {\"graphics\": 1410}}, "
		"{\"from\": {\"memory\": 2619}, \"setting\": \"clocks\", \"to\": {\"memory\": 2619}}]",
		"[]", true);
	/* ECC waits for its reset still; all else is as it should be. */
	nvml_gpus_say("0.clock 1410");
	set(&wish);
	assert_is("needs_reset", "true");
	assert_is("not_set", "[]");
	nvml_gpus_say("0.ecc 0 0");
	set(&wish);
	assert_is("needs_reset", "false");
}

static void test_left_alone(void **state)
{
	const struct order_gpu all = {.leave = true, .mig = ORDER_GPU_ON},
			       some = {.persistence = ORDER_GPU_LEAVE,
				       .ecc = ORDER_GPU_LEAVE,
				       .mig = ORDER_GPU_LEAVE};

	(void)state;
	nvml_gpus_say("0.persistence 1");
	nvml_gpus_say("0.ecc 0 0");
	nvml_gpus_say("0.mig 1 1");
	set(&all);
	assert_answer("[]", "[]", false);
	set(&some);
	assert_answer("[]", "[]", false);
}

/* Each setting's call refuses. */
static void test_refused(void **state)
{
	static const struct {
		const char *call, *setting;
	} calls[] = {
		{"SetPersistenceMode", "persistence"},
		{"SetEccMode", "ecc"},
		{"SetMigMode", "mig"},
		{"SetComputeMode", "compute_mode"},
		{"SetPowerManagementLimit", "power_limit"},
		{"SetGpuLockedClocks", "clocks"},
		{"SetMemoryLockedClocks", "clocks"},
		{"GetPersistenceMode", "persistence"},
		{"GetMigMode", "mig"},
		{"GetComputeMode", "compute_mode"},
	};
	const struct order_gpu wish = {.persistence = ORDER_GPU_ON,
				       .ecc = ORDER_GPU_OFF,
				       .mig = ORDER_GPU_ON,
				       .compute = ORDER_GPU_EXCLUSIVE,
				       .power_limit = 500,
				       .graphics_clock = 1410,
				       .memory_clock = 2619};

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		const json_t *not_set, *one;

		if (i) {
			teardown(state);
			setup(state);
		}
		nvml_gpus_say("0.Device%s 4", calls[i].call);
		set(&wish);
		not_set = json_object_get(answer, "not_set");
		one = json_array_get(not_set, 0);
		assert_int_equal(json_array_size(not_set), 1);
		assert_string_equal(json_string_value(json_object_get(one, "setting")), calls[i].setting);
		assert_string_equal(json_string_value(json_object_get(one, "why")),
				    "NVML: Insufficient Permissions (4)");
	}
}

/* Says yes, and does nothing. */
static void test_lies(void **state)
{
	static const char *const calls[] = {
		"SetPersistenceMode",      "SetEccMode",        "SetMigMode", "SetComputeMode",
		"SetPowerManagementLimit", "SetGpuLockedClocks"};
	const struct order_gpu wish = {.persistence = ORDER_GPU_ON,
				       .ecc = ORDER_GPU_OFF,
				       .mig = ORDER_GPU_ON,
				       .compute = ORDER_GPU_EXCLUSIVE,
				       .power_limit = 500,
				       .graphics_clock = 1410};

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		nvml_gpus_say("0.Device%s lie", calls[i]);
	set(&wish);
	assert_answer(
		"[]",
		"[{\"setting\": \"persistence\", \"wanted\": \"on\", \"why\": \"NVML took it, and the card "
		"still says "
		"\\\"off\\\"\"}, "
		"{\"setting\": \"ecc\", \"wanted\": \"off\", \"why\": \"NVML took it, and the card still "
		"says "
		"\\\"on\\\"\"}, "
		"{\"setting\": \"mig\", \"wanted\": \"on\", \"why\": \"NVML took it, and the card still says "
		"\\\"off\\\"\"}, "
		"{\"setting\": \"compute_mode\", \"wanted\": \"exclusive\", \"why\": \"NVML took it, and the "
		"card still "
		"says \\\"default\\\"\"}, "
		"{\"setting\": \"power_limit\", \"wanted\": 500, \"why\": \"NVML took it, and the card still "
		"says "
		"700\"}, "
		"{\"setting\": \"clocks\", \"wanted\": {\"graphics\": 1410}, \"why\": \"NVML took it, and "
		"the clock "
		"stands at 345 MHz\"}]",
		false);
}

/* A card without these settings: the default is no refusal, another value is. */
static void test_has_not(void **state)
{
	static const char *const calls[] = {"GetPersistenceMode",
					    "GetEccMode",
					    "GetDefaultEccMode",
					    "GetMigMode",
					    "GetComputeMode",
					    "GetPowerManagementLimit",
					    "GetPowerManagementDefaultLimit",
					    "GetPowerManagementLimitConstraints",
					    "ResetGpuLockedClocks",
					    "ResetMemoryLockedClocks"};
	const struct order_gpu wish = {.ecc = ORDER_GPU_ON, .mig = ORDER_GPU_ON, .power_limit = 500};

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		nvml_gpus_say("0.Device%s 3", calls[i]);
	set(&defaults);
	assert_answer("[]", "[]", false);
	set(&wish);
	assert_answer(
		"[]",
		"[{\"setting\": \"ecc\", \"wanted\": \"on\", \"why\": \"the card has no such setting\"}, "
		"{\"setting\": \"mig\", \"wanted\": \"on\", \"why\": \"the card has no such setting\"}, "
		"{\"setting\": \"power_limit\", \"wanted\": 500, \"why\": \"the card has no such setting\"}]",
		false);
}

static void test_old_library(void **state)
{
	const struct order_gpu wish = {.mig = ORDER_GPU_ON};

	(void)state;
	nvml_gpus_stop();
	host = nvml_gpus_start("old", root);
	set(&defaults);
	assert_answer("[]", "[]", false);
	set(&wish);
	assert_answer(
		"[]",
		"[{\"setting\": \"mig\", \"wanted\": \"on\", \"why\": \"the card has no such setting\"}]",
		false);
}

static void test_power_range(void **state)
{
	const struct order_gpu wish = {.power_limit = 900};

	(void)state;
	set(&wish);
	assert_answer(
		"[]",
		"[{\"setting\": \"power_limit\", \"wanted\": 900, \"why\": \"the card takes 200 to 700 W\"}]",
		false);
}

/* ---- MIG ---- */

static const struct order_gpu three_parts = {
	.mig = ORDER_GPU_ON, .profiles = {"3g.40gb", "2g.20gb", "1g.10gb+me"}, .n_profiles = 3};

static void test_parts(void **state)
{
	(void)state;
	set(&three_parts);
	assert_answer("[{\"from\": \"off\", \"setting\": \"mig\", \"to\": \"on\"}, "
		      "{\"from\": [], \"setting\": \"profiles\", \"to\": [\"3g.40gb\", \"2g.20gb\", "
		      "\"1g.10gb+me\"]}]",
		      "[]", false);
	assert_setting("profiles", "[\"3g.40gb\", \"2g.20gb\", \"1g.10gb+me\"]");
	set(&three_parts);
	assert_answer("[]", "[]", false);
	/* The same parts, and one has lost its compute instance. */
	nvml_gpus_say("0.parts 9:0:3 14:3:1 20:5:1");
	set(&three_parts);
	assert_is("not_set", "[]");
	assert_int_equal(json_array_size(json_object_get(answer, "set")), 1);
	assert_setting("profiles", "[\"3g.40gb\", \"2g.20gb\", \"1g.10gb+me\"]");
}

/* On Ampere the mode waits for a reset, and so do the parts. */
static void test_parts_after_reset(void **state)
{
	(void)state;
	nvml_gpus_say("0.mig_needs_reset");
	set(&three_parts);
	assert_answer("[{\"from\": \"off\", \"setting\": \"mig\", \"to\": \"on\"}]", "[]", true);
	assert_setting("pending", "{\"mig\": \"on\"}");
	nvml_gpus_say("0.mig 1 1");
	set(&three_parts);
	assert_is("needs_reset", "false");
	assert_setting("profiles", "[\"3g.40gb\", \"2g.20gb\", \"1g.10gb+me\"]");
}

static void test_parts_refused(void **state)
{
	const struct order_gpu unknown = {.mig = ORDER_GPU_ON, .profiles = {"5g.60gb"}, .n_profiles = 1},
			       too_many = {.mig = ORDER_GPU_ON,
					   .profiles = {"4g.40gb", "4g.40gb"},
					   .n_profiles = 2};

	(void)state;
	set(&unknown);
	assert_is("not_set",
		  "[{\"setting\": \"profiles\", \"wanted\": \"5g.60gb\", \"why\": \"the card has no such "
		  "profile; it has 1g.10gb, 2g.20gb, 3g.40gb, 4g.40gb, 7g.80gb, 1g.10gb+me\"}]");
	set(&too_many);
	assert_is("not_set",
		  "[{\"setting\": \"profiles\", \"wanted\": \"4g.40gb\", \"why\": \"NVML: Insufficient "
		  "Resources (23)\"}]");
	nvml_gpus_say("0.GpuInstanceCreateComputeInstance 23");
	nvml_gpus_say("0.parts");
	set(&three_parts);
	assert_is("not_set",
		  "[{\"setting\": \"profiles\", \"wanted\": \"3g.40gb\", \"why\": \"NVML: Insufficient "
		  "Resources (23)\"}]");
	assert_setting("profiles", "[]");
}

static void test_parts_lied_about(void **state)
{
	(void)state;
	nvml_gpus_say("0.DeviceCreateGpuInstance lie");
	nvml_gpus_say("0.GpuInstanceCreateComputeInstance 0");
	set(&three_parts);
	assert_int_equal(json_array_size(json_object_get(answer, "not_set")), 1);
	assert_int_equal(json_array_size(json_object_get(answer, "set")), 1); /* the mode */
}

/* A part that somebody uses stays, and so does the mode. */
static void test_parts_in_use(void **state)
{
	(void)state;
	nvml_gpus_say("0.mig 1 1");
	nvml_gpus_say("0.parts 9:0:3");
	nvml_gpus_say("0.ComputeInstanceDestroy 19");
	set(&defaults);
	assert_answer("[]",
		      "[{\"setting\": \"profiles\", \"wanted\": [], \"why\": \"NVML: In use by another "
		      "client (19)\"}, "
		      "{\"setting\": \"mig\", \"wanted\": \"off\", \"why\": \"NVML: In use by another client "
		      "(19)\"}]",
		      false);
}

static void test_card_gone(void **state)
{
	(void)state;
	nvml_gpus_say("0.DeviceGetHandleByPciBusId 15");
	assert_int_equal(gpu_nvml.set(host, &gpu, &defaults, &answer, &err), -EIO);
	assert_string_equal(err.text, "NVML: GPU is lost (15)");
}

/* ---- resets ---- */

static void assert_no_reset(int code, const char *text)
{
	assert_int_equal(gpu_nvml.reset(host, &gpu, &answer, &err), -code);
	assert_string_equal(err.text, text);
	assert_string_equal(pci_kernel_log(), "");
}

static void test_reset(void **state)
{
	(void)state;
	nvml_gpus_say("0.persistence 1");
	if (gpu_nvml.reset(host, &gpu, &answer, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(gpu_answer_reset(answer, "test", &err), 0);
	assert_is("method", "\"flr\"");
	assert_non_null(strstr(pci_kernel_log(), "unbind " NVML_GPUS_PCI " nvidia\n"));
	assert_non_null(strstr(pci_kernel_log(), "reset " NVML_GPUS_PCI " flr\n"));
	assert_non_null(strstr(pci_kernel_log(), "bind " NVML_GPUS_PCI " nvidia\n"));
	assert_setting("persistence", "\"off\"");
}

static void test_reset_of_lost_card(void **state)
{
	(void)state;
	nvml_gpus_say("0.DeviceGetHandleByPciBusId 15");
	assert_int_equal(gpu_nvml.reset(host, &gpu, &answer, &err), -EIO);
	assert_string_equal(err.text, "it was reset and does not come back: NVML: GPU is lost (15)");
	assert_non_null(strstr(pci_kernel_log(), "reset " NVML_GPUS_PCI " flr\n"));
}

static void test_reset_in_use(void **state)
{
	(void)state;
	nvml_gpus_say("0.processes 2 4711 4712");
	assert_no_reset(EBUSY, "used by 2 processes, the first is 4711: end them, then it can be reset");
	nvml_gpus_say("0.processes 0");
	nvml_gpus_say("0.graphics 1000");
	assert_no_reset(EBUSY, "used by more than 64 processes");
	nvml_gpus_say("0.graphics 0");
	nvml_gpus_say("0.DeviceGetComputeRunningProcesses 999");
	assert_no_reset(EIO, "who uses it: NVML: Unknown Error (999)");
	nvml_gpus_say("0.DeviceGetComputeRunningProcesses 0");
	nvml_gpus_say("0.persistence 1");
	nvml_gpus_say("0.DeviceSetPersistenceMode 4");
	assert_no_reset(EBUSY, "persistence cannot be switched off: NVML: Insufficient Permissions (4)");
}

/* A daemon that NVML does not count. */
static void test_reset_held_open(void **state)
{
	(void)state;
	machine_tree_add(root, "/proc/812/comm = nvidia-persiste");
	machine_tree_add(root, "/proc/812/fd/3 -> /dev/nvidiactl");
	machine_tree_add(root, "/proc/812/fd/4 -> /dev/nvidia3");
	assert_no_reset(
		EBUSY, "process 812 (nvidia-persiste) holds /dev/nvidia3 open: end it, then it can be reset");
}

static void test_reset_held_open_elsewhere(void **state)
{
	(void)state;
	machine_tree_add(root, "/proc/812/fd/4 -> /dev/nvidia30");
	assert_int_equal(gpu_nvml.reset(host, &gpu, &answer, &err), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_to_do),
		TEST(test_back_to_defaults),
		TEST(test_wishes),
		TEST(test_left_alone),
		TEST(test_refused),
		TEST(test_lies),
		TEST(test_has_not),
		TEST(test_old_library),
		TEST(test_power_range),
		TEST(test_parts),
		TEST(test_parts_after_reset),
		TEST(test_parts_refused),
		TEST(test_parts_lied_about),
		TEST(test_parts_in_use),
		TEST(test_card_gone),
		TEST(test_reset),
		TEST(test_reset_of_lost_card),
		TEST(test_reset_in_use),
		TEST(test_reset_held_open),
		TEST(test_reset_held_open_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

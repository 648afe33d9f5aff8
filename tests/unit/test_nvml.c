/* rooms: agent/gpu agent/hw tests/fakes protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* A look at GPUs through NVML, against a library of ours: each health failure, what a library or a card does not have, lies, and calls that hang or crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/gpu/answer.h"
#include "agent/gpu/child.h"
#include "agent/gpu/nvml_library.h"
#include "core/json.h"
#include "core/time.h"
#include "tests/fakes/nvml_gpus.h"

static const struct gpu gpu = {
	.pci = NVML_GPUS_PCI, .vendor = GPU_VENDOR_NVIDIA, .device = 0x2330, .driver = "nvidia"};
static const struct gpu_host *host;
static json_t *answer;
static struct err err;

static int setup(void **state)
{
	(void)state;
	host = nvml_gpus_start("whole", "");
	answer = NULL;
	memset(&err, 0, sizeof(err));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	json_decref(answer);
	nvml_gpus_stop();
	return 0;
}

/* Every answer must pass the check that the agent makes of it. */
static void look(void)
{
	json_decref(answer);
	answer = NULL;
	if (gpu_nvml.look(host, &gpu, &answer, &err) < 0)
		fail_msg("%s", err.text);
	if (gpu_answer_look(answer, "test", &err) < 0)
		fail_msg("%s", err.text);
}

static const json_t *at(const char *part, const char *key)
{
	const json_t *value = json_object_get(json_object_get(answer, part), key);

	if (!value)
		fail_msg("%s has no %s", part, key);
	return value;
}

static void assert_text(const json_t *value, const char *text)
{
	_cleanup_free_ char *is = json_dumps(value, JSON_ENCODE_ANY | JSON_SORT_KEYS);

	assert_string_equal(is ? is : "nothing", text);
}

static void assert_healthy(void)
{
	assert_text(json_object_get(answer, "faults"), "[]");
	assert_text(json_object_get(answer, "unknown"), "[]");
}

/* The one fault that there is. */
static void assert_fault(const char *what, const char *part_of_text)
{
	const json_t *faults = json_object_get(answer, "faults"), *fault = json_array_get(faults, 0);

	if (json_array_size(faults) != 1)
		assert_text(faults, what);
	assert_string_equal(json_string_value(json_object_get(fault, "what")), what);
	assert_non_null(strstr(json_string_value(json_object_get(fault, "text")), part_of_text));
}

static bool is_unknown(const char *part_of_text)
{
	const json_t *unknown = json_object_get(answer, "unknown");
	const json_t *text;
	size_t i;

	json_array_foreach(unknown, i, text)
		if (strstr(json_string_value(text), part_of_text))
			return true;
	return false;
}

static void assert_unknown(const char *part_of_text)
{
	if (!is_unknown(part_of_text))
		assert_text(json_object_get(answer, "unknown"), part_of_text);
}

/* ---- a good card ---- */

static void test_good_card(void **state)
{
	(void)state;
	look();
	assert_healthy();
	assert_text(json_object_get(answer, "model"), "\"NVIDIA H100 80GB HBM3\"");
	assert_text(json_object_get(answer, "serial"), "\"1650923000001\"");
	assert_text(json_object_get(answer, "uuid"), "\"GPU-4039dfe4-0c97-4b1e-683e-eb7d42699053\"");
	assert_text(json_object_get(answer, "driver"), "\"580.159.03\"");
	assert_text(json_object_get(answer, "vbios"), "\"96.00.74.00.0D\"");
	assert_text(json_object_get(answer, "inforom"), "\"G520.0200.00.05\"");
	assert_text(json_object_get(answer, "memory"), "85520809984");
	assert_text(json_object_get(answer, "settings"), "{\"compute_mode\": \"default\", \"ecc\": \"on\", "
							 "\"mig\": \"off\", \"persistence\": \"off\", "
							 "\"power_limit\": 700}");
	assert_text(at("health", "power"),
		    "{\"default_limit\": 700, \"max_limit\": 700, \"min_limit\": 200}");
	assert_text(at("health", "remapped_rows"),
		    "{\"correctable\": 0, \"failed\": false, \"pending\": false, \"uncorrectable\": 0}");
	assert_text(at("health", "nvlinks"), "{\"down\": [], \"errors\": [], \"up\": 18, \"version\": 7}");
	assert_text(at("health", "clocks_held_by"), "[\"idle\"]");
	assert_text(at("health", "pcie"), "{\"generation\": 5, \"max_generation\": 5, \"max_width\": 16, "
					  "\"replays\": 0, \"width\": 16}");
	assert_text(at("health", "inforom"), "\"valid\"");
	assert_text(at("health", "ecc"),
		    "{\"corrected\": 0, \"corrected_ever\": 3, \"sram_threshold_exceeded\": false, "
		    "\"uncorrected\": 0, \"uncorrected_ever\": 0}");
}

/* A workstation's card has next to nothing of all that, and no fault for it. */
static void test_plain_card(void **state)
{
	static const char *const has_not[] = {"GetEccMode",
					      "GetMigMode",
					      "GetTotalEccErrors",
					      "GetSramEccErrorStatus",
					      "GetRemappedRows",
					      "GetNvLinkState",
					      "GetGpuFabricInfoV",
					      "GetSerial",
					      "ValidateInforom",
					      "GetFieldValues",
					      "GetPersistenceMode",
					      "GetInforomImageVersion",
					      "GetPowerManagementLimit"};

	(void)state;
	for (size_t i = 0; i < sizeof(has_not) / sizeof(*has_not); i++)
		nvml_gpus_say("0.Device%s 3", has_not[i]);
	look();
	assert_healthy();
	assert_text(json_object_get(answer, "settings"), "{\"compute_mode\": \"default\"}");
	assert_null(json_object_get(answer, "serial"));
	assert_null(json_object_get(json_object_get(answer, "health"), "nvlinks"));
}

static void test_settings(void **state)
{
	(void)state;
	nvml_gpus_say("0.persistence 1");
	nvml_gpus_say("0.ecc 0 1");
	nvml_gpus_say("0.mig 1 1");
	nvml_gpus_say("0.compute 3");
	nvml_gpus_say("0.power 499600");
	nvml_gpus_say("0.parts 9:3:3 19:0:1 14:1:2");
	look();
	assert_healthy();
	assert_text(json_object_get(answer, "settings"),
		    "{\"compute_mode\": \"exclusive\", \"ecc\": \"off\", \"mig\": \"on\", \"pending\": "
		    "{\"ecc\": \"on\"}, "
		    "\"persistence\": \"on\", \"power_limit\": 500, "
		    "\"profiles\": [\"1g.10gb\", \"2g.20gb\", \"3g.40gb\"]}");
}

/* ---- each failure ---- */

static void test_failures(void **state)
{
	static const struct {
		const char *line, *what, *text;
	} failures[] = {
		{"0.rows 0 1 1 0", "row_remap_pending", "which a reset does"},
		{"0.rows 0 9 0 1", "row_remap_failed", "replace the card"},
		{"0.pages 0 2 1", "page_retirement_pending", "which a reset does"},
		{"0.ecc_errors 0 2 0 2", "ecc_uncorrected", "2 uncorrectable memory errors"},
		{"0.sram 1", "sram_errors", "replace the card"},
		{"0.DeviceValidateInforom 14", "inforom", "InfoROM is corrupt"},
		{"0.repairs 1 0", "repair_pending", "a memory channel waits"},
		{"0.repairs 0 1", "repair_pending", "(TPC) waits"},
		{"0.recovery 1", "recovery", "to be reset"},
		{"0.recovery 2", "recovery", "booted anew"},
		{"0.recovery 3", "recovery", "reset them together"},
		{"0.recovery 4", "recovery", "emptied and reset"},
		{"0.recovery 77", "recovery", "not known here: 77"},
		{"0.links 111111111011111111", "nvlink", "NVLink 9 is down, 17 others are up"},
		{"0.fabric 1 0 0 0 0 0", "fabric", "(not started)"},
		{"0.fabric 2 0 0 0 0 0", "fabric", "(in progress)"},
		{"0.fabric 9 0 0 0 0 0", "fabric", "(a state that is not known here)"},
		{"0.fabric 3 23 0 0 0 0", "fabric", "refuses the GPU: Insufficient Resources (23)"},
		{"0.fabric 3 0 0 0xaa 1 7", "fabric", "only one of the two is set"},
		{"0.fabric 3 0 4 0xaa 1 0", "fabric", "only one of the two is set"},
		{"0.fabric 3 0 0 0xa9 2 0", "fabric", "its bandwidth is degraded"},
		{"0.fabric 3 0 0 0x9a 2 0", "fabric", "a route is unhealthy"},
		{"0.fabric 3 0 0 0x5aa 2 0", "fabric", "it has too few NVLinks (5)"},
		{"0.fabric 3 0 0 0xfaa 2 0", "fabric", "for a reason that is not known here (15)"},
		{"0.fabric 3 0 0 0xaa 3 0", "fabric", "of limited capacity"},
		{"0.DeviceGetEccMode 16", "reset_required", "must be reset"},
		{"0.DeviceGetHandleByPciBusId 16", "reset_required", "must be reset"},
	};

	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
		if (i) {
			teardown(state);
			setup(state);
		}
		nvml_gpus_say("%s", failures[i].line);
		look();
		assert_fault(failures[i].what, failures[i].text);
	}
}

/* Wherever it shows: one fault, and the look ends. */
static void test_lost(void **state)
{
	(void)state;
	nvml_gpus_say("0.DeviceGetHandleByPciBusId 15");
	look();
	assert_fault("lost", "fallen off the bus");
	nvml_gpus_say("0.DeviceGetHandleByPciBusId 0");
	nvml_gpus_say("0.all 15");
	look();
	assert_fault("lost", "fallen off the bus");
	nvml_gpus_say("0.all 0");
	nvml_gpus_say("0.DeviceGetNvLinkState 15");
	look();
	assert_fault("lost", "fallen off the bus");
	assert_text(json_object_get(answer, "serial"), "\"1650923000001\"");
}

/* What is recorded, and no fault. */
static void test_recorded(void **state)
{
	(void)state;
	nvml_gpus_say("0.rows 3 1 0 0");
	nvml_gpus_say("0.ecc_errors 12 0 40 3");
	nvml_gpus_say("0.processes 2 4711 4712");
	nvml_gpus_say("0.graphics 1 99");
	nvml_gpus_say("0.link_errors 4 1 17");
	nvml_gpus_say("0.links 000000000000000000");
	nvml_gpus_say("0.throttle 0xc8");
	look();
	assert_healthy();
	assert_text(at("health", "processes"), "[4711, 4712, 99]");
	assert_text(at("health", "clocks_held_by"),
		    "[\"hardware_slowdown\", \"hardware_thermal\", \"power_brake\"]");
	assert_text(json_object_get(at("health", "nvlinks"), "up"), "0");
	nvml_gpus_say("0.links 111111111111111111");
	look();
	assert_text(json_object_get(at("health", "nvlinks"), "errors"),
		    "[{\"link\": 4, \"recoveries\": 17}]");
}

static void test_cluster(void **state)
{
	(void)state;
	nvml_gpus_say("0.fabric 3 0 32766 0xaa 1 0xab");
	look();
	assert_healthy();
	assert_text(at("health", "fabric"),
		    "{\"clique\": 32766, \"cluster\": \"abababab-abab-abab-abab-abababababab\", "
		    "\"state\": \"completed\", \"status\": 0}");
	nvml_gpus_say("0.fabric_version 2");
	nvml_gpus_say("0.fabric 3 0 0 0xa9 1 0");
	look();
	assert_fault("fabric", "its bandwidth is degraded");
}

/* ---- libraries ---- */

static void test_old_library(void **state)
{
	(void)state;
	nvml_gpus_stop();
	host = nvml_gpus_start("old", "");
	look();
	assert_text(json_object_get(answer, "faults"), "[]");
	assert_unknown("remapped rows: this version of NVML cannot tell");
	assert_unknown("the NVLink fabric: this version of NVML cannot tell");
	assert_unknown("the processes that use the card: this version of NVML cannot tell");
	assert_null(json_object_get(json_object_get(answer, "settings"), "mig"));
}

static void assert_no_look(int code, const char *part_of_text)
{
	assert_int_equal(gpu_nvml.look(host, &gpu, &answer, &err), -code);
	if (!strstr(err.text, part_of_text))
		assert_string_equal(err.text, part_of_text);
}

static void test_no_library(void **state)
{
	(void)state;
	nvml_gpus_say("Init 9");
	assert_no_look(ENODEV, "NVML does not start: Driver Not Loaded (9)");
	nvml_gpus_say("Init 18");
	assert_no_look(EPROTO, "must be of one version");
	nvml_gpus_say("Init 998");
	assert_no_look(ENODEV, "no words for it (998)");
	nvml_gpus_say("Init 0");
	nvml_gpus_say("0.pci 0000:99:00.0");
	assert_no_look(ENODEV, "NVML does not know this GPU: Not Found");
	nvml_gpus_stop();
	host = nvml_gpus_start("none", "");
	assert_no_look(ENOSYS, "has no nvmlDeviceGetHandleByPciBusId_v2");
	nvml_gpus_stop();
	host = nvml_gpus_start("nowhere", "");
	assert_no_look(ENOENT, "libnvidia-ml.so.1 cannot be opened");
}

/* ---- nonsense ---- */

static void test_absurd(void **state)
{
	static const char *const texts[] = {"name", "serial", "uuid", "vbios", "inforom"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		nvml_gpus_say("0.%s !endless", texts[i]);
	nvml_gpus_say("driver !endless");
	nvml_gpus_say("0.memory 0xffffffffffffffff");
	nvml_gpus_say("0.temperature 0xffffffff");
	nvml_gpus_say("0.power 0xffffffff");
	nvml_gpus_say("0.rows 0xffffffff 0 0 0");
	nvml_gpus_say("0.ecc_errors 0xffffffffffffffff 0 0 0");
	nvml_gpus_say("0.pcie 255 255 16 16 0");
	nvml_gpus_say("0.processes 0x7fffffff 1 2");
	nvml_gpus_say("0.link_errors 4 1 0xffffffffffffffff");
	nvml_gpus_say("0.compute 12");
	look();
	assert_text(json_object_get(answer, "faults"), "[]");
	assert_null(json_object_get(answer, "memory"));
	assert_int_equal(json_string_length(json_object_get(answer, "model")), 96);
	assert_int_equal(json_string_length(json_object_get(answer, "vbios")), 32);
	assert_unknown("temperature: NVML says 4294967295, which cannot be");
	assert_unknown("processes: NVML speaks of 2147483647 in room for 64");
	assert_int_equal(json_array_size(at("health", "processes")), 64);
	assert_text(at("settings", "compute_mode"), "\"unknown\"");
}

static void test_absurd_parts(void **state)
{
	(void)state;
	nvml_gpus_say("0.mig 1 1");
	nvml_gpus_say("0.parts 19:0:1");
	nvml_gpus_say("0.instances 4000000000");
	look();
	assert_unknown("MIG instances");
	nvml_gpus_say("0.instances 3");
	look();
	assert_unknown("MIG instances");
	nvml_gpus_say("0.profile.0 19 1 !\x01\x80[2J");
	look();
}

static void test_texts_are_plain(void **state)
{
	(void)state;
	nvml_gpus_say("0.name NVIDIA\x1b[2J H100\x80  ");
	look();
	assert_text(json_object_get(answer, "model"), "\"NVIDIA?[2J H100?\"");
}

static void test_other_errors(void **state)
{
	(void)state;
	nvml_gpus_say("0.DeviceGetPersistenceMode 4");
	nvml_gpus_say("0.DeviceGetRemappedRows 999");
	nvml_gpus_say("0.DeviceGetEccMode -7");
	look();
	assert_text(json_object_get(answer, "faults"), "[]");
	assert_unknown("persistence: Insufficient Permissions (NVML 4)");
	assert_unknown("remapped rows: Unknown Error (NVML 999)");
	assert_unknown("ecc: Unknown Error (NVML -7)");
	nvml_gpus_say("0.DeviceGetNvLinkState 999");
	look();
	assert_int_equal(json_array_size(json_object_get(answer, "unknown")), 4);
}

/* ---- in a child ---- */

static int look_in_child(const struct gpu_task *task,
			 void (*progress)(void *data, uint64_t done, uint64_t total), void *data,
			 json_t **ret, struct err *error)
{
	(void)progress, (void)data;
	return task->backend->look(task->host, task->gpu, ret, error);
}

static bool is_cancelled(void *data)
{
	(void)data;
	return false;
}

static void ignore_progress(void *data, uint64_t done, uint64_t total)
{
	(void)data, (void)done, (void)total;
}

static int run_child(void)
{
	const struct gpu_task task = {.what = "its state",
				      .deadline_s = 1,
				      .host = host,
				      .gpu = &gpu,
				      .backend = &gpu_nvml,
				      .run = look_in_child};
	const struct gpu_watch watch = {.cancelled = is_cancelled, .progress = ignore_progress};

	return gpu_child_run(&task, &watch, &answer, &err);
}

static void test_hang(void **state)
{
	uint64_t begun = monotonic_ns();

	(void)state;
	nvml_gpus_say("0.DeviceGetTotalEccErrors hang");
	assert_int_equal(run_child(), -ETIMEDOUT);
	assert_string_equal(err.text, "its state: no answer within 1 s; its process was stopped");
	assert_true(monotonic_ns() - begun < 5000000000ull);
}

static void test_crash(void **state)
{
	(void)state;
	nvml_gpus_say("0.DeviceGetUUID crash");
	assert_int_equal(run_child(), -EPROTO);
	assert_non_null(strstr(err.text, "its process crashed"));
	nvml_gpus_say("0.DeviceGetUUID 0");
	assert_int_equal(run_child(), 0);
	assert_int_equal(gpu_answer_look(answer, "test", &err), 0);
}

/* ---- which GPUs there are ---- */

static void test_list(void **state)
{
	_cleanup_free_ struct gpu *list = NULL;
	unsigned n = 0, silent = 0;

	(void)state;
	nvml_gpus_say("gpus 4");
	nvml_gpus_say("1.pci 0000:2a:00.0");
	nvml_gpus_say("2.pci 12345:2a:00.0");
	nvml_gpus_say("3.DeviceGetHandleByIndex 15");
	assert_int_equal(nvml_list(host, &list, &n, &silent, &err), 0);
	assert_int_equal(n, 2);
	assert_int_equal(silent, 2);
	assert_string_equal(list[1].pci, "0000:2a:00.0");
	assert_int_equal(list[1].device, 0x2330);
	assert_true(gpu_nvml.drives(host, &list[1]));
}

static void test_list_is_bounded(void **state)
{
	_cleanup_free_ struct gpu *list = NULL;
	unsigned n = 0, silent = 0;

	(void)state;
	nvml_gpus_say("gpus 4294967295");
	nvml_gpus_say("*.pci 0000:2a:00.0");
	assert_int_equal(nvml_list(host, &list, &n, &silent, &err), 0);
	assert_int_equal(n, GPU_MAX);
}

static void test_drives(void **state)
{
	struct gpu other = gpu;

	(void)state;
	assert_true(gpu_nvml.drives(host, &other));
	strcpy(other.driver, "vfio-pci");
	assert_false(gpu_nvml.drives(host, &other));
	strcpy(other.driver, "nvidia");
	other.vendor = GPU_VENDOR_AMD;
	assert_false(gpu_nvml.drives(host, &other));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_good_card),
		TEST(test_plain_card),
		TEST(test_settings),
		TEST(test_failures),
		TEST(test_lost),
		TEST(test_recorded),
		TEST(test_cluster),
		TEST(test_old_library),
		TEST(test_no_library),
		TEST(test_absurd),
		TEST(test_absurd_parts),
		TEST(test_texts_are_plain),
		TEST(test_other_errors),
		TEST(test_hang),
		TEST(test_crash),
		TEST(test_list),
		TEST(test_list_is_bounded),
		TEST(test_drives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* rooms: agent/gpu agent/hw protocol tests/fakes core */
/* wraps: sysfs_write pci_reset */
/* SPDX-License-Identifier: Apache-2.0 */
/* AMD's GPUs over a tree of their driver's attributes, made up from the kernel's documentation; the driver's side of a write is played here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/gpu/backend.h"
#include "agent/hw/pci/reset.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"
#include "core/json.h"
#include "tests/fakes/machine_tree.h"

#define D "/sys/bus/pci/devices/0000:c1:00.0"

static const char mi300x[] =
	D "/vendor = 0x1002\n" D "/device = 0x74a1\n" D "/class = 0x120000\n" D
	  "/product_name = AMD Instinct MI300X\n" D "/serial_number = 692451000123\n" D
	  "/unique_id = 1a2b3c4d5e6f7081\n" D "/vbios_version = 113-M3000100-102\n" D
	  "/mem_info_vram_total = 206141652992\n" D "/current_compute_partition = SPX\n" D
	  "/available_compute_partition = SPX, DPX, QPX, CPX\n" D "/current_memory_partition = NPS1\n" D
	  "/pcie_replay_count = 0\n" D "/hwmon/hwmon7/power1_cap = 750000000\n" D
	  "/hwmon/hwmon7/power1_cap_default = 750000000\n" D "/hwmon/hwmon7/power1_cap_min = 0\n" D
	  "/hwmon/hwmon7/power1_cap_max = 750000000\n" D
	  "/ras/umc_err_count : 75653a20300a63653a20330a64653a20300a\n" D
	  "/ras/gfx_err_count : 75653a20300a63653a20300a\n" D
	  "/ras/gpu_vram_bad_pages : 3078303030303061623a20307831303030203a2052\n"
	  "/sys/module/amdgpu/version = 6.8.5\n";

static struct {
	const char *refuses; /* an attribute whose writes fail */
	const char *forgets; /* one whose writes are taken, and change nothing */
	unsigned writes;
} kernel;
static char *root;
static struct gpu_host host;
static const struct gpu gpu = {.pci = "0000:c1:00.0", .vendor = 0x1002, .device = 0x74a1, .driver = "amdgpu"};
static json_t *answer;
static struct err err;

int __wrap_sysfs_write(const char *text, struct err *e, const char *fmt, ...);
int __wrap_pci_reset(const char *at, const char *address, struct pci_reset *ret, struct err *e);

int __wrap_sysfs_write(const char *text, struct err *e, const char *fmt, ...)
{
	_cleanup_free_ char *path = NULL, *line = NULL;
	const char *attribute;
	va_list args;

	va_start(args, fmt);
	assert_true(vasprintf(&path, fmt, args) > 0);
	va_end(args);
	attribute = strrchr(path, '/') + 1;
	kernel.writes++;
	if (kernel.refuses && !strcmp(attribute, kernel.refuses))
		return err_sys(e, EINVAL, "%s", path);
	if (kernel.forgets && !strcmp(attribute, kernel.forgets))
		return 0;
	line = str_printf("%s = %s", path + strlen(root), text);
	machine_tree_add(root, line);
	return 0;
}

int __wrap_pci_reset(const char *at, const char *address, struct pci_reset *ret, struct err *e)
{
	(void)e;
	assert_string_equal(at, root);
	assert_string_equal(address, gpu.pci);
	*ret = (struct pci_reset){.method = "flr", .seconds = 0.5, .driver = "amdgpu"};
	return 0;
}

static int setup(void **state)
{
	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	root = machine_tree_new();
	host.root = root;
	machine_tree_add(root, mi300x);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	json_decref(answer);
	answer = NULL;
	machine_tree_free(root);
	return 0;
}

static const json_t *at(const char *key)
{
	return json_object_get(answer, key);
}

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "(none)";
}

static void look(void)
{
	json_decref(answer);
	answer = NULL;
	assert_int_equal(gpu_amdgpu.look(&host, &gpu, &answer, &err), 0);
}

static void its_driver_decides_who_looks_after_it(void **state)
{
	struct gpu bare = gpu;

	(void)state;
	assert_ptr_equal(gpu_backend_of(&host, &gpu), &gpu_amdgpu);
	*bare.driver = '\0';
	assert_null(gpu_backend_of(&host, &bare));
}

static void a_healthy_one_is_read(void **state)
{
	const json_t *ras;

	(void)state;
	look();
	assert_string_equal(text(answer, "model"), "AMD Instinct MI300X");
	assert_string_equal(text(answer, "serial"), "692451000123");
	assert_string_equal(text(answer, "uuid"), "1a2b3c4d5e6f7081");
	assert_string_equal(text(answer, "driver"), "6.8.5");
	assert_int_equal(json_integer_value(at("memory")), 206141652992);
	assert_int_equal(json_integer_value(json_object_get(at("settings"), "power_limit")), 750);
	assert_string_equal(text(at("settings"), "compute_partition"), "SPX");
	assert_string_equal(text(at("settings"), "memory_partition"), "NPS1");
	ras = json_object_get(at("health"), "ras");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(ras, "umc"), "corrected")), 3);
	assert_int_equal(json_array_size(at("faults")), 0);
	assert_int_equal(json_array_size(at("unknown")), 0);
}

static void what_is_broken_is_a_fault(void **state)
{
	(void)state;
	machine_tree_add(root, D "/ras/umc_err_count : 75653a20320a63653a20300a\n" D
				 "/ras/sdma_err_count = nonsense\n" D
				 "/ras/gpu_vram_bad_pages = 0x1 : 0x1000 : P\n");
	look();
	assert_int_equal(json_array_size(at("faults")), 2);
	assert_string_equal(text(json_array_get(at("faults"), 0), "text"),
			    "2 uncorrected errors in its umc: replace the card");
	assert_non_null(strstr(text(json_array_get(at("faults"), 1), "text"), "1 bad pages"));
	assert_string_equal(json_string_value(json_array_get(at("unknown"), 0)),
			    "errors of sdma: the driver's counters make no sense");
}

static void one_that_is_gone_is_an_error(void **state)
{
	const struct gpu gone = {.pci = "0000:c2:00.0", .vendor = 0x1002};
	json_t *none = NULL;

	(void)state;
	assert_int_equal(gpu_amdgpu.look(&host, &gone, &none, &err), -ENODEV);
	assert_null(none);
}

static void set(const struct order_gpu *wish)
{
	json_decref(answer);
	answer = NULL;
	assert_int_equal(gpu_amdgpu.set(&host, &gpu, wish, &answer, &err), 0);
}

static void what_is_as_wished_is_not_written(void **state)
{
	const struct order_gpu wish = {0};

	(void)state;
	set(&wish);
	assert_int_equal(kernel.writes, 0);
	assert_int_equal(json_array_size(at("set")) + json_array_size(at("not_set")), 0);
}

static void a_former_tenants_settings_go_back(void **state)
{
	const struct order_gpu wish = {0};

	(void)state;
	machine_tree_add(root,
			 D "/current_compute_partition = CPX\n" D "/hwmon/hwmon7/power1_cap = 500000000\n");
	set(&wish);
	assert_int_equal(json_array_size(at("set")), 2);
	assert_true(json_is_false(at("needs_reset")));
	look();
	assert_int_equal(json_integer_value(json_object_get(at("settings"), "power_limit")), 750);
	assert_string_equal(text(at("settings"), "compute_partition"), "SPX");
}

static const char *why(const char *setting)
{
	const json_t *item;
	size_t i;

	json_array_foreach(at("not_set"), i, item)
		if (!strcmp(text(item, "setting"), setting))
			return text(item, "why");
	return "(set)";
}

static void refusals_are_told(void **state)
{
	const struct order_gpu wish = {
		.power_limit = 600, .compute_partition = "TPX", .mig = ORDER_GPU_ON, .ecc = ORDER_GPU_OFF};

	(void)state;
	kernel.refuses = "power1_cap";
	set(&wish);
	assert_non_null(strstr(why("power_limit"), "Invalid argument"));
	assert_string_equal(why("compute_partition"), "the driver does not offer it");
	assert_string_equal(why("mig"), "a setting of NVIDIA's GPUs");
	assert_string_equal(why("ecc"), "amdgpu has no switch for it");
	assert_int_equal(json_array_size(at("set")), 0);
}

static void a_driver_that_forgets_is_found_out(void **state)
{
	const struct order_gpu wish = {.compute_partition = "CPX"};

	(void)state;
	kernel.forgets = "current_compute_partition";
	set(&wish);
	assert_string_equal(why("compute_partition"), "it was taken, and reads back as another");
}

static void a_memory_partition_waits_for_a_reset(void **state)
{
	const struct order_gpu wish = {.memory_partition = "NPS4"};

	(void)state;
	kernel.forgets = "current_memory_partition";
	set(&wish);
	assert_true(json_is_true(at("needs_reset")));
	assert_int_equal(json_array_size(at("not_set")), 0);
	kernel.forgets = NULL; /* the driver has started anew */
	set(&wish);
	assert_true(json_is_false(at("needs_reset")));
	assert_string_equal(text(json_array_get(at("set"), 0), "to"), "NPS4");
}

static void a_reset_is_the_kernels(void **state)
{
	(void)state;
	assert_int_equal(gpu_amdgpu.reset(&host, &gpu, &answer, &err), 0);
	assert_string_equal(text(answer, "method"), "flr");
	assert_null(at("memory_scrub"));
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(its_driver_decides_who_looks_after_it),
		T(a_healthy_one_is_read),
		T(what_is_broken_is_a_fault),
		T(one_that_is_gone_is_an_error),
		T(what_is_as_wished_is_not_written),
		T(a_former_tenants_settings_go_back),
		T(refusals_are_told),
		T(a_driver_that_forgets_is_found_out),
		T(a_memory_partition_waits_for_a_reset),
		T(a_reset_is_the_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

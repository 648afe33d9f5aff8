/* rooms: agent/gpu agent/hw tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* NVIDIA GPUs by their registers, on models: each architecture from a reset to a scrubbed memory, and each fault in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/gpu/bar0.h"
#include "agent/gpu/gpu.h"
#include "core/json.h"
#include "tests/fakes/bar0_model.h"

#define HOPPER    4
#define BLACKWELL 5
#define UNKNOWN   7

static const struct gpu_host host = {.root = ""};
static const struct gpu gpu = {.pci = "0000:3b:00.0", .vendor = GPU_VENDOR_NVIDIA, .device = 0x2330};
static const struct bar0_state fresh = {.boot_ms = 1200, .scrub_ms = 4700, .ecc = true};
static struct err err;
static json_t *json;

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(bar0_model_open(), 0); /* whatever came of it, it was given back */
	bar0_model_stop();
	json_decref(json);
	json = NULL;
	return 0;
}

static int look(unsigned chip, enum bar0_fault fault, const struct bar0_state *state)
{
	json_decref(json);
	json = NULL;
	bar0_model_start(&bar0_chips[chip], fault, state);
	return gpu_bar0.look(&host, &gpu, &json, &err);
}

static int reset(unsigned chip, enum bar0_fault fault, const struct bar0_state *state)
{
	json_decref(json);
	json = NULL;
	bar0_model_start(&bar0_chips[chip], fault, state);
	return gpu_bar0.reset(&host, &gpu, &json, &err);
}

static const char *text(const char *part, const char *key)
{
	const char *value = json_string_value(json_object_get(json_object_get(json, part), key));

	return value ? value : "(none)";
}

static void assert_in(const char *words, const char *in)
{
	if (!strstr(in, words))
		fail_msg("\"%s\" is not in \"%s\"", words, in);
}

/* There is one fault, and it says so. */
static void assert_fault(const char *what, const char *words)
{
	const json_t *faults = json_object_get(json, "faults"), *fault = json_array_get(faults, 0);

	assert_int_equal(json_array_size(faults), 1);
	assert_string_equal(json_string_value(json_object_get(fault, "what")), what);
	assert_in(words, json_string_value(json_object_get(fault, "text")));
}

static void assert_unknown(const char *words)
{
	const json_t *unknown = json_object_get(json, "unknown");

	assert_int_equal(json_array_size(unknown), 1);
	assert_in(words, json_string_value(json_array_get(unknown, 0)));
}

static void test_whose_it_is(void **state)
{
	static const struct {
		unsigned vendor;
		const char *driver;
		bool ours;
	} cases[] = {
		{GPU_VENDOR_NVIDIA, "", true},        {GPU_VENDOR_NVIDIA, "vfio-pci", true},
		{GPU_VENDOR_NVIDIA, "nouveau", true}, {GPU_VENDOR_NVIDIA, "nvidia", false},
		{GPU_VENDOR_AMD, "", false},          {GPU_VENDOR_AMD, "amdgpu", false},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct gpu one = {.pci = "0000:3b:00.0", .vendor = cases[i].vendor};

		snprintf(one.driver, sizeof(one.driver), "%s", cases[i].driver);
		assert_int_equal(gpu_bar0.drives(&host, &one), cases[i].ours);
	}
	assert_null(gpu_bar0.set);
}

static void test_each_architecture(void **state)
{
	(void)state;
	for (unsigned i = 0; bar0_chips[i].name; i++) {
		uint64_t least = (bar0_chips[i].shut_ms > 1200 ? bar0_chips[i].shut_ms : 1200);

		assert_int_equal(reset(i, BAR0_NO_FAULT, &fresh), 0);
		assert_int_equal(bar0_model_resets(), 1);
		assert_string_equal(json_string_value(json_object_get(json, "method")), "flr");
		assert_string_equal(json_string_value(json_object_get(json, "boot")), "completed");
		assert_string_equal(json_string_value(json_object_get(json, "memory_scrub")), "completed");
		assert_true(json_real_value(json_object_get(json, "seconds")) >= 5.9);
		assert_true(bar0_model_now_ms() >= 5900 && bar0_model_now_ms() >= least);
		assert_true(bar0_model_now_ms() < 14000);
		assert_int_equal(bar0_model_strangers(), 0);

		assert_int_equal(look(i, BAR0_NO_FAULT, &fresh), 0);
		assert_int_equal(bar0_model_resets(), 0);
		assert_string_equal(text("health", "architecture"), bar0_chips[i].name);
		assert_string_equal(text("health", "boot"), "completed");
		assert_string_equal(text("health", "memory_scrub"), "completed");
		assert_string_equal(text("settings", "ecc"), "on");
		assert_string_equal(text("settings", "confidential_computing"),
				    bar0_chips[i].cc ? "off" : "(none)");
		assert_int_equal(json_array_size(json_object_get(json, "faults")), 0);
		assert_int_equal(json_array_size(json_object_get(json, "unknown")), 0);
		assert_int_equal(bar0_model_strangers(), 0);
	}
}

static void test_what_is_set(void **state)
{
	struct bar0_state s = fresh;

	(void)state;
	s.ecc = false;
	assert_int_equal(look(HOPPER, BAR0_NO_FAULT, &s), 0);
	assert_string_equal(text("settings", "ecc"), "off");
	assert_string_equal(text("health", "boot0"), "0x180000a1");
	s.cc = 0xfffffffc; /* other bits of the register are none of ours */
	assert_int_equal(look(HOPPER, BAR0_NO_FAULT, &s), 0);
	assert_string_equal(text("settings", "confidential_computing"), "off");
}

static void test_confidential_computing(void **state)
{
	struct bar0_state s = fresh;

	(void)state;
	for (unsigned chip = HOPPER; chip <= BLACKWELL; chip++) {
		s.cc = 1;
		assert_int_equal(look(chip, BAR0_NO_FAULT, &s), 0);
		assert_string_equal(text("settings", "confidential_computing"), "on");
		assert_fault("confidential_computing", "\"on\", which no order asks for");
		assert_unknown("ECC");
		assert_string_equal(text("settings", "ecc"), "(none)");
		s.cc = 3;
		assert_int_equal(look(chip, BAR0_NO_FAULT, &s), 0);
		assert_fault("confidential_computing", "\"devtools\"");
		s.cc = 2;
		assert_int_equal(look(chip, BAR0_NO_FAULT, &s), 0);
		assert_fault("confidential_computing", "\"invalid\"");
	}
}

static void test_an_unknown_architecture(void **state)
{
	(void)state;
	assert_int_equal(look(UNKNOWN, BAR0_NO_FAULT, &fresh), 0);
	assert_unknown("unknown (identification 0x1d0000a1)");
	assert_string_equal(text("health", "boot0"), "0x1d0000a1");
	assert_int_equal(json_object_size(json_object_get(json, "settings")), 0);
	assert_int_equal(json_object_size(json_object_get(json, "health")), 1);
	assert_int_equal(bar0_model_strangers(), 0); /* no register of it was guessed at */
	assert_int_equal(reset(UNKNOWN, BAR0_NO_FAULT, &fresh), -ENOTSUP);
	assert_in("reset by the kernel (flr), but whether", err.text);
	assert_in("identification 0x1d0000a1", err.text);
	assert_null(json);
}

static void test_it_never_boots(void **state)
{
	(void)state;
	assert_int_equal(look(HOPPER, BAR0_NEVER_BOOTS, &fresh), 0);
	assert_fault("boot",
		     "its boot has not ended after 15 s: register 0x200bc reads as 0x0000003f, not 0xff");
	assert_string_equal(text("health", "memory_scrub"), "(none)");
	assert_int_equal(reset(HOPPER, BAR0_NEVER_BOOTS, &fresh), -ETIMEDOUT);
	assert_in("0000:3b:00.0: its boot has not ended", err.text);
	assert_null(json);
	assert_true(bar0_model_now_ms() < 16000);
	assert_int_equal(look(BLACKWELL, BAR0_BOOT_SHUT, &fresh), 0);
	assert_fault("boot", "reads as 0xbadf5040");
}

static void test_the_scrub_never_ends(void **state)
{
	(void)state;
	assert_int_equal(look(0, BAR0_SCRUB_NEVER_ENDS, &fresh), 0);
	assert_fault("memory_scrub", "its memory scrub has not ended after 20 s: register 0x100b20");
	assert_string_equal(text("health", "boot"), "completed");
	assert_string_equal(text("health", "memory_scrub"), "(none)");
	assert_string_equal(text("settings", "ecc"), "(none)");
	assert_int_equal(reset(BLACKWELL, BAR0_SCRUB_NEVER_ENDS, &fresh), -ETIMEDOUT);
	assert_in("register 0x8a004c", err.text);
	assert_null(json);
}

static void test_it_falls_off(void **state)
{
	(void)state;
	assert_int_equal(look(HOPPER, BAR0_NEVER_OPENS, &fresh), -ENODEV);
	assert_in("all ones for 20 s: it has fallen off the bus", err.text);
	assert_null(json);
	assert_int_equal(reset(HOPPER, BAR0_FALLS_OFF, &fresh), -ENODEV);
	assert_in("reset by the kernel (flr), but", err.text);
	assert_in("all ones: it has fallen off the bus", err.text);
	assert_null(json);
	assert_int_equal(look(HOPPER, BAR0_FALLS_OFF, &fresh), -ENODEV);
	assert_null(json);
}

static void test_what_makes_no_sense(void **state)
{
	(void)state;
	assert_int_equal(look(HOPPER, BAR0_IDENTITY_FLIPS, &fresh), -EIO);
	assert_in("and then as 0x180000", err.text);
	assert_int_equal(look(HOPPER, BAR0_OTHER_BOOT42, &fresh), -EIO);
	assert_in("contradict each other: 0x180000a1 and 0x19001000", err.text);
	assert_int_equal(look(HOPPER, BAR0_RECOVERY, &fresh), -EIO);
	assert_in("in recovery", err.text);
	assert_int_equal(look(HOPPER, BAR0_SHUT, &fresh), -EIO);
	assert_in("(0xbadf0200)", err.text);
	assert_int_equal(reset(HOPPER, BAR0_SCRUB_FLIPS, &fresh), -EIO);
	assert_in("reads as 0x1 and then as 0x0", err.text);
	assert_null(json);
}

static void test_what_cannot_be_read_is_not_said(void **state)
{
	(void)state;
	assert_int_equal(look(HOPPER, BAR0_ECC_SHUT, &fresh), 0);
	assert_unknown("its ECC register (0x9a0470) cannot be read: 0xbadf5720");
	assert_string_equal(text("settings", "ecc"), "(none)");
	assert_int_equal(look(HOPPER, BAR0_CANNOT_OPEN, &fresh), 0);
	assert_unknown("no IOMMU covers it");
	assert_int_equal(json_object_size(json_object_get(json, "health")), 0);
	assert_int_equal(reset(HOPPER, BAR0_CANNOT_OPEN, &fresh), -ENOTSUP);
	assert_in("reset by the kernel (flr), but", err.text);
	assert_in("no IOMMU covers it", err.text);
}

static void test_what_fails_beside_it(void **state)
{
	(void)state;
	assert_int_equal(reset(HOPPER, BAR0_CANNOT_RESET, &fresh), -ENOTSUP);
	assert_in("the kernel offers no reset", err.text);
	assert_int_equal(bar0_model_resets(), 0);
	assert_int_equal(reset(HOPPER, BAR0_CANNOT_CLOSE, &fresh), -EIO);
	assert_in("nouveau did not come", err.text);
	assert_null(json);
	assert_int_equal(look(HOPPER, BAR0_CANNOT_CLOSE, &fresh), -EIO);
	assert_null(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_whose_it_is, teardown),
		cmocka_unit_test_teardown(test_each_architecture, teardown),
		cmocka_unit_test_teardown(test_what_is_set, teardown),
		cmocka_unit_test_teardown(test_confidential_computing, teardown),
		cmocka_unit_test_teardown(test_an_unknown_architecture, teardown),
		cmocka_unit_test_teardown(test_it_never_boots, teardown),
		cmocka_unit_test_teardown(test_the_scrub_never_ends, teardown),
		cmocka_unit_test_teardown(test_it_falls_off, teardown),
		cmocka_unit_test_teardown(test_what_makes_no_sense, teardown),
		cmocka_unit_test_teardown(test_what_cannot_be_read_is_not_said, teardown),
		cmocka_unit_test_teardown(test_what_fails_beside_it, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

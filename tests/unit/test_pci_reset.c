/* rooms: agent/hw tests/fakes core */
/* wraps: sysfs_write */
/* SPDX-License-Identifier: Apache-2.0 */
/* Resets of PCI functions: which one, what it takes with it, and what is said when it, or a driver, fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/pci/driver.h"
#include "agent/hw/pci/reset.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"
#include "tests/fakes/machine_tree.h"
#include "tests/fakes/pci_kernel.h"

#define GPU   "0000:3b:00.0"
#define SOUND "0000:3b:00.1"
#define USB   "0000:3b:00.2"

static char *root;
static struct err err;
static struct pci_reset done;

static int setup(void **state)
{
	(void)state;
	root = machine_tree_new();
	memset(&done, 0, sizeof(done));
	memset(&err, 0, sizeof(err));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pci_kernel_stop();
	machine_tree_free(root);
	return 0;
}

/* A GPU with that driver and those methods, and two functions beside it. */
static int reset(const char *methods, enum pci_fault fault, const char *of)
{
	pci_kernel_add(root, GPU, "nvidia", methods);
	pci_kernel_add(root, SOUND, "snd_hda_intel", "pm bus");
	pci_kernel_add(root, USB, "", "pm");
	pci_kernel_start(root, fault, of);
	return pci_reset(root, GPU, &done, &err);
}

static void assert_driver(const char *address, const char *driver)
{
	char bound[PCI_DRIVER_MAX];

	pci_driver(root, address, bound);
	assert_string_equal(bound, driver);
}

static void assert_says(const char *words)
{
	if (!strstr(err.text, words))
		fail_msg("\"%s\" is not in \"%s\"", words, err.text);
}

static void test_function_level_reset(void **state)
{
	char list[64];

	(void)state;
	assert_int_equal(reset("device_specific bus flr", PCI_NO_FAULT, ""), 0);
	assert_string_equal(pci_kernel_log(),
			    "unbind " GPU " nvidia\nreset " GPU " flr\nbind " GPU " nvidia\n");
	assert_string_equal(done.method, "flr");
	assert_string_equal(done.driver, "nvidia");
	assert_int_equal(done.others, 0);
	assert_true(done.seconds > 0.09 && done.seconds < 0.2);
	assert_driver(GPU, "nvidia");
	sysfs_text(list, sizeof(list), "%s/sys/bus/pci/devices/" GPU "/reset_method", root);
	assert_string_equal(list, "device_specific bus flr"); /* as it was */
}

static void test_a_bus_reset_takes_the_slot(void **state)
{
	(void)state;
	assert_int_equal(reset("pm bus", PCI_NO_FAULT, ""), 0);
	assert_string_equal(pci_kernel_log(),
			    "unbind " GPU " nvidia\nunbind " SOUND " snd_hda_intel\nreset " GPU
			    " bus\nbind " GPU " nvidia\nbind " SOUND " snd_hda_intel\n");
	assert_string_equal(done.method, "bus");
	assert_int_equal(done.others, 1);
}

static void test_the_devices_own_way_where_alone(void **state)
{
	(void)state;
	assert_int_equal(reset("device_specific", PCI_NO_FAULT, ""), 0);
	assert_string_equal(done.method, "device_specific");
	assert_int_equal(reset("device_specific pm", PCI_NO_FAULT, ""), -ENOTSUP);
}

static void test_without_a_driver(void **state)
{
	(void)state;
	pci_kernel_add(root, GPU, "", "flr");
	pci_kernel_start(root, PCI_NO_FAULT, "");
	assert_int_equal(pci_reset(root, GPU, &done, &err), 0);
	assert_string_equal(done.driver, "");
	assert_string_equal(pci_kernel_log(), "reset " GPU " flr\n");
}

static void test_no_reset_that_does(void **state)
{
	(void)state;
	assert_int_equal(reset("pm acpi", PCI_NO_FAULT, ""), -ENOTSUP);
	assert_says("(only \"pm acpi\")");
	assert_says("other functions below it");
	assert_string_equal(pci_kernel_log(), "");
	pci_kernel_add(root, "0000:5e:00.0", "nvidia", NULL);
	assert_int_equal(pci_reset(root, "0000:5e:00.0", &done, &err), -ENOTSUP);
	assert_says("no reset of this function alone. It");
	assert_string_equal(done.method, "");
}

static void test_what_is_no_function(void **state)
{
	(void)state;
	pci_kernel_add(root, GPU, "nvidia", "flr");
	pci_kernel_start(root, PCI_NO_FAULT, "");
	assert_int_equal(pci_reset(root, "0000:99:00.0", &done, &err), -ENODEV);
	assert_int_equal(pci_reset(root, GPU "/../" GPU, &done, &err), -ENODEV);
	assert_int_equal(pci_reset(root, "../drivers", &done, &err), -ENODEV);
	assert_int_equal(pci_reset(root, "", &done, &err), -ENODEV);
	assert_string_equal(pci_kernel_log(), "");
}

static void test_it_fell_off_before(void **state)
{
	(void)state;
	pci_kernel_add(root, GPU, "nvidia", "flr");
	machine_tree_add(root, "/sys/bus/pci/devices/" GPU "/config : ffffffffffff\n");
	pci_kernel_start(root, PCI_NO_FAULT, "");
	assert_int_equal(pci_reset(root, GPU, &done, &err), -ENODEV);
	assert_says("fallen off the bus");
	assert_string_equal(pci_kernel_log(), "unbind " GPU " nvidia\nbind " GPU " nvidia\n");
}

static void test_a_driver_that_keeps_it(void **state)
{
	(void)state;
	assert_int_equal(reset("flr", PCI_DRIVER_KEEPS, GPU), -EBUSY);
	assert_says("the driver nvidia does not let go");
	assert_string_equal(pci_kernel_log(), "");
	assert_int_equal(reset("flr", PCI_DRIVER_LINGERS, GPU), -EBUSY);
	assert_says("still there");
	/* What was taken before is given back. */
	assert_int_equal(reset("bus", PCI_DRIVER_KEEPS, SOUND), -EBUSY);
	assert_says("snd_hda_intel does not let go");
	assert_string_equal(pci_kernel_log(), "unbind " GPU " nvidia\nbind " GPU " nvidia\n");
}

static void test_a_driver_that_does_not_come_back(void **state)
{
	(void)state;
	assert_int_equal(reset("flr", PCI_DRIVER_IS_GONE, GPU), -ENODEV);
	assert_says("the driver nvidia does not take it");
	assert_int_equal(reset("flr", PCI_DRIVER_IDLE, GPU), -EIO);
	assert_says("the driver nvidia did not come to it");
	/* The others come back even so. */
	assert_int_equal(reset("bus", PCI_DRIVER_IS_GONE, GPU), -ENODEV);
	assert_driver(SOUND, "snd_hda_intel");
	assert_string_equal(done.method, "");
}

static void test_the_kernel_refuses(void **state)
{
	(void)state;
	assert_int_equal(reset("flr bus", PCI_RESET_REFUSED, GPU), -ENOTTY);
	assert_says("reset by \"flr\"");
	assert_driver(GPU, "nvidia");
	assert_int_equal(reset("flr bus", PCI_METHODS_STICK, GPU), -EINVAL);
	assert_says("methods of reset");
}

static void test_it_does_not_answer_after(void **state)
{
	(void)state;
	assert_int_equal(reset("flr", PCI_DEAD_AFTER, GPU), -ETIMEDOUT);
	assert_says("does not answer 10 s after its reset");
	assert_driver(GPU, "nvidia");
	assert_int_equal(reset("flr", PCI_OTHER_AFTER, GPU), -EIO);
	assert_says("answers as 8086:1234 after its reset, and was 10de:2330");
}

static void test_it_answers_late(void **state)
{
	(void)state;
	assert_int_equal(reset("flr", PCI_SLOW_AFTER, GPU), 0);
	assert_true(done.seconds > 2.9 && done.seconds < 3.3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_function_level_reset, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_bus_reset_takes_the_slot, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_devices_own_way_where_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_without_a_driver, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_reset_that_does, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_no_function, setup, teardown),
		cmocka_unit_test_setup_teardown(test_it_fell_off_before, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_driver_that_keeps_it, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_driver_that_does_not_come_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_kernel_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_it_does_not_answer_after, setup, teardown),
		cmocka_unit_test_setup_teardown(test_it_answers_late, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

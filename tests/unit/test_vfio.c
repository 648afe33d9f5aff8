/* rooms: agent/hw tests/fakes core */
/* wraps: sysfs_write */
/* SPDX-License-Identifier: Apache-2.0 */
/* Why a function cannot be mapped, in words, and that it is given back. That it can be is tests/qemu/test_vfio.py's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/pci/driver.h"
#include "agent/hw/pci/vfio.h"
#include "agent/hw/sysfs.h"
#include "tests/fakes/machine_tree.h"
#include "tests/fakes/pci_kernel.h"

#define GPU   "0000:3b:00.0"
#define SOUND "0000:3b:00.1"
#define NIC   "0000:3c:00.0"

static char *root;
static struct err err;
static struct vfio *vfio;

static int setup(void **state)
{
	(void)state;
	root = machine_tree_new();
	pci_kernel_add(root, GPU, "nouveau", "flr");
	pci_kernel_add(root, SOUND, "snd_hda_intel", "flr");
	pci_kernel_start(root, PCI_NO_FAULT, "");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pci_kernel_stop();
	machine_tree_free(root);
	return 0;
}

static void with_modules(void)
{
	machine_tree_add(root, "/sys/module/vfio_iommu_type1/refcnt = 0\n/sys/module/vfio_pci/refcnt = 0\n");
}

static void with_group(const char *name)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "/sys/bus/pci/devices/" GPU "/iommu_group -> ../../../../kernel/iommu_groups/%s\n"
		 "/sys/kernel/iommu_groups/%s/devices/" GPU
		 "/x = 1\n/sys/kernel/iommu_groups/%s/devices/" SOUND "/x = 1\n",
		 name, name, name);
	machine_tree_add(root, text);
}

static void assert_says(const char *words)
{
	if (!strstr(err.text, words))
		fail_msg("\"%s\" is not in \"%s\"", words, err.text);
}

static void test_no_iommu(void **state)
{
	(void)state;
	with_modules();
	assert_int_equal(vfio_open(root, GPU, 0, &vfio, &err), -ENOTSUP);
	assert_says("no IOMMU covers it: switch it on in the firmware's setup");
	assert_says("lockdown forbids other ways");
	assert_string_equal(pci_kernel_log(), "");
	with_group("12x");
	assert_int_equal(vfio_open(root, GPU, 0, &vfio, &err), -EBADMSG);
	assert_int_equal(vfio_open(root, "0000:99:00.0", 0, &vfio, &err), -ENODEV);
}

static void test_no_driver(void **state)
{
	(void)state;
	with_group("41");
	assert_int_equal(vfio_open(root, GPU, 0, &vfio, &err), -ENOTSUP);
	assert_says("vfio_iommu_type1");
	assert_says("BOOT_VFIO");
	assert_string_equal(pci_kernel_log(), "");
}

static void test_others_in_the_group(void **state)
{
	(void)state;
	with_modules();
	with_group("41");
	pci_kernel_add(root, NIC, "mlx5_core", "flr");
	pci_kernel_add(root, "0000:3a:00.0", "pcieport", NULL);
	machine_tree_add(root, "/sys/kernel/iommu_groups/41/devices/" NIC "/x = 1\n"
			       "/sys/kernel/iommu_groups/41/devices/0000:3a:00.0/x = 1\n");
	assert_int_equal(vfio_open(root, GPU, 0, &vfio, &err), -ENOTSUP);
	assert_says("keep them apart: " NIC " (mlx5_core). Switch");
	assert_string_equal(pci_kernel_log(), "");
}

/* As far as /dev/vfio/vfio, which the tree has not: all is as it was. */
static void test_given_back(void **state)
{
	char driver[PCI_DRIVER_MAX];

	(void)state;
	with_modules();
	with_group("41");
	assert_int_equal(vfio_open(root, GPU, 0, &vfio, &err), -ENOENT);
	assert_says("/dev/vfio/vfio");
	assert_string_equal(pci_kernel_log(),
			    "unbind " GPU " nouveau\nunbind " SOUND " snd_hda_intel\noverride " GPU
			    " vfio-pci\nbind " GPU " vfio-pci\nunbind " GPU " vfio-pci\noverride " GPU
			    " none\nbind " GPU " nouveau\nbind " SOUND " snd_hda_intel\n");
	pci_driver(root, GPU, driver);
	assert_string_equal(driver, "nouveau");
}

/* An earlier run that was killed left it on vfio-pci: afterwards it has no driver, and no override. */
static void test_what_an_earlier_run_left(void **state)
{
	char driver[PCI_DRIVER_MAX];

	(void)state;
	with_modules();
	with_group("41");
	pci_kernel_add(root, GPU, "vfio-pci", "flr");
	pci_kernel_start(root, PCI_NO_FAULT, "");
	assert_int_equal(vfio_open(root, GPU, 0, &vfio, &err), -ENOENT);
	assert_false(pci_driver(root, GPU, driver));
}

static void test_it_does_not_come_back(void **state)
{
	(void)state;
	with_modules();
	with_group("41");
	pci_kernel_start(root, PCI_DRIVER_IS_GONE, SOUND);
	assert_int_equal(vfio_open(root, GPU, 0, &vfio, &err), -ENOENT);
	assert_says("; and " SOUND ": the driver snd_hda_intel does not take it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_no_iommu, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_driver, setup, teardown),
		cmocka_unit_test_setup_teardown(test_others_in_the_group, setup, teardown),
		cmocka_unit_test_setup_teardown(test_given_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_an_earlier_run_left, setup, teardown),
		cmocka_unit_test_setup_teardown(test_it_does_not_come_back, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* rooms: agent/hw tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The makers' tools: their output's grammar, and tools that refuse, lie, hang or print something else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/hw/mst/mst.h"
#include "core/io.h"
#include "core/time.h"
#include "tests/fakes/machine_tree.h"
#include "tests/fakes/mst_tool.h"

#define PCI "0000:3b:00.0"

static char *folder;
static struct err err;
static const char *folders[2];
static struct mst mst = {.folders = folders, .limit_s = 20};

static int setup(void **state)
{
	(void)state;
	folder = mst_tool_new();
	folders[0] = folder;
	mst.limit_s = 20;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mst_tool_free(folder);
	return 0;
}

static void values_mean_the_same(void **state)
{
	(void)state;
	assert_true(mst_value_is("True(1)", "True(1)"));
	assert_true(mst_value_is("1", "True(1)"));
	assert_true(mst_value_is("True", "True(1)"));
	assert_true(mst_value_is("0x10", "16"));
	assert_false(mst_value_is("10", "16"));
	assert_false(mst_value_is("True", "False(0)"));
	assert_false(mst_value_is("Tr", "True(1)"));
	assert_false(mst_value_is("1", "True(11)"));
	assert_false(mst_value_is("", "True(1)"));
	assert_false(mst_value_is("True(1)", "1"));
}

static void a_setting_is_asked_set_and_asked_again(void **state)
{
	struct mst_config config;

	(void)state;
	if (mst_config_query(&mst, PCI, &config, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(config.n, 4);
	assert_string_equal(mst_config_find(&config, "SRIOV_EN")->next, "False(0)");
	assert_string_equal(mst_config_find(&config, "HOST_CHAINING_DESCRIPTORS")->current, "Array[0..7]");
	assert_null(mst_config_find(&config, "SRIOV"));
	mst_config_clear(&config);
	assert_int_equal(mst_config_set(&mst, PCI, "SRIOV_EN", "True(1)", &err), 0);
	assert_int_equal(mst_config_query(&mst, PCI, &config, &err), 0);
	assert_string_equal(mst_config_find(&config, "SRIOV_EN")->current, "False(0)");
	assert_string_equal(mst_config_find(&config, "SRIOV_EN")->next, "True(1)");
	mst_config_clear(&config);
}

static void firmware_is_told(void **state)
{
	struct mst_firmware firmware;

	(void)state;
	if (mst_firmware_query(&mst, PCI, &firmware, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(firmware.psid, "MT_0000000359");
	assert_string_equal(firmware.running, "22.31.1014");
	mst_tool_mode(folder, "garbage");
	assert_int_equal(mst_firmware_query(&mst, PCI, &firmware, &err), -EBADMSG);
	assert_string_equal(err.text,
			    PCI ": mstflint: its output is not as it is known: line 1: \"no colon\"");
}

static void query_fails(const char *mode, int code, const char *says)
{
	struct mst_config config;

	mst_tool_mode(folder, mode);
	assert_int_equal(mst_config_query(&mst, PCI, &config, &err), code);
	if (!strstr(err.text, says))
		fail_msg("%s: %s", mode, err.text);
}

static void a_tool_that_does_not_do_its_work(void **state)
{
	uint64_t begun = monotonic_ns();

	(void)state;
	mst_tool_mode(folder, "refuses");
	assert_int_equal(mst_config_set(&mst, PCI, "NUM_OF_VFS", "999", &err), -EIO);
	assert_string_equal(
		err.text,
		PCI ": NUM_OF_VFS=999: mstconfig: Failed to set configuration: NUM_OF_VFS is out of range");
	query_fails("garbage", -EBADMSG, "neither a name with a colon nor a table");
	query_fails("endless", -EFBIG, "it writes without end");
	query_fails("dies", -EIO, "it was ended by signal 9");
	mst.limit_s = 1;
	query_fails("hangs", -ETIMEDOUT, "it has not ended within 1 s");
	assert_true(monotonic_ns() - begun < 10000000000ull);
}

static void no_argument_becomes_an_option(void **state)
{
	(void)state;
	assert_int_equal(mst_config_set(&mst, PCI, "A=1 B", "1", &err), -EINVAL);
	assert_int_equal(mst_config_set(&mst, PCI, "A", "1;reboot", &err), -EINVAL);
	assert_int_equal(mst_config_set(&mst, PCI, "", "1", &err), -EINVAL);
}

static void no_tool_and_no_way_to_the_card(void **state)
{
	static const char *const none[] = {"/nonexistent", NULL};
	struct mst without = {.folders = none};
	char *root = machine_tree_new();

	(void)state;
	assert_int_equal(mst_find(&without, "mstconfig", &err), -ENOENT);
	assert_int_equal(mst_find(&mst, "mstconfig", &err), 0);
	assert_int_equal(mst_reaches(root, PCI, &err), 0);
	machine_tree_add(root, "/sys/kernel/security/lockdown = none [integrity] confidentiality\n");
	assert_int_equal(mst_reaches(root, PCI, &err), -EPERM);
	assert_non_null(strstr(err.text, "mstflint_access"));
	machine_tree_add(root, "/dev/" PCI "_mstconf = x\n");
	assert_int_equal(mst_reaches(root, PCI, &err), 0);
	machine_tree_free(root);
}

static bool may_mount(void)
{
	pid_t child = fork();
	int status = 1;

	if (child == 0)
		_exit(unshare(CLONE_NEWNS) < 0);
	return waitpid(child, &status, 0) == child && status == 0;
}

static void put(const char *root, const char *name, const void *bytes, size_t len)
{
	_cleanup_free_ char *path = path_join(root, name);

	if (file_write_atomic(path, bytes, len, 0755, &err) < 0)
		fail_msg("%s", err.text);
}

/* Its root is the overlay's tree, in which dev, proc and sys are the machine's. */
static void a_tool_out_of_an_overlay(void **state)
{
	static const char script[] =
		"#!/usr/bin/busybox sh\n[ -e /proc/self ] && [ -d /sys/bus ] && [ -c /dev/null ] && [ ! -e "
		"/etc ] || exit 9\necho 'FW Version:  1.2.3'; echo PSID: N/A\n";
	static const char *const none[] = {"/nonexistent", NULL}, *const empty[] = {"dev", "proc", "sys"};
	_cleanup_free_ char *busybox = NULL, *root = NULL;
	struct mst_firmware firmware;
	const char *roots[2] = {NULL};
	size_t len = 0;

	(void)state;
	if (!may_mount() || file_read("/bin/busybox", 8 << 20, &busybox, &len, &err) < 0)
		skip();
	root = machine_tree_new();
	machine_tree_add(root, "/usr/bin/x = x\n");
	put(root, "usr/bin/busybox", busybox, len);
	put(root, "usr/bin/mstflint", script, strlen(script));
	for (unsigned i = 0; i < 3; i++) {
		_cleanup_free_ char *path = path_join(root, empty[i]);

		assert_int_equal(mkdir(path, 0755), 0);
	}
	roots[0] = root;
	if (mst_firmware_query(&(struct mst){.folders = none, .roots = roots, .limit_s = 20}, PCI, &firmware,
			       &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(firmware.running, "1.2.3");
	assert_string_equal(firmware.psid, "");
	machine_tree_free(TAKE_PTR(root));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_mean_the_same),
		cmocka_unit_test_setup_teardown(a_setting_is_asked_set_and_asked_again, setup, teardown),
		cmocka_unit_test_setup_teardown(firmware_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(a_tool_that_does_not_do_its_work, setup, teardown),
		cmocka_unit_test_setup_teardown(no_argument_becomes_an_option, setup, teardown),
		cmocka_unit_test(a_tool_out_of_an_overlay),
		cmocka_unit_test_setup_teardown(no_tool_and_no_way_to_the_card, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

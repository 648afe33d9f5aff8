/* rooms: agent/hw tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Xids in the kernel's log: those of the kernel itself, each kind once, and nothing of what others write there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/kmsg.h"
#include "core/io.h"
#include "tests/fakes/machine_tree.h"

static struct kmsg_xids xids;

static void take(const char *text)
{
	_cleanup_free_ char *exact = xcalloc(1, strlen(text) + !*text);

	memset(&xids, 0, sizeof(xids));
	memcpy(exact, text, strlen(text)); /* without its NUL, so that a read past the end is seen */
	kmsg_take(&xids, exact, strlen(text));
}

static void xids_are_found(void **state)
{
	(void)state;
	take("6,338,5140800,-;nvidia 0000:18:00.0: enabling device\n"
	     " SUBSYSTEM=pci\n"
	     "4,339,5140900,-;NVRM: Xid (PCI:0000:18:00): 79, pid=1234, GPU has fallen off the bus.\n"
	     "4,340,5140901,c,caller=T1;NVRM: Xid (PCI:0000:18:00): 79, pid=1234, again\n"
	     "4,341,5140902,-;NVRM: Xid (0000:2A:00): 13, Graphics Exception\n"
	     "4,342,5140903,-;NVRM: Xid (PCI:10000:01:00): 48, DBE");
	assert_int_equal(xids.n, 3);
	assert_string_equal(xids.at[0].pci, "0000:18:00");
	assert_int_equal(xids.at[0].number, 79);
	assert_int_equal(xids.at[0].count, 2);
	assert_string_equal(xids.at[0].text, "pid=1234, GPU has fallen off the bus.");
	assert_string_equal(xids.at[1].pci, "0000:2a:00");
	assert_string_equal(xids.at[2].pci, "10000:01:00");
	assert_false(xids.lost);
}

static void what_is_none_is_passed_over(void **state)
{
	static const char *const lines[] = {
		"",
		";",
		"4",
		"4,1,1,-",
		"14,1,1,-;NVRM: Xid (PCI:0000:18:00): 79, a process wrote it",
		"99999999999999999999,1,1,-;NVRM: Xid (PCI:0000:18:00): 79, no level",
		"4,1,1,-;NVRM: Xid (PCI:0000:18:00): 0, no number",
		"4,1,1,-;NVRM: Xid (PCI:0000:18:00): 99999999999999, no number",
		"4,1,1,-;NVRM: Xid (PCI:0000:18:00):79, no space",
		"4,1,1,-;NVRM: Xid (PCI:0000:18:00",
		"4,1,1,-;NVRM: Xid (PCI:0000:18): 79, no address",
		"4,1,1,-;NVRM: Xid (PCI:zzzz:18:00): 79, no address",
		"4,1,1,-;NVRM: Xid (PCI:0000000000:18:00): 79, no address",
		" 4,1,1,-;NVRM: Xid (PCI:0000:18:00): 79, of a device's lines",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		take(lines[i]);
		if (xids.n)
			fail_msg("%s", lines[i]);
	}
}

static void hostile_text_is_cleaned_and_kinds_are_bounded(void **state)
{
	_cleanup_free_ char *many = xcalloc(400, 64);

	(void)state;
	take("4,1,1,-;NVRM: Xid (PCI:0000:18:00): 31, \x1b[2J\xff bell\a");
	assert_string_equal(xids.at[0].text, "?[2J? bell?");
	for (unsigned i = 1; i <= 300; i++)
		snprintf(many + strlen(many), 64, "4,1,1,-;NVRM: Xid (PCI:0000:18:00): %u, x\n", i);
	take(many);
	assert_int_equal(xids.n, KMSG_XIDS_MAX);
	assert_true(xids.lost);
}

static void the_log_is_read(void **state)
{
	char *root = machine_tree_new();
	struct err err;

	(void)state;
	assert_int_equal(kmsg_read(root, &xids, &err), -ENOENT);
	machine_tree_add(root, "/dev/kmsg = 4,1,1,-;NVRM: Xid (PCI:0000:18:00): 79, off the bus");
	assert_int_equal(kmsg_read(root, &xids, &err), 0);
	assert_int_equal(xids.n, 1);
	machine_tree_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xids_are_found),
		cmocka_unit_test(what_is_none_is_passed_over),
		cmocka_unit_test(hostile_text_is_cleaned_and_kinds_are_bounded),
		cmocka_unit_test(the_log_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

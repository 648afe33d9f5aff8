/* rooms: agent/steps agent/wipe agent/hw images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Which drives an order means, as what drives, and under which policy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/steps/wipe/order.h"
#include "agent/steps/wipe/targets.h"

#define KEY "abababababababababababababababababababababababababababababababab"

static struct block disks[3];

static int set_up(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		memset(&disks[i], 0, sizeof(disks[i]));
		snprintf(disks[i].path, sizeof(disks[i].path), "/dev/d%u", i);
		snprintf(disks[i].serial, sizeof(disks[i].serial), "S%u", i);
		snprintf(disks[i].name, sizeof(disks[i].name), "serial:S%u", i);
		disks[i].size = 1 << 30;
		disks[i].removable = i == 2;
	}
	return 0;
}

static int choose(char **names, unsigned n, unsigned root, struct wipe_targets *t, struct err *err)
{
	static char id[] = "o-1";
	const struct order order = {.id = id, .wipe = {.disks = names, .n_disks = n}};

	memset(t, 0, sizeof(*t));
	*err = (struct err){0};
	const struct block *roots[] = {&disks[root]};

	return wipe_targets_choose(&order, disks, 3, roots, 1, t, err);
}

static void test_targets(void **state)
{
	char *named[] = {"S0"}, *missing[] = {"S0", "S7"}, *removable[] = {"S0", "S2"};
	struct wipe_targets t;
	struct err err;

	(void)state;
	assert_int_equal(choose(NULL, 0, 0, &t, &err), 0);
	assert_int_equal(t.n, 2);
	assert_int_equal(json_array_size(t.untouched), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(t.untouched, 0), "reason")),
			    "its medium is removable");
	wipe_targets_clear(&t);

	assert_int_equal(choose(named, 1, 0, &t, &err), 0);
	assert_int_equal(t.n, 1);
	assert_ptr_equal(t.drives[0], &disks[0]);
	assert_int_equal(json_array_size(t.untouched), 2);
	wipe_targets_clear(&t);

	assert_int_equal(choose(named, 1, 1, &t, &err), -EINVAL); /* the root disk is not named */
	assert_int_equal(choose(missing, 2, 0, &t, &err), -ENODEV);
	assert_non_null(strstr(err.text, "S7"));
	assert_int_equal(choose(removable, 2, 0, &t, &err), -EPERM);
	assert_non_null(strstr(err.text, "removable"));
	/* a fixed drive that we cannot erase would go along to the next tenant */
	disks[1].zoned = 2;
	assert_int_equal(choose(NULL, 0, 0, &t, &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "zoned"));
	assert_int_equal(choose(named, 1, 0, &t, &err), 0);
	wipe_targets_clear(&t);
	disks[1].zoned = 0;
	strcpy(disks[1].name, disks[0].name);
	assert_int_equal(choose(NULL, 0, 0, &t, &err), -ENOTUNIQ);
}

static const struct block *at(unsigned i)
{
	return &disks[i];
}

/* Namespaces of one subsystem are one drive; what the journal has of a drive counts only when it is the last word. */
static void test_drives(void **state)
{
	static char id[] = "o-1", serial[] = "S1", psid[] = "PSID";
	struct order_secret secret = {.drive = serial, .psid = psid};
	const struct order order = {.id = id, .wipe = {.secrets = &secret, .n_secrets = 1}};
	const struct block *blocks[] = {at(0), at(1), at(2)};
	const struct journal_entry journal[] = {
		{"serial:S0", "wipe", "nvme-sanitize-block", "", JOURNAL_BEGUN, NULL},
		{"serial:S0", "wipe", "nvme-sanitize-block", KEY, JOURNAL_MARKED, NULL},
		{"serial:S2", "wipe", "nvme-sanitize-block", KEY, JOURNAL_MARKED, NULL},
		{"serial:S2", "wipe", "nvme-sanitize-block", "", JOURNAL_FAILED, NULL},
	};
	struct wipe_policy policy;
	struct wipe_drive **drives;
	struct err err = {0};
	unsigned n;

	(void)state;
	for (unsigned i = 0; i < 3; i += 2) {
		disks[i].transport = BLOCK_NVME;
		strcpy(disks[i].subsystem, "nqn.one");
	}
	assert_int_equal(wipe_policy_of_order(&order, &policy, &err), 0);
	assert_int_equal(policy.at_least, WIPE_PURGE); /* unless the order allows less */
	assert_int_equal(wipe_drives_make(&order, &policy, blocks, 3, journal, 4, &drives, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_int_equal(drives[0]->n, 2);
	assert_ptr_equal(drives[0]->units[1].block, at(2));
	assert_true(drives[0]->units[0].marked &&
		    drives[0]->units[0].marked_method == WIPE_NVME_SANITIZE_BLOCK);
	assert_int_equal(drives[0]->units[0].marked_key[0], 0xab);
	assert_false(drives[0]->units[1].marked); /* it has failed since */
	assert_null(drives[0]->units[0].psid);
	assert_int_equal(drives[1]->n, 1);
	assert_string_equal(drives[1]->units[0].psid, "PSID");
	for (unsigned i = 0; i < n; i++)
		wipe_drive_free(drives[i]);
	free(drives);
}

static void test_an_unknown_method_is_no_policy(void **state)
{
	static char id[] = "o-1", unknown[] = "format", known[] = "nvme-format-ses1";
	char *forbid[] = {known, unknown};
	struct order order = {
		.id = id, .wipe = {.forbid = forbid, .n_forbid = 1, .clear_allowed = true, .sampled = true}};
	struct wipe_policy policy;
	struct err err = {0};

	(void)state;
	assert_int_equal(wipe_policy_of_order(&order, &policy, &err), 0);
	assert_true(policy.forbidden[WIPE_NVME_FORMAT_USER] && policy.sampled &&
		    policy.at_least == WIPE_CLEAR);
	order.wipe.n_forbid = 2;
	assert_int_equal(wipe_policy_of_order(&order, &policy, &err), -EINVAL);
	assert_non_null(strstr(err.text, "\"format\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_targets, set_up),
		cmocka_unit_test_setup(test_drives, set_up),
		cmocka_unit_test(test_an_unknown_method_is_no_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* rooms: tests/fakes agent/steps agent/wipe images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Which methods a drive gets, and which drives an order means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/wipe/plan.h"
#include "agent/steps/wipe_targets.h"
#include "tests/fakes/drive.h"

/* The plan as one string: "nvme-format-ses2 overwrite-zero". */
static const char *plan(const struct block *block, const struct nvme_caps *caps)
{
	static char text[256];
	struct wipe_plan p;

	wipe_plan_make(block, caps, &p);
	text[0] = '\0';
	for (unsigned i = 0; i < p.n; i++) {
		assert_true(p.choices[i].reason[0]);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			 wipe_method_name(p.choices[i].method));
	}
	return text;
}

static void test_plans(void **state)
{
	const struct block plain = {.transport = BLOCK_ATA};
	const struct block flash = {
		.transport = BLOCK_NVME, .discard_granularity = 512, .discard_max = 1 << 30};
	struct nvme_caps caps = {.oacs = 2, .n_active = 1};

	(void)state;
	assert_string_equal(plan(&plain, NULL), "overwrite-zero");
	assert_string_equal(plan(&flash, NULL), "discard-and-zero overwrite-zero");
	assert_string_equal(plan(&flash, &caps), "nvme-format-ses1 discard-and-zero overwrite-zero");
	caps.fna = 4;
	assert_string_equal(plan(&flash, &caps),
			    "nvme-format-ses2 nvme-format-ses1 discard-and-zero overwrite-zero");
	caps.oacs = 0;
	assert_string_equal(plan(&flash, &caps), "discard-and-zero overwrite-zero");
}

static void test_format_never_hits_another_namespace(void **state)
{
	const struct block block = {.transport = BLOCK_NVME};
	struct nvme_caps caps = {.oacs = 2, .n_active = 2};
	struct wipe_plan p;

	(void)state;
	assert_string_equal(plan(&block, &caps), "nvme-format-ses1 overwrite-zero");
	caps.fna = 2;
	assert_string_equal(plan(&block, &caps), "overwrite-zero");
	caps = (struct nvme_caps){.oacs = 2, .fna = 1, .n_active = 2};
	wipe_plan_make(&block, &caps, &p);
	assert_int_equal(p.n, 1);
	assert_non_null(strstr(p.choices[0].reason, "every namespace"));
	caps.n_active = 0; /* nonsense is no permission */
	assert_string_equal(plan(&block, &caps), "overwrite-zero");
	caps.n_active = 1;
	assert_string_equal(plan(&block, &caps), "nvme-format-ses1 overwrite-zero");
}

static void test_any_caps_end_in_overwriting(void **state)
{
	struct wipe_plan p;

	(void)state;
	for (unsigned bits = 0; bits < 64; bits++) {
		const struct nvme_caps caps = {.oacs = bits & 1 ? 2 : 0,
					       .fna = bits >> 1,
					       .n_active = 1 + !!(bits & 16)};
		const struct block block = {.transport = bits & 1 ? BLOCK_NVME : BLOCK_SCSI,
					    .discard_granularity = bits & 32,
					    .discard_max = bits & 32};

		wipe_plan_make(&block, &caps, &p);
		assert_in_range(p.n, 1, WIPE_METHODS_MAX);
		assert_int_equal(p.choices[p.n - 1].method, WIPE_OVERWRITE_ZERO);
	}
}

static struct block disks[3];

static int set_up(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct fake_drive d = {.untouchable = i == 2 ? "removable" : NULL};

		memset(&disks[i], 0, sizeof(disks[i]));
		snprintf(disks[i].path, sizeof(disks[i].path), "/dev/d%u", i);
		snprintf(disks[i].serial, sizeof(disks[i].serial), "S%u", i);
		snprintf(disks[i].name, sizeof(disks[i].name), "serial:S%u", i);
		d.block = disks[i];
		fake_drive_add(&d);
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_drives_clear();
	return 0;
}

static int choose(char **names, unsigned n, unsigned root, struct wipe_targets *t, struct err *err)
{
	static char id[] = "o-1";
	const struct order order = {.id = id, .wipe_disks = names, .n_wipe_disks = n};

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
			    "removable");
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
	strcpy(disks[1].name, disks[0].name);
	assert_int_equal(choose(NULL, 0, 0, &t, &err), -ENOTUNIQ);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_format_never_hits_another_namespace),
		cmocka_unit_test(test_any_caps_end_in_overwriting),
		cmocka_unit_test_setup_teardown(test_targets, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

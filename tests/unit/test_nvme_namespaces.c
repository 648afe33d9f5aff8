/* rooms: agent/hw tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces that are detached, write protected, or to be made anew, against a model of a drive. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/nvme/spec.h"
#include "tests/fakes/nvme_model.h"

static struct model *controller, *first, *second;
static struct nvme_model *m;
static struct nvme_caps caps;
static struct err err;
static int controller_fd, first_fd;

static int setup(void **state)
{
	(void)state;
	controller = nvme_model_new("S1");
	m = nvme_model_of(controller);
	first = nvme_model_add(controller, 1, 1 << 16, 4096);
	second = nvme_model_add(controller, 2, 3 << 16, 512);
	controller_fd = open(controller->block.path, O_RDWR | O_CLOEXEC);
	first_fd = open(first->block.path, O_RDWR | O_CLOEXEC);
	assert_true(controller_fd >= 0 && first_fd >= 0);
	assert_int_equal(nvme_identify(first_fd, &caps, &err), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(controller_fd);
	close(first_fd);
	models_clear();
	return 0;
}

static unsigned active(void)
{
	uint32_t *list;
	unsigned n;

	assert_int_equal(nvme_list_active(controller_fd, &list, &n, &err), 0);
	free(list);
	return n;
}

static void test_a_detached_one_is_found_and_attached(void **state)
{
	uint32_t *list;
	unsigned n;

	(void)state;
	nvme_model_find(m, 2)->attached = false;
	assert_int_equal(active(), 1);
	assert_int_equal(nvme_list_allocated(first_fd, &list, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_int_equal(list[1], 2);
	free(list);
	assert_int_equal(nvme_attach(first_fd, 2, &err), 0);
	assert_int_equal(m->n_rescans, 1);
	assert_int_equal(active(), 2);
	assert_int_equal(nvme_attach(first_fd, 2, &err), -EIO); /* Namespace Already Attached */
	assert_int_equal(nvme_attach(first_fd, 3, &err), -EIO);
	assert_int_equal(m->n_rescans, 1);
}

static void test_one_namespace_of_the_whole_drive(void **state)
{
	const struct nvme_model_namespace *ns;
	uint32_t nsid;

	(void)state;
	assert_int_equal(nvme_recreate_single(controller_fd, &caps, &nsid, &err), 0);
	assert_int_equal(active(), 1);
	ns = nvme_model_find(m, nsid);
	assert_non_null(ns);
	assert_int_equal(ns->blocks, (4 << 16) / 4096); /* with the first one's format */
	assert_int_equal(ns->flbas, 1);
	assert_true(ns->attached);
	assert_int_equal(m->n_rescans, 1);
}

static void test_nothing_is_touched_where_it_cannot_be_done(void **state)
{
	uint32_t nsid = 77;

	(void)state;
	/* As QEMU: it claims namespace management and refuses to delete. */
	m->delete_refused = true;
	assert_int_equal(nvme_recreate_single(controller_fd, &caps, &nsid, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.text, "namespace 1"));
	assert_int_equal(active(), 2);
	m->n[NVME_ADMIN_NAMESPACE_MANAGEMENT] = 0;
	caps.oacs &= (uint16_t)~NVME_OACS_NAMESPACES;
	assert_int_equal(nvme_recreate_single(controller_fd, &caps, &nsid, &err), -EOPNOTSUPP);
	caps.oacs |= NVME_OACS_NAMESPACES;
	caps.lbaf = 9; /* the drive tells of two */
	assert_int_equal(nvme_recreate_single(controller_fd, &caps, &nsid, &err), -EBADMSG);
	assert_int_equal(m->n[NVME_ADMIN_NAMESPACE_MANAGEMENT], 0);
	assert_int_equal(nsid, 77);
}

/* Delete, delete, create: whichever fails, the error says where the drive is left. */
static void test_failures_in_the_middle(void **state)
{
	uint32_t nsid;

	(void)state;
	m->answer[NVME_ADMIN_NAMESPACE_MANAGEMENT] = 0x0006;
	m->answer_after[NVME_ADMIN_NAMESPACE_MANAGEMENT] = 1;
	assert_int_equal(nvme_recreate_single(controller_fd, &caps, &nsid, &err), -EIO);
	assert_non_null(strstr(err.text, "namespace 2: NVMe Namespace Management (delete)"));
	assert_int_equal(active(), 1);
	m->n[NVME_ADMIN_NAMESPACE_MANAGEMENT] = 0;
	assert_int_equal(nvme_recreate_single(controller_fd, &caps, &nsid, &err), -EIO);
	assert_non_null(strstr(err.text, "the drive has no namespace now"));
	assert_int_equal(active(), 0);
	m->answer[NVME_ADMIN_NAMESPACE_MANAGEMENT] = 0;
	assert_int_equal(nvme_recreate_single(controller_fd, &caps, &nsid, &err), 0);
}

static void test_write_protection_is_taken_away_and_looked_at(void **state)
{
	enum nvme_write_protect protect;

	(void)state;
	assert_int_equal(nvme_write_protect_clear(first_fd, 1, &err), 0);
	assert_int_equal(m->n[NVME_ADMIN_SET_FEATURES], 0);
	nvme_model_find(m, 2)->protect = NVME_WP_PROTECTED;
	assert_int_equal(nvme_write_protect_get(first_fd, 2, &protect, &err), 0);
	assert_int_equal(protect, NVME_WP_PROTECTED);
	assert_int_equal(nvme_write_protect_clear(first_fd, 2, &err), 0);
	assert_int_equal(nvme_model_find(m, 2)->protect, NVME_WP_NONE);
	nvme_model_find(m, 2)->protect = NVME_WP_PROTECTED;
	m->protect_sticks = true;
	assert_int_equal(nvme_write_protect_clear(first_fd, 2, &err), -EROFS);
	assert_non_null(strstr(err.text, "still write protected"));
}

static void test_write_protection_that_stays_says_what_helps(void **state)
{
	(void)state;
	nvme_model_find(m, 1)->protect = NVME_WP_UNTIL_POWER_CYCLE;
	nvme_model_find(m, 2)->protect = NVME_WP_PERMANENT;
	assert_int_equal(nvme_write_protect_clear(first_fd, 1, &err), -EROFS);
	assert_non_null(strstr(err.text, "off and on"));
	assert_int_equal(nvme_write_protect_clear(first_fd, 2, &err), -EROFS);
	assert_non_null(strstr(err.text, "nothing takes that away"));
	assert_int_equal(m->n[NVME_ADMIN_SET_FEATURES], 0);
	model_power_cycle(controller);
	assert_int_equal(nvme_write_protect_clear(first_fd, 1, &err), 0);
	assert_int_equal(nvme_write_protect_clear(first_fd, 2, &err), -EROFS);
	nvme_model_find(m, 1)->protect = 5;
	assert_int_equal(nvme_write_protect_clear(first_fd, 1, &err), -EBADMSG);
	m->nwpc = 0;
	assert_int_equal(nvme_write_protect_clear(first_fd, 2, &err), -EOPNOTSUPP);
}

#define WITH_DRIVE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DRIVE(test_a_detached_one_is_found_and_attached),
		WITH_DRIVE(test_one_namespace_of_the_whole_drive),
		WITH_DRIVE(test_nothing_is_touched_where_it_cannot_be_done),
		WITH_DRIVE(test_failures_in_the_middle),
		WITH_DRIVE(test_write_protection_is_taken_away_and_looked_at),
		WITH_DRIVE(test_write_protection_that_stays_says_what_helps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

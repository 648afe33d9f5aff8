/* rooms: agent/wipe agent/hw tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Sanitize after a failure, beside what somebody else has begun, and over power cuts. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "agent/hw/nvme/spec.h"
#include "agent/hw/transport.h"
#include "core/io.h"
#include "tests/fakes/nvme_job.h"

static struct nvme_job job;
static struct nvme_model *m; /* of the job */

static void begin(void)
{
	nvme_job_begin(&job);
	m = job.m;
	assert_int_equal(nvme_identify(job.fd, &job.caps.nvme, &job.err), 0);
}

static int setup(void **state)
{
	(void)state;
	begin();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	nvme_job_end(&job);
	return 0;
}

static void wait_s(unsigned s)
{
	device_transport()->pause(s * 1000);
}

/* ---- failure, and the ways out of it (8.21) ---- */

static void test_after_a_failure_only_a_sanitize_helps(void **state)
{
	(void)state;
	m->sanitize_fails = true;
	assert_int_equal(nvme_job_run(&job, method_nvme_sanitize_block, false), -EIO);
	assert_non_null(strstr(job.err.text, "its Sanitize failed"));
	assert_int_equal(m->state, NVME_MODEL_FAILURE);
	assert_int_equal(nvme_job_run(&job, method_nvme_format_user, false), -EIO);
	assert_non_null(strstr(job.err.text, "Sanitize Failed"));
	m->sanitize_fails = false;
	m->n[NVME_ADMIN_SANITIZE] = 0;
	assert_int_equal(nvme_job_run(&job, method_nvme_sanitize_crypto, false), 0);
	/* It was restricted: leaving the failure is not tried. */
	assert_int_equal(m->n[NVME_ADMIN_SANITIZE], 1);
	assert_int_equal(model_residue(job.drive), 0);
	assert_int_equal(nvme_job_run(&job, method_nvme_format_user, false), 0);
}

static void test_an_unrestricted_failure_is_left_first(void **state)
{
	(void)state;
	m->sanitize_fails = true;
	nvme_job_sanitize(&job, 2 | NVME_SANITIZE_AUSE);
	wait_s(100);
	m->n[NVME_ADMIN_SANITIZE] = 0;
	assert_int_equal(nvme_job_run(&job, method_nvme_sanitize_crypto, false), -EIO); /* it fails anew */
	assert_int_equal(m->n[NVME_ADMIN_SANITIZE], 2);
	assert_string_equal(nvme_job_what(&job, 1), "NVMe Sanitize, exit failure mode: taken");
	/* A drive that refuses to be let out, although its log says that it could: the new one is tried all the same. */
	m->scdw10 |= NVME_SANITIZE_AUSE;
	m->sanitize_fails = false;
	assert_int_equal(nvme_job_run(&job, method_nvme_sanitize_crypto, false), 0);
	assert_string_equal(nvme_job_what(&job, 1), "NVMe Sanitize, exit failure mode: refused");
	assert_int_equal(m->n_forbidden, 0);
}

/* ---- what was begun before ---- */

static void test_what_runs_already_is_waited_for(void **state)
{
	(void)state;
	nvme_job_sanitize(&job, 4);
	wait_s(30);
	assert_int_equal(nvme_job_run(&job, method_nvme_sanitize_block, true), 0); /* another action */
	assert_int_equal(m->n_begun, 2);
	assert_string_equal(nvme_job_what(&job, 1), "NVMe Sanitize log of the one that was found running");
	nvme_job_sanitize(&job, 2);
	assert_int_equal(nvme_job_run(&job, method_nvme_sanitize_block, false), 0); /* not ours */
	assert_int_equal(m->n_begun, 4);
	nvme_job_sanitize(&job, 2 | NVME_SANITIZE_AUSE);
	assert_int_equal(nvme_job_run(&job, method_nvme_sanitize_block, true), 0); /* not sent by us */
	assert_int_equal(m->n_begun, 6);
	nvme_job_sanitize(&job, 2);
	assert_int_equal(nvme_job_run(&job, method_nvme_sanitize_block, true), 0);
	assert_int_equal(m->n_begun, 7); /* ours */
	nvme_job_sanitize(&job, 2);
	m->sanitize_fails = true;
	assert_int_equal(nvme_job_run(&job, method_nvme_sanitize_block, true), -EIO); /* failed, twice */
	assert_int_equal(m->n_begun, 9);
}

static void test_one_that_never_ends_is_not_waited_for_for_ever(void **state)
{
	(void)state;
	m->sanitize_endless = true;
	nvme_job_sanitize(&job, 4);
	assert_int_equal(nvme_job_run(&job, method_nvme_sanitize_block, true), -ETIMEDOUT);
	assert_non_null(strstr(job.err.text, "begun before"));
	assert_int_equal(m->n_begun, 1);
}

static void test_one_that_ended_since_counts_unless_something_was_written(void **state)
{
	(void)state;
	nvme_job_sanitize(&job, 2);
	wait_s(100);
	assert_int_equal(nvme_job_run(&job, method_nvme_sanitize_block, true), 0);
	assert_int_equal(m->n_begun, 1);
	assert_int_equal(nvme_job_run(&job, method_nvme_sanitize_crypto, true), 0); /* another action */
	assert_int_equal(m->n_begun, 2);
	assert_int_equal(nvme_job_run(&job, method_nvme_sanitize_crypto, false), 0); /* not resumed */
	assert_int_equal(m->n_begun, 3);
	/* The markers of the attempt were written after it: it was an older one. */
	assert_int_equal(pwrite_full(job.fd, "marker", 6, 4096, &job.err), 0);
	assert_int_equal(nvme_job_run(&job, method_nvme_sanitize_crypto, true), 0);
	assert_int_equal(m->n_begun, 4);
}

/* Until the child is through without it, the power fails one call of progress later each time. */
static void test_a_power_cut_anywhere_is_resumed(void **state)
{
	unsigned cuts;

	(void)state;
	for (unsigned i = 0; i < NVME_METHODS; i++) {
		for (cuts = 1;; cuts++) {
			int child_status;
			pid_t child;

			nvme_job_end(&job);
			begin();
			job.dies_at = cuts;
			child = fork();
			assert_true(child >= 0);
			if (!child)
				_exit(nvme_job_run(&job, nvme_methods[i].run, false) == 0 ? 0 : 1);
			assert_int_equal(waitpid(child, &child_status, 0), child);
			model_power_cycle(job.controller);
			assert_true(WIFEXITED(child_status));
			if (!WEXITSTATUS(child_status))
				break;
			assert_int_equal(WEXITSTATUS(child_status), 9);
			job.dies_at = 0;
			if (cuts % 2) /* the machine was off until long after its end */
				wait_s(1000);
			assert_int_equal(nvme_job_run(&job, nvme_methods[i].run, true), 0);
			assert_int_equal(model_residue(job.drive), 0);
			assert_int_equal(m->n_begun, i < NVME_SANITIZES);
			assert_int_equal(m->n_forbidden, 0);
		}
		assert_true(cuts > (i < NVME_SANITIZES ? 10 : 1));
	}
}

#define WITH_DRIVE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DRIVE(test_after_a_failure_only_a_sanitize_helps),
		WITH_DRIVE(test_an_unrestricted_failure_is_left_first),
		WITH_DRIVE(test_what_runs_already_is_waited_for),
		WITH_DRIVE(test_one_that_never_ends_is_not_waited_for_for_ever),
		WITH_DRIVE(test_one_that_ended_since_counts_unless_something_was_written),
		WITH_DRIVE(test_a_power_cut_anywhere_is_resumed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* rooms: agent/wipe agent/hw tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Sanitize and Format as methods of erasing, against modelled drives that are honest, slow, stuck, or liars. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/nvme/spec.h"
#include "tests/fakes/nvme_job.h"

#define DAY_S (24 * 3600ull)

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

/* ---- what each method does ---- */

static void test_an_honest_drive_is_erased(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NVME_METHODS; i++) {
		uint8_t opcode = nvme_methods[i].opcode;

		nvme_job_end(&job);
		begin();
		assert_int_equal(model_residue(job.drive), NVME_JOB_SIZE);
		assert_int_equal(nvme_job_run(&job, nvme_methods[i].run, false), 0);
		assert_int_equal(model_residue(job.drive), 0);
		/* The neighbour is of the same subsystem: a Sanitize reaches it, a Format does not. */
		assert_int_equal(model_residue(job.neighbour), i < NVME_SANITIZES ? 0 : NVME_JOB_SIZE / 2);
		assert_int_equal(m->n[opcode], 1);
		assert_int_equal(m->last[opcode].cdw10, nvme_methods[i].dword10);
		assert_int_equal(m->last[opcode].nsid, i < NVME_SANITIZES ? 0 : 1);
		assert_int_equal(m->n_forbidden, 0);
		assert_true(job.n_progress > 0);
	}
}

static void test_the_log_is_kept_as_it_came(void **state)
{
	(void)state;
	assert_int_equal(nvme_job_run(&job, method_nvme_sanitize_block, false), 0);
	assert_int_equal(json_array_size(job.status), 3);
	assert_string_equal(nvme_job_what(&job, 0), "NVMe Sanitize log before");
	assert_string_equal(nvme_job_what(&job, 1), "NVMe Sanitize log once begun");
	assert_string_equal(nvme_job_what(&job, 2), "NVMe Sanitize log after");
	/* SPROG ffffh, SSTAT 0101h (done, global data erased), SCDW10 2, estimates 1600, 100 and 10 s */
	assert_string_equal(nvme_job_hex(&job, 2), "ffff010102000000"
						   "40060000640000000a");
}

static void test_what_is_not_offered_is_not_sent(void **state)
{
	(void)state;
	job.caps.nvme.sanicap = 0xe0000000;
	job.caps.nvme.oacs = 0;
	for (unsigned i = 0; i < NVME_METHODS; i++)
		assert_int_equal(nvme_job_run(&job, nvme_methods[i].run, true), -EOPNOTSUPP);
	job.caps.kind = WIPE_CAPS_NONE;
	for (unsigned i = 0; i < NVME_METHODS; i++)
		assert_int_equal(nvme_job_run(&job, nvme_methods[i].run, false), -EOPNOTSUPP);
	assert_int_equal(m->n[NVME_ADMIN_SANITIZE] + m->n[NVME_ADMIN_FORMAT_NVM], 0);
	assert_int_equal(m->n[NVME_ADMIN_GET_LOG_PAGE], 0);
}

static void test_detached_namespaces_are_sanitized_too(void **state)
{
	(void)state;
	nvme_model_find(m, 2)->attached = false;
	assert_int_equal(nvme_job_run(&job, method_nvme_sanitize_block, false), 0);
	assert_int_equal(model_residue(job.neighbour), 0);
}

/* FNA bits 0 and 1: the model erases all, as a drive would. */
static void test_a_format_that_hits_all(void **state)
{
	(void)state;
	m->fna |= NVME_FNA_ERASE_ALL;
	assert_int_equal(nvme_job_run(&job, method_nvme_format_user, false), 0);
	assert_int_equal(model_residue(job.neighbour), 0);
}

static void test_write_protection_is_a_failure_that_says_so(void **state)
{
	(void)state;
	nvme_model_find(m, 1)->protect = NVME_WP_PROTECTED;
	for (unsigned i = 0; i < NVME_METHODS; i++) {
		assert_int_equal(nvme_job_run(&job, nvme_methods[i].run, false), -EIO);
		assert_non_null(strstr(job.err.text, "Namespace is Write Protected"));
	}
	assert_int_equal(model_residue(job.drive), NVME_JOB_SIZE);
}

/* Success is said, and the method cannot know better: that is the proof's business. The model must really lie. */
static void test_liars_lie(void **state)
{
	(void)state;
	for (enum model_truth truth = MODEL_NOTHING; truth < MODEL_TRUTHS; truth++)
		for (unsigned i = 0; i < NVME_METHODS; i++) {
			nvme_job_end(&job);
			begin();
			m->format_truth = m->sanitize_truth = truth;
			assert_int_equal(nvme_job_run(&job, nvme_methods[i].run, false), 0);
			assert_true(model_residue(job.drive) > 0);
		}
}

/* ---- time ---- */

static void test_a_slow_format_has_its_bound(void **state)
{
	(void)state;
	m->format_s = 1800;
	assert_int_equal(nvme_job_run(&job, method_nvme_format_user, false), 0);
	m->format_s = 1801;
	assert_int_equal(nvme_job_run(&job, method_nvme_format_crypto, false), -EIO);
	assert_non_null(strstr(job.err.text, "Command Aborted By Host"));
	/* A second more for each 512 MiB */
	job.drive->block.size = 1ull << 30;
	m->format_s = 1802;
	assert_int_equal(nvme_job_run(&job, method_nvme_format_crypto, false), 0);
}

static void assert_bounded(int (*run)(struct wipe_run *run, struct err *err), uint64_t s)
{
	uint64_t begun = model_paused_ms(), took;

	nvme_job_forget(&job);
	assert_int_equal(nvme_job_run(&job, run, false), -ETIMEDOUT);
	took = (model_paused_ms() - begun) / 1000;
	assert_in_range(took, s, s + 20);
}

static void test_a_sanitize_that_never_ends_is_given_up(void **state)
{
	(void)state;
	m->sanitize_endless = true;
	m->sanitize_s = 100;
	m->crypto_s = 20000;
	/* Twice the estimate and ten minutes; a quarter of that, an hour at least, where its progress stands still. */
	assert_bounded(method_nvme_sanitize_block, 800);
	m->log = NVME_MODEL_LOG_STUCK;
	assert_bounded(method_nvme_sanitize_crypto, (2 * 20000 + 600) / 4);
	m->log = NVME_MODEL_LOG_TRUE;
	m->block_s = m->crypto_s = NVME_ESTIMATE_UNKNOWN;
	assert_bounded(method_nvme_sanitize_block, DAY_S / 4 + 100);
	/* Not a century, though the drive asks for it. */
	m->overwrite_s = NVME_ESTIMATE_UNKNOWN - 1;
	assert_bounded(method_nvme_sanitize_overwrite, (14 * DAY_S + 600) / 4 + 100);
	/* Done with the command, it says. */
	m->block_s = 0;
	assert_bounded(method_nvme_sanitize_block, 602);
}

static void test_progress_that_runs_backwards_is_none(void **state)
{
	(void)state;
	m->log = NVME_MODEL_LOG_BACKWARDS;
	assert_int_equal(nvme_job_run(&job, method_nvme_sanitize_block, false), 0);
	m->sanitize_s = 30 * DAY_S;
	m->block_s = NVME_ESTIMATE_UNKNOWN;
	assert_bounded(method_nvme_sanitize_block, DAY_S / 4);
}

static void test_a_slow_one_within_its_estimate_is_waited_for(void **state)
{
	(void)state;
	m->sanitize_s = 2 * 36000 + 500;
	m->block_s = 36000;
	assert_int_equal(nvme_job_run(&job, method_nvme_sanitize_block, false), 0);
	assert_int_equal(model_residue(job.drive), 0);
	m->block_s = NVME_ESTIMATE_UNKNOWN;
	m->sanitize_s = 80000;
	assert_int_equal(nvme_job_run(&job, method_nvme_sanitize_block, false), 0);
	m->sanitize_s = 0;
	assert_int_equal(nvme_job_run(&job, method_nvme_sanitize_block, false), 0);
}

/* ---- what the log says ---- */

static void test_logs_that_lie_are_no_success(void **state)
{
	static const struct {
		enum nvme_model_log log;
		int code;
		const char *words;
	} cases[] = {
		{NVME_MODEL_LOG_ZEROS, -EIO, "was never sanitized"},
		{NVME_MODEL_LOG_RESERVED, -EBADMSG, "reserved"},
		{NVME_MODEL_LOG_OTHER, -EIO, "speaks of another Sanitize"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		nvme_job_forget(&job);
		m->log = cases[i].log;
		assert_int_equal(nvme_job_run(&job, method_nvme_sanitize_block, false), cases[i].code);
		assert_non_null(strstr(job.err.text, cases[i].words));
	}
	m->log = NVME_MODEL_LOG_RESERVED;
	assert_int_equal(nvme_job_run(&job, method_nvme_sanitize_block, false), -EBADMSG);
	assert_string_equal(nvme_job_what(&job, 0), "NVMe Sanitize log before");
	assert_int_equal(strlen(nvme_job_hex(&job, 0)), 34); /* kept, nonsense or not */
}

static void test_deallocated_all_the_same_is_done_and_said(void **state)
{
	(void)state;
	m->sanitize_deallocates = true;
	assert_int_equal(nvme_job_run(&job, method_nvme_sanitize_block, false), 0);
	assert_string_equal(nvme_job_what(&job, 2),
			    "NVMe Sanitize log after; deallocated although it was not to be");
}

#define WITH_DRIVE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DRIVE(test_an_honest_drive_is_erased),
		WITH_DRIVE(test_the_log_is_kept_as_it_came),
		WITH_DRIVE(test_what_is_not_offered_is_not_sent),
		WITH_DRIVE(test_detached_namespaces_are_sanitized_too),
		WITH_DRIVE(test_a_format_that_hits_all),
		WITH_DRIVE(test_write_protection_is_a_failure_that_says_so),
		WITH_DRIVE(test_liars_lie),
		WITH_DRIVE(test_a_slow_format_has_its_bound),
		WITH_DRIVE(test_a_sanitize_that_never_ends_is_given_up),
		WITH_DRIVE(test_progress_that_runs_backwards_is_none),
		WITH_DRIVE(test_a_slow_one_within_its_estimate_is_waited_for),
		WITH_DRIVE(test_logs_that_lie_are_no_success),
		WITH_DRIVE(test_deallocated_all_the_same_is_done_and_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

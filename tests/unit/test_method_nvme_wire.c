/* rooms: agent/wipe agent/hw tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* What a drive may answer, and what is never sent to one. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/nvme/spec.h"
#include "core/hash.h"
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

/* ---- statuses ---- */

static void test_every_status_is_a_failure(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NVME_METHODS; i++) {
		uint8_t opcode = nvme_methods[i].opcode;

		for (int answer = 1; answer < 8 * 256; answer++) {
			m->answer[opcode] = answer;
			assert_true(nvme_job_run(&job, nvme_methods[i].run, answer & 1) < 0);
		}
		m->answer[opcode] = 0;
	}
	assert_int_equal(m->n_begun, 0);
	assert_int_equal(model_residue(job.drive), NVME_JOB_SIZE);
}

static void sweep_log(unsigned after)
{
	for (int answer = 1; answer < 8 * 256; answer++) {
		nvme_job_forget(&job);
		m->n[NVME_ADMIN_GET_LOG_PAGE] = 0;
		m->answer[NVME_ADMIN_GET_LOG_PAGE] = answer;
		m->answer_after[NVME_ADMIN_GET_LOG_PAGE] = after;
		assert_true(nvme_job_run(&job, method_nvme_sanitize_block, false) < 0);
		assert_non_null(strstr(job.err.text, "SCT"));
	}
}

/* The log is read before, once begun, while it runs, and after: it fails wherever that fails. */
static void test_every_status_of_the_log_is_a_failure(void **state)
{
	unsigned n;

	(void)state;
	assert_int_equal(nvme_job_run(&job, method_nvme_sanitize_block, false), 0);
	n = m->n[NVME_ADMIN_GET_LOG_PAGE];
	for (unsigned after = 0; after < 3; after++)
		sweep_log(after);
	sweep_log(n - 2); /* the last question whether it is done */
	sweep_log(n - 1);
}

/* ---- what is never on the wire ---- */

#define RANDOM_SETS 10000

/* The drive's capabilities, what we believe of them (the same half of the time), and how it behaves. */
static void roll(const uint8_t dice[64])
{
	m->oacs = (uint16_t)(dice[0] | dice[1] << 8);
	m->fna = dice[2];
	memcpy(&m->sanicap, dice + 3, sizeof(m->sanicap));
	m->nwpc = dice[7];
	m->cmic = dice[8];
	m->log = dice[9] < 128 ? NVME_MODEL_LOG_TRUE : (enum nvme_model_log)(dice[9] % NVME_MODEL_LOGS);
	m->sanitize_fails = dice[10] < 32;
	m->sanitize_deallocates = dice[11] < 32;
	m->sanitize_s = dice[12] / 2;
	m->sstat = dice[13] & 3;
	m->scdw10 = dice[14];
	m->begun_ns = model_now_ns();
	m->state = dice[13] & 3 ? (enum nvme_model_sanitize)((dice[13] & 3) - 1) : NVME_MODEL_IDLE;
	m->unrestricted = dice[14] & NVME_SANITIZE_AUSE;
	memcpy(&m->block_s, dice + 15, sizeof(m->block_s));
	m->crypto_s = dice[20];
	nvme_model_find(m, 1)->protect = dice[21] < 16 ? dice[21] & 3 : 0;
	job.caps.nvme.oacs = dice[22] < 128 ? m->oacs : (uint16_t)(dice[23] | dice[24] << 8);
	job.caps.nvme.fna = dice[22] < 128 ? m->fna : dice[25];
	job.caps.nvme.sanicap = m->sanicap;
	if (dice[22] >= 128)
		memcpy(&job.caps.nvme.sanicap, dice + 26, sizeof(job.caps.nvme.sanicap));
	job.caps.nvme.lbaf = dice[30] & 0x3f;
	job.caps.nvme.flbas = dice[31];
	job.caps.nvme.dps = dice[32];
	job.caps.nvme.nsid = dice[33] < 200 ? 1 : dice[33] % 3;
	job.caps.kind = dice[34] < 240 ? WIPE_CAPS_NVME : WIPE_CAPS_SCSI;
}

static void test_random_capabilities_never_see_a_wrong_command(void **state)
{
	unsigned n_done = 0;

	(void)state;
	for (unsigned i = 0; i < RANDOM_SETS; i++) {
		uint8_t dice[64];

		random_bytes(dice, sizeof(dice));
		for (unsigned k = 0; k < NVME_METHODS; k++) {
			unsigned n_formats = m->n[NVME_ADMIN_FORMAT_NVM];

			roll(dice);
			if (nvme_job_run(&job, nvme_methods[k].run, dice[35] & 1) < 0)
				assert_true(job.err.code > 0 && *job.err.text);
			else if (k < NVME_SANITIZES && m->log != NVME_MODEL_LOG_OTHER) {
				assert_true(m->sstat == NVME_SANITIZE_DONE ||
					    m->sstat == NVME_SANITIZE_DONE_DEALLOCATED);
				assert_int_equal(m->scdw10, nvme_methods[k].dword10);
				n_done++;
			}
			assert_int_equal(m->n_forbidden, 0);
			if (m->n[NVME_ADMIN_FORMAT_NVM] > n_formats)
				assert_int_equal(m->last[NVME_ADMIN_FORMAT_NVM].nsid, job.caps.nvme.nsid);
		}
	}
	assert_true(m->n[NVME_ADMIN_FORMAT_NVM] > 1000 && n_done > 1000);
}

#define WITH_DRIVE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DRIVE(test_every_status_is_a_failure),
		WITH_DRIVE(test_every_status_of_the_log_is_a_failure),
		WITH_DRIVE(test_random_capabilities_never_see_a_wrong_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

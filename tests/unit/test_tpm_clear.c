/* rooms: tests/fakes agent/steps agent/hw images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* wraps: tpm2_open tpm2_present ppi_clear_offered ppi_clear_request ppi_response */
/* The step against swtpm; the firmware is a fake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "agent/hw/tpm/ppi.h"
#include "agent/hw/tpm/tpm2_private.h"
#include "core/io.h"
#include "protocol/evidence/tpm.h"
#include "tests/fakes/step_job.h"
#include "tests/fakes/swtpm.h"

static struct swtpm *emulator;
static struct step_job sj;
static struct {
	bool absent;
	enum ppi_clear offers;
	unsigned requests;
} machine;

int __wrap_tpm2_open(struct tpm2 **ret, struct err *err);
bool __wrap_tpm2_present(const char *root);
enum ppi_clear __wrap_ppi_clear_offered(const char *root);
int __wrap_ppi_clear_request(const char *root, struct err *err);
char *__wrap_ppi_response(const char *root);

int __wrap_tpm2_open(struct tpm2 **ret, struct err *err)
{
	return tpm2_open_fd(swtpm_connect(emulator), ret, err);
}

bool __wrap_tpm2_present(const char *root)
{
	(void)root;
	return !machine.absent;
}

enum ppi_clear __wrap_ppi_clear_offered(const char *root)
{
	(void)root;
	return machine.offers;
}

int __wrap_ppi_clear_request(const char *root, struct err *err)
{
	(void)root, (void)err;
	machine.requests++;
	return 0;
}

char *__wrap_ppi_response(const char *root)
{
	(void)root;
	return xstrdup("the firmware answered \"5 4294967280: User Abort\"");
}

static void set_auth(ESYS_TR hierarchy, const char *password)
{
	TPM2B_AUTH auth = {.size = (UINT16)strlen(password)};
	struct tpm2 *tpm = NULL;
	struct err err = {0};

	memcpy(auth.buffer, password, auth.size);
	assert_int_equal(tpm2_open_fd(swtpm_connect(emulator), &tpm, &err), 0);
	assert_int_equal(Esys_HierarchyChangeAuth(tpm->esys, hierarchy, ESYS_TR_PASSWORD, ESYS_TR_NONE,
						  ESYS_TR_NONE, &auth),
			 0);
	tpm2_close(tpm);
}

static int setup(void **state)
{
	(void)state;
	setenv("TSS2_LOG", "all+none", 1);
	emulator = swtpm_start();
	step_job_init(&sj);
	memset(&machine, 0, sizeof(machine));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	step_job_clear(&sj);
	swtpm_stop(emulator);
	return 0;
}

/* What the step writes must be what evidence may hold. */
static void check_facts(const char *way)
{
	json_t *evidence = json_pack("{sO}", "tpm", sj.job.facts.tpm);
	struct err err = {0};

	if (evidence_tpm_check(evidence, &err))
		fail_msg("%s", err.text);
	assert_string_equal(json_string_value(json_array_get(json_object_get(sj.job.facts.tpm, "by"), 0)),
			    way);
	json_decref(evidence);
}

static void by_the_platform_where_it_is_open(void **state)
{
	struct err err = {0};
	(void)state;

	set_auth(ESYS_TR_RH_LOCKOUT, "secret");
	assert_int_equal(step_tpm_clear.check(&sj.job, &err), 0);
	assert_int_equal(step_tpm_clear.run(&sj.job, &err), STEP_DONE);
	assert_int_equal(step_tpm_clear.verify(&sj.job, &err), 0);
	check_facts("platform");
	assert_true(
		json_is_true(json_object_get(json_object_get(sj.job.facts.tpm, "found"), "lockout_auth")));
	assert_int_equal(machine.requests, 0);
}

static void by_lockout_where_the_firmware_has_closed_it(void **state)
{
	struct err err = {0};
	(void)state;

	set_auth(ESYS_TR_RH_OWNER, "secret");
	set_auth(ESYS_TR_RH_PLATFORM, "firmware's");
	assert_int_equal(step_tpm_clear.check(&sj.job, &err), 0);
	assert_int_equal(step_tpm_clear.run(&sj.job, &err), STEP_DONE);
	check_facts("lockout");
	/* What comes after it is found as well. */
	set_auth(ESYS_TR_RH_OWNER, "again");
	assert_int_equal(step_tpm_clear.verify(&sj.job, &err), -EIO);
}

static void by_the_firmware_and_a_reset(void **state)
{
	struct journal_entry asked = {.step = "reset", .method = "tpm", .drive = "machine:reset-1"};
	struct err err = {0};
	(void)state;

	set_auth(ESYS_TR_RH_LOCKOUT, "secret");
	set_auth(ESYS_TR_RH_PLATFORM, "firmware's");
	assert_int_equal(step_tpm_clear.check(&sj.job, &err), -EPERM);
	assert_non_null(strstr(err.text, "lockout authorisation"));
	machine.offers = PPI_BY_USER;
	assert_int_equal(step_tpm_clear.check(&sj.job, &err), 0);
	assert_int_equal(step_tpm_clear.run(&sj.job, &err), STEP_NEEDS_RESET);
	assert_int_equal(machine.requests, 1);
	assert_non_null(strstr(sj.note, "at the console"));
	/* It did not: once is enough. */
	sj.job.journal = &asked;
	sj.job.n_journal = 1;
	assert_int_equal(step_tpm_clear.check(&sj.job, &err), -EPERM);
	assert_non_null(strstr(err.text, "User Abort"));
	assert_int_equal(step_tpm_clear.run(&sj.job, &err), -EPERM);
	assert_int_equal(machine.requests, 1);
}

static void after_the_firmware_did_it(void **state)
{
	struct journal_entry asked = {.step = "reset", .method = "tpm", .drive = "machine:reset-1"};
	struct err err = {0};
	(void)state;

	set_auth(ESYS_TR_RH_PLATFORM, "firmware's");
	sj.job.journal = &asked;
	sj.job.n_journal = 1;
	assert_int_equal(step_tpm_clear.run(&sj.job, &err), STEP_DONE);
	check_facts("physical-presence");
}

static void kept_where_the_order_says_so(void **state)
{
	struct err err = {0};
	(void)state;

	sj.order.keep_tpm = true;
	set_auth(ESYS_TR_RH_OWNER, "secret");
	assert_int_equal(step_tpm_clear.check(&sj.job, &err), 0);
	assert_int_equal(step_tpm_clear.run(&sj.job, &err), STEP_SKIPPED);
	assert_int_equal(step_tpm_clear.verify(&sj.job, &err), 0);
	assert_true(json_is_false(json_object_get(sj.job.facts.tpm, "cleared")));
}

static void without_a_tpm_there_is_nothing_to_do(void **state)
{
	struct err err = {0};
	(void)state;

	machine.absent = true;
	assert_int_equal(step_tpm_clear.check(&sj.job, &err), 0);
	assert_int_equal(step_tpm_clear.run(&sj.job, &err), STEP_SKIPPED);
	assert_null(sj.job.facts.tpm);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(by_the_platform_where_it_is_open), T(by_lockout_where_the_firmware_has_closed_it),
		T(by_the_firmware_and_a_reset),      T(after_the_firmware_did_it),
		T(kept_where_the_order_says_so),     T(without_a_tpm_there_is_nothing_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

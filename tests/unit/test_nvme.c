/* rooms: agent/hw tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Identify and Format against a model of a drive. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/nvme.h"
#include "agent/hw/nvme_spec.h"
#include "tests/fakes/nvme_model.h"

static struct nvme_model model;
static struct nvme_caps caps;
static struct err err;

static int setup(void **state)
{
	(void)state;
	model = (struct nvme_model){.oacs = NVME_OACS_FORMAT,
				    .fna = NVME_FNA_CRYPTO_ERASE,
				    .nn = 256,
				    .active = {1, 10},
				    .n_active = 2,
				    .nlbaf = 1,
				    .nsid = 10};
	nvme_model_use(&model);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	nvme_model_use(NULL);
	return 0;
}

static void test_identify_reads_both_pages(void **state)
{
	(void)state;
	model.flbas = 0x11;
	model.dps = 0x09;
	assert_int_equal(nvme_identify(3, &caps, &err), 0);
	assert_string_equal(caps.model, "A model? of a drive");
	assert_string_equal(caps.serial, "MODEL1");
	assert_string_equal(caps.firmware, "1.0");
	assert_true(nvme_has_format(&caps) && nvme_has_crypto_format(&caps) && !nvme_format_hits_all(&caps) && !nvme_erase_hits_all(&caps));
	assert_int_equal(caps.n_namespaces, 256);
	assert_int_equal(caps.n_active, 2);
	assert_int_equal(caps.nsid, 10);
	assert_int_equal(caps.lbaf, 1);
}

static void test_more_namespaces_than_a_page_holds(void **state)
{
	(void)state;
	model.n_active = 1500;
	for (unsigned i = 0; i < model.n_active; i++)
		model.active[i] = 3 * i + 1;
	model.nsid = 4;
	assert_int_equal(nvme_identify(3, &caps, &err), 0);
	assert_int_equal(caps.n_active, 1500);
}

static void test_lists_that_lie_end(void **state)
{
	(void)state;
	model.endless_list = true;
	assert_int_equal(nvme_identify(3, &caps, &err), -EBADMSG);
	model.endless_list = false;
	model.falling_list = true;
	assert_int_equal(nvme_identify(3, &caps, &err), -EBADMSG);
}

static void test_inactive_namespace_and_impossible_format_are_errors(void **state)
{
	(void)state;
	model.nsid = 7;
	assert_int_equal(nvme_identify(3, &caps, &err), -ENODEV);
	model.nsid = 1;
	model.flbas = 0x0f;
	assert_int_equal(nvme_identify(3, &caps, &err), -EBADMSG);
	/* Bits 6:5 are part of the index only above 16 formats. */
	model.flbas = 0x61;
	assert_int_equal(nvme_identify(3, &caps, &err), 0);
	assert_int_equal(caps.lbaf, 1);
	model.nlbaf = 63;
	assert_int_equal(nvme_identify(3, &caps, &err), 0);
	assert_int_equal(caps.lbaf, 0x31);
}

static void test_format_keeps_what_is_and_sets_ses(void **state)
{
	(void)state;
	model.nlbaf = 63;
	model.flbas = 0x31; /* format 17, metadata at the end */
	model.dps = 0x0a;   /* type 2, first bytes */
	assert_int_equal(nvme_identify(3, &caps, &err), 0);
	assert_int_equal(nvme_format(3, &caps, 1, 600, &err), 0);
	assert_int_equal(model.format_nsid, 10);
	assert_int_equal(model.format_timeout_ms, 600000);
	/* LBAFU 1, SES 1, PIL 1, PI 2, MSET 1, LBAFL 1 */
	assert_int_equal(model.format_cdw10, 1 << 12 | 1 << 9 | 1 << 8 | 2 << 5 | 1 << 4 | 1);
	assert_int_equal(nvme_format(3, &caps, 2, 600, &err), 0);
	assert_int_equal(model.format_cdw10 >> 9 & 7, 2);
}

static void test_only_erasing_settings_are_issued(void **state)
{
	(void)state;
	assert_int_equal(nvme_identify(3, &caps, &err), 0);
	for (unsigned ses = 0; ses < 16; ses++)
		if (ses != 1 && ses != 2)
			assert_int_equal(nvme_format(3, &caps, ses, 600, &err), -EINVAL);
	caps.fna = 0;
	assert_int_equal(nvme_format(3, &caps, 2, 600, &err), -EOPNOTSUPP);
	caps.oacs = 0;
	assert_int_equal(nvme_format(3, &caps, 1, 600, &err), -EOPNOTSUPP);
	assert_int_equal(model.n_formats, 0);
}

static void test_every_layer_of_status_is_an_error(void **state)
{
	static const struct {
		int status, code;
		const char *words;
	} cases[] = {
		{0x4001, EOPNOTSUPP, "Invalid Command Opcode"},
		{0x0002, EOPNOTSUPP, "Invalid Field"},
		{0x0020, EIO, "Namespace is Write Protected"},
		{0x010a, EIO, "SCT 1 (command specific) SC 0ah (Invalid Format)"},
		{0x0280, EIO, "Write Fault"},
		{0x0371, EIO, "Command Aborted By Host"},
		{0x07c3, EIO, "vendor specific"},
		{0x0099, EIO, "no name known"},
		{-EINTR, EINTR, "the kernel did not carry it out"},
		{-ENODEV, ENODEV, "the kernel did not carry it out"},
	};

	(void)state;
	assert_int_equal(nvme_identify(3, &caps, &err), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		model.format_status = cases[i].status;
		assert_int_equal(nvme_format(3, &caps, 1, 600, &err), -cases[i].code);
		assert_non_null(strstr(err.text, cases[i].words));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_identify_reads_both_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_more_namespaces_than_a_page_holds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lists_that_lie_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_inactive_namespace_and_impossible_format_are_errors,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_format_keeps_what_is_and_sets_ses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_only_erasing_settings_are_issued, setup, teardown),
		cmocka_unit_test_setup_teardown(test_every_layer_of_status_is_an_error, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

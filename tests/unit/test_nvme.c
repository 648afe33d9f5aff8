/* rooms: agent/hw tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Identify, Format, Sanitize and the logs, each command for itself, against a model of a drive. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/nvme/spec.h"
#include "core/json.h"
#include "tests/fakes/nvme_model.h"

static struct model *controller, *drive; /* NSID 10 */
static struct nvme_model *m;
static struct nvme_model_namespace *ns;
static struct nvme_caps caps;
static struct err err;
static int fd, controller_fd;

static int setup(void **state)
{
	(void)state;
	controller = nvme_model_new("S1");
	m = nvme_model_of(controller);
	nvme_model_add(controller, 1, 1 << 16, 512);
	drive = nvme_model_add(controller, 10, 1 << 16, 512);
	ns = nvme_model_find(m, 10);
	fd = open(drive->block.path, O_RDWR | O_CLOEXEC);
	controller_fd = open(controller->block.path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0 && controller_fd >= 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(fd);
	close(controller_fd);
	models_clear();
	return 0;
}

static void test_identify_reads_the_pages(void **state)
{
	(void)state;
	m->oacs |= 1 << 4;
	m->rpmbs = 0x01020002;
	m->bpcap = 4;
	m->cmic = 2;
	ns->flbas = 0x11;
	ns->dps = 0x09;
	ns->protect = NVME_WP_PROTECTED;
	nvme_model_find(m, 1)->attached = false;
	assert_int_equal(nvme_identify(fd, &caps, &err), 0);
	assert_string_equal(caps.model, "A model? of a drive");
	assert_string_equal(caps.serial, "MODEL1");
	assert_string_equal(caps.firmware, "1.0");
	assert_string_equal(caps.subnqn, "nqn.2014-08.org.example:S1");
	assert_true(nvme_has_format(&caps) && nvme_has_crypto_format(&caps) && nvme_has_namespaces(&caps));
	assert_true(!nvme_format_hits_all(&caps) && !nvme_erase_hits_all(&caps));
	assert_int_equal(caps.oacs, 0x1a);
	assert_int_equal(caps.sanicap, 7);
	assert_int_equal(caps.rpmbs, 0x01020002);
	assert_int_equal(caps.bpcap, 4);
	assert_int_equal(caps.nwpc, 1);
	assert_int_equal(caps.cmic, 2);
	assert_int_equal(caps.tnvmcap, 1 << 17);
	assert_int_equal(caps.unvmcap, 0);
	assert_int_equal(caps.n_namespaces, 256);
	assert_int_equal(caps.n_active, 1);
	assert_int_equal(caps.n_allocated, 2);
	assert_int_equal(caps.nsid, 10);
	assert_int_equal(caps.lbaf, 1);
	assert_int_equal(caps.nsattr, 1);
}

static void test_a_controller_has_no_namespace_of_its_own(void **state)
{
	(void)state;
	assert_int_equal(nvme_identify(controller_fd, &caps, &err), 0);
	assert_int_equal(caps.nsid, 0);
	assert_int_equal(caps.n_active, 2);
	assert_int_equal(nvme_format(controller_fd, &caps, 1, 600, &err), -EINVAL);
	assert_int_equal(m->n[NVME_ADMIN_FORMAT_NVM], 0);
}

static void test_a_list_that_is_not_known_is_no_error(void **state)
{
	(void)state;
	m->no_allocated_list = true;
	assert_int_equal(nvme_identify(fd, &caps, &err), 0);
	assert_int_equal(caps.n_allocated, 0);
	/* Without namespace management it is not even asked for. */
	m->oacs = NVME_OACS_FORMAT;
	m->n[NVME_ADMIN_IDENTIFY] = 0;
	assert_int_equal(nvme_identify(fd, &caps, &err), 0);
	assert_int_equal(m->n[NVME_ADMIN_IDENTIFY], 3);
}

static void test_more_namespaces_than_a_page_holds(void **state)
{
	uint32_t *list;
	unsigned n;

	(void)state;
	for (unsigned i = 0; i < 1500; i++)
		assert_non_null(nvme_model_add_empty(m, 11 + 3 * i, 8, 512));
	assert_int_equal(nvme_identify(fd, &caps, &err), 0);
	assert_int_equal(caps.n_active, 1502);
	assert_int_equal(caps.n_allocated, 1502);
	nvme_model_find(m, 11)->attached = false;
	assert_int_equal(nvme_list_active(fd, &list, &n, &err), 0);
	assert_int_equal(n, 1501);
	assert_int_equal(list[2], 14);
	assert_int_equal(list[1500], 11 + 3 * 1499);
	free(list);
}

static void test_lists_that_lie_end(void **state)
{
	(void)state;
	m->endless_list = true;
	assert_int_equal(nvme_identify(fd, &caps, &err), -EBADMSG);
	m->endless_list = false;
	m->falling_list = true;
	assert_int_equal(nvme_identify(fd, &caps, &err), -EBADMSG);
}

static void test_inactive_namespace_and_impossible_format_are_errors(void **state)
{
	(void)state;
	ns->attached = false;
	assert_int_equal(nvme_identify(fd, &caps, &err), -ENODEV);
	ns->attached = true;
	ns->flbas = 0x0f;
	assert_int_equal(nvme_identify(fd, &caps, &err), -EBADMSG);
	/* Bits 6:5 are part of the index only above 16 formats. */
	ns->flbas = 0x61;
	assert_int_equal(nvme_identify(fd, &caps, &err), 0);
	assert_int_equal(caps.lbaf, 1);
	ns->nlbaf = 63;
	assert_int_equal(nvme_identify(fd, &caps, &err), 0);
	assert_int_equal(caps.lbaf, 0x31);
}

static void test_format_keeps_what_is_and_sets_ses(void **state)
{
	const struct nvme_admin_cmd *sent = &m->last[NVME_ADMIN_FORMAT_NVM];

	(void)state;
	ns->nlbaf = 63;
	ns->flbas = 0x31; /* format 17, metadata at the end */
	ns->dps = 0x0a;   /* type 2, first bytes */
	assert_int_equal(nvme_identify(fd, &caps, &err), 0);
	assert_int_equal(nvme_format(fd, &caps, 1, 600, &err), 0);
	assert_int_equal(sent->nsid, 10);
	assert_int_equal(sent->timeout_ms, 600000);
	/* LBAFU 1, SES 1, PIL 1, PI 2, MSET 1, LBAFL 1 */
	assert_int_equal(sent->cdw10, 1 << 12 | 1 << 9 | 1 << 8 | 2 << 5 | 1 << 4 | 1);
	assert_int_equal(nvme_format(fd, &caps, 2, 600, &err), 0);
	assert_int_equal(sent->cdw10 >> 9 & 7, 2);
}

static void test_only_erasing_settings_are_issued(void **state)
{
	(void)state;
	assert_int_equal(nvme_identify(fd, &caps, &err), 0);
	for (unsigned ses = 0; ses < 16; ses++)
		if (ses != 1 && ses != 2)
			assert_int_equal(nvme_format(fd, &caps, ses, 600, &err), -EINVAL);
	caps.fna = 0;
	assert_int_equal(nvme_format(fd, &caps, 2, 600, &err), -EOPNOTSUPP);
	caps.oacs = 0;
	assert_int_equal(nvme_format(fd, &caps, 1, 600, &err), -EOPNOTSUPP);
	assert_int_equal(m->n[NVME_ADMIN_FORMAT_NVM], 0);
}

static void test_sanitize_is_restricted_one_pass_and_only_what_is_offered(void **state)
{
	static const uint32_t dwords[] = {0, 1, 2, 0x13, 4};

	(void)state;
	assert_int_equal(nvme_identify(fd, &caps, &err), 0);
	caps.sanicap = 0xe0000000;
	for (unsigned action = 0; action < 16; action++)
		assert_int_equal(nvme_sanitize_start(fd, &caps, action, &err), -EOPNOTSUPP);
	assert_int_equal(m->n[NVME_ADMIN_SANITIZE], 0);
	caps.sanicap = 7;
	for (unsigned action = 1; action <= 4; action++) {
		assert_int_equal(nvme_sanitize_start(fd, &caps, action, &err), 0);
		assert_int_equal(m->last[NVME_ADMIN_SANITIZE].cdw10, dwords[action]);
		m->state = NVME_MODEL_IDLE;
	}
	assert_int_equal(nvme_sanitize_start(fd, &caps, 0, &err), -EOPNOTSUPP);
	assert_int_equal(nvme_sanitize_start(fd, &caps, 5, &err), -EOPNOTSUPP);
	assert_int_equal(m->n_forbidden, 0);
}

static void test_sanitize_log_is_read_and_doubted(void **state)
{
	struct nvme_sanitize_log log;

	(void)state;
	m->overwrite_s = NVME_ESTIMATE_UNKNOWN;
	assert_int_equal(nvme_sanitize_log(fd, &log, &err), 0);
	assert_int_equal(log.state, NVME_SANITIZE_NEVER);
	assert_int_equal(nvme_identify(fd, &caps, &err), 0);
	assert_int_equal(nvme_sanitize_start(fd, &caps, NVME_SANITIZE_BLOCK, &err), 0);
	assert_int_equal(nvme_sanitize_log(fd, &log, &err), 0);
	assert_int_equal(log.state, NVME_SANITIZE_RUNNING);
	assert_int_equal(log.scdw10, 2);
	assert_int_equal(log.overwrite_s, NVME_ESTIMATE_UNKNOWN);
	assert_int_equal(log.block_s, 100);
	assert_int_equal(log.crypto_s, 10);
	assert_false(log.global_data_erased);
	m->log = NVME_MODEL_LOG_RESERVED;
	assert_int_equal(nvme_sanitize_log(fd, &log, &err), -EBADMSG);
	assert_int_equal(log.raw[2], 5); /* kept for the record */
}

static void test_health_and_firmware(void **state)
{
	_cleanup_json_ json_t *health = NULL;
	_cleanup_free_ char *text = NULL;

	(void)state;
	assert_int_equal(nvme_health(fd, &health, &err), 0);
	text = json_canonical(health, NULL);
	assert_string_equal(text,
			    "{\"available_spare\":100,\"critical_warning\":0,\"data_units_written\":12345,"
			    "\"firmware_active_slot\":3,\"firmware_slots\":[\"1.1\",\"\",\"1.0\"],"
			    "\"media_errors\":9223372036854775807,\"percentage_used\":3,"
			    "\"power_on_hours\":1000,\"temperature_k\":310,\"unsafe_shutdowns\":7}");
}

#define WITH_DRIVE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DRIVE(test_identify_reads_the_pages),
		WITH_DRIVE(test_a_controller_has_no_namespace_of_its_own),
		WITH_DRIVE(test_a_list_that_is_not_known_is_no_error),
		WITH_DRIVE(test_more_namespaces_than_a_page_holds),
		WITH_DRIVE(test_lists_that_lie_end),
		WITH_DRIVE(test_inactive_namespace_and_impossible_format_are_errors),
		WITH_DRIVE(test_format_keeps_what_is_and_sets_ses),
		WITH_DRIVE(test_only_erasing_settings_are_issued),
		WITH_DRIVE(test_sanitize_is_restricted_one_pass_and_only_what_is_offered),
		WITH_DRIVE(test_sanitize_log_is_read_and_doubted),
		WITH_DRIVE(test_health_and_firmware),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

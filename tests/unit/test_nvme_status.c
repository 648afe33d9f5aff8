/* rooms: agent/hw tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Every status that a drive can answer to any command that we have. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/nvme/spec.h"
#include "tests/fakes/nvme_model.h"

static struct nvme_model *m;
static struct nvme_caps caps;
static struct err err;
static int fd;

static int setup(void **state)
{
	struct model *controller = nvme_model_new("S1"),
		     *drive = nvme_model_add(controller, 10, 1 << 16, 512);

	(void)state;
	m = nvme_model_of(controller);
	fd = open(drive->block.path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(fd);
	models_clear();
	return 0;
}

static int by_identify(void)
{
	return nvme_identify(fd, &caps, &err);
}

static int by_format(void)
{
	return nvme_format(fd, &caps, 1, 600, &err);
}

static int by_sanitize(void)
{
	return nvme_sanitize_start(fd, &caps, NVME_SANITIZE_CRYPTO, &err);
}

static int by_sanitize_log(void)
{
	struct nvme_sanitize_log log;

	return nvme_sanitize_log(fd, &log, &err);
}

static int by_health(void)
{
	json_t *health = NULL;
	int r = nvme_health(fd, &health, &err);

	json_decref(health);
	return r;
}

static int by_attach(void)
{
	return nvme_attach(fd, 10, &err);
}

static int by_protect(void)
{
	return nvme_write_protect_clear(fd, 10, &err);
}

static int by_recreate(void)
{
	uint32_t nsid;

	return nvme_recreate_single(fd, &caps, &nsid, &err);
}

static const struct {
	const char *name;
	uint8_t opcode;
	int (*run)(void);
} commands[] = {
	{"identify", NVME_ADMIN_IDENTIFY, by_identify},
	{"format", NVME_ADMIN_FORMAT_NVM, by_format},
	{"sanitize", NVME_ADMIN_SANITIZE, by_sanitize},
	{"sanitize log", NVME_ADMIN_GET_LOG_PAGE, by_sanitize_log},
	{"health", NVME_ADMIN_GET_LOG_PAGE, by_health},
	{"attach", NVME_ADMIN_NAMESPACE_ATTACHMENT, by_attach},
	{"protect", NVME_ADMIN_GET_FEATURES, by_protect},
	{"recreate", NVME_ADMIN_NAMESPACE_MANAGEMENT, by_recreate},
};

/* SCT in bits 10:8, SC in bits 7:0; with and without More and Do Not Retry (bits 13 and 14). */
static void test_every_status_of_every_command_is_a_failure(void **state)
{
	(void)state;
	assert_int_equal(nvme_identify(fd, &caps, &err), 0);
	for (size_t c = 0; c < sizeof(commands) / sizeof(*commands); c++) {
		for (int status = 1; status < 8 * 256; status++) {
			m->answer[commands[c].opcode] = status | (status & 1 ? 0x6000 : 0);
			err = (struct err){0};
			assert_true(commands[c].run() < 0);
			assert_true(err.code > 0 && strstr(err.text, "SCT"));
		}
		m->answer[commands[c].opcode] = 0x6000; /* no status, but bits beside it */
		assert_true(commands[c].run() < 0);
		m->answer[commands[c].opcode] = -EIO;
		assert_int_equal(commands[c].run(), -EIO);
		m->answer[commands[c].opcode] = 0;
	}
	assert_int_equal(m->n_forbidden, 0);
}

static void test_status_in_words(void **state)
{
	static const struct {
		int status, code;
		const char *words;
	} cases[] = {
		{0x4001, EOPNOTSUPP, "Invalid Command Opcode"},
		{0x0002, EOPNOTSUPP, "Invalid Field"},
		{0x001d, EIO, "Sanitize In Progress"},
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
	assert_int_equal(nvme_identify(fd, &caps, &err), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		m->answer[NVME_ADMIN_FORMAT_NVM] = cases[i].status;
		assert_int_equal(nvme_format(fd, &caps, 1, 600, &err), -cases[i].code);
		assert_non_null(strstr(err.text, cases[i].words));
	}
}

/* Identify sends several; whichever fails, it fails. */
static void test_the_later_commands_of_identify_count_too(void **state)
{
	(void)state;
	for (unsigned after = 0; after < 4; after++) {
		m->n[NVME_ADMIN_IDENTIFY] = 0;
		m->answer[NVME_ADMIN_IDENTIFY] = 0x0006;
		m->answer_after[NVME_ADMIN_IDENTIFY] = after;
		assert_int_equal(nvme_identify(fd, &caps, &err), -EIO);
	}
}

#define WITH_DRIVE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DRIVE(test_every_status_of_every_command_is_a_failure),
		WITH_DRIVE(test_status_in_words),
		WITH_DRIVE(test_the_later_commands_of_identify_count_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* rooms: agent/hw core tests/fakes */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The models of drives against what emulated drives really answered (tests/machines/answers, captured by tests/qemu/test_real_devices.py): given
 * the same abilities a model must answer each command with the same status and, where it fails, the same reason. What a model knowingly does
 * otherwise is listed with why.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/nvme/nvme.h"
#include "agent/hw/scsi/sg.h"
#include "agent/hw/transport.h"
#include "core/hash.h"
#include "core/json.h"
#include "tests/fakes/ata_model.h"
#include "tests/fakes/nvme_model.h"
#include "tests/fakes/scsi_model.h"

enum { SIZE = 8 << 20, DATA_MAX = 4096, PAGE = 4096 };

static json_t *answers(const char *drive)
{
	char path[96];
	struct err err = {0};
	json_t *list = NULL;

	snprintf(path, sizeof(path), "tests/machines/answers/%s.json", drive);
	if (json_read_file(path, 1 << 20, &list, &err) < 0)
		fail_msg("%s", err.text);
	return list;
}

static const char *text(const json_t *answer, const char *key)
{
	const char *value = json_string_value(json_object_get(answer, key));

	return value ? value : "";
}

static unsigned number(const json_t *answer, const char *key)
{
	return (unsigned)json_integer_value(json_object_get(answer, key));
}

static unsigned bytes(const json_t *answer, const char *key, uint8_t *to, unsigned max)
{
	size_t n = strlen(text(answer, key)) / 2;

	memset(to, 0, max);
	assert_true(n <= max && hex_decode(text(answer, key), to, n) == 0);
	return (unsigned)n;
}

static int open_model(const struct model *m)
{
	int fd = open(m->block.path, O_RDWR);

	assert_true(fd >= 0);
	return fd;
}

/* ---- NVMe ---- */

static const json_t *find(const json_t *list, unsigned opcode, unsigned cdw10)
{
	const json_t *answer;
	size_t i;

	json_array_foreach(list, i, answer)
		if (number(answer, "opcode") == opcode && number(answer, "cdw10") == cdw10)
			return answer;
	fail_msg("no answer to opcode %02xh, dword 10 %08xh", opcode, cdw10);
	return NULL;
}

/* What QEMU does and the specification, which the model follows, does not; and what the model has no use for. */
static bool nvme_differs(unsigned opcode, unsigned cdw10, unsigned nsid)
{
	static const uint8_t cns[] = {0x03, 0x11, 0x12, 0x13,
				      0x15}; /* identifiers and lists that nothing here asks for */
	unsigned page = cdw10 & 0xff, ses = cdw10 >> 9 & 7;

	for (unsigned i = 0; opcode == 0x06 && i < sizeof(cns); i++)
		if (cdw10 == cns[i])
			return true;
	/* Error log and commands supported: the same. A log that is not there is "Invalid Log Page" (figure 94), and "Invalid Field" in QEMU. */
	if (opcode == 0x02 && (page == 0x01 || page == 0x05 || page == 0x81))
		return true;
	if (opcode == 0x0d) /* QEMU claims namespace management (OACS bit 3) and does not know the command */
		return true;
	if (opcode == 0x80 &&
	    nsid == 99) /* "Invalid Namespace or Format" (5.14), and "Invalid Field" in QEMU */
		return true;
	return opcode == 0x80 && ses != 1; /* QEMU takes any SES, whatever FNA says, and erases for each */
}

static void test_nvme(void **state)
{
	_cleanup_json_ json_t *list = answers("qemu-nvme");
	struct model *m = nvme_model_add(nvme_model_new("REAL"), 1, SIZE, 512);
	_cleanup_close_ int fd = open_model(m);
	struct nvme_model *n = nvme_model_of(m);
	static uint8_t id[PAGE], page[PAGE * 16];
	const json_t *answer;
	unsigned compared = 0;
	size_t i;

	(void)state;
	bytes(find(list, 0x06, 0x01), "data", id, sizeof(id));
	n->oacs = (uint16_t)(id[256] | id[257] << 8);
	n->nn = (uint32_t)id[516] | (uint32_t)id[517] << 8;
	n->fna = id[524];
	n->sanicap = id[328];
	n->nwpc = id[531];
	n->delete_refused = true;
	json_array_foreach(list, i, answer) {
		struct nvme_admin_cmd cmd = {
			.opcode = (uint8_t)number(answer, "opcode"),
			.nsid = number(answer, "nsid"),
			.cdw10 = number(answer, "cdw10"),
			.cdw11 = number(answer, "cdw11"),
			.timeout_ms = 600 * 1000,
		};
		int status;

		if (nvme_differs(cmd.opcode, cmd.cdw10, cmd.nsid))
			continue;
		if (cmd.opcode == 0x06 || cmd.opcode == 0x02) {
			cmd.addr = (uintptr_t)page;
			cmd.data_len = cmd.opcode == 0x06 ? PAGE : ((cmd.cdw10 >> 16) + 1) * 4;
		}
		status = device_transport()->nvme_admin(fd, &cmd);
		if (status != (int)(number(answer, "status") & 0x7ff) &&
		    (status & 0x7ff) != (int)(number(answer, "status") & 0x7ff))
			fail_msg("%s, dword 10 %08xh, NSID %u: %04xh, and QEMU answered %04xh",
				 text(answer, "what"), cmd.cdw10, cmd.nsid, (unsigned)status,
				 number(answer, "status"));
		compared++;
	}
	print_message("%u answers compared\n", compared);
	assert_true(compared > 20);
	models_clear();
}

/* The captured pages themselves are read as what QEMU's drive is. */
static void test_nvme_pages_are_understood(void **state)
{
	_cleanup_json_ json_t *list = answers("qemu-nvme");
	struct model *m = nvme_model_add(nvme_model_new("REAL"), 1, SIZE, 512);
	_cleanup_close_ int fd = open_model(m);
	struct nvme_model *n = nvme_model_of(m);
	static uint8_t pages[3 * PAGE];
	struct nvme_caps caps;
	struct err err = {0};

	(void)state;
	bytes(find(list, 0x06, 0x01), "data", pages, PAGE);
	bytes(find(list, 0x06, 0x00), "data", pages + PAGE, PAGE);
	bytes(find(list, 0x06, 0x02), "data", pages + 2 * PAGE, PAGE);
	n->hostile = pages;
	n->hostile_left = sizeof(pages);
	if (nvme_identify(fd, &caps, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(caps.model, "QEMU NVMe Ctrl");
	assert_true(nvme_has_format(&caps) && !nvme_has_crypto_format(&caps));
	assert_int_equal(caps.sanicap, 0);
	assert_non_null(strstr(caps.subnqn, "nqn.2019-08.org.qemu:"));
	models_clear();
}

/* ---- SCSI and ATA ---- */

/* Status, sense key, ASC and ASCQ, whatever the format, as one number. */
static unsigned outcome(const struct sg_command *cmd)
{
	struct sg_sense s;

	if (!sg_sense(cmd, &s))
		return (unsigned)cmd->status << 24;
	return (unsigned)cmd->status << 24 | (unsigned)s.key << 16 | (unsigned)s.asc << 8 | s.ascq;
}

/* Sends what was captured, and compares how it ended. differs() may excuse one. */
static unsigned compare(struct model *m, const char *drive, bool (*differs)(const json_t *answer))
{
	_cleanup_json_ json_t *list = answers(drive);
	_cleanup_close_ int fd = open_model(m);
	static uint8_t data[DATA_MAX];
	const json_t *answer;
	unsigned compared = 0;
	size_t i;

	json_array_foreach(list, i, answer) {
		struct sg_command cmd = {.data = data, .timeout_s = 10},
				  real = {.status = (uint8_t)number(answer, "status")};
		struct err err = {0};

		if (differs(answer))
			continue;
		cmd.cdb_len = bytes(answer, "cdb", cmd.cdb, sizeof(cmd.cdb));
		cmd.cdb_len = cmd.cdb[0] >= 0x80 && cmd.cdb[0] < 0xa0 ? 16
			      : cmd.cdb[0] >= 0xa0                    ? 12
			      : cmd.cdb[0] >= 0x20                    ? 10
								      : 6;
		cmd.direction = json_object_get(answer, "received") ? SG_FROM_DEVICE : SG_NO_DATA;
		cmd.len = cmd.direction == SG_FROM_DEVICE ? DATA_MAX : 0;
		real.sense_len = bytes(answer, "sense", real.sense, sizeof(real.sense));
		if (real.sense_len && real.sense_len < 18)
			real.sense_len = 18; /* zeros at the end were not captured */
		if (sg_issue(fd, &cmd, text(answer, "what"), &err) < 0)
			fail_msg("%s", err.text);
		if (outcome(&cmd) != outcome(&real))
			fail_msg("%s (%s): %08xh, and %s answered %08xh", text(answer, "what"),
				 text(answer, "cdb"), outcome(&cmd), drive, outcome(&real));
		compared++;
	}
	print_message("%s: %u answers compared\n", drive, compared);
	return compared;
}

/* Commands that nothing here sends, and VPD pages and log pages that the model has not. */
static bool scsi_differs(const json_t *answer)
{
	static const char *const sent[] = {"03",   "1200", "12010004", "1201b1", "9e10",
					   "4882", "4883", "481f",     NULL};

	for (unsigned i = 0; sent[i]; i++)
		if (!strncmp(text(answer, "cdb"), sent[i], strlen(sent[i])))
			return number(answer, "host_status") != 0;
	return true;
}

static void test_scsi(void **state)
{
	struct model *m = scsi_model_new("REAL", SIZE, 512);
	struct scsi_model *s = scsi_model(m);

	(void)state;
	s->overwrite = s->block = s->crypto = false;
	s->refuses = true; /* neither drive knows SANITIZE */
	assert_true(compare(m, "qemu-scsi-hd", scsi_differs) > 12);
	assert_true(compare(m, "scsi-debug", scsi_differs) > 12);
	models_clear();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nvme),
		cmocka_unit_test(test_nvme_pages_are_understood),
		cmocka_unit_test(test_scsi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

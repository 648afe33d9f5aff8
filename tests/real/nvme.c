/* SPDX-License-Identifier: Apache-2.0 */
/* NVM Express Base Specification 2.0a: Identify, logs, Format NVM with every secure erase setting, Sanitize, namespace management. */
#include <linux/nvme_ioctl.h>
#include <stdlib.h>
#include <string.h>

#include "agent/hw/transport.h"
#include "core/io.h"
#include "tests/real/real.h"

#define ANY_NSID   0xffffffffu
#define NSID_WRONG 99

static json_t *nvme(const char *what, struct nvme_admin_cmd cmd, uint32_t len)
{
	_cleanup_free_ uint8_t *data = aligned_alloc(REAL_DATA_MAX, REAL_DATA_MAX);
	json_t *answer;
	int status;

	memset(data, 0, REAL_DATA_MAX);
	cmd.addr = len ? (uint64_t)(uintptr_t)data : 0;
	cmd.data_len = len;
	cmd.timeout_ms = REAL_TIMEOUT_S * 1000;
	status = device_transport()->nvme_admin(fd, &cmd);
	answer = json_pack("{s:s, s:i, s:I, s:I, s:I, s:i, s:i, s:i, s:I}", "what", what, "opcode",
			   cmd.opcode, "nsid", (json_int_t)cmd.nsid, "cdw10", (json_int_t)cmd.cdw10, "cdw11",
			   (json_int_t)cmd.cdw11, "status", status, "sct", status > 0 ? status >> 8 & 7 : 0,
			   "sc", status > 0 ? status & 0xff : 0, "result", (json_int_t)cmd.result);
	if (len && !status)
		add_hex(answer, "data", data, len);
	json_array_append_new(answers, answer);
	return answer;
}

static void nvme_reads(void)
{
	static const uint8_t cns[] = {0x00, 0x01, 0x02, 0x03, 0x10, 0x11, 0x12, 0x13, 0x15};
	static const struct {
		uint8_t id;
		uint16_t len;
	} logs[] = {{0x01, 64}, {0x02, 512}, {0x03, 512}, {0x05, 4096}, {0x81, 512}};

	for (unsigned i = 0; i < sizeof(cns); i++)
		nvme("Identify",
		     (struct nvme_admin_cmd){.opcode = 0x06,
					     .nsid = cns[i] == 0x01 || cns[i] == 0x02 || cns[i] == 0x10 ? 0
													: 1,
					     .cdw10 = cns[i]},
		     4096);
	for (unsigned i = 0; i < sizeof(logs) / sizeof(*logs); i++)
		nvme("Get Log Page",
		     (struct nvme_admin_cmd){.opcode = 0x02,
					     .nsid = ANY_NSID,
					     .cdw10 = logs[i].id | (logs[i].len / 4u - 1) << 16},
		     logs[i].len);
	nvme("Get Features, write protection",
	     (struct nvme_admin_cmd){.opcode = 0x0a, .nsid = 1, .cdw10 = 0x84}, 0);
	nvme("Set Features, write protection",
	     (struct nvme_admin_cmd){.opcode = 0x09, .nsid = 1, .cdw10 = 0x84, .cdw11 = 1}, 0);
}

static void nvme_format_with(const char *what, uint32_t nsid, uint32_t cdw10)
{
	json_t *answer;

	fill_ends();
	answer = nvme(what, (struct nvme_admin_cmd){.opcode = 0x80, .nsid = nsid, .cdw10 = cdw10}, 0);
	json_object_set_new(answer, "contents", json_string(ends()));
}

static void nvme_erasures(void)
{
	for (unsigned ses = 0; ses < 8; ses++)
		nvme_format_with("Format NVM", 1, ses << 9);
	nvme_format_with("Format NVM, all namespaces", ANY_NSID, 1u << 9);
	nvme_format_with("Format NVM, no such namespace", NSID_WRONG, 1u << 9);
	nvme_format_with("Format NVM, namespace 0", 0, 1u << 9);
	nvme_format_with("Format NVM, no such LBA format", 1, 1u << 9 | 0xf);
	for (unsigned action = 0; action < 8; action++) {
		json_t *answer;

		fill_ends();
		answer = nvme("Sanitize", (struct nvme_admin_cmd){.opcode = 0x84, .cdw10 = action}, 0);
		json_object_set_new(answer, "contents", json_string(ends()));
	}
}

/* Last: a deletion that succeeds takes the namespace away. */
static void nvme_namespaces(void)
{
	nvme("Namespace Attachment, attach", (struct nvme_admin_cmd){.opcode = 0x15, .nsid = 1, .cdw10 = 0},
	     4096);
	nvme("Namespace Management, create", (struct nvme_admin_cmd){.opcode = 0x0d, .cdw10 = 0}, 4096);
	nvme("Namespace Management, delete",
	     (struct nvme_admin_cmd){.opcode = 0x0d, .nsid = NSID_WRONG, .cdw10 = 1}, 0);
	nvme("Namespace Management, delete", (struct nvme_admin_cmd){.opcode = 0x0d, .nsid = 1, .cdw10 = 1},
	     0);
	nvme("a vendor's command that no one has", (struct nvme_admin_cmd){.opcode = 0xff}, 0);
}

void ask_nvme(void)
{
	nvme_reads();
	nvme_erasures();
	nvme_namespaces();
}

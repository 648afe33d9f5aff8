/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "agent/hw/nvme/private.h"
#include "agent/hw/nvme/spec.h"
#include "agent/hw/nvme/status.h"
#include "agent/hw/transport.h"

#define READ_TIMEOUT_MS (30 * 1000)

int nvme_command(int fd, struct nvme_admin_cmd *cmd, const char *what, struct err *err)
{
	int status = device_transport()->nvme_admin(fd, cmd);

	return status ? nvme_status_error(err, status, what) : 0;
}

int nvme_identify_page(int fd, uint8_t cns, uint32_t nsid, void *page, struct err *err)
{
	struct nvme_admin_cmd cmd = {
		.opcode = NVME_ADMIN_IDENTIFY,
		.nsid = nsid,
		.addr = (uint64_t)(uintptr_t)page,
		.data_len = NVME_IDENTIFY_SIZE,
		.cdw10 = cns,
		.timeout_ms = READ_TIMEOUT_MS,
	};
	char what[40];

	memset(page, 0, NVME_IDENTIFY_SIZE);
	snprintf(what, sizeof(what), "NVMe Identify (CNS %02xh)", cns);
	return nvme_command(fd, &cmd, what, err);
}

int nvme_log_page(int fd, uint8_t lid, void *page, size_t size, struct err *err)
{
	struct nvme_admin_cmd cmd = {
		.opcode = NVME_ADMIN_GET_LOG_PAGE,
		.nsid = NVME_NSID_ALL,
		.addr = (uint64_t)(uintptr_t)page,
		.data_len = (uint32_t)size,
		.cdw10 = NVME_LOG_DWORD10(lid, size),
		.timeout_ms = READ_TIMEOUT_MS,
	};
	char what[40];

	memset(page, 0, size);
	snprintf(what, sizeof(what), "NVMe Get Log Page (%02xh)", lid);
	return nvme_command(fd, &cmd, what, err);
}

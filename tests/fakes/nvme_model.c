/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fakes/nvme_model.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "agent/hw/nvme_spec.h"
#include "agent/hw/transport.h"

static struct nvme_model *drive;

static bool is_active(uint32_t nsid)
{
	for (unsigned i = 0; i < drive->n_active; i++)
		if (drive->active[i] == nsid)
			return true;
	return false;
}

static void identify_controller(void *page)
{
	struct nvme_identify_controller id = {
		.nn = htole32(drive->nn), .oacs = htole16(drive->oacs), .fna = drive->fna};

	memcpy(id.sn, "MODEL1              ", 20);
	memcpy(id.mn, "A model\x01 of a drive                       ", 40);
	memcpy(id.fr, "1.0     ", 8);
	memcpy(page, &id, sizeof(id));
}

static void identify_namespace(uint32_t nsid, void *page)
{
	struct nvme_identify_namespace id = {
		.nsze = htole64(1024), .nlbaf = drive->nlbaf, .flbas = drive->flbas, .dps = drive->dps};

	if (is_active(nsid)) /* zeros otherwise (5.17.2.1) */
		memcpy(page, &id, sizeof(id));
}

static void list_namespaces(uint32_t above, void *page)
{
	uint32_t list[NVME_NAMESPACE_LIST_N] = {0};
	unsigned n = 0;

	if (drive->endless_list)
		for (; n < NVME_NAMESPACE_LIST_N; n++)
			list[n] = htole32(above + 1 + n);
	else if (drive->falling_list)
		list[0] = htole32(2), list[1] = htole32(1);
	else
		for (unsigned i = 0; i < drive->n_active && n < NVME_NAMESPACE_LIST_N; i++)
			if (drive->active[i] > above)
				list[n++] = htole32(drive->active[i]);
	memcpy(page, list, sizeof(list));
}

static int model_admin(int fd, struct nvme_admin_cmd *cmd)
{
	void *page = (void *)(uintptr_t)cmd->addr;

	(void)fd;
	if (cmd->opcode == NVME_ADMIN_FORMAT_NVM) {
		drive->n_formats++;
		drive->format_cdw10 = cmd->cdw10;
		drive->format_nsid = cmd->nsid;
		drive->format_timeout_ms = cmd->timeout_ms;
		return drive->format_status;
	}
	if (cmd->opcode != NVME_ADMIN_IDENTIFY || cmd->data_len != NVME_IDENTIFY_SIZE)
		return 0x4001; /* Invalid Command Opcode, do not retry */
	if (cmd->cdw10 == NVME_CNS_CONTROLLER)
		identify_controller(page);
	else if (cmd->cdw10 == NVME_CNS_NAMESPACE)
		identify_namespace(cmd->nsid, page);
	else if (cmd->cdw10 == NVME_CNS_ACTIVE_NAMESPACES)
		list_namespaces(cmd->nsid, page);
	else
		return 0x4002; /* Invalid Field */
	return 0;
}

static int model_nsid(int fd)
{
	(void)fd;
	return (int)drive->nsid;
}

void nvme_model_use(struct nvme_model *model)
{
	static const struct device_transport transport = {.nvme_nsid = model_nsid, .nvme_admin = model_admin};

	drive = model;
	device_transport_replace(model ? &transport : NULL);
}

/* rooms: agent/hw core */
/* SPDX-License-Identifier: Apache-2.0 */
/* A drive's answer to Level 0 Discovery. */
#include <stdint.h>
#include <string.h>

#include "agent/hw/opal/opal.h"
#include "agent/hw/transport.h"
#include "core/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *answer;
static size_t answer_len;

static int on_admin(int fd, struct nvme_admin_cmd *cmd)
{
	(void)fd;
	memcpy((void *)(uintptr_t)cmd->addr, answer, answer_len < cmd->data_len ? answer_len : cmd->data_len);
	return 0;
}

static int on_scsi(int fd, struct sg_io_hdr *io)
{
	size_t len = answer_len < io->dxfer_len ? answer_len : io->dxfer_len;

	(void)fd;
	memcpy(io->dxferp, answer, len);
	io->resid = (int)(io->dxfer_len - len);
	return 0;
}

/* What could be read can be written, and read again as the same. */
static void check(const struct opal_caps *caps)
{
	_cleanup_json_ json_t *json = opal_caps_to_json(caps), *again = NULL;
	struct opal_caps back;
	struct err err;

	if (!json || opal_caps_from_json(json, &back, &err) < 0)
		__builtin_trap();
	again = opal_caps_to_json(&back);
	if (!json_equal(json, again) || opal_reverts_media(caps) != opal_reverts_media(&back))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct device_transport transport = {.nvme_admin = on_admin, .scsi = on_scsi};
	static const enum block_transport transports[] = {BLOCK_NVME, BLOCK_ATA, BLOCK_SCSI};
	struct opal_caps caps;
	struct err err;

	answer = data;
	answer_len = size;
	device_transport_replace(&transport);
	for (size_t i = 0; i < sizeof(transports) / sizeof(*transports); i++)
		if (opal_discover(3, transports[i], &caps, &err) == 0)
			check(&caps);
	device_transport_replace(NULL);
	return 0;
}

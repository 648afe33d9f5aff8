/* SPDX-License-Identifier: Apache-2.0 */
/* Level 0 Discovery by the security protocol command of each transport. */
#include <string.h>

#include "agent/hw/nvme/status.h"
#include "agent/hw/opal/private.h"
#include "agent/hw/opal/spec.h"
#include "agent/hw/scsi/sg.h"
#include "agent/hw/transport.h"

#define TIMEOUT_S 30

static int by_nvme(int fd, uint8_t *buf, size_t *ret_len, struct err *err)
{
	struct nvme_admin_cmd cmd = {
		.opcode = NVME_ADMIN_SECURITY_RECEIVE,
		.addr = (uint64_t)(uintptr_t)buf,
		.data_len = OPAL_DISCOVERY_MAX,
		.cdw10 = (uint32_t)TCG_PROTOCOL << 24 | TCG_DISCOVERY_COMID << 8,
		.cdw11 = OPAL_DISCOVERY_MAX,
		.timeout_ms = TIMEOUT_S * 1000,
	};
	int status = device_transport()->nvme_admin(fd, &cmd);

	if (status)
		return nvme_status_error(err, status, "NVMe Security Receive");
	*ret_len = OPAL_DISCOVERY_MAX; /* the drive does not say; what it left is zeros */
	return 0;
}

static int by_sg(int fd, struct sg_command *cmd, const char *what, size_t *ret_len, struct err *err)
{
	struct sg_sense s;
	int r = sg_run_attended(fd, cmd, what, err);

	if (r < 0)
		return r;
	/* A translation layer may call a failed ATA command a recovered error; the registers tell. */
	if (sg_sense(cmd, &s) && s.ata && (s.ata[13] & ATA_STATUS_ERROR))
		return err_set(err, EIO, "%s: the drive aborted it (ATA status %02xh)", what, s.ata[13]);
	*ret_len = cmd->received;
	return 0;
}

static int by_ata(int fd, uint8_t *buf, size_t *ret_len, struct err *err)
{
	struct sg_command cmd = {
		.cdb = {SAT_ATA_PASS_THROUGH_16, SAT_PROTOCOL_PIO_IN,
			SAT_LENGTH_IN_COUNT_BLOCKS | SAT_FROM_DEVICE, [4] = TCG_PROTOCOL,
			[6] = OPAL_DISCOVERY_MAX / ATA_BLOCK, /* LBA 7:0 is the length's high byte: 0 */
			[10] = TCG_DISCOVERY_COMID & 0xff, [12] = TCG_DISCOVERY_COMID >> 8,
			[14] = ATA_TRUSTED_RECEIVE},
		.cdb_len = 16,
		.direction = SG_FROM_DEVICE,
		.data = buf,
		.len = OPAL_DISCOVERY_MAX,
		.timeout_s = TIMEOUT_S,
	};

	return by_sg(fd, &cmd, "ATA TRUSTED RECEIVE", ret_len, err);
}

static int by_scsi(int fd, uint8_t *buf, size_t *ret_len, struct err *err)
{
	struct sg_command cmd = {
		.cdb = {SCSI_SECURITY_PROTOCOL_IN, TCG_PROTOCOL, TCG_DISCOVERY_COMID >> 8,
			TCG_DISCOVERY_COMID & 0xff, [8] = OPAL_DISCOVERY_MAX >> 8},
		.cdb_len = 12,
		.direction = SG_FROM_DEVICE,
		.data = buf,
		.len = OPAL_DISCOVERY_MAX,
		.timeout_s = TIMEOUT_S,
	};

	return by_sg(fd, &cmd, "SCSI SECURITY PROTOCOL IN", ret_len, err);
}

int opal_receive(int fd, enum block_transport transport, uint8_t *buf, size_t *ret_len, struct err *err)
{
	int r;

	memset(buf, 0, OPAL_DISCOVERY_MAX);
	switch (transport) {
	case BLOCK_NVME:
		return by_nvme(fd, buf, ret_len, err);
	case BLOCK_ATA:
		r = by_ata(fd, buf, ret_len, err);
		if (r != -EOPNOTSUPP)
			return r;
		/*
		 * Linux refuses TRUSTED RECEIVE within ATA PASS-THROUGH unless libata.allow_tpm is set, but translates the SCSI command into it all
		 * the same (drivers/ata/libata-scsi.c), as SAT-4 has it.
		 */
		memset(buf, 0, OPAL_DISCOVERY_MAX);
		return by_scsi(fd, buf, ret_len, err);
	case BLOCK_SCSI:
		return by_scsi(fd, buf, ret_len, err);
	default:
		return err_set(err, EOPNOTSUPP, "drives of this kind have no security protocol commands");
	}
}

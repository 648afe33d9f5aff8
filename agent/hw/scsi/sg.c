/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/scsi/sg.h"

#include <errno.h>
#include <string.h>

#include "agent/hw/scsi/sg_spec.h"
#include "agent/hw/transport.h"

int sg_issue(int fd, struct sg_command *cmd, const char *what, struct err *err)
{
	static const int directions[] = {
		[SG_NO_DATA] = SG_DXFER_NONE,
		[SG_FROM_DEVICE] = SG_DXFER_FROM_DEV,
		[SG_TO_DEVICE] = SG_DXFER_TO_DEV,
	};
	struct sg_io_hdr io = {
		.interface_id = 'S',
		.dxfer_direction = directions[cmd->direction],
		.cmd_len = (unsigned char)cmd->cdb_len,
		.mx_sb_len = sizeof(cmd->sense),
		.dxfer_len = cmd->len,
		.dxferp = cmd->data,
		.cmdp = cmd->cdb,
		.sbp = cmd->sense,
		.timeout = cmd->timeout_s < UINT32_MAX / 1000 ? cmd->timeout_s * 1000 : UINT32_MAX,
	};
	int r;

	memset(cmd->sense, 0, sizeof(cmd->sense));
	r = device_transport()->scsi(fd, &io);
	if (r < 0)
		return err_sys(err, -r, "%s: the kernel did not carry it out", what);
	cmd->status = io.status;
	cmd->host_status = io.host_status;
	cmd->driver_status = io.driver_status;
	cmd->sense_len = io.sb_len_wr < sizeof(cmd->sense) ? io.sb_len_wr : sizeof(cmd->sense);
	cmd->received = io.resid >= 0 && (uint32_t)io.resid <= cmd->len ? cmd->len - (uint32_t)io.resid : 0;
	return 0;
}

static void read_fixed(const struct sg_command *cmd, struct sg_sense *s)
{
	const uint8_t *b = cmd->sense;

	s->key = b[2] & 0xf;
	s->asc = cmd->sense_len > 12 ? b[12] : 0;
	s->ascq = cmd->sense_len > 13 ? b[13] : 0;
	/* Sense key specific: bit 7 of byte 15 says that it is valid (SPC-5, 4.5.3). */
	s->has_progress = cmd->sense_len > 17 && (b[15] & 0x80) &&
			  (s->key == SENSE_NO_SENSE || s->key == SENSE_NOT_READY);
	if (s->has_progress)
		s->progress = (uint16_t)(b[16] << 8 | b[17]);
}

static void read_descriptors(const struct sg_command *cmd, struct sg_sense *s)
{
	const uint8_t *b = cmd->sense;
	unsigned end = 8u + b[7], at, len;

	s->key = b[1] & 0xf;
	s->asc = b[2];
	s->ascq = b[3];
	if (end > cmd->sense_len)
		end = cmd->sense_len;
	for (at = 8; at + 2 <= end; at += len) {
		len = 2u + b[at + 1];
		if (at + len > end)
			return;
		if (b[at] == SENSE_DESC_ATA_STATUS && len == 14)
			s->ata = b + at;
		if (b[at] == SENSE_DESC_SENSE_KEY_SPECIFIC && len == 8 && (b[at + 4] & 0x80) &&
		    (s->key == SENSE_NO_SENSE || s->key == SENSE_NOT_READY)) {
			s->has_progress = true;
			s->progress = (uint16_t)(b[at + 5] << 8 | b[at + 6]);
		}
	}
}

bool sg_sense(const struct sg_command *cmd, struct sg_sense *ret)
{
	uint8_t code = cmd->sense[0] & 0x7f;

	*ret = (struct sg_sense){0};
	if (cmd->sense_len < 8 || code < 0x70 || code > 0x73)
		return false;
	ret->deferred = code & 1;
	if (code < 0x72)
		read_fixed(cmd, ret);
	else
		read_descriptors(cmd, ret);
	return true;
}

static int judge_sense(const struct sg_command *cmd, const char *what, struct err *err)
{
	struct sg_sense s;
	int code = EIO;

	if (!sg_sense(cmd, &s))
		return err_set(err, EIO, "%s: the device answered %s without sense data", what,
			       sg_status_name(cmd->status));
	if (s.key == SENSE_RECOVERED_ERROR && !s.deferred)
		return 0;
	if (s.key == SENSE_ILLEGAL_REQUEST && (s.asc == 0x20 || s.asc == 0x24))
		code = EOPNOTSUPP;
	if (s.key == SENSE_NOT_READY && s.asc == 0x04 && s.ascq == 0x1b)
		code = EBUSY;
	return err_set(err, s.deferred ? EIO : code,
		       "%s: the device answered %s: %s (key %xh, ASC %02xh, ASCQ %02xh%s%s)%s", what,
		       sg_status_name(cmd->status), sg_sense_key_name(s.key), s.key, s.asc, s.ascq,
		       *sg_sense_meaning(s.asc, s.ascq) ? ", " : "", sg_sense_meaning(s.asc, s.ascq),
		       s.deferred ? ", of an earlier command" : "");
}

int sg_judge(const struct sg_command *cmd, const char *what, struct err *err)
{
	if (cmd->host_status)
		return err_set(err, EIO, "%s: the host adapter failed it: %s (host status %02xh)", what,
			       sg_host_status_name(cmd->host_status), cmd->host_status);
	if (cmd->driver_status && cmd->driver_status != SG_DRIVER_SENSE)
		return err_set(err, EIO, "%s: the driver failed it (driver status %02xh)", what,
			       cmd->driver_status);
	switch (cmd->status) {
	case SAM_GOOD:
	case SAM_CONDITION_MET:
		/* Sense data with GOOD: a deferred error may hide there. */
		return cmd->sense_len >= 8 && (cmd->sense[0] & 0x7d) == 0x71 ? judge_sense(cmd, what, err)
									     : 0;
	case SAM_CHECK_CONDITION:
		return judge_sense(cmd, what, err);
	case SAM_BUSY:
		return err_set(err, EBUSY, "%s: the device is busy", what);
	default:
		return err_set(err, EIO, "%s: the device answered %s (status %02xh)", what,
			       sg_status_name(cmd->status), cmd->status);
	}
}

int sg_run(int fd, struct sg_command *cmd, const char *what, struct err *err)
{
	int r = sg_issue(fd, cmd, what, err);

	return r < 0 ? r : sg_judge(cmd, what, err);
}

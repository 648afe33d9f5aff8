/* SPDX-License-Identifier: Apache-2.0 */
/* What the modelled drive tells of itself, and the forms of its answers. */
#include <endian.h>
#include <string.h>

#include "agent/hw/scsi/scsi.h"
#include "agent/hw/scsi/sg_spec.h"
#include "agent/hw/scsi/spec.h"
#include "tests/fakes/scsi_model_private.h"

int scsi_model_give(struct sg_io_hdr *io, const void *data, uint32_t len, uint32_t allocation)
{
	uint32_t n = len < allocation ? len : allocation;

	n = n < io->dxfer_len ? n : io->dxfer_len;
	if (n)
		memcpy(io->dxferp, data, n);
	io->resid = (int)(io->dxfer_len - n);
	return 0;
}

/* progress: -1 none. Returns the length. */
uint8_t scsi_model_sense(const struct scsi_model *d, uint8_t *sense, uint8_t key, uint8_t asc, uint8_t ascq,
			 int progress)
{
	memset(sense, 0, 18);
	if (!d->descriptor_sense) {
		sense[0] = 0x70;
		sense[2] = key;
		sense[7] = 10;
		sense[12] = asc;
		sense[13] = ascq;
		if (progress >= 0) {
			sense[15] = 0x80;
			sense[16] = (uint8_t)(progress >> 8);
			sense[17] = (uint8_t)progress;
		}
		return 18;
	}
	sense[0] = 0x72;
	sense[1] = key;
	sense[2] = asc;
	sense[3] = ascq;
	if (progress < 0)
		return 8;
	sense[7] = 8;
	sense[8] = SENSE_DESC_SENSE_KEY_SPECIFIC;
	sense[9] = 6;
	sense[12] = 0x80;
	sense[13] = (uint8_t)(progress >> 8);
	sense[14] = (uint8_t)progress;
	return 16;
}

int scsi_model_check(struct sg_io_hdr *io, const struct scsi_model *d, uint8_t key, uint8_t asc, uint8_t ascq,
		     int progress)
{
	io->status = SAM_CHECK_CONDITION;
	io->driver_status = SG_DRIVER_SENSE;
	io->sb_len_wr = scsi_model_sense(d, io->sbp, key, asc, ascq, progress);
	io->resid = (int)io->dxfer_len;
	return 0;
}

int scsi_model_invalid_field(struct sg_io_hdr *io, const struct scsi_model *d)
{
	return scsi_model_check(io, d, SENSE_ILLEGAL_REQUEST, 0x24, 0x00, -1);
}

int scsi_model_invalid_opcode(struct sg_io_hdr *io, const struct scsi_model *d)
{
	return scsi_model_check(io, d, SENSE_ILLEGAL_REQUEST, 0x20, 0x00, -1);
}

int scsi_model_progress(const struct scsi_model *d)
{
	uint64_t elapsed = (model_now_ns() - d->begun_ns) / 1000000, p;

	if (d->no_progress)
		return -1;
	p = d->duration_ms ? elapsed * 65536 / d->duration_ms : 65535;
	if (d->stuck_at && p > d->stuck_at)
		p = d->stuck_at;
	return p < 65535 ? (int)p : 65535;
}

bool scsi_model_offers(const struct scsi_model *d, uint8_t action)
{
	return (action == SCSI_SANITIZE_OVERWRITE && d->overwrite) ||
	       (action == SCSI_SANITIZE_BLOCK && d->block) || (action == SCSI_SANITIZE_CRYPTO && d->crypto);
}

static int on_inquiry(const struct scsi_model *d, struct sg_io_hdr *io)
{
	uint32_t allocation = (uint32_t)io->cmdp[3] << 8 | io->cmdp[4];
	struct scsi_inquiry q = {.peripheral = (uint8_t)(d->qualifier << 5 | d->device_type),
				 .version = 7,
				 .response_format = 2,
				 .additional_length = sizeof(q) - 5};
	static const uint8_t vpd_00[] = {0, 0x00, 0, 3, 0x00, 0x80, 0xb1};
	struct scsi_characteristics b1 = {.head = {0, SCSI_VPD_CHARACTERISTICS, htobe16(60)},
					  .rotation = htobe16(d->rotation)};

	memcpy(q.vendor, "MODEL   ", 8);
	memcpy(q.product, "A drive\x01         ", 16);
	memcpy(q.revision, "1.0 ", 4);
	/* A bridge answers with its standard data whatever page is asked for. */
	if (!(io->cmdp[1] & 1) || d->no_vpd)
		return scsi_model_give(io, &q, sizeof(q), allocation);
	if (io->cmdp[2] == SCSI_VPD_SUPPORTED_PAGES)
		return scsi_model_give(io, vpd_00, sizeof(vpd_00), allocation);
	if (io->cmdp[2] == SCSI_VPD_CHARACTERISTICS)
		return scsi_model_give(io, &b1, sizeof(b1), allocation);
	return scsi_model_invalid_field(io, d);
}

static int on_capacity(const struct model *m, struct sg_io_hdr *io)
{
	const struct scsi_model *d = m->state;
	struct scsi_capacity c = {
		.last_lba = htobe64(m->block.size / m->block.logical_block_size - 1),
		.block_size = htobe32(m->block.logical_block_size),
		.protection = d->protection,
	};

	if ((io->cmdp[1] & 0x1f) != SCSI_SA_READ_CAPACITY_16)
		return scsi_model_invalid_field(io, d);
	return scsi_model_give(io, &c, sizeof(c), io->cmdp[13]);
}

static int on_mode_10(const struct scsi_model *d, struct sg_io_hdr *io)
{
	const uint8_t page[] = {
		0, 18, 0, d->write_protected ? 0x80 : 0, 0, 0, 0, 0, 0x0a, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

	if (d->no_mode_10)
		return scsi_model_invalid_opcode(io, d);
	if ((io->cmdp[2] & 0x3f) != 0x0a)
		return scsi_model_invalid_field(io, d);
	return scsi_model_give(io, page, sizeof(page), (uint32_t)io->cmdp[7] << 8 | io->cmdp[8]);
}

static int on_mode_6(const struct scsi_model *d, struct sg_io_hdr *io)
{
	const uint8_t page[] = {3, 0, d->write_protected ? 0x80 : 0, 0};

	/* Not among what is allowed during a sanitize (4.11.2). */
	if (d->state == SCSI_MODEL_SANITIZING)
		return scsi_model_check(io, d, SENSE_NOT_READY, 0x04, 0x1b, scsi_model_progress(d));
	return scsi_model_give(io, page, sizeof(page), io->cmdp[4]);
}

static int on_maintenance(const struct scsi_model *d, struct sg_io_hdr *io)
{
	uint8_t action = io->cmdp[5];
	uint8_t usage[20] = {0, 1, 0, 10, SCSI_SANITIZE, action};

	if (d->no_report) /* QEMU's scsi-hd answers so (tests/machines/answers) */
		return scsi_model_invalid_opcode(io, d);
	if ((io->cmdp[1] & 0x1f) != SCSI_SA_REPORT_SUPPORTED_OP_CODES || io->cmdp[3] != SCSI_SANITIZE ||
	    (io->cmdp[2] & 7) != SCSI_REPORT_WITH_SERVICE_ACTION)
		return scsi_model_invalid_field(io, d);
	if (d->muddled_report)
		usage[4] = SCSI_INQUIRY;
	else if (!scsi_model_offers(d, action))
		return scsi_model_give(io, usage, 4, 20);
	usage[1] = SCSI_SUPPORT_AS_STANDARD;
	usage[4 + 8] = 0xff;
	return scsi_model_give(io, usage, 14, 20);
}

static int on_log(const struct scsi_model *d, struct sg_io_hdr *io)
{
	static const struct {
		uint8_t page, len, bytes[40];
	} logs[] = {
		{0x00, 8, {0x00, 0, 0, 4, 0x00, 0x03, 0x0e, 0x2f}},
		{0x03, 20, {0x03, 0, 0, 16, 0, 6, 0, 4, 0, 0, 0, 7, 0, 3, 0, 4, 0, 0, 1, 2}},
		{0x0e, 12, {0x0e, 0, 0, 8, 0, 4, 0, 4, 0, 0, 1, 44}},
		{0x2f, 11, {0x2f, 0, 0, 7, 0, 0, 0, 3, 0x5d, 0x10, 38}},
	};

	for (unsigned i = 0; i < sizeof(logs) / sizeof(*logs); i++)
		if (logs[i].page == (io->cmdp[2] & 0x3f))
			return scsi_model_give(io, logs[i].bytes, logs[i].len,
					       (uint32_t)io->cmdp[7] << 8 | io->cmdp[8]);
	return scsi_model_invalid_field(io, d);
}

int scsi_model_page(struct model *m, struct sg_io_hdr *io)
{
	const struct scsi_model *d = m->state;

	switch (io->cmdp[0]) {
	case SCSI_INQUIRY:
		return on_inquiry(d, io);
	case SCSI_SERVICE_IN_16:
		return on_capacity(m, io);
	case SCSI_MODE_SENSE_10:
		return on_mode_10(d, io);
	case SCSI_MODE_SENSE_6:
		return on_mode_6(d, io);
	case SCSI_MAINTENANCE_IN:
		return on_maintenance(d, io);
	case SCSI_LOG_SENSE:
		return on_log(d, io);
	default:
		return scsi_model_invalid_opcode(io, d);
	}
}

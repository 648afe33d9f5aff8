/* SPDX-License-Identifier: Apache-2.0 */
/* The host adapter's other part (SAT-4): the drive's registers, and what goes wrong, as status layers and sense data. */
#include <string.h>

#include "agent/hw/scsi/sg_spec.h"
#include "tests/fakes/ata_model_private.h"

enum { SENSE_BUFFER = 96 }; /* bytes: Linux, SCSI_SENSE_BUFFERSIZE */

static void put_descriptor(uint8_t *s, const struct ata_model_registers *r)
{
	const struct ata_status_return d = {
		.code = SENSE_DESC_ATA_STATUS,
		.length = 12,
		.extend = r->ext,
		.error = r->error,
		.count_hi = r->ext ? (uint8_t)(r->count >> 8) : 0,
		.count_lo = (uint8_t)r->count,
		.lba_31_24 = (uint8_t)(r->lba >> 24),
		.lba_7_0 = (uint8_t)r->lba,
		.lba_39_32 = (uint8_t)(r->lba >> 32),
		.lba_15_8 = (uint8_t)(r->lba >> 8),
		.lba_47_40 = (uint8_t)(r->lba >> 40),
		.lba_23_16 = (uint8_t)(r->lba >> 16),
		.status = r->status,
	};

	s[7] = sizeof(d);
	memcpy(s + 8, &d, sizeof(d));
}

static void put_fixed(uint8_t *information, uint8_t *specific, const struct ata_model_registers *r)
{
	information[0] = r->error;
	information[1] = r->status;
	information[3] = (uint8_t)r->count;
	specific[0] = (uint8_t)((r->ext ? 0x80 : 0) | (r->ext && r->count >> 8 ? 0x40 : 0) |
				(r->lba >> 24 ? 0x20 : 0));
	specific[1] = (uint8_t)r->lba;
	specific[2] = (uint8_t)(r->lba >> 8);
	specific[3] = (uint8_t)(r->lba >> 16);
}

static void put_sense(struct sg_io_hdr *io, uint8_t key, uint8_t asc, uint8_t ascq, bool fixed,
		      uint8_t s[SENSE_BUFFER])
{
	memset(s, 0, SENSE_BUFFER);
	s[0] = fixed ? 0x70 : 0x72;
	if (fixed) {
		s[2] = key;
		s[7] = 10;
		s[12] = asc;
		s[13] = ascq;
	} else {
		s[1] = key;
		s[2] = asc;
		s[3] = ascq;
	}
	io->status = SAM_CHECK_CONDITION;
	io->driver_status = SG_DRIVER_SENSE;
}

static void send_sense(struct sg_io_hdr *io, const uint8_t s[SENSE_BUFFER])
{
	io->sb_len_wr = io->mx_sb_len < SENSE_BUFFER ? io->mx_sb_len : SENSE_BUFFER;
	memcpy(io->sbp, s, io->sb_len_wr);
}

void ata_model_answer(const struct ata_model *a, struct sg_io_hdr *io, const struct ata_model_registers *r)
{
	bool failed = r->status & (ATA_STATUS_BSY | ATA_STATUS_DF | ATA_STATUS_DRQ | ATA_STATUS_ERR);
	bool fixed = a->sense == ATA_SENSE_FIXED ||
		     (failed && (a->sense == ATA_SENSE_LINUX || a->sense == ATA_SENSE_LINUX_OLD));
	uint8_t s[SENSE_BUFFER];

	if (r->timed_out) {
		io->host_status = 0x03;
		return;
	}
	if (!failed && !(io->cmdp[2] & ATA_PASS_CK_COND))
		return;
	if (a->sense == ATA_SENSE_NONE) {
		io->status = failed ? SAM_CHECK_CONDITION : SAM_GOOD;
		return;
	}
	if (failed)
		put_sense(io, SENSE_ABORTED_COMMAND, 0, 0, fixed, s);
	else
		put_sense(io, SENSE_RECOVERED_ERROR, 0, ATA_PASS_INFORMATION_Q, fixed, s);
	if (!fixed) {
		put_descriptor(s, r);
	} else if (a->sense == ATA_SENSE_LINUX_OLD) {
		put_fixed(s + 8, s + 16, r);
	} else {
		s[0] |= 0x80;
		put_fixed(s + 3, s + 8, r);
	}
	send_sense(io, s);
}

void ata_model_refuse(struct sg_io_hdr *io, uint8_t asc)
{
	uint8_t s[SENSE_BUFFER];

	put_sense(io, SENSE_ILLEGAL_REQUEST, asc, 0, true, s);
	send_sense(io, s);
}

int ata_model_fail(const struct ata_model *a, const struct ata_fault *f, struct sg_io_hdr *io,
		   struct ata_model_registers *r)
{
	uint8_t s[SENSE_BUFFER];

	switch (f->kind) {
	case ATA_FAULT_ERRNO:
		return -(int)f->value;
	case ATA_FAULT_HOST:
		io->host_status = (uint16_t)f->value;
		return 0;
	case ATA_FAULT_DRIVER:
		io->driver_status = (uint16_t)f->value;
		return 0;
	case ATA_FAULT_SAM:
		io->status = (uint8_t)f->value;
		return 0;
	case ATA_FAULT_SENSE:
		put_sense(io, (uint8_t)(f->value >> 16), (uint8_t)(f->value >> 8), (uint8_t)f->value, false,
			  s);
		send_sense(io, s);
		return 0;
	case ATA_FAULT_ERROR:
		r->status = ATA_STATUS_DRDY | 0x10 | ATA_STATUS_ERR;
		r->error = (uint8_t)f->value;
		break;
	case ATA_FAULT_STATUS:
		r->status = (uint8_t)f->value;
		break;
	case ATA_FAULT_NO_SENSE:
		return 0;
	default:
		break;
	}
	ata_model_answer(a, io, r);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The host adapter's part (SAT-4), the command block in and the drive behind it; power; and making a drive. */
#include "tests/fakes/ata_model.h"

#include <string.h>

#include "tests/fakes/ata_model_private.h"

struct ata_model *ata_model(struct model *model)
{
	return model->state;
}

void ata_model_abort(struct ata_model_registers *r)
{
	r->status = ATA_STATUS_DRDY | 0x10 | ATA_STATUS_ERR;
	r->error = ATA_ERROR_ABRT;
}

static void read_cdb(const struct sg_io_hdr *io, struct ata_model_registers *r)
{
	const uint8_t *c = io->cmdp;

	*r = (struct ata_model_registers){
		.command = c[14],
		.ext = c[1] & 1,
		.feature = (uint16_t)(c[3] << 8 | c[4]),
		.count = (uint16_t)(c[5] << 8 | c[6]),
		.lba = (uint64_t)c[11] << 40 | (uint64_t)c[9] << 32 | (uint64_t)c[7] << 24 |
		       (uint64_t)c[12] << 16 | (uint64_t)c[10] << 8 | c[8],
		.data = io->dxfer_direction == SG_DXFER_NONE ? NULL : io->dxferp,
		.timeout_ms = io->timeout,
		.status = ATA_STATUS_DRDY | 0x10,
	};
	/* 28-bit commands have no upper bytes. */
	if (!r->ext) {
		r->feature &= 0xff;
		r->count &= 0xff;
		r->lba &= 0xffffff;
	}
}

/* Protocol, direction and length must fit each other and the command, or a real adapter would hang or refuse. */
static bool cdb_fits(const struct sg_io_hdr *io)
{
	const uint8_t *c = io->cmdp;
	unsigned protocol = c[1] >> 1 & 0xf;

	if (io->cmd_len != 16 || c[0] != ATA_PASS_THROUGH_16)
		return false;
	if (io->dxfer_direction == SG_DXFER_NONE)
		return protocol == ATA_PROTOCOL_NON_DATA && !(c[2] & 3) && !io->dxfer_len;
	if ((c[2] & 7) != (ATA_PASS_BYTE_BLOCK | ATA_PASS_LENGTH_COUNT) || c[6] != 1 ||
	    io->dxfer_len != ATA_BLOCK)
		return false;
	if (io->dxfer_direction == SG_DXFER_FROM_DEV)
		return protocol == ATA_PROTOCOL_PIO_IN && (c[2] & ATA_PASS_T_DIR_IN);
	return protocol == ATA_PROTOCOL_PIO_OUT && !(c[2] & ATA_PASS_T_DIR_IN);
}

static bool is_48_bit(uint8_t command)
{
	return command == ATA_SANITIZE_DEVICE || command == ATA_READ_NATIVE_MAX_EXT ||
	       command == ATA_SET_MAX_EXT || command == ATA_ACCESSIBLE_MAX;
}

static void execute(struct model *model, struct ata_model_registers *r)
{
	struct ata_model *a = ata_model(model);
	bool was_prepared = a->prepared, was_read = a->native_read;

	ata_model_sanitize_tick(model);
	a->prepared = was_prepared && r->command == ATA_SECURITY_ERASE_UNIT;
	a->native_read = was_read && r->command == ATA_SET_MAX_EXT;
	if (is_48_bit(r->command) != r->ext) {
		ata_model_abort(r);
		return;
	}
	/* While it sanitises, and after it has failed at it, a drive answers next to nothing. */
	if ((a->sanitize == SD2_IN_PROGRESS || a->sanitize == SD3_FAILED) &&
	    r->command != ATA_IDENTIFY_DEVICE && r->command != ATA_SANITIZE_DEVICE) {
		ata_model_abort(r);
		return;
	}
	switch (r->command) {
	case ATA_IDENTIFY_DEVICE:
		ata_model_identify(model, r);
		return;
	case ATA_SANITIZE_DEVICE:
		ata_model_sanitize(model, r);
		return;
	case ATA_READ_NATIVE_MAX_EXT:
	case ATA_SET_MAX_EXT:
	case ATA_ACCESSIBLE_MAX:
	case ATA_DEVICE_CONFIGURATION:
		ata_model_max(model, r);
		return;
	default:
		ata_model_security(model, r);
	}
}

static struct ata_fault *fault_of(struct ata_model *a, uint8_t command)
{
	struct ata_fault *f = &a->faults[command];

	if (f->kind == ATA_FAULT_NONE)
		return NULL;
	if (f->after > 0) {
		f->after--;
		return NULL;
	}
	return f;
}

static int on_scsi(struct model *model, struct sg_io_hdr *io)
{
	struct ata_model *a = ata_model(model);
	struct ata_model_registers r;
	struct ata_fault *f, now;

	io->resid = 0;
	if (!cdb_fits(io)) {
		ata_model_refuse(io, io->cmdp[0] == ATA_PASS_THROUGH_16 ? 0x24 : 0x20);
		return 0;
	}
	read_cdb(io, &r);
	a->commands[r.command]++;
	a->last_lba = r.lba;
	a->last_count = r.count;
	a->last_timeout_ms = r.timeout_ms;
	f = fault_of(a, r.command);
	if (f) {
		now = *f;
		if (f->times > 0 && --f->times == 0)
			f->kind = ATA_FAULT_NONE;
		if (now.carried_out)
			execute(model, &r);
		else if (io->dxfer_direction == SG_DXFER_FROM_DEV)
			io->resid = (int)io->dxfer_len;
		return ata_model_fail(a, &now, io, &r);
	}
	execute(model, &r);
	ata_model_answer(a, io, &r);
	return 0;
}

/* ---- power, and making one ---- */

static void on_power_cycle(struct model *model)
{
	struct ata_model *a = ata_model(model);

	/* A sanitize goes on, and a failed one stays failed (ACS-4, Sanitize Device feature set). */
	if (a->sanitize == SD1_FROZEN || a->sanitize == SD4_SUCCEEDED)
		a->sanitize = SD0_IDLE;
	a->locked = a->enabled;
	a->attempts = 5;
	a->prepared = a->native_read = a->max_set = false;
	a->frozen = a->max_frozen = a->dco_frozen = a->firmware_freezes;
	if (a->firmware_freezes && a->sanitize == SD0_IDLE)
		a->sanitize = SD1_FROZEN;
	if (a->dco_next != a->dco_sectors)
		a->dco_sectors = a->hpa_sectors = a->dco_next;
	a->visible = a->hpa_sectors;
}

static const struct model_kind kind = {.scsi = on_scsi, .power_cycle = on_power_cycle};

struct model *ata_model_new(const char *name, uint64_t size)
{
	struct model *model = model_new(&kind, name, size, ATA_BLOCK, sizeof(struct ata_model));
	uint64_t sectors = size / ATA_BLOCK;

	model->block.transport = BLOCK_ATA;
	*ata_model(model) = (struct ata_model){
		.has_security = true,
		.has_enhanced = true,
		.has_sanitize = true,
		.has_crypto = true,
		.has_block = true,
		.has_overwrite = true,
		.has_hpa = true,
		.has_dco = true,
		.has_trusted = true,
		.erase_time = 2,
		.enhanced_time = 3,
		.rotation = 1,
		.sense = ATA_SENSE_LINUX,
		.sanitize_s = 30,
		.security_s = 100,
		.attempts = 5,
		.factory_sectors = sectors,
		.dco_sectors = sectors,
		.dco_next = sectors,
		.hpa_sectors = sectors,
		.visible = sectors,
	};
	return model;
}

void ata_model_rescan(struct model *model)
{
	model->block.size = ata_model(model)->visible * ATA_BLOCK;
}

void ata_model_hide(struct model *model, uint64_t by_max, uint64_t by_dco)
{
	struct ata_model *a = ata_model(model);

	a->dco_sectors = a->dco_next = a->factory_sectors - by_dco;
	a->hpa_sectors = a->visible = a->dco_sectors - by_max;
	ata_model_rescan(model);
}

void ata_model_set_password(struct model *model, const char *password)
{
	struct ata_model *a = ata_model(model);

	memset(a->password, 0, sizeof(a->password));
	memcpy(a->password, password, strnlen(password, sizeof(a->password)));
	a->enabled = true;
}

bool ata_model_has_password(struct model *model)
{
	return ata_model(model)->enabled;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fakes/scsi_model.h"

#include <errno.h>
#include <string.h>

#include "agent/hw/opal/spec.h"
#include "agent/hw/scsi/scsi.h"
#include "agent/hw/scsi/sg_spec.h"
#include "agent/hw/scsi/spec.h"
#include "core/hash.h"
#include "tests/fakes/scsi_model_private.h"

struct scsi_model *scsi_model(struct model *model)
{
	return model->state;
}

/* ---- the sanitize (SBC-4, 4.11.3, 4.11.4) ---- */

static enum model_fill fill_of(uint8_t action)
{
	return action == SCSI_SANITIZE_CRYPTO ? MODEL_NOISE : MODEL_ZEROS;
}

/* Brings the state to the present moment. */
static void tick(struct model *m, struct scsi_model *d)
{
	uint64_t elapsed = (model_now_ns() - d->begun_ns) / 1000000;

	if (d->state != SCSI_MODEL_SANITIZING || d->stuck_at || elapsed < d->duration_ms)
		return;
	d->state = d->fails ? SCSI_MODEL_FAILED : SCSI_MODEL_IDLE;
	model_erase(m, d->fails ? MODEL_HALF : d->truth, fill_of(d->action), 0, m->block.size);
}

static int exit_failure(struct sg_io_hdr *io, struct scsi_model *d)
{
	d->n_exit++;
	/* 5.30.1: only a sanitize that was begun with AUSE may be left so. */
	if (d->state == SCSI_MODEL_FAILED && !d->unrestricted)
		return scsi_model_invalid_field(io, d);
	d->state = SCSI_MODEL_IDLE;
	return 0;
}

/* 5.30.2.2: one to 31 passes; the pattern is at least a byte and at most a block. */
static bool list_is_right(const struct sg_io_hdr *io, const struct model *m)
{
	const uint8_t *list = io->dxferp;
	uint32_t len = (uint32_t)io->cmdp[7] << 8 | io->cmdp[8], pattern;

	if (len < 5 || len != io->dxfer_len || io->dxfer_direction != SG_DXFER_TO_DEV)
		return false;
	pattern = (uint32_t)list[2] << 8 | list[3];
	return (list[0] & 0x1f) && pattern && pattern <= m->block.logical_block_size && len == 4 + pattern;
}

static int on_sanitize(struct model *m, struct sg_io_hdr *io)
{
	struct scsi_model *d = m->state;
	uint8_t action = io->cmdp[1] & 0x1f;

	d->n_sanitize++;
	memcpy(d->sanitize_cdb, io->cmdp, sizeof(d->sanitize_cdb));
	d->list_len = io->dxfer_len;
	memcpy(d->list, io->dxferp ? io->dxferp : "",
	       io->dxfer_len < sizeof(d->list) ? io->dxfer_len : sizeof(d->list));
	if (d->refuses)
		return scsi_model_invalid_opcode(io, d);
	if (d->write_protected)
		return scsi_model_check(io, d, SENSE_DATA_PROTECT, 0x27, 0x00, -1);
	if (action == SCSI_SANITIZE_EXIT_FAILURE)
		return exit_failure(io, d);
	if (!scsi_model_offers(d, action))
		return scsi_model_invalid_field(io, d);
	if (d->state == SCSI_MODEL_FAILED && d->picky)
		return scsi_model_check(io, d, SENSE_MEDIUM_ERROR, 0x31, 0x03, -1);
	if (action == SCSI_SANITIZE_OVERWRITE ? !list_is_right(io, m) : io->dxfer_len)
		return scsi_model_invalid_field(io, d);
	d->state = SCSI_MODEL_SANITIZING;
	d->unrestricted = io->cmdp[1] & 0x20;
	d->action = action;
	d->begun_ns = model_now_ns();
	return 0;
}

/* ---- the drive ---- */

static int on_request_sense(struct scsi_model *d, struct sg_io_hdr *io)
{
	uint8_t sense[18], len;

	if (d->kept_len) {
		len = d->kept_len;
		memcpy(sense, d->kept, len);
		d->kept_len = 0;
	} else if (d->attentions) {
		d->attentions--;
		len = scsi_model_sense(d, sense, SENSE_UNIT_ATTENTION, 0x29, 0x00, -1);
	} else if (d->state == SCSI_MODEL_SANITIZING) {
		len = scsi_model_sense(d, sense, SENSE_NOT_READY, 0x04, 0x1b, scsi_model_progress(d));
	} else if (d->state == SCSI_MODEL_FAILED && d->shows_failure) {
		len = scsi_model_sense(d, sense, SENSE_MEDIUM_ERROR, 0x31, 0x03, -1);
	} else {
		len = scsi_model_sense(d, sense, SENSE_NO_SENSE, 0x00, 0x00, -1);
	}
	return scsi_model_give(io, sense, len, io->cmdp[4]);
}

/* 4.11.2: what is answered while it sanitizes, or has failed. */
static bool is_allowed(uint8_t opcode)
{
	static const uint8_t allowed[] = {SCSI_INQUIRY,       SCSI_MODE_SENSE_6,   SCSI_MODE_SENSE_10,
					  SCSI_SERVICE_IN_16, SCSI_MAINTENANCE_IN, SCSI_REQUEST_SENSE};

	return memchr(allowed, opcode, sizeof(allowed));
}

static int on_security(struct scsi_model *d, struct sg_io_hdr *io)
{
	uint8_t buf[2048];

	if (!d->has_opal)
		return scsi_model_invalid_opcode(io, d);
	return scsi_model_give(io, buf, opal_model_discovery(&d->opal, buf), 2048);
}

static int on_opal(struct model *m, unsigned long request, void *arg)
{
	struct scsi_model *d = m->state;

	return d->has_opal ? opal_model_ioctl(m, &d->opal, request, arg) : -EOPNOTSUPP;
}

static int answer(struct model *m, struct sg_io_hdr *io)
{
	struct scsi_model *d = m->state;

	switch (io->cmdp[0]) {
	case SCSI_TEST_UNIT_READY:
		return 0;
	case SCSI_REQUEST_SENSE:
		return on_request_sense(d, io);
	case SCSI_SANITIZE:
		return on_sanitize(m, io);
	case SCSI_SECURITY_PROTOCOL_IN:
		return on_security(d, io);
	default:
		return scsi_model_page(m, io);
	}
}

/* True: the fault was the answer. */
static bool fault(struct scsi_model *d, struct sg_io_hdr *io)
{
	struct scsi_fault *f = &d->fault;

	if (!f->on || f->opcode != io->cmdp[0])
		return false;
	if (f->skip) {
		f->skip--;
		return false;
	}
	if (f->times && !--f->times)
		f->on = false;
	io->host_status = f->host;
	io->driver_status = f->driver;
	io->status = f->status;
	io->resid = (int)io->dxfer_len;
	if (f->status == SAM_CHECK_CONDITION && !f->no_sense)
		io->sb_len_wr = scsi_model_sense(d, io->sbp, f->key, f->asc, f->ascq, -1);
	if (f->deferred)
		io->sbp[0] |= 1;
	if (f->nonsense) {
		random_bytes(io->sbp, io->mx_sb_len);
		io->sb_len_wr = io->mx_sb_len;
		if (io->dxferp && io->dxfer_direction == SG_DXFER_FROM_DEV)
			random_bytes(io->dxferp, io->dxfer_len);
		io->resid = 0;
	}
	return true;
}

static int carry_out(struct model *m, struct sg_io_hdr *io)
{
	struct scsi_model *d = m->state;
	uint8_t opcode = io->cmdp[0];
	int error = d->fault.error;

	d->n_commands++;
	tick(m, d);
	if (fault(d, io))
		return -error;
	if (d->attentions && opcode != SCSI_INQUIRY && opcode != SCSI_REQUEST_SENSE) {
		d->attentions--;
		return scsi_model_check(io, d, SENSE_UNIT_ATTENTION, 0x29, 0x00, -1);
	}
	if (d->state == SCSI_MODEL_SANITIZING && !is_allowed(opcode))
		return scsi_model_check(io, d, SENSE_NOT_READY, 0x04, 0x1b, scsi_model_progress(d));
	if (d->state == SCSI_MODEL_FAILED && !is_allowed(opcode) && opcode != SCSI_SANITIZE)
		return scsi_model_check(io, d, SENSE_MEDIUM_ERROR, 0x31, 0x03, -1);
	return answer(m, io);
}

static int on_scsi(struct model *m, struct sg_io_hdr *io)
{
	struct scsi_model *d = m->state;
	int r = carry_out(m, io);

	if (d->keeps_sense && io->status == SAM_CHECK_CONDITION && io->sb_len_wr <= sizeof(d->kept)) {
		d->kept_len = io->sb_len_wr;
		memcpy(d->kept, io->sbp, d->kept_len);
	}
	return r;
}

/* The sanitize goes on; the drive has one thing to tell. */
static void on_power_cycle(struct model *m)
{
	struct scsi_model *d = m->state;

	d->attentions = 1;
	opal_model_power_cycle(&d->opal);
}

struct model *scsi_model_new(const char *name, uint64_t size, uint32_t block)
{
	static const struct model_kind kind = {
		.scsi = on_scsi, .opal = on_opal, .power_cycle = on_power_cycle};
	struct model *m = model_new(&kind, name, size, block, sizeof(struct scsi_model));

	m->block.transport = BLOCK_SCSI;
	*scsi_model(m) = (struct scsi_model){
		.overwrite = true, .block = true, .crypto = true, .rotation = 1, .duration_ms = 60 * 1000};
	opal_model_init(&scsi_model(m)->opal);
	return m;
}

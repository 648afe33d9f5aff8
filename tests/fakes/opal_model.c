/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fakes/opal_model.h"

#include <endian.h>
#include <errno.h>
#include <linux/sed-opal.h>
#include <string.h>
#include <sys/ioctl.h>

#include "agent/hw/opal/spec.h"
#include "agent/hw/scsi/sg_spec.h"

struct opal_model *opal_model(struct model *model)
{
	return model->state;
}

/* ---- Level 0 Discovery ---- */

static uint8_t *put_feature(uint8_t *at, uint16_t code, uint8_t length, uint8_t first)
{
	struct tcg_feature f = {.code = htobe16(code), .version = 0x10, .length = length};

	memcpy(at, &f, sizeof(f));
	memset(at + sizeof(f), 0, length);
	at[sizeof(f)] = first;
	return at + sizeof(f) + length;
}

static uint8_t locking_byte(const struct opal_model *o)
{
	return (uint8_t)(TCG_LOCKING_SUPPORTED | (o->locking_enabled ? TCG_LOCKING_ENABLED : 0) |
			 (o->locked ? TCG_LOCKED : 0) | (o->media_encryption ? TCG_MEDIA_ENCRYPTION : 0) |
			 (o->mbr_enabled ? TCG_MBR_ENABLED : 0) | (o->mbr_done ? TCG_MBR_DONE : 0));
}

uint16_t opal_model_discovery(struct opal_model *o, uint8_t buf[2048])
{
	uint8_t *at = buf + sizeof(struct tcg_discovery);
	struct tcg_discovery head = {.revision = htobe32(1)};

	o->n_discoveries++;
	if (o->raw_len) {
		memcpy(buf, o->raw, o->raw_len);
		return o->raw_len;
	}
	at = put_feature(at, TCG_FEATURE_TPER, 12, 0x11);
	at = put_feature(at, TCG_FEATURE_LOCKING, 12, locking_byte(o));
	if (o->ssc)
		at = put_feature(at, o->ssc, 16, 0x07);
	head.length = htobe32((uint32_t)(at - buf) - 4);
	memcpy(buf, &head, sizeof(head));
	return (uint16_t)(at - buf);
}

static bool is_busy(struct opal_model *o)
{
	if (!o->n_reverts || !o->busy)
		return false;
	o->busy--;
	return true;
}

static int on_nvme(struct model *m, struct nvme_admin_cmd *cmd)
{
	struct opal_model *o = m->state;
	uint8_t buf[2048];
	uint16_t len;

	if (o->discovery_error)
		return o->discovery_error;
	if (is_busy(o))
		return 0x0015; /* Operation Denied */
	if (o->nvme_status)
		return o->nvme_status;
	if (cmd->opcode != NVME_ADMIN_SECURITY_RECEIVE)
		return 0x4001;
	if (cmd->cdw10 != 0x01000100 || cmd->cdw11 != cmd->data_len)
		return 0x4002;
	len = opal_model_discovery(o, buf);
	memcpy((void *)(uintptr_t)cmd->addr, buf, len < cmd->data_len ? len : cmd->data_len);
	return 0;
}

static int check(struct sg_io_hdr *io, uint8_t key, uint8_t asc)
{
	const uint8_t sense[18] = {0x70, 0, key, 0, 0, 0, 0, 10, 0, 0, 0, 0, asc};

	io->status = SAM_CHECK_CONDITION;
	memcpy(io->sbp, sense, sizeof(sense));
	io->sb_len_wr = sizeof(sense);
	io->resid = (int)io->dxfer_len;
	return 0;
}

/* RECOVERED ERROR with an ATA Status Return descriptor (SAT-4, 12.2.2.7) */
static int recovered(struct sg_io_hdr *io, uint8_t ata_status)
{
	uint8_t sense[22] = {0x72, SENSE_RECOVERED_ERROR, 0x00, 0x1d, 0, 0, 0, 14, SENSE_DESC_ATA_STATUS, 12};

	sense[21] = ata_status;
	io->status = SAM_CHECK_CONDITION;
	memcpy(io->sbp, sense, sizeof(sense));
	io->sb_len_wr = sizeof(sense);
	return 0;
}

static bool asks_for_discovery(const struct sg_io_hdr *io)
{
	static const uint8_t ata[16] = {0x85, 0x08, 0x0e, 0, 0x01, 0, 4, 0, 0, 0, 0x01, 0, 0, 0, 0x5c, 0};
	static const uint8_t scsi[12] = {0xa2, 0x01, 0x00, 0x01, 0, 0, 0, 0, 8, 0, 0, 0};

	return !memcmp(io->cmdp, io->cmdp[0] == 0x85 ? ata : scsi, io->cmd_len);
}

static int on_scsi(struct model *m, struct sg_io_hdr *io)
{
	struct opal_model *o = m->state;
	bool pass_through = io->cmdp[0] == SAT_ATA_PASS_THROUGH_16;
	uint8_t buf[2048];
	uint32_t len;

	o->n_pass_through += pass_through;
	if (o->discovery_error)
		return o->discovery_error;
	if (is_busy(o))
		return check(io, SENSE_NOT_READY, 0x04);
	if (o->scsi_key)
		return check(io, o->scsi_key, o->scsi_asc);
	if (!pass_through && io->cmdp[0] != SCSI_SECURITY_PROTOCOL_IN)
		return check(io, SENSE_ILLEGAL_REQUEST, 0x20);
	if ((pass_through && o->no_pass_through) || !asks_for_discovery(io))
		return check(io, SENSE_ILLEGAL_REQUEST, 0x24);
	len = opal_model_discovery(o, buf);
	len = len < io->dxfer_len ? len : io->dxfer_len;
	memcpy(io->dxferp, buf, len);
	/* ATA transfers whole blocks. */
	io->resid = pass_through ? 0 : (int)(io->dxfer_len - len);
	return pass_through && o->ata_status ? recovered(io, o->ata_status) : 0;
}

/* ---- revert (Opal 2, 5.1.2.2) ---- */

static void revert(struct model *m, struct opal_model *o)
{
	enum opal_lie lie = o->lie;
	bool activated = o->locking_enabled;

	if (lie == OPAL_DOES_NOTHING)
		return;
	o->locking_enabled = lie == OPAL_KEEPS_LOCKING || lie == OPAL_KEEPS_LOCKED;
	o->locked = lie == OPAL_KEEPS_LOCKED;
	o->mbr_enabled = lie == OPAL_KEEPS_MBR;
	o->mbr_done = false;
	memcpy(o->sid, o->msid, sizeof(o->sid));
	/* Under a new key, all that was stored is noise; while the Locking SP is inactive the key stays. */
	if (o->media_encryption && activated)
		model_erase(m, o->truth, MODEL_NOISE, 0, m->block.size);
}

int opal_model_ioctl(struct model *model, struct opal_model *o, unsigned long request, void *arg)
{
	const struct opal_key *key = arg;
	const char *right = request == IOC_OPAL_PSID_REVERT_TPR ? o->psid : o->sid;

	if (request != IOC_OPAL_PSID_REVERT_TPR && request != IOC_OPAL_REVERT_TPR)
		return -ENOTTY;
	o->n_reverts++;
	if (o->answer)
		return o->answer;
	if (o->ssc != TCG_FEATURE_OPAL_1 && o->ssc != TCG_FEATURE_OPAL_2)
		return -EOPNOTSUPP; /* as the kernel, which knows no others */
	if (o->try_limit && o->wrong_tries >= o->try_limit)
		return TCG_AUTHORITY_LOCKED_OUT;
	if (key->key_len != strlen(right) || memcmp(key->key, right, key->key_len) != 0) {
		o->wrong_tries++;
		return TCG_NOT_AUTHORIZED;
	}
	o->wrong_tries = 0;
	revert(model, o);
	return 0;
}

static int on_opal(struct model *m, unsigned long request, void *arg)
{
	return opal_model_ioctl(m, m->state, request, arg);
}

/* Opal 2, 4.3.5.2.2 and 4.3.5.3.1: enabled ranges lock themselves, the shadow is shown again, tries are forgotten. */
void opal_model_power_cycle(struct opal_model *o)
{
	o->locked = o->locking_enabled;
	o->mbr_done = false;
	o->wrong_tries = 0;
}

static void on_power_cycle(struct model *m)
{
	opal_model_power_cycle(m->state);
}

void opal_model_init(struct opal_model *o)
{
	*o = (struct opal_model){.ssc = TCG_FEATURE_OPAL_2,
				 .media_encryption = true,
				 .psid = "PSID0123456789ABCDEFGHIJKLMNOPQR",
				 .msid = "MSID0123456789ABCDEFGHIJKLMNOPQR",
				 .sid = "former owner",
				 .locking_enabled = true,
				 .locked = true};
}

struct model *opal_model_new(const char *name, uint64_t size, uint32_t block, enum block_transport transport)
{
	static const struct model_kind nvme = {
		.nvme_admin = on_nvme, .opal = on_opal, .power_cycle = on_power_cycle};
	static const struct model_kind scsi = {
		.scsi = on_scsi, .opal = on_opal, .power_cycle = on_power_cycle};
	struct model *m = model_new(transport == BLOCK_NVME ? &nvme : &scsi, name, size, block,
				    sizeof(struct opal_model));

	m->block.transport = transport;
	opal_model_init(opal_model(m));
	return m;
}

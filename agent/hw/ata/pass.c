/* SPDX-License-Identifier: Apache-2.0 */
/* One ATA command: registers in, registers out, and every layer of its status. */
#include <errno.h>
#include <string.h>

#include "agent/hw/ata/private.h"
#include "agent/hw/scsi/sg_spec.h"

/* SAT-4, 12.2.2.3 */
static void build_cdb(const struct ata_command *cmd, uint8_t cdb[16])
{
	static const uint8_t protocols[] = {
		[SG_NO_DATA] = ATA_PROTOCOL_NON_DATA,
		[SG_FROM_DEVICE] = ATA_PROTOCOL_PIO_IN,
		[SG_TO_DEVICE] = ATA_PROTOCOL_PIO_OUT,
	};

	cdb[0] = ATA_PASS_THROUGH_16;
	cdb[1] = (uint8_t)(protocols[cmd->direction] << 1 | cmd->ext);
	if (cmd->direction != SG_FROM_DEVICE)
		cdb[2] |= ATA_PASS_CK_COND;
	else
		cdb[2] |= ATA_PASS_T_DIR_IN;
	if (cmd->direction != SG_NO_DATA)
		cdb[2] |= ATA_PASS_BYTE_BLOCK | ATA_PASS_LENGTH_COUNT;
	cdb[3] = (uint8_t)(cmd->feature >> 8);
	cdb[4] = (uint8_t)cmd->feature;
	cdb[5] = (uint8_t)(cmd->count >> 8);
	cdb[6] = (uint8_t)cmd->count;
	cdb[7] = (uint8_t)(cmd->lba >> 24);
	cdb[8] = (uint8_t)cmd->lba;
	cdb[9] = (uint8_t)(cmd->lba >> 32);
	cdb[10] = (uint8_t)(cmd->lba >> 8);
	cdb[11] = (uint8_t)(cmd->lba >> 40);
	cdb[12] = (uint8_t)(cmd->lba >> 16);
	cdb[13] = cmd->ext ? ATA_DEVICE_LBA : 0;
	cdb[14] = cmd->command;
}

static void take_registers(struct ata_command *cmd)
{
	const struct ata_status_return *r = &cmd->raw;

	cmd->answered = true;
	cmd->status = r->status;
	cmd->error = r->error;
	cmd->out_count = r->count_lo;
	cmd->out_lba = (uint64_t)r->lba_23_16 << 16 | (uint64_t)r->lba_15_8 << 8 | r->lba_7_0;
	if (!(r->extend & 1))
		return;
	cmd->out_count |= (uint16_t)(r->count_hi << 8);
	cmd->out_lba |=
		(uint64_t)r->lba_47_40 << 40 | (uint64_t)r->lba_39_32 << 32 | (uint64_t)r->lba_31_24 << 24;
}

/* The same from the eight bytes of fixed format: `information` is ERROR, STATUS, DEVICE, COUNT; `specific` flags and LBA bits 23:0. */
static void take_fixed(struct ata_command *cmd, const uint8_t *information, const uint8_t *specific)
{
	cmd->raw = (struct ata_status_return){
		.code = SENSE_DESC_ATA_STATUS,
		.length = sizeof(cmd->raw) - 2,
		.error = information[0],
		.status = information[1],
		.device = information[2],
		.count_lo = information[3],
		.lba_7_0 = specific[1],
		.lba_15_8 = specific[2],
		.lba_23_16 = specific[3],
	};
	/* SAT-4, 12.2.2.8: bit 6: COUNT bits 15:8 are not zero, bit 5: LBA bits 47:24 are not */
	cmd->upper_lost = specific[0] & 0x60;
	take_registers(cmd);
}

static void find_registers(struct ata_command *cmd, const struct sg_command *sg, bool failed)
{
	const uint8_t *b = sg->sense;
	struct sg_sense s;

	if (!sg_sense(sg, &s) || s.deferred)
		return;
	if (s.ata) {
		memcpy(&cmd->raw, s.ata, sizeof(cmd->raw));
		take_registers(cmd);
	} else if ((b[0] & 0x7f) == 0x70 && sg->sense_len >= 18) {
		bool information = !s.asc && s.ascq == ATA_PASS_INFORMATION_Q;

		if ((b[0] & 0x80) && (failed || information))
			take_fixed(cmd, b + 3, b + 8);
		/* Linux before 6.11 (and stable trees without "Fix offsets for the fixed format sense data") put them 5 and 8
		 * bytes too far, after errors alone. */
		else if (failed && sg->sense_len >= 20 && (b[9] & (ATA_STATUS_ERR | ATA_STATUS_DF)))
			take_fixed(cmd, b + 8, b + 16);
	}
}

/* "ERR: ABRT, IDNF", or what else is wrong with STATUS; "" where nothing is. */
static void name_status(const struct ata_command *cmd, char *text, size_t size)
{
	static const struct {
		uint8_t bit;
		const char *name;
	} errors[] = {
		{ATA_ERROR_ABRT, "command aborted"},
		{ATA_ERROR_IDNF, "ID not found"},
		{ATA_ERROR_UNC, "uncorrectable or write protected"},
		{ATA_ERROR_ICRC, "interface CRC error"},
		{ATA_ERROR_MC, "media changed"},
		{ATA_ERROR_MCR, "media change requested"},
		{ATA_ERROR_EOM, "end of media, or none"},
		{ATA_ERROR_ILI, "timed out, or illegal length"},
	};
	size_t len = 0;

	text[0] = '\0';
	if (cmd->status & ATA_STATUS_BSY) {
		snprintf(text, size, "busy or not there");
		return;
	}
	if (cmd->status & ATA_STATUS_DF)
		len += (size_t)snprintf(text + len, size - len, ", device fault");
	if (cmd->status & ATA_STATUS_DRQ)
		len += (size_t)snprintf(text + len, size - len, ", it wants data to go on");
	if (!(cmd->status & ATA_STATUS_DRDY))
		len += (size_t)snprintf(text + len, size - len, ", not ready");
	for (unsigned i = 0; cmd->status & ATA_STATUS_ERR && i < sizeof(errors) / sizeof(*errors); i++)
		if (cmd->error & errors[i].bit)
			len += (size_t)snprintf(text + len, size - len, ", %s", errors[i].name);
	if ((cmd->status & ATA_STATUS_ERR) && !cmd->error)
		len += (size_t)snprintf(text + len, size - len, ", an error without a reason");
	if (len)
		memmove(text, text + 2, len - 1);
}

static int judge(const struct ata_command *cmd, const struct sg_command *sg, const char *what,
		 struct err *err)
{
	struct err layers = {0};
	char words[256] = "";
	int r = sg_judge(sg, what, &layers);

	if (cmd->answered)
		name_status(cmd, words, sizeof(words));
	/* The drive's own word is the most exact; without it, that of the layer that failed. */
	if (*words)
		return err_set(err, r == -EBUSY ? EBUSY : EIO,
			       "%s: the drive answered: %s (status %02xh, error %02xh, LBA %012llxh)", what,
			       words, cmd->status, cmd->error, (unsigned long long)cmd->out_lba);
	if (r < 0)
		return err_set(err, -r, "%s", layers.text);
	if (!cmd->answered && cmd->direction != SG_FROM_DEVICE)
		return err_set(err, ENODATA,
			       "%s: the host adapter says success, but does not hand the drive's registers "
			       "back; nothing is known of what the drive did",
			       what);
	if (cmd->direction == SG_FROM_DEVICE && sg->received != ATA_BLOCK)
		return err_set(err, EIO, "%s: %u of %u bytes came", what, sg->received, ATA_BLOCK);
	return 0;
}

int ata_pass(int fd, struct ata_command *cmd, const char *what, struct err *err)
{
	struct sg_command sg = {
		.cdb_len = 16,
		.direction = cmd->direction,
		.data = cmd->data,
		.len = cmd->direction == SG_NO_DATA ? 0 : ATA_BLOCK,
		.timeout_s = cmd->timeout_s,
	};
	struct err ignored = {0};
	int r;

	cmd->answered = cmd->upper_lost = false;
	cmd->status = cmd->error = 0;
	memset(&cmd->raw, 0, sizeof(cmd->raw));
	build_cdb(cmd, sg.cdb);
	r = sg_issue(fd, &sg, what, err);
	if (r < 0)
		return r;
	find_registers(cmd, &sg, sg_judge(&sg, what, &ignored) < 0);
	return judge(cmd, &sg, what, err);
}

bool ata_refused(const struct ata_command *cmd, int code)
{
	if (cmd->answered)
		return !(cmd->status & ATA_STATUS_BSY) && (cmd->status & ATA_STATUS_ERR) &&
		       (cmd->error & (ATA_ERROR_ABRT | ATA_ERROR_IDNF));
	return code == -EOPNOTSUPP;
}

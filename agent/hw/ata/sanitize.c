/* SPDX-License-Identifier: Apache-2.0 */
/* SANITIZE DEVICE (ACS-4, 7.36): starting it, and what it says of itself. */
#include <errno.h>
#include <string.h>

#include "agent/hw/ata/private.h"

static const struct {
	const char *name;
	uint16_t feature, count;
	uint64_t lba;
} actions[] = {
	[ATA_SANITIZE_CRYPTO] = {"CRYPTO SCRAMBLE EXT", ATA_CRYPTO_SCRAMBLE_EXT, 0, ATA_CRYPTO_SCRAMBLE_KEY},
	[ATA_SANITIZE_BLOCK] = {"BLOCK ERASE EXT", ATA_BLOCK_ERASE_EXT, 0, ATA_BLOCK_ERASE_KEY},
	/* COUNT bits 3:0: passes, of which 0 would be 16; the pattern in LBA bits 31:0 is 0 */
	[ATA_SANITIZE_OVERWRITE] = {"OVERWRITE EXT", ATA_OVERWRITE_EXT, 1, ATA_OVERWRITE_KEY},
};

static bool offered(const struct ata_caps *caps, enum ata_sanitize action)
{
	switch (action) {
	case ATA_SANITIZE_CRYPTO:
		return caps->sanitize_crypto;
	case ATA_SANITIZE_BLOCK:
		return caps->sanitize_block;
	case ATA_SANITIZE_OVERWRITE:
		return caps->sanitize_overwrite;
	}
	return false;
}

/* After an abort LBA bits 7:0 say why. */
static int say_why(const struct ata_command *cmd, int r, struct err *err)
{
	if (!ata_refused(cmd, r) || !cmd->answered)
		return r;
	switch (cmd->out_lba & 0xff) {
	case ATA_SANITIZE_WHY_UNSUCCESSFUL:
		return err_prepend(err, "a sanitize before it has failed");
	case ATA_SANITIZE_WHY_UNSUPPORTED:
		err->code = EOPNOTSUPP;
		return err_prepend(err, "the drive does not support it");
	case ATA_SANITIZE_WHY_FROZEN:
		err->code = EPERM;
		return err_prepend(err, "sanitize is frozen, by firmware as a rule; power-cycle the drive (a "
					"reset does not help) and try again");
	default:
		return r;
	}
}

int ata_sanitize_start(int fd, const struct ata_caps *caps, enum ata_sanitize action, struct err *err)
{
	struct ata_command cmd = {
		.command = ATA_SANITIZE_DEVICE,
		.ext = true,
		.timeout_s = ATA_TIMEOUT_S,
	};
	int r;

	if (!offered(caps, action))
		return err_set(err, EOPNOTSUPP, "SANITIZE: the drive does not offer the action (word 59)");
	cmd.feature = actions[action].feature;
	cmd.count = actions[action].count;
	cmd.lba = actions[action].lba;
	r = ata_pass(fd, &cmd, actions[action].name, err);
	return r < 0 ? say_why(&cmd, r, err) : 0;
}

int ata_sanitize_status(int fd, struct ata_sanitize_status *ret, struct err *err)
{
	struct ata_command cmd = {
		.command = ATA_SANITIZE_DEVICE,
		.ext = true,
		.feature = ATA_SANITIZE_STATUS_EXT,
		.timeout_s = ATA_TIMEOUT_S,
	};
	int r = ata_pass(fd, &cmd, "SANITIZE STATUS EXT", err);
	struct ata_sanitize_status status = {
		.done = cmd.out_count & ATA_SANITIZE_COMPLETED,
		.in_progress = cmd.out_count & ATA_SANITIZE_IN_PROGRESS,
		.frozen = cmd.out_count & ATA_SANITIZE_FROZEN,
		.progress = (uint16_t)cmd.out_lba,
	};

	static_assert(sizeof(status.raw) == sizeof(cmd.raw), "the descriptor as it came");
	if (r < 0) {
		/* In the sanitize failed state the drive aborts even this question, and says so. */
		if (!cmd.answered || !ata_refused(&cmd, r) ||
		    (cmd.out_lba & 0xff) != ATA_SANITIZE_WHY_UNSUCCESSFUL)
			return say_why(&cmd, r, err);
		status = (struct ata_sanitize_status){.failed = true};
	} else if (cmd.upper_lost) {
		return err_set(err, ENODATA,
			       "SANITIZE STATUS EXT: the host adapter hands only a part of the drive's "
			       "registers back");
	}
	memcpy(status.raw, &cmd.raw, sizeof(status.raw));
	*ret = status;
	return 0;
}

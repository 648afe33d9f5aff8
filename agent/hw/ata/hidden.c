/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sectors that a drive has and the host does not see: the Host Protected Area (ATA8-ACS), the accessible max address that replaced it
 * (ACS-3), and the Device Configuration Overlay (ATA8-ACS, 7.10), which lies beneath the first.
 */
#include <errno.h>

#include "agent/hw/ata/private.h"

static int max_command(int fd, uint8_t command, uint16_t feature, uint16_t count, uint64_t lba,
		       const char *what, struct ata_command *ret, struct err *err)
{
	*ret = (struct ata_command){
		.command = command,
		.ext = true,
		.feature = feature,
		.count = count,
		.lba = lba,
		.timeout_s = ATA_TIMEOUT_S,
	};
	return ata_pass(fd, ret, what, err);
}

/* The highest address there can be, plus 1. */
static int read_native(int fd, const struct ata_caps *caps, uint64_t *ret_sectors, struct err *err)
{
	const char *what = caps->amac ? "GET NATIVE MAX ADDRESS EXT" : "READ NATIVE MAX ADDRESS EXT";
	struct ata_command cmd;
	int r = max_command(fd, caps->amac ? ATA_ACCESSIBLE_MAX : ATA_READ_NATIVE_MAX_EXT, ATA_GET_NATIVE_MAX,
			    0, 0, what, &cmd, err);

	if (r == -ENODATA || (r < 0 && ata_refused(&cmd, r)))
		return err_set(err, ENODATA, "%s: not told", what);
	if (r < 0)
		return r;
	if (cmd.upper_lost)
		return err_set(err, ENODATA, "%s: the host adapter hands only a part of the number back",
			       what);
	*ret_sectors = cmd.out_lba + 1;
	return 0;
}

static int read_dco(int fd, uint64_t *ret_sectors, struct err *err)
{
	uint16_t words[256];
	int r = ata_read_words(fd, ATA_DEVICE_CONFIGURATION, ATA_DCO_IDENTIFY, words,
			       "DEVICE CONFIGURATION IDENTIFY", err);

	if (r < 0)
		return r;
	*ret_sectors = ata_number(words + ATA_DCO_MAX_LBA, 4) + 1;
	if (!*ret_sectors || *ret_sectors > ATA_SECTORS_MAX)
		return err_set(err, EBADMSG, "DEVICE CONFIGURATION IDENTIFY: the highest address cannot be");
	return 0;
}

int ata_read_max(int fd, struct ata_caps *caps, struct err *err)
{
	int r = 0;

	if (caps->amac || caps->hpa)
		r = read_native(fd, caps, &caps->native_sectors, err);
	if (r < 0 && r != -ENODATA)
		return r;
	r = caps->dco ? read_dco(fd, &caps->dco_sectors, err) : 0;
	return r == -EOPNOTSUPP ? 0 : r;
}

uint64_t ata_hidden_sectors(const struct ata_caps *caps)
{
	uint64_t all = caps->native_sectors > caps->dco_sectors ? caps->native_sectors : caps->dco_sectors;

	return all > caps->sectors ? all - caps->sectors : 0;
}

/* Non-volatile. READ NATIVE MAX ADDRESS EXT must stand right before SET MAX ADDRESS EXT, or the drive aborts. */
static int set_max(int fd, const struct ata_caps *caps, struct err *err)
{
	const char *what = caps->amac ? "SET ACCESSIBLE MAX ADDRESS EXT" : "SET MAX ADDRESS EXT";
	uint64_t native = 0;
	struct ata_command cmd;
	int r = read_native(fd, caps, &native, err);

	if (r < 0)
		return r;
	r = max_command(fd, caps->amac ? ATA_ACCESSIBLE_MAX : ATA_SET_MAX_EXT,
			caps->amac ? ATA_SET_ACCESSIBLE_MAX : 0, caps->amac ? 0 : ATA_SET_MAX_NON_VOLATILE,
			native - 1, what, &cmd, err);
	if (r < 0 && ata_refused(&cmd, r)) {
		err->code = EACCES;
		return err_prepend(err,
				   "refused; drives take it once between two power-ons, and firmware may "
				   "have frozen the setting: power-cycle the drive and try again");
	}
	return r;
}

/* -EACCES: the drive refuses. */
static int lift_max(int fd, struct ata_caps *caps, struct err *err)
{
	const char *what = caps->amac ? "accessible max address" : "host protected area";
	struct ata_caps now;
	int r = set_max(fd, caps, err);

	if (r == 0)
		r = ata_identify(fd, &now, err);
	if (r == 0 && now.sectors < caps->native_sectors)
		r = err_set(err, EIO, "the drive reported success and still shows %llu sectors",
			    (unsigned long long)now.sectors);
	if (r < 0)
		return err_prepend(err, "%s: %llu of %llu sectors stay hidden", what,
				   (unsigned long long)(caps->native_sectors - caps->sectors),
				   (unsigned long long)caps->native_sectors);
	*caps = now;
	return 0;
}

/* Drives may change their size at once, or with the next power-on: what DEVICE CONFIGURATION IDENTIFY tells does not show which. */
static int lift_dco(int fd, struct ata_caps *caps, struct err *err)
{
	struct ata_command cmd = {
		.command = ATA_DEVICE_CONFIGURATION,
		.feature = ATA_DCO_RESTORE,
		.timeout_s = ATA_TIMEOUT_S,
	};
	int r = ata_pass(fd, &cmd, "DEVICE CONFIGURATION RESTORE", err);

	if (r < 0 && ata_refused(&cmd, r))
		err_prepend(err, "refused; firmware may have frozen the setting: power-cycle the drive and "
				 "try again");
	if (r == 0)
		r = ata_identify(fd, caps, err);
	if (r < 0)
		return err_prepend(err, "device configuration overlay: %llu of %llu sectors stay hidden",
				   (unsigned long long)(caps->dco_sectors - caps->sectors),
				   (unsigned long long)caps->dco_sectors);
	return 0;
}

int ata_unhide(int fd, const struct ata_caps *caps, bool *ret_needs_power_cycle, struct err *err)
{
	struct ata_caps now = *caps;
	bool pending = false;
	int r = 0;

	if (now.native_sectors > now.sectors)
		r = lift_max(fd, &now, err);
	if (r == 0 && now.dco_sectors > now.sectors) {
		r = lift_dco(fd, &now, err);
		/* What the overlay gives back may lie in a protected area again, which has been set once already. */
		if (r == 0 && now.native_sectors > now.sectors)
			r = lift_max(fd, &now, err);
		pending = r == -EACCES || (r == 0 && now.dco_sectors > now.sectors);
	}
	if (r < 0 && !pending)
		return r;
	*ret_needs_power_cycle = pending;
	return 0;
}

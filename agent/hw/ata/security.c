/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SECURITY ERASE UNIT. It needs a password, and a drive with a password is lost to whoever does not know it: so it is a fixed one, which
 * anybody can look up here, a run of ours that was cut off is recognised by it, and no way leads out of here that has not read back that
 * the drive has none. States SEC1 (no password), SEC4 (locked), SEC5 (unlocked) of ACS-4.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "agent/hw/ata/private.h"
#include "agent/hw/transport.h"

#define PASSWORD "remint" /* the user password, padded by NUL to 32 bytes */

enum {
	TRIES = 3, /* of taking it away; a drive stops to listen after five wrong passwords */
	PAUSE_MS = 2000,
	PASSWORD_TIMEOUT_S = 60,
};

static int security_command(int fd, uint8_t command, uint16_t control, unsigned timeout_s, const char *what,
			    struct err *err)
{
	struct ata_security_data data = {.control = htole16(control), .password = PASSWORD};
	struct ata_command cmd = {
		.command = command,
		.count = 1,
		.direction = SG_TO_DEVICE,
		.data = &data,
		.timeout_s = timeout_s,
	};

	return ata_pass(fd, &cmd, what, err);
}

static int erase_prepare(int fd, struct err *err)
{
	struct ata_command cmd = {.command = ATA_SECURITY_ERASE_PREPARE, .timeout_s = PASSWORD_TIMEOUT_S};

	return ata_pass(fd, &cmd, "SECURITY ERASE PREPARE", err);
}

/* One try. 0 only when the drive has been read to have no password. */
static int take_away_once(int fd, struct err *err)
{
	struct err ignored = {0};
	struct ata_caps now;
	int r = ata_identify_only(fd, &now, err);

	if (r < 0 || !now.security_enabled)
		return r;
	if (now.security_locked)
		r = security_command(fd, ATA_SECURITY_UNLOCK, 0, PASSWORD_TIMEOUT_S, "SECURITY UNLOCK", err);
	if (r == 0)
		r = security_command(fd, ATA_SECURITY_DISABLE_PASSWORD, 0, PASSWORD_TIMEOUT_S,
				     "SECURITY DISABLE PASSWORD", err);
	/* Whatever the two said: the drive's state counts. */
	if (ata_identify_only(fd, &now, r < 0 ? &ignored : err) < 0)
		return r < 0 ? r : -err->code;
	if (!now.security_enabled)
		return 0;
	return r < 0 ? r
		     : err_set(err, EIO,
			       "SECURITY DISABLE PASSWORD: success, and the password is still there");
}

static int take_away(int fd, unsigned tries, struct err *err)
{
	int r = -EIO;

	for (unsigned i = 0; i < tries && r < 0; i++) {
		if (i > 0)
			device_transport()->pause(PAUSE_MS);
		r = take_away_once(fd, err);
	}
	return r;
}

/* Whatever has happened, no password stays; when it does, that is the first thing to be read. */
static int leave(int fd, int r, struct err *err)
{
	struct err why = {0}, before = {0};

	if (take_away(fd, TRIES, &why) == 0)
		return r;
	if (r < 0)
		before = *err;
	return err_set(
		err, EIO,
		"THE DRIVE MAY STILL HAVE THE USER PASSWORD \"" PASSWORD "\", and be of no use to anybody "
		"before it is taken away (SECURITY UNLOCK, then SECURITY DISABLE PASSWORD): %.300s%s%.400s",
		why.text, r < 0 ? "; before that: " : "", before.text);
}

/* Ours, of a run that was cut off, is taken away; anybody else's is a reason to stop. One try: wrong passwords are counted. */
static int clear_former(int fd, const struct ata_caps *now, struct err *err)
{
	struct err why = {0};

	if (now->security_expired)
		return err_set(err, EACCES,
			       "security: a password is set, and too many wrong ones have been tried; "
			       "power-cycle the drive and try again");
	if (take_away(fd, 1, &why) == 0)
		return 0;
	return err_set(err, EACCES,
		       "security: somebody else's password is set on the drive; it must be taken away by "
		       "whoever knows it, or the drive be reverted by its maker's means (%.400s)",
		       why.text);
}

static int check_state(int fd, struct err *err)
{
	struct ata_caps now;
	int r = ata_identify_only(fd, &now, err);

	if (r < 0)
		return r;
	if (now.security_frozen)
		return err_set(
			err, EPERM,
			"security is frozen, as firmware does when it starts a machine; power-cycle the "
			"drive while the machine runs, or the machine (a reset does not help), and try "
			"again");
	return now.security_enabled ? clear_former(fd, &now, err) : 0;
}

static int set_password(int fd, struct err *err)
{
	struct ata_caps now;
	int r = security_command(fd, ATA_SECURITY_SET_PASSWORD, 0, PASSWORD_TIMEOUT_S,
				 "SECURITY SET PASSWORD", err);

	if (r == 0)
		r = ata_identify_only(fd, &now, err);
	if (r == 0 && !now.security_enabled)
		r = err_set(err, EIO, "SECURITY SET PASSWORD: success, and the drive has no password");
	return r;
}

static int erase(int fd, bool enhanced, unsigned timeout_s, struct err *err)
{
	struct ata_caps now;
	int r = set_password(fd, err);

	/* Nothing may come between the two, not even a look. */
	if (r == 0)
		r = erase_prepare(fd, err);
	if (r == 0)
		r = security_command(fd, ATA_SECURITY_ERASE_UNIT, enhanced ? ATA_SECURITY_ENHANCED : 0,
				     timeout_s, "SECURITY ERASE UNIT", err);
	if (r == 0)
		r = ata_identify_only(fd, &now, err);
	/* An erasure that went well has taken the password away. */
	if (r == 0 && now.security_enabled)
		r = err_set(err, EIO,
			    "SECURITY ERASE UNIT: success, and the drive still has its password, which it "
			    "loses by erasing");
	return r;
}

int ata_security_erase(int fd, const struct ata_caps *caps, bool enhanced, unsigned timeout_s,
		       struct err *err)
{
	int r;

	if (!caps->security || (enhanced && !caps->security_enhanced))
		return err_set(err, EOPNOTSUPP,
			       "SECURITY ERASE UNIT%s: the drive does not offer it (word 128)",
			       enhanced ? ", enhanced" : "");
	if (!timeout_s)
		return err_set(err, EINVAL, "SECURITY ERASE UNIT: needs a time limit");
	r = check_state(fd, err);
	if (r < 0)
		return r;
	return leave(fd, erase(fd, enhanced, timeout_s, err), err);
}

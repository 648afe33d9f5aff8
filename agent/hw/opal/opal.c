/* SPDX-License-Identifier: Apache-2.0 */
/* Reverting a drive to how it left the factory, by the kernel's ioctls. */
#include "agent/hw/opal/opal.h"

#include <linux/sed-opal.h>
#include <string.h>
#include <sys/ioctl.h>

#include "agent/hw/opal/spec.h"
#include "agent/hw/transport.h"

#define KERNEL_ENOTSUPP \
	524 /* Linux, include/linux/errno.h: reaches programs by this ioctl, and has no name there */

static_assert(OPAL_SECRET_MAX < OPAL_KEY_MAX, "a secret fits the ioctl");

/* Core 2.01, 5.1.5 */
static const char *status_name(int status)
{
	static const char *const names[] = {
		[0x01] = "NOT_AUTHORIZED",
		[0x03] = "SP_BUSY",
		[0x04] = "SP_FAILED",
		[0x05] = "SP_DISABLED",
		[0x06] = "SP_FROZEN",
		[0x07] = "NO_SESSIONS_AVAILABLE",
		[0x08] = "UNIQUENESS_CONFLICT",
		[0x09] = "INSUFFICIENT_SPACE",
		[0x0a] = "INSUFFICIENT_ROWS",
		[0x0b] = "INVALID_FUNCTION",
		[0x0c] = "INVALID_PARAMETER",
		[0x0d] = "INVALID_REFERENCE",
		[0x0f] = "TPER_MALFUNCTION",
		[0x10] = "TRANSACTION_FAILURE",
		[0x11] = "RESPONSE_OVERFLOW",
		[0x12] = "AUTHORITY_LOCKED_OUT",
		[0x3f] = "FAIL",
	};

	if (status == OPAL_KERNEL_NO_STATUS)
		return "no status came back";
	return (size_t)status < sizeof(names) / sizeof(*names) && names[status] ? names[status]
										: "no name known";
}

static int status_error(struct err *err, const char *what, const char *secret_name, int status)
{
	const char *name = status_name(status);

	switch (status) {
	case TCG_NOT_AUTHORIZED:
		return err_set(err, EACCES, "%s: the drive answered %02xh (%s): the %s is not its own", what,
			       (unsigned)status, name, secret_name);
	case TCG_AUTHORITY_LOCKED_OUT:
		return err_set(
			err, EACCES,
			"%s: the drive answered %02xh (%s): too many wrong tries; power it off and on, then "
			"try the right %s",
			what, (unsigned)status, name, secret_name);
	case TCG_SP_BUSY:
	case TCG_NO_SESSIONS:
		return err_set(err, EBUSY, "%s: the drive answered %02xh (%s)", what, (unsigned)status, name);
	default:
		return err_set(err, EIO, "%s: the drive answered %02xh (%s)", what, (unsigned)status, name);
	}
}

static int errno_error(struct err *err, const char *what, int code)
{
	switch (code) {
	case ENOTTY:
	case EOPNOTSUPP:
	case KERNEL_ENOTSUPP:
		return err_set(err, EOPNOTSUPP, "%s: the kernel finds no Opal on this drive", what);
	case EPERM:
		return err_set(err, EPERM, "%s: the drive opened no session", what);
	default:
		return err_sys(err, code, "%s: the kernel did not carry it out", what);
	}
}

static int revert(int fd, unsigned long request, const char *secret, const char *what,
		  const char *secret_name, struct err *err)
{
	struct opal_key key = {.lr = 0};
	size_t len = strnlen(secret, OPAL_SECRET_MAX + 1);
	int status;

	if (!len || len > OPAL_SECRET_MAX)
		return err_set(err, EINVAL, "%s: the %s must have 1 to %d characters", what, secret_name,
			       OPAL_SECRET_MAX);
	key.key_len = (uint8_t)len;
	memcpy(key.key, secret, len);
	status = device_transport()->opal(fd, request, &key);
	explicit_bzero(&key, sizeof(key));
	if (status > 0)
		return status_error(err, what, secret_name, status);
	return status < 0 ? errno_error(err, what, -status) : 0;
}

int opal_psid_revert(int fd, const char *psid, struct err *err)
{
	return revert(fd, IOC_OPAL_PSID_REVERT_TPR, psid, "Opal revert by PSID", "PSID", err);
}

int opal_revert(int fd, const char *sid, struct err *err)
{
	return revert(fd, IOC_OPAL_REVERT_TPR, sid, "Opal revert", "password", err);
}

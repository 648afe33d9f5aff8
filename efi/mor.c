/* SPDX-License-Identifier: Apache-2.0 */
#include "efi/mor.h"

#include <efivar/efivar.h>
#include <stdlib.h>

#include "core/io.h"
#include "efi/vars.h"

#define NAME       "MemoryOverwriteRequestControl"
#define LOCK_NAME  "MemoryOverwriteRequestControlLock"
#define CLEAR      0x01u /* ClearMemory */
#define NO_DETECT  0x10u /* DisableAutoDetect: an orderly shutdown does not count */
#define ATTRIBUTES (EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS)

/* e20939be-32d4-41be-a150-897f85d49829 */
static const uint8_t mor_guid[16] = {0xbe, 0x39, 0x09, 0xe2, 0xd4, 0x32, 0xbe, 0x41,
				     0xa1, 0x50, 0x89, 0x7f, 0x85, 0xd4, 0x98, 0x29};
/* bb983ccf-151d-40e1-a07b-4a17be168292 */
static const uint8_t lock_guid[16] = {0xcf, 0x3c, 0x98, 0xbb, 0x1d, 0x15, 0xe1, 0x40,
				      0xa0, 0x7b, 0x4a, 0x17, 0xbe, 0x16, 0x82, 0x92};

/* One byte, non-volatile. *ret_found: 0 no variable, 1 as it should be, -1 something else of that name. */
static int read_byte(const uint8_t guid[16], const char *name, int *ret_found, uint8_t *ret, struct err *err)
{
	_cleanup_free_ uint8_t *data = NULL;
	uint32_t attributes = 0;
	size_t len = 0;
	int r = var_find_in(guid, name, &data, &len, &attributes, err);

	*ret_found = 0;
	if (r <= 0)
		return r;
	*ret_found = len == 1 && attributes == ATTRIBUTES ? 1 : -1;
	*ret = len ? data[0] : 0;
	return 0;
}

int mor_read(struct mor *ret, struct err *err)
{
	struct mor mor = {0};
	uint8_t lock = 0;
	int found = 0, locked = 0;
	int r = read_byte(mor_guid, NAME, &found, &mor.value, err);

	if (r == 0)
		r = read_byte(lock_guid, LOCK_NAME, &locked, &lock, err);
	if (r < 0)
		return r;
	mor.present = found > 0;
	mor.odd = found < 0;
	/* a value that the specification does not have is taken for the strictest */
	mor.lock = locked <= 0 ? MOR_LOCK_NONE
		   : lock == 0 ? MOR_LOCK_OPEN
		   : lock == 1 ? MOR_LOCK_CLOSED
			       : MOR_LOCK_WITH_KEY;
	*ret = mor;
	return 0;
}

bool mor_is_set(const struct mor *mor)
{
	return mor->present && mor->value & CLEAR;
}

static int write_bit(const struct mor *mor, struct err *err)
{
	const uint8_t value = mor->value | CLEAR | NO_DETECT;

	if (mor->value == value || (mor->lock > MOR_LOCK_OPEN && mor_is_set(mor)))
		return 0;
	if (mor->lock > MOR_LOCK_OPEN)
		return err_set(err, EACCES, NAME " is locked until the next reset");
	return var_write_in(mor_guid, NAME, &value, 1, ATTRIBUTES, err);
}

int mor_is_guarded(const struct mor *mor, bool *ret, struct err *err)
{
	const uint8_t two[2] = {mor->value, 0};
	struct err refusal = {0};
	int r = 0;

	*ret = var_write_in(mor_guid, NAME, two, sizeof(two), ATTRIBUTES, &refusal) < 0;
	if (!*ret)
		r = var_write_in(mor_guid, NAME, two, 1, ATTRIBUTES, err);
	return r;
}

int mor_set(struct err *err)
{
	struct mor mor;
	int r = mor_read(&mor, err);

	if (r == 0 && !mor.present)
		r = err_set(err, ENODEV, "the firmware has no " NAME);
	if (r == 0)
		r = write_bit(&mor, err);
	if (r == 0)
		r = mor_read(&mor, err);
	if (r == 0 && !mor_is_set(&mor))
		r = err_set(err, EIO, NAME " was set and reads as %02x", mor.value);
	return r;
}

const char *mor_lock_name(enum mor_lock lock)
{
	static const char *const names[] = {[MOR_LOCK_NONE] = "none",
					    [MOR_LOCK_OPEN] = "open",
					    [MOR_LOCK_CLOSED] = "closed",
					    [MOR_LOCK_WITH_KEY] = "closed with a key"};

	return names[lock];
}

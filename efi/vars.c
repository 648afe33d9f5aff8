/* SPDX-License-Identifier: Apache-2.0 */
#include "efi/vars.h"
#include "efi/guid.h"

#include <assert.h>
#include <efivar/efivar.h>
#include <string.h>

#define ATTRIBUTES (EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS)

/* What the codes of efivarfs mean: fs/efivarfs and efi_status_to_err() of the kernel. */
static int failed(const char *what, const char *name, int code, struct err *err)
{
	efi_error_clear(); /* libefivar keeps a trace of every failure until then */
	if (var_is_refused(-code))
		return err_sys(err, code, "%s UEFI variable %s: the firmware does not allow it", what, name);
	return err_sys(err, code ? code : EIO, "%s UEFI variable %s", what, name);
}

bool var_is_refused(int r)
{
	return r == -EROFS || r == -EPERM || r == -EACCES;
}

static void count(const uint8_t guid[16], const char *name, void *data)
{
	struct var_space *space = data;
	struct err none;
	uint32_t attributes;
	size_t size = 0;

	if (var_stat_in(guid, name, &size, &attributes, &none) < 0)
		return;
	space->variables++;
	space->bytes += size + 2 * strlen(name);
}

int var_space(struct var_space *ret, struct err *err)
{
	struct var_space space = {0};
	int r = var_each(count, &space, err);

	if (r == 0)
		*ret = space;
	return r;
}

/* How full it is can be told by what is seen alone: the kernel tells QueryVariableInfo() since 6.6 only. */
static int full(const char *name, struct err *err)
{
	struct var_space space = {0};
	struct err none;

	efi_error_clear();
	if (var_space(&space, &none) < 0)
		return err_sys(err, ENOSPC, "writing UEFI variable %s", name);
	return err_set(
		err, ENOSPC,
		"writing UEFI variable %s: the firmware's store is full: %u variables with %zu bytes can "
		"be seen",
		name, space.variables, space.bytes);
}

static efi_guid_t guid_of(const uint8_t bytes[16])
{
	efi_guid_t guid;

	static_assert(sizeof(guid) == 16, "libefivar's GUID is the one in memory");
	memcpy(&guid, bytes, sizeof(guid));
	return guid;
}

int var_read_in(const uint8_t guid[16], const char *name, uint8_t **ret, size_t *ret_len,
		uint32_t *ret_attributes, struct err *err)
{
	uint8_t *data = NULL;
	uint32_t attributes;
	size_t len = 0;

	errno = 0;
	if (efi_get_variable(guid_of(guid), name, &data, &len, &attributes) < 0)
		return failed("reading", name, errno, err);
	if (len > VAR_MAX) {
		free(data);
		return err_set(err, EFBIG, "UEFI variable %s has %zu bytes", name, len);
	}
	*ret = data;
	*ret_len = len;
	*ret_attributes = attributes;
	return 0;
}

int var_stat_in(const uint8_t guid[16], const char *name, size_t *ret_size, uint32_t *ret_attributes,
		struct err *err)
{
	uint32_t attributes;
	size_t size;

	errno = 0;
	if (efi_get_variable_size(guid_of(guid), name, &size) < 0 ||
	    efi_get_variable_attributes(guid_of(guid), name, &attributes) < 0)
		return failed("looking at", name, errno, err);
	*ret_size = size;
	*ret_attributes = attributes;
	return 0;
}

int var_find_in(const uint8_t guid[16], const char *name, uint8_t **ret, size_t *ret_len,
		uint32_t *ret_attributes, struct err *err)
{
	int r = var_read_in(guid, name, ret, ret_len, ret_attributes, err);

	if (r != -ENOENT)
		return r < 0 ? r : 1;
	*err = (struct err){0};
	return 0;
}

int var_write_in(const uint8_t guid[16], const char *name, const void *data, size_t len, uint32_t attributes,
		 struct err *err)
{
	errno = 0;
	if (efi_set_variable(guid_of(guid), name, (uint8_t *)data, len, attributes, 0644) < 0)
		return errno == ENOSPC ? full(name, err) : failed("writing", name, errno, err);
	return 0;
}

int var_delete_in(const uint8_t guid[16], const char *name, struct err *err)
{
	errno = 0;
	if (efi_del_variable(guid_of(guid), name) < 0 && errno != ENOENT)
		return failed("deleting", name, errno, err);
	efi_error_clear();
	return 0;
}

/* To the very end: libefivar keeps its place in a static variable. */
int var_each(void (*fn)(const uint8_t guid[16], const char *name, void *data), void *data, struct err *err)
{
	efi_guid_t *guid = NULL;
	char *name = NULL;
	int r;

	errno = 0;
	while ((r = efi_get_next_variable_name(&guid, &name)) > 0)
		fn((const uint8_t *)guid, name, data);
	return r < 0 ? failed("listing", "names", errno, err) : 0;
}

int var_read(const char *name, uint8_t **ret, size_t *ret_len, struct err *err)
{
	uint32_t attributes;

	return var_read_in(guid_global, name, ret, ret_len, &attributes, err);
}

static bool says_already(const char *name, const void *data, size_t len)
{
	_cleanup_free_ uint8_t *there = NULL;
	struct err ignored;
	size_t there_len = 0;

	return var_read(name, &there, &there_len, &ignored) == 0 && there && there_len == len &&
	       memcmp(there, data, len) == 0;
}

int var_write(const char *name, const void *data, size_t len, struct err *err)
{
	if (says_already(name, data, len))
		return 0;
	return var_write_in(guid_global, name, data, len, ATTRIBUTES, err);
}

int var_delete(const char *name, struct err *err)
{
	return var_delete_in(guid_global, name, err);
}

/* "Boot" and four upper-case hexadecimal digits (3.1.1); others, such as BootOrder, are not entries. */
static bool boot_number(const char *name, uint16_t *ret)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned number = 0;

	if (strncmp(name, "Boot", 4) != 0 || strlen(name) != 8)
		return false;
	for (const char *c = name + 4; *c; c++) {
		const char *digit = strchr(digits, *c);

		if (!digit)
			return false;
		number = number << 4 | (unsigned)(digit - digits);
	}
	*ret = (uint16_t)number;
	return true;
}

struct boot_numbers {
	void (*fn)(uint16_t number, void *data);
	void *data;
};

static void pass_boot_number(const uint8_t guid[16], const char *name, void *data)
{
	struct boot_numbers *numbers = data;
	uint16_t number;

	if (!memcmp(guid, guid_global, sizeof(guid_global)) && boot_number(name, &number))
		numbers->fn(number, numbers->data);
}

int var_each_boot(void (*fn)(uint16_t number, void *data), void *data, struct err *err)
{
	struct boot_numbers numbers = {fn, data};

	return var_each(pass_boot_number, &numbers, err);
}

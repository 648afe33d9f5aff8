/* SPDX-License-Identifier: Apache-2.0 */
#include "efi/vars.h"

#include <efivar/efivar.h>
#include <stdbool.h>
#include <string.h>

#define ATTRIBUTES (EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS)

/* libefivar keeps a trace of every failure until it is cleared. */
static int failed(const char *what, const char *name, int code, struct err *err)
{
	efi_error_clear();
	return err_sys(err, code ? code : EIO, "%s UEFI variable %s", what, name);
}

int var_read(const char *name, uint8_t **ret, size_t *ret_len, struct err *err)
{
	uint8_t *data = NULL;
	uint32_t attributes;
	size_t len = 0;

	errno = 0;
	if (efi_get_variable(EFI_GLOBAL_GUID, name, &data, &len, &attributes) < 0)
		return failed("reading", name, errno, err);
	if (len > VAR_MAX) {
		free(data);
		return err_set(err, EFBIG, "UEFI variable %s has %zu bytes", name, len);
	}
	*ret = data;
	*ret_len = len;
	return 0;
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
	errno = 0;
	if (efi_set_variable(EFI_GLOBAL_GUID, name, (uint8_t *)data, len, ATTRIBUTES, 0644) < 0)
		return failed("writing", name, errno, err);
	return 0;
}

int var_delete(const char *name, struct err *err)
{
	errno = 0;
	if (efi_del_variable(EFI_GLOBAL_GUID, name) < 0 && errno != ENOENT)
		return failed("deleting", name, errno, err);
	efi_error_clear();
	return 0;
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

/* To the very end: libefivar keeps its place in a static variable. */
int var_each_boot(void (*fn)(uint16_t number, void *data), void *data, struct err *err)
{
	const efi_guid_t global = EFI_GLOBAL_GUID;
	efi_guid_t *guid = NULL;
	char *name = NULL;
	int r;

	errno = 0;
	while ((r = efi_get_next_variable_name(&guid, &name)) > 0) {
		uint16_t number;

		if (!memcmp(guid, &global, sizeof(global)) && boot_number(name, &number))
			fn(number, data);
	}
	return r < 0 ? failed("listing", "names", errno, err) : 0;
}

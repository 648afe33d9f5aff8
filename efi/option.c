/* SPDX-License-Identifier: Apache-2.0 */
#include "efi/option.h"

#include <efivar/efivar.h>
/* these need efivar.h first */
#include <efivar/efiboot-loadopt.h>
#include <efivar/efivar-dp.h>

#include "core/io.h"

#define PATH_ROOM 2048 /* bytes of a device path of ours */

/* HD(number,GPT,guid,start,size)/File(loader): the short form that every firmware expands (UEFI 2.10, 3.1.2). */
static int make_path(const struct efi_wish *wish, uint8_t path[PATH_ROOM], ssize_t *ret_len, struct err *err)
{
	ssize_t hd, file = -1, end = -1;
	efi_guid_t guid;

	if (efi_str_to_guid(wish->partition, &guid) < 0)
		return err_set(err, EINVAL, "\"%s\" is no partition GUID", wish->partition);
	hd = efidp_make_hd(path, PATH_ROOM, wish->partition_number, wish->partition_start,
			   wish->partition_size, (uint8_t *)&guid, EFIDP_HD_FORMAT_GPT,
			   EFIDP_HD_SIGNATURE_GUID);
	if (hd > 0)
		file = efidp_make_file(path + hd, PATH_ROOM - hd, (char *)wish->loader);
	if (file > 0)
		end = efidp_make_end_entire(path + hd + file, PATH_ROOM - hd - file);
	efi_error_clear();
	if (end <= 0)
		return err_set(err, EINVAL, "no device path can be made for the loader %s", wish->loader);
	*ret_len = hd + file + end;
	return 0;
}

int efi_option_make(const struct efi_wish *wish, uint8_t **ret, size_t *ret_len, struct err *err)
{
	uint8_t path[PATH_ROOM];
	_cleanup_free_ uint8_t *option = NULL;
	unsigned char *label = (unsigned char *)wish->label;
	ssize_t path_len = 0, len, made;
	int r = make_path(wish, path, &path_len, err);

	if (r < 0)
		return r;
	len = efi_loadopt_create(NULL, 0, LOAD_OPTION_ACTIVE, (efidp)path, path_len, label, NULL, 0);
	option = xcalloc(1, len > 0 ? (size_t)len : 1);
	made = len > 0 ? efi_loadopt_create(option, len, LOAD_OPTION_ACTIVE, (efidp)path, path_len, label,
					    NULL, 0)
		       : len;
	efi_error_clear();
	if (made <= 0)
		return err_set(err, EINVAL, "no load option can be made for \"%s\"", wish->label);
	*ret = TAKE_PTR(option);
	*ret_len = (size_t)made;
	return 0;
}

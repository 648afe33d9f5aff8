/* SPDX-License-Identifier: Apache-2.0 */
/* Which values single fields of a manifest may have. */
#include <string.h>

#include "images/manifest.h"
#include "images/manifest_spec.h"

#define FIRST_BLOCKS 68 /* protective MBR, GPT header, 32 blocks of entries, twice */

static const char *const kinds[] = {
	[IMAGE_DISK] = "disk", [IMAGE_ROOT] = "root", [IMAGE_OVERLAY] = "overlay"};

const char *image_kind_name(enum image_kind kind)
{
	return kinds[kind];
}

bool image_kind_from_name(const char *name, enum image_kind *ret)
{
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!strcmp(kinds[i], name)) {
			*ret = (enum image_kind)i;
			return true;
		}
	}
	return false;
}

static const char lower_alnum[] = "abcdefghijklmnopqrstuvwxyz0123456789";

bool image_name_valid(const char *name)
{
	size_t len = strlen(name);

	return len >= 1 && len <= 63 && strchr(lower_alnum, name[0]) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == len && !strstr(name, "..");
}

static bool printable(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] < 0x20 || s[i] > 0x7e)
			return false;
	return true;
}

bool image_version_valid(const char *version)
{
	size_t len = strlen(version);

	return len >= 1 && len <= VERSION_LEN_MAX && printable(version, len);
}

bool image_architecture_valid(const char *architecture)
{
	return !strcmp(architecture, "x86_64") || !strcmp(architecture, "aarch64");
}

bool image_loader_valid(const char *loader)
{
	size_t len = strlen(loader);

	if (len < 2 || len > LOADER_LEN_MAX || loader[0] != '\\' || loader[len - 1] == '\\' ||
	    strstr(loader, "\\\\"))
		return false;
	for (size_t i = 0; i < len; i++)
		if (loader[i] <= 0x20 || loader[i] > 0x7e || strchr("/:*?\"<>|", loader[i]))
			return false;
	return !strstr(loader, "..");
}

bool image_size_valid(uint64_t size, uint32_t logical_block_size)
{
	return size >= (uint64_t)FIRST_BLOCKS * logical_block_size && size <= IMAGE_SIZE_MAX &&
	       size % logical_block_size == 0;
}

bool image_file_valid(const char *file)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t len = strlen(file);

	return len >= 1 && len <= FILE_LEN_MAX && file[0] != '.' && strspn(file, allowed) == len &&
	       strcmp(file, MANIFEST_FILE) != 0 && strcmp(file, MANIFEST_SIG_FILE) != 0;
}

bool image_cmdline_valid(const char *cmdline)
{
	size_t len = strlen(cmdline);

	return len >= 1 && len <= MANIFEST_CMDLINE_MAX && printable(cmdline, len);
}

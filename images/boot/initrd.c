/* SPDX-License-Identifier: Apache-2.0 */
/* The site part is an archive of its own (cpio, newc) behind the generic part's frame of zstd. */
#include "images/boot/initrd.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <zstd.h>

/* Documentation/driver-api/early-userspace/buffer-format.rst: a magic and 13 numbers of 8 hexadecimal digits */
#define NEWC_MAGIC    "070701"
#define NEWC_HEADER   110
#define NEWC_FILESIZE 6
#define NEWC_NAMESIZE 11

struct entry {
	const char *name, *data;
	size_t size, next; /* bytes; offset in the archive */
};

static size_t padded(size_t n)
{
	return (n + 3) / 4 * 4;
}

static bool read_field(const char *header, unsigned field, size_t *ret)
{
	const char *digits = header + strlen(NEWC_MAGIC) + 8 * (size_t)field;
	size_t n = 0;

	for (unsigned i = 0; i < 8; i++) {
		const char *found = memchr("0123456789abcdef", digits[i] | ('A' <= digits[i] ? 0x20 : 0), 16);

		if (!found)
			return false;
		n = n * 16 + (size_t)(found - "0123456789abcdef");
	}
	*ret = n;
	return true;
}

static bool read_entry(const char *archive, size_t len, size_t at, struct entry *ret)
{
	const char *header = archive + at;
	size_t name_size, data;

	if (len - at < NEWC_HEADER || memcmp(header, NEWC_MAGIC, strlen(NEWC_MAGIC)) != 0 ||
	    !read_field(header, NEWC_FILESIZE, &ret->size) || !read_field(header, NEWC_NAMESIZE, &name_size))
		return false;
	data = padded(at + NEWC_HEADER + name_size);
	if (!name_size || name_size > len || data > len || ret->size > len - data)
		return false;
	ret->name = header + NEWC_HEADER;
	ret->data = archive + data;
	ret->next = padded(data + ret->size);
	return ret->name[name_size - 1] == '\0';
}

int initrd_site_file(const void *initrd, size_t len, const char *path, const void **ret, size_t *ret_len,
		     struct err *err)
{
	const char *archive = initrd;
	size_t at = ZSTD_findFrameCompressedSize(initrd, len);
	struct entry entry;

	if (ZSTD_isError(at))
		return err_set(err, EBADMSG, "not an initramfs that 'remint boot build' has made");
	for (at = padded(at); at < len && read_entry(archive, len, at, &entry); at = entry.next) {
		if (strcmp(entry.name, path + 1) != 0)
			continue;
		*ret = entry.data;
		*ret_len = entry.size;
		return 0;
	}
	return err_set(err, EBADMSG, "there is no %s in it: 'remint boot build' puts it there", path);
}

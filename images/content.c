/* SPDX-License-Identifier: Apache-2.0 */
#include <endian.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "core/io.h"
#include "images/content.h"
#include "images/manifest.h"

struct magic {
	size_t at, len;
	const char *bytes;
	enum content content;
	const char *refused; /* the format's name; NULL: it is read */
};

/* zstd's skippable frames, which some tools put first, begin with 0x50 to 0x5f: RFC 8878, section 3.1.2. */
static const struct magic magics[] = {
	{0, 4, "QFI\xfb", CONTENT_QCOW2},
	{0, 3, "\x1f\x8b\x08", CONTENT_GZIP},
	{0, 3, "BZh", CONTENT_BZIP2},
	{0, 6, "\xfd\x37zXZ\0", CONTENT_XZ},
	{0, 4, "\x28\xb5\x2f\xfd", CONTENT_ZSTD},
	{1, 3, "\x2a\x4d\x18", CONTENT_ZSTD},
	{0, 4, "KDMV", .refused = "a VMDK disk"},
	{0, 4, "COWD", .refused = "a VMDK disk"},
	{0, 21, "# Disk DescriptorFile", .refused = "the descriptor of a VMDK disk"},
	{0, 8, "conectix", .refused = "a VHD disk"},
	{0, 8, "vhdxfile", .refused = "a VHDX disk"},
	{64, 4, "\x7f\x10\xda\xbe", .refused = "a VDI disk"},
	{257, 5, "ustar", .refused = "a tar archive"},
	{0, 4, "PK\3\4", .refused = "a zip archive"},
	{0, 6, "7z\xbc\xaf\x27\x1c", .refused = "a 7z archive"},
	{0, 4, "\x04\x22\x4d\x18", .refused = "compressed with lz4"},
};

int content_detect(const void *head, size_t len, enum content *ret, struct err *err)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		const struct magic *m = &magics[i];

		if (len < m->at + m->len || memcmp((const char *)head + m->at, m->bytes, m->len) != 0)
			continue;
		if (m->refused)
			return err_set(
				err, ENOTSUP,
				"this is %s, and a disk has to be raw or qcow2, as it is or compressed "
				"with gzip, bzip2, xz or zstd",
				m->refused);
		*ret = m->content;
		return 0;
	}
	*ret = CONTENT_RAW;
	return 0;
}

int content_check_tail(int fd, uint64_t size, struct err *err)
{
	char magic[8];
	int r;

	if (size < 512)
		return 0;
	if ((r = pread_full(fd, magic, sizeof(magic), size - 512, err)) < 0)
		return r;
	return memcmp(magic, "conectix", sizeof(magic)) != 0
		       ? 0
		       : err_set(err, ENOTSUP,
				 "this is a VHD disk of fixed size: make a raw one (qemu-img convert -f vpc "
				 "-O raw)");
}

const char *content_name(enum content content)
{
	static const char *const names[] = {
		[CONTENT_RAW] = "raw",     [CONTENT_QCOW2] = "qcow2", [CONTENT_GZIP] = "gzip",
		[CONTENT_BZIP2] = "bzip2", [CONTENT_XZ] = "xz",       [CONTENT_ZSTD] = "zstd"};

	return names[content];
}

/* QEMU's docs/interop/qcow2.txt, "Header": all numbers are big-endian. */
int content_check_qcow2(const void *head, size_t len, struct err *err)
{
	uint32_t version = 0;
	uint64_t backing = 0, size = 0, incompatible = 0;

	if (len < 72)
		return err_set(err, EBADMSG, "the header of a qcow2 disk is cut short");
	memcpy(&version, (const char *)head + 4, sizeof(version));
	memcpy(&backing, (const char *)head + 8, sizeof(backing));
	memcpy(&size, (const char *)head + 24, sizeof(size));
	if (be32toh(version) >= 3 && len >= 80)
		memcpy(&incompatible, (const char *)head + 72, sizeof(incompatible));
	if (backing)
		return err_set(err, EINVAL,
			       "a qcow2 disk with a backing file: make one that stands alone "
			       "(qemu-img convert -O qcow2)");
	if (be64toh(incompatible) & 4)
		return err_set(err, EINVAL,
			       "a qcow2 disk with an external data file: make one that stands alone "
			       "(qemu-img convert -O qcow2)");
	if (be64toh(size) > IMAGE_SIZE_MAX)
		return err_set(err, EFBIG,
			       "a qcow2 disk of %" PRIu64 " bytes: more than an image may have (16 TiB)",
			       be64toh(size));
	return 0;
}

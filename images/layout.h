/* SPDX-License-Identifier: Apache-2.0 */
/* The layout of an image of kind root: partitions, file systems, mounts and the files that boot. docs/image-format.md, "Layout". */
#ifndef IMAGES_LAYOUT_H
#define IMAGES_LAYOUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

#define LAYOUT_PARTITIONS_MAX 16
#define LAYOUT_COPIES_MAX     32
#define LAYOUT_ALIGN          (UINT64_C(1) << 20) /* bytes: sizes are multiples, partitions begin at multiples */

enum layout_fs { LAYOUT_NONE, LAYOUT_VFAT, LAYOUT_EXT4, LAYOUT_XFS, LAYOUT_BTRFS, LAYOUT_SWAP };

struct layout_partition {
	char *name;         /* GPT partition name, [A-Za-z0-9._-]{1,36}; each its own */
	char type_guid[37]; /* partition type, lower case */
	char guid[37];      /* unique partition GUID, lower case; "": made at random on the machine */
	uint64_t
		size; /* bytes, a multiple of LAYOUT_ALIGN; 0: all that is left. At most one, and it is the last */
	enum layout_fs fs;
	char *label; /* of the file system; NULL: none */
	char *fs_uuid; /* of the file system, as blkid prints it ("c12a7328-…", vfat "1234-ABCD"); NULL: made on the machine */
	char *mount; /* where the archive's files of this subtree go: "/", "/boot", "/boot/efi"; NULL: nowhere */
	bool mirrored; /* on a pair (ORDER_MIRROR) it is a RAID 1 of both disks' partitions; else each disk has an equal copy (the ESP), or with
	                  swap one of its own. Always plain on a single disk */
};

/* A file of the archive that is copied onto the EFI system partition after unpacking. */
struct layout_copy {
	char *from; /* absolute path in the archive's tree; a regular file, links are not followed */
	char *to;   /* "\\EFI\\BOOT\\BOOTX64.EFI" */
};

struct layout {
	unsigned n_partitions;
	struct layout_partition partitions[LAYOUT_PARTITIONS_MAX];
	unsigned n_copies;
	struct layout_copy copies[LAYOUT_COPIES_MAX];
};

/* Checks every field: exactly one "/" and exactly one ESP (type c12a7328-f81f-11d2-ba4b-00a0c93ec93b, vfat), no mount twice, labels and
 * UUIDs of a form that the file system can carry. -EBADMSG names the field. */
int layout_from_json(const json_t *json, struct layout **ret, struct err *err) _must_check_;
json_t *layout_to_json(const struct layout *layout) _must_check_;
void layout_free(struct layout *layout);
DEFINE_CLEANUP(struct layout *, layout_free);

/* Bytes that a disk needs at least: the partitions, and 1 MiB at each end. */
uint64_t layout_min_size(const struct layout *layout);
const char *layout_fs_name(enum layout_fs fs); /* "ext4"; "none" */

#endif

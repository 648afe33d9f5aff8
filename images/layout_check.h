/* SPDX-License-Identifier: Apache-2.0 */
/* What may stand in a layout, field by field and together. -EBADMSG names the field. */
#ifndef IMAGES_LAYOUT_CHECK_H
#define IMAGES_LAYOUT_CHECK_H

#include "images/layout.h"

/* Partition types: UEFI 2.10, table 5.7, and the Discoverable Partitions Specification */
#define LAYOUT_TYPE_ESP  "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
#define LAYOUT_TYPE_SWAP "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f"

bool layout_guid_valid(const char *guid); /* lower case, and not all zeros */
bool layout_path_valid(const char *path); /* absolute, normalised, components of at most 255 bytes */

/* what: "layout: partitions[0]" */
int layout_check_partition(const struct layout_partition *p, const char *what, struct err *err) _must_check_;
/* All of it together, when every part is good by itself. */
int layout_check(const struct layout *layout, struct err *err) _must_check_;

/* The partition whose file system holds the absolute path: that with the longest `mount` above it; NULL: none. */
const struct layout_partition *layout_find(const struct layout *layout, const char *path);
/* The EFI system partition. */
const struct layout_partition *layout_esp(const struct layout *layout);

#endif

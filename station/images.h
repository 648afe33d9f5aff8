/* SPDX-License-Identifier: Apache-2.0 */
/* The packed images in the images folder: a folder each, named as orders name them. */
#ifndef STATION_IMAGES_H
#define STATION_IMAGES_H

#include <stdint.h>
#include <time.h>

#include "core/err.h"
#include "core/json.h"
#include "images/manifest.h"
#include "station/context.h"

struct image_info {
	char name[64];
	char version[128];
	uint64_t serial;
	enum image_kind kind;
	uint64_t size;    /* bytes of the disk, or of the archive */
	bool kexec;       /* it names a kernel that kexec can start */
	time_t not_after; /* until then its manifest is valid */
	char manifest_sha256[65];
};

/* URLs of folders, in an array: ours, when images_url is another's, for nodes to fall back to. */
json_t *image_own_mirror(const struct station *station, const char *name);

/* Opens a file of one of the fixed names below the image's folder, never through a symbolic link. -ENOENT. */
int image_folder_open(const struct station *station, const char *name, const char *file,
		      struct err *err) _must_check_;
/* One of the NULL-terminated names in an open folder, a plain file and no symbolic link. -ENOENT. */
int folder_file_open(int dir, const char *const *known, const char *file, struct err *err) _must_check_;
/* The same for a boot file. */
int boot_file_open(const struct station *station, const char *file, struct err *err) _must_check_;

/* Reads the manifest, without judging its signature: that is the agent's work. -ENOENT: no such image. */
int image_folder_read(const struct station *station, const char *name, struct image_info *ret,
		      struct err *err) _must_check_;

/* -ESTALE: it is valid no longer, so that no agent takes it. One that is not valid yet may wait in an order. */
int image_still_valid(const struct image_info *image, struct err *err) _must_check_;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* A packed image to where nodes fetch it: payload, files for kexec, index, signature, and last the manifest. docs/image-store.md. */
#ifndef IMAGES_STORE_PUSH_H
#define IMAGES_STORE_PUSH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "images/image.h"
#include "images/store/dest.h"

#define PUSH_FILES_MAX (4 + MANIFEST_FILES_MAX)

struct push_options {
	const char *dir;           /* of the image */
	const struct image *image; /* opened from it, and verified as far as is wanted */
	struct dest_options dest;
	void (*progress)(void *data, uint64_t done, uint64_t total); /* bytes of the payload; may be NULL */
	void *data;
};

struct push_result {
	struct {
		const char *name; /* the manifest's, or static */
		uint64_t size;    /* bytes */
		bool sent;        /* false: it was there already */
	} files[PUSH_FILES_MAX];
	unsigned n_files;
};

/* -EEXIST: another image is there, and dest.force is not set. After success every file's size and the manifest's bytes have been read back. */
int image_push(const struct push_options *options, struct push_result *ret, struct err *err) _must_check_;

#endif

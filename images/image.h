/* SPDX-License-Identifier: Apache-2.0 */
/* A packed image in a folder: its manifest, index, payload and files for kexec, each opened once. */
#ifndef IMAGES_IMAGE_H
#define IMAGES_IMAGE_H

#include <stdint.h>

#include "core/err.h"
#include "images/index.h"
#include "images/manifest.h"

struct image_file {
	const struct manifest_file *is; /* in the manifest */
	int fd;                         /* its size is the manifest's */
};

struct image {
	struct manifest *manifest;
	struct index *index;
	struct cms_signer signer;                    /* image_open() with a policy alone */
	int payload_fd;                              /* its size is the manifest's */
	struct image_file files[MANIFEST_FILES_MAX]; /* manifest_files() */
	unsigned n_files;
};
void image_close(struct image *image);

/*
 * Reads and checks manifest.json and the index, and the sizes of payload and files. policy NULL: the signature is not checked,
 * for showing alone. Errors name the file.
 */
int image_open(const char *dir, const struct manifest_policy *policy, struct image *ret,
	       struct err *err) _must_check_;

/* The SHA-256 of each of image->files. */
int image_check_files(const struct image *image, struct err *err) _must_check_;

/* Every frame's hash, every frame decoded, every plain chunk's hash. threads 0: one for each CPU. */
int image_check_payload(const struct image *image, unsigned threads,
			void (*progress)(void *data, uint64_t done, uint64_t total), void *data,
			struct err *err) _must_check_;

#endif

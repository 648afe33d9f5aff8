/* SPDX-License-Identifier: Apache-2.0 */
/* Looking into an initramfs that boot_build() has joined. docs/boot-image.md, "Site part" */
#ifndef IMAGES_BOOT_INITRD_H
#define IMAGES_BOOT_INITRD_H

#include <stddef.h>

#include "core/err.h"

/* A file of the site part by its absolute path; *ret points into the initramfs. -EBADMSG: there is none, or no site part. */
int initrd_site_file(const void *initrd, size_t len, const char *path, const void **ret, size_t *ret_len,
		     struct err *err) _must_check_;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a file is a kernel that kexec_file_load(2) of that architecture takes, by its header. Its signature is not looked at. */
#ifndef IMAGES_KERNEL_H
#define IMAGES_KERNEL_H

#include <stddef.h>

#include "core/err.h"

#define KERNEL_HEAD 1024 /* bytes of the file that kernel_check() wants; a shorter file is no kernel */

/* head: the file's first `len` bytes. architecture: image_architecture_valid(). -EINVAL says what is wrong with it. */
int kernel_check(const void *head, size_t len, const char *architecture, const char *cmdline,
		 struct err *err) _must_check_;

#endif

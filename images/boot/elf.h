/* SPDX-License-Identifier: Apache-2.0 */
/* What a 64-bit little-endian ELF file asks of its loader: interpreter and shared libraries (System V ABI, chapter 5). */
#ifndef IMAGES_BOOT_ELF_H
#define IMAGES_BOOT_ELF_H

#include <stddef.h>

#include "core/err.h"

struct elf_needs {
	const char *interpreter; /* NULL: none. Borrowed from the file's bytes, like the names */
	const char *needed[128]; /* DT_NEEDED, in the file's order */
	unsigned n_needed;
};

/* `file` is len bytes. -EBADMSG: no such ELF file, or one whose tables point outside it; -ENOTSUP: it has DT_RPATH or
 * DT_RUNPATH, where the boot image has no library. */
int elf_needs(const void *file, size_t len, struct elf_needs *ret, struct err *err) _must_check_;

#endif

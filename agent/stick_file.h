/* SPDX-License-Identifier: Apache-2.0 */
/* Files on the boot medium that must be there after a power cut: each is flushed, with the FAT's own tables, and read back. */
#ifndef AGENT_STICK_FILE_H
#define AGENT_STICK_FILE_H

#include <stddef.h>

#include "core/err.h"

/* Replaces folder/name; a power cut leaves the old one or the new one. */
int stick_file_write(const char *folder, const char *name, const void *buf, size_t len,
		     struct err *err) _must_check_;
/* Puts buf behind what is there; a power cut may leave a part of it. */
int stick_file_append(const char *folder, const char *name, const void *buf, size_t len,
		      struct err *err) _must_check_;

#endif

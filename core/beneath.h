/* SPDX-License-Identifier: Apache-2.0 */
/* Paths that others have chosen, an archive's entries among them, and that must not lead out of a folder. */
#ifndef CORE_BENEATH_H
#define CORE_BENEATH_H

#include <limits.h>
#include <sys/types.h>

#include "core/err.h"

#define BENEATH_DEPTH_MAX 128 /* folders within folders */

/* openat2(2) beneath root without following any link; "" is root itself; close-on-exec; -1 and errno. */
int beneath_open(int root, const char *path, int flags, mode_t mode) _must_check_;
/* Takes "./a//b/" apart into "a/b"; "" is the root itself. -EBADMSG: it is absolute, leads upwards or is too long. */
int beneath_clean(const char *path, char clean[PATH_MAX], struct err *err) _must_check_;
/* One component of it; returns what is behind it, NULL where it is too long. */
const char *beneath_part(const char *path, char name[NAME_MAX + 1], struct err *err) _must_check_;

#endif

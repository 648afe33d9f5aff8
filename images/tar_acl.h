/* SPDX-License-Identifier: Apache-2.0 */
/* A file's POSIX.1e ACLs in canonical form: sorted, with numbers for names. For tar_entry.c. */
#ifndef IMAGES_TAR_ACL_H
#define IMAGES_TAR_ACL_H

#include <archive_entry.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

/* Linux shows ACLs as extended attributes too, and some archives keep them so, with the numbers that their ACLs leave out. */
bool tar_acl_is_xattr(const char *name);
/* XFS shows them to root once more, in its own form: no attributes of the file. */
bool tar_acl_is_shadow(const char *name);
/* If tar_acl_is_xattr(), its value replaces the entry's ACL. */
int tar_acl_take_xattr(struct archive_entry *entry, const char *name, const void *value, size_t size,
		       struct err *err) _must_check_;
int tar_acl_settle(struct archive_entry *entry, struct err *err) _must_check_;

#endif

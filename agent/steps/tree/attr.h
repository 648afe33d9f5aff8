/* SPDX-License-Identifier: Apache-2.0 */
/* Extended attributes and POSIX ACLs: from an archive's entry onto a file, and their digest from either. Values are the kernel's bytes. */
#ifndef AGENT_STEPS_TREE_ATTR_H
#define AGENT_STEPS_TREE_ATTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct archive_entry;

#define ATTR_ACL_ACCESS  "system.posix_acl_access"
#define ATTR_ACL_DEFAULT "system.posix_acl_default"

struct attr_set; /* names with their values */
struct attr_set *attr_set_new(void) _must_check_;
void attr_set_free(struct attr_set *set);
DEFINE_CLEANUP(struct attr_set *, attr_set_free);

/* What the entry carries. -EBADMSG: an ACL that names people by names, or none of POSIX's. */
int attr_set_from_entry(struct attr_set *set, struct archive_entry *entry, struct err *err) _must_check_;
/* What the file has. path is not followed. -E2BIG when there is more than an archive may carry. */
int attr_set_from_path(struct attr_set *set, const char *path, struct err *err) _must_check_;
/* Sets them; what the file has inherited and the set does not hold is taken away when `inherited`. */
int attr_set_apply(const struct attr_set *set, const char *path, bool inherited,
		   struct err *err) _must_check_;
bool attr_set_has(const struct attr_set *set, const char *name);
/* What an ACL's mask gives, which is what a mode's group bits say then; -1 without an ACL. */
int attr_set_acl_mask(const struct attr_set *set);
/* Zeros for an empty set. Sorts it. */
void attr_set_digest(struct attr_set *set, uint8_t digest[16]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What was unpacked, file by file, in bounded memory: what reading back compares with. */
#ifndef AGENT_STEPS_TREE_LIST_H
#define AGENT_STEPS_TREE_LIST_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "core/beneath.h"
#include "core/err.h"
#include "core/hash.h"

#define TREE_LIST_MAX  (64u << 20) /* bytes, about 600,000 files */
#define TREE_ROOT      0u          /* the folder that all lies in */
#define TREE_NONE      UINT32_MAX
#define TREE_DEPTH_MAX BENEATH_DEPTH_MAX

/* How a file is compared. */
#define TREE_SEEN        1u /* met while reading back */
#define TREE_BARE        2u /* vfat: neither owner, mode, links nor attributes, and names without case */
#define TREE_DEFAULT_ACL 4u /* what is made in this folder inherits an ACL */
#define TREE_MOUNT       8u /* the root of a file system */

struct tree_file {
	uint32_t parent, next; /* number of its folder; of the next one in the same bucket */
	uint32_t name;         /* where it begins in the list's names */
	uint32_t mode;         /* st_mode */
	uint32_t uid, gid;
	uint32_t flags;               /* TREE_* */
	uint32_t nsec;                /* of a folder's time, which is set when all is in it */
	uint64_t size;                /* of a regular file, bytes; of a folder, its time in seconds */
	uint8_t content[SHA256_SIZE]; /* of a regular file, or of where a link points */
	uint8_t attributes[16];       /* digest of the extended attributes, ACLs among them; zeros: none */
};

struct tree_list;
/* With the folder that all lies in, TREE_ROOT. limit in bytes. */
struct tree_list *tree_list_new(size_t limit) _must_check_;
void tree_list_free(struct tree_list *list);
DEFINE_CLEANUP(struct tree_list *, tree_list_free);

uint32_t tree_list_count(const struct tree_list *list);
/* Valid until the next tree_list_add(). */
struct tree_file *tree_list_at(struct tree_list *list, uint32_t number);
const char *tree_list_name(const struct tree_list *list, uint32_t number);
/* TREE_NONE: not there. */
uint32_t tree_list_find(const struct tree_list *list, uint32_t parent, const char *name) _must_check_;
/* All of it zero but parent and name; -ENOSPC beyond the limit. */
int tree_list_add(struct tree_list *list, uint32_t parent, const char *name, uint32_t *ret,
		  struct err *err) _must_check_;
/* "usr/bin/env"; "." for TREE_ROOT; what is too long is cut at the front. */
const char *tree_list_path(const struct tree_list *list, uint32_t number, char buf[PATH_MAX]);

#endif

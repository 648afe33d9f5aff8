/* SPDX-License-Identifier: Apache-2.0 */
#include <archive.h>
#include <endian.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "core/io.h"
#include "images/tar_acl.h"

#define ACLS_MAX 1024
#define POSIX1E  (ARCHIVE_ENTRY_ACL_TYPE_ACCESS | ARCHIVE_ENTRY_ACL_TYPE_DEFAULT)

struct acl {
	int type, permset, tag, id;
};

/* ---- as extended attributes: Linux, include/uapi/linux/posix_acl_xattr.h ------------------------------- */

#define XATTR_VERSION 2u

struct xattr_entry {
	uint16_t tag, perm;
	uint32_t id;
};

static const struct {
	const char *name;
	int type;
} xattrs[] = {
	{"system.posix_acl_access", ARCHIVE_ENTRY_ACL_TYPE_ACCESS},
	{"system.posix_acl_default", ARCHIVE_ENTRY_ACL_TYPE_DEFAULT},
};

static const struct {
	uint16_t ours;
	int theirs;
} tags[] = {
	{0x01, ARCHIVE_ENTRY_ACL_USER_OBJ},  {0x02, ARCHIVE_ENTRY_ACL_USER},
	{0x04, ARCHIVE_ENTRY_ACL_GROUP_OBJ}, {0x08, ARCHIVE_ENTRY_ACL_GROUP},
	{0x10, ARCHIVE_ENTRY_ACL_MASK},      {0x20, ARCHIVE_ENTRY_ACL_OTHER},
};

static int type_of(const char *name)
{
	for (size_t i = 0; i < sizeof(xattrs) / sizeof(xattrs[0]); i++)
		if (!strcmp(xattrs[i].name, name))
			return xattrs[i].type;
	return 0;
}

bool tar_acl_is_xattr(const char *name)
{
	return type_of(name) != 0;
}

/* Linux, fs/xfs/libxfs/xfs_format.h, SGI_ACL_FILE and SGI_ACL_DEFAULT */
bool tar_acl_is_shadow(const char *name)
{
	return !strcmp(name, "trusted.SGI_ACL_FILE") || !strcmp(name, "trusted.SGI_ACL_DEFAULT");
}

static int tag_of(uint16_t ours)
{
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (tags[i].ours == ours)
			return tags[i].theirs;
	return 0;
}

/* ---- the list ----------------------------------------------------------------------------------------- */

static int by_type_tag_id(const void *a, const void *b)
{
	const struct acl *x = a, *y = b;

	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	if (x->tag != y->tag)
		return x->tag < y->tag ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* Those of the type, added to the list. */
static int copy_acls(struct archive_entry *entry, int type, struct acl *list, size_t *n, struct err *err)
{
	struct acl acl;
	const char *name;

	archive_entry_acl_reset(entry, type);
	while (archive_entry_acl_next(entry, type, &acl.type, &acl.permset, &acl.tag, &acl.id, &name) ==
	       ARCHIVE_OK) {
		if (*n == ACLS_MAX)
			return err_set(err, E2BIG, "an ACL of more than %d entries", ACLS_MAX);
		if (acl.tag != ARCHIVE_ENTRY_ACL_USER && acl.tag != ARCHIVE_ENTRY_ACL_GROUP)
			acl.id = 0;
		list[(*n)++] = acl;
	}
	return 0;
}

static int add_acls(struct archive_entry *entry, const struct acl *list, size_t n, struct err *err)
{
	archive_entry_acl_clear(entry);
	for (size_t i = 0; i < n; i++) {
		const struct acl *acl = &list[i];

		if (archive_entry_acl_add_entry(entry, acl->type, acl->permset, acl->tag, acl->id, NULL) <
		    ARCHIVE_WARN)
			return err_set(err, EBADMSG, "its ACL cannot be kept");
	}
	return 0;
}

/* The other type's entries stay. */
static int clear_type(struct archive_entry *entry, int type, struct err *err)
{
	_cleanup_free_ struct acl *list = xcalloc(ACLS_MAX, sizeof(*list));
	size_t n = 0;
	int r = copy_acls(entry, POSIX1E & ~type, list, &n, err);

	return r < 0 ? r : add_acls(entry, list, n, err);
}

int tar_acl_take_xattr(struct archive_entry *entry, const char *name, const void *value, size_t size,
		       struct err *err)
{
	int type = type_of(name), r;
	struct xattr_entry e;
	uint32_t version;

	if (type == 0)
		return 0;
	if (size < sizeof(version) || (size - sizeof(version)) % sizeof(e) || size / sizeof(e) > ACLS_MAX)
		return err_set(err, EBADMSG, "%s of %zu bytes", name, size);
	memcpy(&version, value, sizeof(version));
	if (le32toh(version) != XATTR_VERSION)
		return err_set(err, EBADMSG, "%s of version %" PRIu32, name, le32toh(version));
	if ((r = clear_type(entry, type, err)) < 0)
		return r;
	for (size_t at = sizeof(version); at < size; at += sizeof(e)) {
		memcpy(&e, (const uint8_t *)value + at, sizeof(e));
		if (!tag_of(le16toh(e.tag)) || le16toh(e.perm) > 7 ||
		    archive_entry_acl_add_entry(entry, type, le16toh(e.perm), tag_of(le16toh(e.tag)),
						(int)le32toh(e.id), NULL) < ARCHIVE_WARN)
			return err_set(err, EBADMSG, "%s has an entry that is none", name);
	}
	return 0;
}

/* libarchive keeps them as an int, and takes a larger number in an archive's text for INT_MAX: another user's. */
static int check_ids(const struct acl *list, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i].id == -1)
			return err_set(err, EBADMSG,
				       "its ACL has names without numbers: pack the folder, or archive with "
				       "extended attributes (tar --xattrs --xattrs-include='*')");
		if (list[i].id < 0 || list[i].id == INT_MAX)
			return err_set(err, EBADMSG,
				       "its ACL has a user or group whose number is %d or more, which the "
				       "archive cannot carry",
				       INT_MAX);
	}
	return 0;
}

int tar_acl_settle(struct archive_entry *entry, struct err *err)
{
	_cleanup_free_ struct acl *list = NULL;
	size_t n = 0;
	int r;

	if (archive_entry_acl_types(entry) & ~POSIX1E)
		return err_set(err, EBADMSG, "an NFSv4 ACL, which no file system here can carry");
	if (archive_entry_acl_count(entry, POSIX1E) == 0)
		return 0;
	list = xcalloc(ACLS_MAX, sizeof(*list));
	if ((r = copy_acls(entry, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, list, &n, err)) < 0 ||
	    (r = copy_acls(entry, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, list, &n, err)) < 0)
		return r;
	if ((r = check_ids(list, n, err)) < 0)
		return r;
	qsort(list, n, sizeof(*list), by_type_tag_id);
	return add_acls(entry, list, n, err);
}

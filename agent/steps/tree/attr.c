/* SPDX-License-Identifier: Apache-2.0 */
/* xattr(7), and the ACL's binary form of linux/posix_acl_xattr.h: a version, then tag, permissions and id, in order, little-endian. */
#include "agent/steps/tree/attr.h"

#include <archive_entry.h>
#include <endian.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <string.h>
#include <sys/xattr.h>

#include "core/hash.h"
#include "core/io.h"
#include "images/tar_acl.h"

#define ATTRS_MAX  64          /* of one file */
#define NAMES_MAX  (64 * 1024) /* bytes, XATTR_LIST_MAX */
#define VALUES_MAX (64 * 1024) /* bytes of one value, XATTR_SIZE_MAX */

struct attr {
	char *name;
	void *value;
	size_t len;
};

struct attr_set {
	struct attr attrs[ATTRS_MAX];
	unsigned n;
};

struct attr_set *attr_set_new(void)
{
	return xcalloc(1, sizeof(struct attr_set));
}

void attr_set_free(struct attr_set *set)
{
	if (!set)
		return;
	for (unsigned i = 0; i < set->n; i++) {
		free(set->attrs[i].name);
		free(set->attrs[i].value);
	}
	free(set);
}

/* Takes value. */
static int add(struct attr_set *set, const char *name, void *value, size_t len, struct err *err)
{
	if (set->n == ATTRS_MAX || len > VALUES_MAX || strlen(name) > 255 || attr_set_has(set, name)) {
		free(value);
		return err_set(err, E2BIG, "too many or too large extended attributes");
	}
	set->attrs[set->n++] = (struct attr){xstrdup(name), value, len};
	return 0;
}

bool attr_set_has(const struct attr_set *set, const char *name)
{
	for (unsigned i = 0; i < set->n; i++)
		if (!strcmp(set->attrs[i].name, name))
			return true;
	return false;
}

/* ---- ACLs ---- */

static int acl_tag(int tag)
{
	switch (tag) {
	case ARCHIVE_ENTRY_ACL_USER_OBJ:
		return ACL_USER_OBJ;
	case ARCHIVE_ENTRY_ACL_USER:
		return ACL_USER;
	case ARCHIVE_ENTRY_ACL_GROUP_OBJ:
		return ACL_GROUP_OBJ;
	case ARCHIVE_ENTRY_ACL_GROUP:
		return ACL_GROUP;
	case ARCHIVE_ENTRY_ACL_MASK:
		return ACL_MASK;
	case ARCHIVE_ENTRY_ACL_OTHER:
		return ACL_OTHER;
	default:
		return -1;
	}
}

/* The kernel wants tags in the order of their numbers; ids are sorted so that equal ACLs are equal bytes. */
static int compare_ace(const void *a, const void *b)
{
	const struct posix_acl_xattr_entry *x = a, *y = b;
	uint32_t x_id = le32toh(x->e_id), y_id = le32toh(y->e_id);

	if (x->e_tag != y->e_tag)
		return le16toh(x->e_tag) < le16toh(y->e_tag) ? -1 : 1;
	return x_id < y_id ? -1 : x_id > y_id;
}

static int add_acl(struct attr_set *set, struct archive_entry *entry, int want, const char *name,
		   struct err *err)
{
	int n = archive_entry_acl_reset(entry, want), type, permset, tag, qualifier, at = 0;
	size_t size = sizeof(struct posix_acl_xattr_header);
	struct posix_acl_xattr_entry *aces;
	_cleanup_free_ uint8_t *value = NULL;
	const char *who;

	if (n <= 0)
		return 0;
	if ((size_t)n > (VALUES_MAX - size) / sizeof(*aces))
		return err_set(err, E2BIG, "an ACL of %d entries", n);
	aces = xcalloc((size_t)n, sizeof(*aces));
	while (at < n && archive_entry_acl_next(entry, want, &type, &permset, &tag, &qualifier, &who) == 0) {
		bool named = tag == ARCHIVE_ENTRY_ACL_USER || tag == ARCHIVE_ENTRY_ACL_GROUP;

		if (acl_tag(tag) < 0 || (named && qualifier < 0)) {
			free(aces);
			return err_set(err, EBADMSG,
				       "an ACL that gives a user or group by name alone: archive with "
				       "numeric owners");
		}
		aces[at++] = (struct posix_acl_xattr_entry){
			.e_tag = htole16((uint16_t)acl_tag(tag)),
			.e_perm = htole16((uint16_t)(permset & 7)),
			.e_id = htole32(named ? (uint32_t)qualifier : (uint32_t)ACL_UNDEFINED_ID)};
	}
	qsort(aces, (size_t)at, sizeof(*aces), compare_ace);
	value = xcalloc(1, size + (size_t)at * sizeof(*aces));
	memcpy(value, &(struct posix_acl_xattr_header){htole32(POSIX_ACL_XATTR_VERSION)}, size);
	memcpy(value + size, aces, (size_t)at * sizeof(*aces));
	free(aces);
	return add(set, name, TAKE_PTR(value), size + (size_t)at * sizeof(struct posix_acl_xattr_entry), err);
}

int attr_set_from_entry(struct attr_set *set, struct archive_entry *entry, struct err *err)
{
	const char *name;
	const void *value;
	size_t len;
	int r;

	if (archive_entry_acl_types(entry) & ARCHIVE_ENTRY_ACL_TYPE_NFS4)
		return err_set(err, EBADMSG, "an NFSv4 ACL, which no file system here can keep");
	/* Three entries say what the mode says already, and the kernel keeps no ACL for them. */
	if (archive_entry_acl_count(entry, ARCHIVE_ENTRY_ACL_TYPE_ACCESS) > 3 &&
	    (r = add_acl(set, entry, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, ATTR_ACL_ACCESS, err)) < 0)
		return r;
	r = add_acl(set, entry, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, ATTR_ACL_DEFAULT, err);
	if (r < 0)
		return r;
	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &len) == 0) {
		_cleanup_free_ void *copy = NULL;

		if (!name || !*name || attr_set_has(set, name) || tar_acl_is_shadow(name))
			continue;
		if (len > VALUES_MAX)
			return err_set(err, E2BIG, "the extended attribute %s has %zu bytes", name, len);
		copy = xcalloc(1, len + 1);
		if (len)
			memcpy(copy, value, len);
		if ((r = add(set, name, TAKE_PTR(copy), len, err)) < 0)
			return r;
	}
	return 0;
}

int attr_set_acl_mask(const struct attr_set *set)
{
	struct posix_acl_xattr_entry ace;

	for (unsigned i = 0; i < set->n; i++) {
		const struct attr *a = &set->attrs[i];

		if (strcmp(a->name, ATTR_ACL_ACCESS) != 0)
			continue;
		for (size_t at = sizeof(struct posix_acl_xattr_header); at + sizeof(ace) <= a->len;
		     at += sizeof(ace)) {
			memcpy(&ace, (const uint8_t *)a->value + at, sizeof(ace));
			if (le16toh(ace.e_tag) == ACL_MASK)
				return le16toh(ace.e_perm) & 7;
		}
	}
	return -1;
}

/* ---- files ---- */

static int read_one(struct attr_set *set, const char *path, const char *name, struct err *err)
{
	ssize_t len = lgetxattr(path, name, NULL, 0);
	_cleanup_free_ void *value = NULL;

	if (len < 0 || len > VALUES_MAX)
		return err_sys(err, len < 0 ? errno : E2BIG, "the extended attribute %s", name);
	value = xcalloc(1, (size_t)len + 1);
	len = lgetxattr(path, name, value, (size_t)len);
	if (len < 0)
		return err_sys(err, errno, "the extended attribute %s", name);
	return add(set, name, TAKE_PTR(value), (size_t)len, err);
}

int attr_set_from_path(struct attr_set *set, const char *path, struct err *err)
{
	ssize_t len = llistxattr(path, NULL, 0), got;
	_cleanup_free_ char *names = NULL;
	int r;

	if (len == 0 || (len < 0 && errno == EOPNOTSUPP))
		return 0;
	if (len < 0 || len > NAMES_MAX)
		return err_sys(err, len < 0 ? errno : E2BIG, "listing extended attributes");
	names = xcalloc(1, (size_t)len + 1);
	got = llistxattr(path, names, (size_t)len);
	if (got < 0)
		return err_sys(err, errno, "listing extended attributes");
	for (ssize_t at = 0; at < got; at += (ssize_t)strlen(names + at) + 1)
		if (!tar_acl_is_shadow(names + at) && (r = read_one(set, path, names + at, err)) < 0)
			return r;
	return 0;
}

static int drop(const char *path, const char *name, struct err *err)
{
	if (lremovexattr(path, name) < 0 && errno != ENODATA && errno != EOPNOTSUPP)
		return err_sys(err, errno, "removing the inherited %s", name);
	return 0;
}

int attr_set_apply(const struct attr_set *set, const char *path, bool inherited, struct err *err)
{
	int r;

	if (inherited && !attr_set_has(set, ATTR_ACL_ACCESS) && (r = drop(path, ATTR_ACL_ACCESS, err)) < 0)
		return r;
	if (inherited && !attr_set_has(set, ATTR_ACL_DEFAULT) && (r = drop(path, ATTR_ACL_DEFAULT, err)) < 0)
		return r;
	for (unsigned i = 0; i < set->n; i++)
		if (lsetxattr(path, set->attrs[i].name, set->attrs[i].value, set->attrs[i].len, 0) < 0)
			return err_sys(err, errno, "setting the extended attribute %s", set->attrs[i].name);
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	const struct attr *x = a, *y = b;

	return strcmp(x->name, y->name);
}

void attr_set_digest(struct attr_set *set, uint8_t digest[16])
{
	_cleanup_(sha256_stream_freep) struct sha256_stream *s = NULL;
	uint8_t whole[SHA256_SIZE];

	memset(digest, 0, 16);
	if (!set->n)
		return;
	qsort(set->attrs, set->n, sizeof(set->attrs[0]), compare_names);
	s = sha256_stream_new();
	for (unsigned i = 0; i < set->n; i++) {
		uint64_t len = htole64(set->attrs[i].len);

		sha256_stream_add(s, set->attrs[i].name, strlen(set->attrs[i].name) + 1);
		sha256_stream_add(s, &len, sizeof(len));
		sha256_stream_add(s, set->attrs[i].value, set->attrs[i].len);
	}
	sha256_stream_end(s, whole);
	memcpy(digest, whole, 16);
}

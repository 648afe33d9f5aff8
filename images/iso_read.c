/* SPDX-License-Identifier: Apache-2.0 */
#include "images/iso_read.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>

#include "core/io.h"
#include "images/iso_spec.h"

#define FOLDER_MAX (64u * 1024) /* bytes of the root directory */

static bool equal16(const struct iso_both16 *n)
{
	return le16toh(n->le) == be16toh(n->be);
}

static bool equal32(const struct iso_both32 *n)
{
	return le32toh(n->le) == be32toh(n->be);
}

/* Padded with blanks. */
static bool label_is(const struct iso_primary *p, const char *label)
{
	char padded[sizeof(p->label)];

	memset(padded, ' ', sizeof(padded));
	memcpy(padded, label, strnlen(label, sizeof(padded)));
	return !memcmp(p->label, padded, sizeof(padded));
}

static int read_primary(int fd, const char *label, struct iso_primary *p, struct err *err)
{
	struct err none;

	if (pread_full(fd, p, sizeof(*p), (uint64_t)ISO_SYSTEM_BLOCKS * ISO_BLOCK, &none) < 0 ||
	    p->type != ISO_PRIMARY || memcmp(p->id, ISO_ID, sizeof(p->id)) != 0 || !label_is(p, label))
		return err_set(err, ENODEV, "no ISO 9660 volume that is labelled %s", label);
	if (!equal16(&p->block_size) || le16toh(p->block_size.le) != ISO_BLOCK || !equal32(&p->root.extent) ||
	    !equal32(&p->root.size) || p->root.extended || !(p->root.flags & ISO_FLAG_FOLDER))
		return err_set(err, EBADMSG, "the volume's descriptor is damaged");
	return 0;
}

static int read_root(int fd, const struct iso_primary *p, uint8_t **ret, size_t *ret_len, struct err *err)
{
	size_t len = le32toh(p->root.size.le);
	_cleanup_free_ uint8_t *folder = NULL;
	int r;

	if (!len || len > FOLDER_MAX || len % ISO_BLOCK)
		return err_set(err, EBADMSG, "its root directory has %zu bytes", len);
	folder = xcalloc(1, len);
	r = pread_full(fd, folder, len, (uint64_t)le32toh(p->root.extent.le) * ISO_BLOCK, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(folder);
	*ret_len = len;
	return 0;
}

/* The identifier is the name, with or without a version. */
static bool name_is(const struct iso_record *r, const uint8_t *identifier, const char *name)
{
	size_t len = strlen(name);

	return r->name_length >= len && !memcmp(identifier, name, len) &&
	       (r->name_length == len || identifier[len] == ';');
}

/* No record goes beyond its block; a length of 0 means that the next one begins with the next block (6.8.1.1). */
static int find(const uint8_t *folder, size_t len, const char *name, struct iso_record *ret, struct err *err)
{
	bool found = false;

	for (size_t at = 0; at < len;) {
		size_t left = ISO_BLOCK - at % ISO_BLOCK;
		struct iso_record r;

		if (!folder[at]) {
			at += left;
			continue;
		}
		if (left < sizeof(r) || folder[at] > left || folder[at] < sizeof(r))
			return err_set(err, EBADMSG, "its root directory is damaged at byte %zu", at);
		memcpy(&r, folder + at, sizeof(r));
		if (r.name_length > r.length - sizeof(r))
			return err_set(err, EBADMSG, "its root directory is damaged at byte %zu", at);
		if (name_is(&r, folder + at + sizeof(r), name)) {
			if (found)
				return err_set(err, EBADMSG, "%s is there twice", name);
			found = true;
			*ret = r;
		}
		at += r.length;
	}
	return found ? 0 : err_set(err, ENOENT, "no file %s", name);
}

static int read_file(int fd, const struct iso_record *r, size_t limit, char **ret, size_t *ret_len,
		     struct err *err)
{
	size_t len = le32toh(r->size.le);
	_cleanup_free_ char *bytes = NULL;
	int n;

	if (r->flags & (ISO_FLAG_FOLDER | ISO_FLAG_MORE) || r->extended || r->unit || r->gap ||
	    !equal32(&r->extent) || !equal32(&r->size))
		return err_set(err, EBADMSG, "its directory's entry is damaged");
	if (len > limit)
		return err_set(err, EFBIG, "more than %zu bytes", limit);
	bytes = xcalloc(1, len + 1);
	n = pread_full(fd, bytes, len, (uint64_t)le32toh(r->extent.le) * ISO_BLOCK, err);
	if (n < 0)
		return n;
	*ret = TAKE_PTR(bytes);
	*ret_len = len;
	return 0;
}

int iso_read_file(int fd, const char *label, const char *name, size_t limit, char **ret, size_t *ret_len,
		  struct err *err)
{
	_cleanup_free_ uint8_t *folder = NULL;
	struct iso_primary primary;
	struct iso_record record = {0};
	size_t len = 0;
	int r = read_primary(fd, label, &primary, err);

	if (r == 0)
		r = read_root(fd, &primary, &folder, &len, err);
	if (r == 0)
		r = find(folder, len, name, &record, err);
	if (r < 0)
		return r;
	r = read_file(fd, &record, limit, ret, ret_len, err);
	return r < 0 ? err_prepend(err, "%s", name) : 0;
}

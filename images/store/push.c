/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "core/cms.h"
#include "core/io.h"
#include "images/store/push.h"

enum { PAYLOAD, INDEX, SIGNATURE, MANIFEST }; /* the order in which they go */

struct push {
	const struct push_options *o;
	struct dest *dest;
	char *manifest, *signature;
	void *index;
	struct dest_file files[PUSH_FILES];
	char hex[PUSH_FILES][SHA256_HEX_SIZE];
	bool there[PUSH_FILES];
	bool any_image, same_manifest; /* at the destination */
};

/* The manifest that was verified, and no other that has taken its place since. */
static int read_signed(struct push *p, struct err *err)
{
	const struct manifest *m = p->o->image->manifest;
	_cleanup_free_ char *path = path_join(p->o->dir, MANIFEST_FILE);
	_cleanup_free_ char *sig_path = path_join(p->o->dir, MANIFEST_SIG_FILE);
	uint8_t digest[SHA256_SIZE];
	size_t len, sig_len;
	int r;

	if ((r = file_read(path, MANIFEST_MAX, &p->manifest, &len, err)) < 0 ||
	    (r = file_read(sig_path, CMS_MAX, &p->signature, &sig_len, err)) < 0)
		return r;
	sha256(p->manifest, len, digest);
	if (memcmp(digest, m->sha256, SHA256_SIZE) != 0)
		return err_set(err, EBUSY, "%s: was replaced while it was being read", path);
	p->files[MANIFEST] = (struct dest_file){.name = MANIFEST_FILE, .body = p->manifest, .size = len};
	p->files[SIGNATURE] =
		(struct dest_file){.name = MANIFEST_SIG_FILE, .body = p->signature, .size = sig_len};
	return 0;
}

static int list_files(struct push *p, struct err *err)
{
	const struct image *image = p->o->image;
	const struct manifest *m = image->manifest;
	size_t len;
	int r;

	if ((r = read_signed(p, err)) < 0)
		return r;
	p->index = index_bytes(image->index, &len);
	p->files[INDEX] = (struct dest_file){.name = m->index_file, .body = p->index, .size = len};
	p->files[PAYLOAD] =
		(struct dest_file){.name = m->payload_file, .fd = image->payload_fd, .size = m->payload_size};
	for (unsigned i = 0; i < PUSH_FILES; i++) {
		if (p->files[i].body)
			sha256_hex(p->files[i].body, p->files[i].size, p->hex[i]);
		p->files[i].sha256 = p->hex[i];
	}
	/* the index names the hash of each of the payload's frames */
	memcpy(p->hex[PAYLOAD], p->hex[INDEX], SHA256_HEX_SIZE);
	return 0;
}

/* Another image is not replaced unasked: its readers would get a payload that is not their manifest's. */
static int look_there(struct push *p, struct err *err)
{
	const struct dest_file *manifest = &p->files[MANIFEST];
	_cleanup_(manifest_freep) struct manifest *other = NULL;
	_cleanup_free_ char *text = NULL;
	struct err ignored;
	size_t len;
	int r = dest_read(p->dest, MANIFEST_FILE, MANIFEST_MAX, &text, &len, err);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	p->any_image = true;
	p->same_manifest = len == manifest->size && !memcmp(text, manifest->body, len);
	if (p->same_manifest || p->o->dest.force)
		return 0;
	if (manifest_parse(text, len, &other, &ignored) < 0)
		return err_set(err, EEXIST, "%s: holds a manifest of something else; --force replaces it",
			       p->o->dest.where);
	return err_set(err, EEXIST,
		       "%s: holds another image, %s %s, serial %" PRIu64
		       ": push to a path of its own, or replace that one with --force",
		       p->o->dest.where, other->name, other->version, other->serial);
}

static int look_at_files(struct push *p, bool *ret_all, struct err *err)
{
	*ret_all = true;
	for (unsigned i = 0; i < PUSH_FILES; i++) {
		int r = dest_has(p->dest, &p->files[i], &p->there[i], err);

		if (r < 0)
			return r;
		*ret_all = *ret_all && p->there[i];
	}
	return 0;
}

static void show_progress(void *data, uint64_t sent)
{
	const struct push *p = data;

	p->o->progress(p->o->data, sent, p->files[PAYLOAD].size);
}

static int send_files(struct push *p, struct push_result *result, struct err *err)
{
	bool single = dest_takes_single_files(p->dest);
	int r = dest_begin(p->dest, p->any_image && !p->same_manifest ? MANIFEST_FILE : NULL, err);

	for (unsigned i = 0; r == 0 && i < PUSH_FILES; i++) {
		if (single && p->there[i])
			continue;
		r = dest_put(p->dest, &p->files[i], p->o->progress && i == PAYLOAD ? show_progress : NULL, p,
			     err);
		result->files[i].sent = r == 0;
	}
	return r == 0 ? dest_commit(p->dest, err) : r;
}

static int read_back(struct push *p, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;

	for (unsigned i = 0; i < PUSH_FILES; i++) {
		uint64_t size = 0;

		if (dest_size(p->dest, p->files[i].name, &size, err) < 0)
			return err_prepend(err, "reading back");
		if (size != p->files[i].size && size != UINT64_MAX)
			return err_set(err, EIO,
				       "reading back: %s has %" PRIu64 " bytes there, and %" PRIu64
				       " were sent",
				       p->files[i].name, size, p->files[i].size);
	}
	if (dest_read(p->dest, MANIFEST_FILE, MANIFEST_MAX, &text, &len, err) < 0)
		return err_prepend(err, "reading back");
	if (len != p->files[MANIFEST].size || memcmp(text, p->files[MANIFEST].body, len) != 0)
		return err_set(err, EIO,
			       "reading back: %s is not the one that was sent: another process pushes "
			       "to the same place, or a cache stands before it",
			       MANIFEST_FILE);
	return 0;
}

static int run(struct push *p, struct push_result *result, struct err *err)
{
	bool all;
	int r;

	if ((r = list_files(p, err)) < 0 || (r = look_there(p, err)) < 0 ||
	    (r = look_at_files(p, &all, err)) < 0)
		return r;
	for (unsigned i = 0; i < PUSH_FILES; i++) {
		result->files[i].name = p->files[i].name;
		result->files[i].size = p->files[i].size;
	}
	if (!all && (r = send_files(p, result, err)) < 0)
		return r;
	return read_back(p, err);
}

int image_push(const struct push_options *o, struct push_result *ret, struct err *err)
{
	struct push_result result = {0};
	struct push p = {.o = o};
	int r = dest_open(&o->dest, &p.dest, err);

	if (r == 0)
		r = run(&p, &result, err);
	dest_free(p.dest);
	free(p.manifest);
	free(p.signature);
	free(p.index);
	if (r == 0)
		*ret = result;
	return r;
}

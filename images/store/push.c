/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "core/cms.h"
#include "core/io.h"
#include "images/store/push.h"

struct push {
	const struct push_options *o;
	struct dest *dest;
	char *manifest, *signature;
	void *index;
	/* in the order in which they go: the payload first, the manifest last */
	struct dest_file files[PUSH_FILES_MAX];
	char hex[PUSH_FILES_MAX][SHA256_HEX_SIZE];
	bool there[PUSH_FILES_MAX];
	unsigned n_files;
	bool any_image, same_manifest; /* at the destination */
};

static const struct dest_file *manifest_of(const struct push *p)
{
	return &p->files[p->n_files - 1];
}

/* digest: of what determines the content (dest.h). */
static void add_file(struct push *p, struct dest_file file, const uint8_t digest[SHA256_SIZE])
{
	unsigned i = p->n_files++;

	hex_encode(digest, SHA256_SIZE, p->hex[i]);
	file.sha256 = p->hex[i];
	p->files[i] = file;
}

static void add_body(struct push *p, const char *name, const void *body, size_t len)
{
	uint8_t digest[SHA256_SIZE];

	sha256(body, len, digest);
	add_file(p, (struct dest_file){.name = name, .body = body, .size = len}, digest);
}

/* The manifest that was verified, and no other that has taken its place since. */
static int add_signed(struct push *p, struct err *err)
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
	add_body(p, MANIFEST_SIG_FILE, p->signature, sig_len);
	add_body(p, MANIFEST_FILE, p->manifest, len);
	return 0;
}

static int list_files(struct push *p, struct err *err)
{
	const struct image *image = p->o->image;
	const struct manifest *m = image->manifest;
	size_t len;

	p->index = index_bytes(image->index, &len);
	/* the index names the hash of each of the payload's frames */
	add_file(
		p,
		(struct dest_file){.name = m->payload_file, .fd = image->payload_fd, .size = m->payload_size},
		m->index_sha256);
	for (unsigned i = 0; i < image->n_files; i++) {
		const struct manifest_file *is = image->files[i].is;

		add_file(p, (struct dest_file){.name = is->file, .fd = image->files[i].fd, .size = is->size},
			 is->sha256);
	}
	add_body(p, m->index_file, p->index, len);
	return add_signed(p, err);
}

/* Another image is not replaced unasked: its readers would get a payload that is not their manifest's. */
static int look_there(struct push *p, struct err *err)
{
	const struct dest_file *manifest = manifest_of(p);
	_cleanup_(manifest_freep) struct manifest *other = NULL;
	_cleanup_free_ char *text = NULL, *shown = dest_shown(p->o->dest.where);
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
			       shown);
	return err_set(err, EEXIST,
		       "%s: holds another image, %s %s, serial %" PRIu64
		       ": push to a path of its own, or replace that one with --force",
		       shown, other->name, other->version, other->serial);
}

static int look_at_files(struct push *p, bool *ret_all, struct err *err)
{
	*ret_all = true;
	for (unsigned i = 0; i < p->n_files; i++) {
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

	p->o->progress(p->o->data, sent, p->files[0].size);
}

static int send_files(struct push *p, struct push_result *result, struct err *err)
{
	bool single = dest_takes_single_files(p->dest);
	int r = dest_begin(p->dest, p->any_image && !p->same_manifest ? MANIFEST_FILE : NULL, err);

	for (unsigned i = 0; r == 0 && i < p->n_files; i++) {
		if (single && p->there[i])
			continue;
		r = dest_put(p->dest, &p->files[i], p->o->progress && i == 0 ? show_progress : NULL, p, err);
		result->files[i].sent = r == 0;
	}
	return r == 0 ? dest_commit(p->dest, err) : r;
}

static int read_back(struct push *p, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;

	for (unsigned i = 0; i < p->n_files; i++) {
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
	if (len != manifest_of(p)->size || memcmp(text, manifest_of(p)->body, len) != 0)
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
	for (unsigned i = 0; i < p->n_files; i++) {
		result->files[i].name = p->files[i].name;
		result->files[i].size = p->files[i].size;
	}
	result->n_files = p->n_files;
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

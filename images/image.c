/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <zstd.h>

#include "core/io.h"
#include "images/decode.h"
#include "images/image.h"
#include "images/lanes.h"

struct check {
	const struct image *image;
	pthread_mutex_t lock; /* of done and progress */
	uint64_t done;        /* bytes of the disk */
	void (*progress)(void *data, uint64_t done, uint64_t total);
	void *data;
};

static int read_manifest(int dir, const struct manifest_policy *policy, struct image *image, struct err *err)
{
	_cleanup_free_ char *text = NULL, *sig = NULL;
	size_t len, sig_len;
	int r;

	if ((r = file_read_at(dir, MANIFEST_FILE, MANIFEST_MAX, &text, &len, err)) < 0)
		return r;
	if (!policy)
		return manifest_parse(text, len, &image->manifest, err);
	if ((r = file_read_at(dir, MANIFEST_SIG_FILE, CMS_MAX, &sig, &sig_len, err)) < 0)
		return r;
	return manifest_verify(text, len, sig, sig_len, policy, &image->manifest, &image->signer, err);
}

static int read_index(int dir, struct image *image, struct err *err)
{
	const struct manifest *m = image->manifest;
	_cleanup_free_ char *buf = NULL;
	size_t len;
	int r;

	if ((r = file_read_at(dir, m->index_file, m->index_size, &buf, &len, err)) < 0)
		return r;
	if (index_parse(buf, len, m, &image->index, err) < 0)
		return err_prepend(err, "%s", m->index_file);
	return 0;
}

static int open_part(int dir, const char *file, uint64_t size, int *ret_fd, struct err *err)
{
	_cleanup_close_ int fd = openat(dir, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno, "%s", file);
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != size)
		return err_set(err, EBADMSG, "%s: %jd bytes, the manifest says %" PRIu64, file,
			       (intmax_t)st.st_size, size);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int open_parts(int dir, struct image *image, struct err *err)
{
	const struct manifest_file *files[MANIFEST_FILES_MAX];
	const struct manifest *m = image->manifest;
	unsigned n = manifest_files(m, files);
	int r = open_part(dir, m->payload_file, m->payload_size, &image->payload_fd, err);

	for (unsigned i = 0; r == 0 && i < n; i++) {
		struct image_file *file = &image->files[image->n_files];

		file->is = files[i];
		r = open_part(dir, file->is->file, file->is->size, &file->fd, err);
		image->n_files += r == 0;
	}
	return r;
}

int image_open(const char *path, const struct manifest_policy *policy, struct image *ret, struct err *err)
{
	_cleanup_(image_close) struct image image = {.payload_fd = -EBADF};
	_cleanup_close_ int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return err_sys(err, errno, "%s", path);
	if (read_manifest(dir, policy, &image, err) < 0 || read_index(dir, &image, err) < 0 ||
	    open_parts(dir, &image, err) < 0)
		return err_prepend(err, "%s", path);
	*ret = image;
	image = (struct image){.payload_fd = -EBADF};
	return 0;
}

void image_close(struct image *image)
{
	manifest_free(image->manifest);
	index_free(image->index);
	close_fdp(&image->payload_fd);
	for (unsigned i = 0; i < image->n_files; i++)
		close(image->files[i].fd);
	*image = (struct image){.payload_fd = -EBADF};
}

static int check_file(const struct image_file *file, uint8_t *buf, struct err *err)
{
	_cleanup_(sha256_stream_freep) struct sha256_stream *hash = sha256_stream_new();
	uint8_t digest[SHA256_SIZE];
	int r;

	for (uint64_t at = 0, size = file->is->size; at < size;) {
		size_t n = size - at < IMAGE_CHUNK_SIZE ? (size_t)(size - at) : IMAGE_CHUNK_SIZE;

		if ((r = pread_full(file->fd, buf, n, at, err)) < 0)
			return r;
		sha256_stream_add(hash, buf, n);
		at += n;
	}
	sha256_stream_end(hash, digest);
	return memcmp(digest, file->is->sha256, SHA256_SIZE) ? err_set(err, EBADMSG, "SHA-256 mismatch") : 0;
}

int image_check_files(const struct image *image, struct err *err)
{
	_cleanup_free_ uint8_t *buf = NULL;
	int r;

	if (image->n_files && (r = lane_buffer(IMAGE_CHUNK_SIZE, &buf, err)) < 0)
		return r;
	for (unsigned i = 0; i < image->n_files; i++)
		if (check_file(&image->files[i], buf, err) < 0)
			return err_prepend(err, "%s", image->files[i].is->file);
	return 0;
}

static int check_chunk(const struct image *image, uint32_t i, struct decoder *decoder, void *frame,
		       void *plain, struct err *err)
{
	const struct chunk *c = &image->index->chunks[i];
	int r;

	if (pread_full(image->payload_fd, frame, c->length, c->offset, err) < 0)
		return err_prepend(err, "chunk %" PRIu32, i);
	if ((r = decoder_run(decoder, image->index, i, frame, plain, err)) < 0)
		return r;
	return chunk_check_plain(image->index, i, plain, err);
}

static void count_chunk(struct check *check, uint32_t i)
{
	const struct index *index = check->image->index;

	pthread_mutex_lock(&check->lock);
	check->done += index_chunk_len(index, i);
	if (check->progress)
		check->progress(check->data, check->done, index->size);
	pthread_mutex_unlock(&check->lock);
}

static int check_lane(struct lanes *lanes, void *data, struct err *err)
{
	_cleanup_free_ uint8_t *frame = NULL, *plain = NULL;
	_cleanup_(decoder_freep) struct decoder *decoder = NULL;
	struct check *check = data;
	uint32_t i;
	int r;

	if ((r = lane_buffer(ZSTD_COMPRESSBOUND(IMAGE_CHUNK_SIZE), &frame, err)) < 0 ||
	    (r = lane_buffer(IMAGE_CHUNK_SIZE, &plain, err)) < 0 || (r = decoder_new(&decoder, err)) < 0)
		return r;
	while (lanes_next(lanes, &i)) {
		if (check_chunk(check->image, i, decoder, frame, plain, err) < 0)
			return err_prepend(err, "%s", check->image->manifest->payload_file);
		count_chunk(check, i);
	}
	return 0;
}

int image_check_payload(const struct image *image, unsigned threads,
			void (*progress)(void *data, uint64_t done, uint64_t total), void *data,
			struct err *err)
{
	struct check check = {
		.image = image, .lock = PTHREAD_MUTEX_INITIALIZER, .progress = progress, .data = data};

	return lanes_run(threads, image->index->n_chunks, check_lane, &check, err);
}

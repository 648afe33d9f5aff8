/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
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

static int open_payload(int dir, struct image *image, struct err *err)
{
	const struct manifest *m = image->manifest;
	struct stat st;

	image->payload_fd = openat(dir, m->payload_file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (image->payload_fd < 0 || fstat(image->payload_fd, &st) < 0)
		return err_sys(err, errno, "%s", m->payload_file);
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != m->payload_size)
		return err_set(err, EBADMSG, "%s: %jd bytes, the manifest says %" PRIu64, m->payload_file,
			       (intmax_t)st.st_size, m->payload_size);
	return 0;
}

int image_open(const char *path, const struct manifest_policy *policy, struct image *ret, struct err *err)
{
	_cleanup_(image_close) struct image image = {.payload_fd = -EBADF};
	_cleanup_close_ int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return err_sys(err, errno, "%s", path);
	if (read_manifest(dir, policy, &image, err) < 0 || read_index(dir, &image, err) < 0 ||
	    open_payload(dir, &image, err) < 0)
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
	*image = (struct image){.payload_fd = -EBADF};
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

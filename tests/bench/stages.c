/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each stage of writing an image alone, on all cores, for the bench's bound:
 *   stages fetch PACKED URL           every frame, received and thrown away
 *   stages hash PACKED                SHA-256 of every frame, from the page cache
 *   stages decode PACKED              every frame decoded into a buffer, unhashed
 *   stages write PACKED DEVICE        every chunk that is not zeros, from buffers, by the pipeline's own writer
 *   stages together PACKED URL DEVICE all four side by side, each at its own pace: nothing waits for anything
 * PACKED is the image's folder. Prints the bytes, the seconds, and the CPU seconds of the stage and nothing else: this process's own, or
 * where the kernel and a server work too, the whole machine's.
 */
#include <curl/curl.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <zstd.h>

#include "agent/pipeline/crew.h"
#include "core/hash.h"
#include "core/io.h"
#include "core/time.h"
#include "images/image.h"
#include "tests/bench/stages.h"

#define THREADS_MAX 64

struct image image;
atomic_ullong bytes_done;
static const uint8_t *payload;
static const char *url;
static atomic_uint next_chunk;

void die(const struct err *err)
{
	fprintf(stderr, "stages: %s\n", err->text);
	exit(1);
}

/* ---- the chunks ---------------------------------------------------------------------------------- */

static bool take_chunk(uint32_t *ret)
{
	do
		*ret = atomic_fetch_add(&next_chunk, 1);
	while (*ret < image.index->n_chunks && image.index->chunks[*ret].flags & CHUNK_ZERO);
	return *ret < image.index->n_chunks;
}

/* ---- hash, decode -------------------------------------------------------------------------------- */

static bool hashing, decoding; /* set before any thread is */

static void decode(ZSTD_DCtx *zstd, const struct chunk *c, uint8_t *plain)
{
	size_t n = ZSTD_decompressDCtx(zstd, plain, image.index->chunk_size, payload + c->offset, c->length);

	if (ZSTD_isError(n))
		abort();
	atomic_fetch_add(&bytes_done, n);
}

static void hash(const struct chunk *c)
{
	uint8_t digest[SHA256_SIZE];

	sha256(payload + c->offset, c->length, digest);
	atomic_fetch_add(&bytes_done, c->length);
}

static void *work(void *data)
{
	uint8_t *plain = malloc(image.index->chunk_size);
	ZSTD_DCtx *zstd = ZSTD_createDCtx();
	uint32_t i;

	(void)data;
	if (!plain || !zstd)
		abort();
	while (take_chunk(&i)) {
		if (hashing)
			hash(&image.index->chunks[i]);
		if (decoding)
			decode(zstd, &image.index->chunks[i], plain);
	}
	ZSTD_freeDCtx(zstd);
	free(plain);
	return NULL;
}

static void map_payload(void)
{
	size_t size = image.manifest->payload_size;
	void *map = mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_POPULATE, image.payload_fd, 0);
	struct err err;

	if (map == MAP_FAILED) {
		err_sys(&err, errno, "mapping the payload");
		die(&err);
	}
	payload = map;
}

/* ---- fetch --------------------------------------------------------------------------------------- */

static size_t drop(char *buf, size_t one, size_t len, void *data)
{
	(void)buf;
	(void)one;
	*(uint64_t *)data += len;
	return len;
}

/* One connection, an equal share of the payload in one range. */
static void *fetch_share(void *data)
{
	uint64_t size = image.manifest->payload_size, share = (uintptr_t)data, n = crew_cpus(), got = 0;
	_cleanup_free_ char *range =
		str_printf("%" PRIu64 "-%" PRIu64, size * share / n, size * (share + 1) / n - 1);
	CURL *curl = curl_easy_init();

	if (!curl)
		abort();
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_RANGE, range);
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 512L * 1024);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &got);
	if (curl_easy_perform(curl) != CURLE_OK) {
		fprintf(stderr, "stages: %s cannot be fetched\n", url);
		exit(1);
	}
	curl_easy_cleanup(curl);
	atomic_fetch_add(&bytes_done, got);
	return NULL;
}

/* ---- main ---------------------------------------------------------------------------------------- */

struct threads {
	pthread_t all[2 * THREADS_MAX + 1];
	unsigned n;
};

static void start(struct threads *threads, void *(*run)(void *), void *data)
{
	if (pthread_create(&threads->all[threads->n++], NULL, run, data))
		abort();
}

static void start_on_all_cores(struct threads *threads, void *(*run)(void *))
{
	unsigned n = crew_cpus() < THREADS_MAX ? crew_cpus() : THREADS_MAX;

	for (unsigned i = 0; i < n; i++)
		start(threads, run, (void *)(uintptr_t)i);
}

static void end(struct threads *threads, const struct spent *spent)
{
	while (threads->n)
		pthread_join(threads->all[--threads->n], NULL);
	spent_print(spent);
}

static const struct stage {
	const char *name;
	int argc;
	bool fetch, hash, decode, write;
} stages[] = {
	{"fetch", 4, .fetch = true},
	{"hash", 3, .hash = true},
	{"decode", 3, .decode = true},
	{"write", 4, .write = true},
	{"together", 5, .fetch = true, .hash = true, .decode = true, .write = true},
};

static void measure(const struct stage *stage, const char *device)
{
	struct sink *sink = stage->write ? sink_open(device) : NULL;
	struct threads threads = {0};
	struct spent spent = spent_begin(stage->fetch || stage->write);

	if (stage->fetch)
		start_on_all_cores(&threads, fetch_share);
	if (stage->hash || stage->decode)
		start_on_all_cores(&threads, work);
	if (stage->write)
		start(&threads, sink_fill, sink);
	end(&threads, &spent);
	if (stage->write)
		sink_close(sink);
}

int main(int argc, char **argv)
{
	const struct stage *stage = stages;
	struct err err;

	while (stage < stages + sizeof(stages) / sizeof(stages[0]) &&
	       (argc != stage->argc || strcmp(argv[1], stage->name) != 0))
		stage++;
	if (stage == stages + sizeof(stages) / sizeof(stages[0]))
		return 2;
	if (image_open(argv[2], NULL, &image, &err) < 0)
		die(&err);
	url = stage->fetch ? argv[3] : NULL;
	hashing = stage->hash;
	decoding = stage->decode;
	if (hashing || decoding)
		map_payload();
	curl_global_init(CURL_GLOBAL_DEFAULT);
	measure(stage, argv[argc - 1]);
	image_close(&image);
	return 0;
}

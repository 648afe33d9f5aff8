/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each stage of writing an image alone, on all cores, for the bench's bound:
 *   stages fetch PACKED URL           every frame, received and thrown away
 *   stages hash PACKED                SHA-256 of every frame, from the page cache
 *   stages decode PACKED              every frame decoded into a buffer, unhashed
 *   stages write PACKED DEVICE [all]  as many bytes as the image has, from buffers, by the pipeline's own writer; only chunks
 *                                     that are not zeros unless all is said
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

#include "agent/pipeline/writer.h"
#include "core/hash.h"
#include "core/io.h"
#include "core/time.h"
#include "images/image.h"

#define THREADS_MAX 64
#define BUFFERS     8 /* chunks under way */

static struct image image;
static const uint8_t *payload;
static const char *url;
static atomic_uint next_chunk;
static atomic_ullong bytes_done;

static void die(const struct err *err)
{
	fprintf(stderr, "stages: %s\n", err->text);
	exit(1);
}

/* ---- the clock ----------------------------------------------------------------------------------- */

struct spent {
	bool machine; /* count the whole machine's CPU */
	uint64_t begun;
	double cpu;
};

/* Busy seconds of all CPUs (proc(5)): not idle, not waiting, not stolen. */
static double machine_cpu(void)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/stat", "re");
	unsigned long long user, nice, system, idle, wait, irq, soft;

	if (!file || fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle,
			    &wait, &irq, &soft) != 7)
		abort();
	return (double)(user + nice + system + irq + soft) / (double)sysconf(_SC_CLK_TCK);
}

static double own_cpu(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct spent spent_begin(bool machine)
{
	return (struct spent){machine, monotonic_ns(), machine ? machine_cpu() : own_cpu()};
}

static void spent_print(const struct spent *spent)
{
	double wall = (double)(monotonic_ns() - spent->begun) / 1e9;

	printf("%llu %.6f %.6f\n", atomic_load(&bytes_done), wall,
	       (spent->machine ? machine_cpu() : own_cpu()) - spent->cpu);
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

static void *hash_all(void *data)
{
	uint8_t digest[SHA256_SIZE];
	uint32_t i;

	(void)data;
	while (take_chunk(&i)) {
		sha256(payload + image.index->chunks[i].offset, image.index->chunks[i].length, digest);
		atomic_fetch_add(&bytes_done, image.index->chunks[i].length);
	}
	return NULL;
}

static void *decode_all(void *data)
{
	size_t size = image.index->chunk_size;
	uint8_t *plain = malloc(size);
	ZSTD_DCtx *zstd = ZSTD_createDCtx();
	uint32_t i;

	(void)data;
	if (!plain || !zstd)
		abort();
	while (take_chunk(&i)) {
		const struct chunk *c = &image.index->chunks[i];
		size_t n = ZSTD_decompressDCtx(zstd, plain, size, payload + c->offset, c->length);

		if (ZSTD_isError(n))
			abort();
		atomic_fetch_add(&bytes_done, n);
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

/* ---- write --------------------------------------------------------------------------------------- */

struct sink {
	struct crew crew;
	struct pool *pool;
};

static void written(void *data, struct plain *plain, unsigned target, int code)
{
	struct sink *sink = data;
	struct err err;

	(void)target;
	if (code) {
		err_sys(&err, code, "writing");
		die(&err);
	}
	pool_give(sink->pool, plain);
}

static void write_chunks(struct writer *writer, struct pool *pool, bool all)
{
	const struct index *index = image.index;

	for (uint32_t i = 0; i < index->n_chunks; i++) {
		struct plain *plain;

		if (index->chunks[i].flags & CHUNK_ZERO && !all)
			continue;
		plain = pool_take(pool);
		plain->chunk = i;
		plain->len = index_chunk_len(index, i);
		plain->offset = (uint64_t)i * index->chunk_size;
		atomic_fetch_add(&bytes_done, plain->len);
		writer_submit(writer, plain, 0);
	}
}

static void write_device(const char *device, bool all)
{
	struct pipeline_target target = {.fd = open(device, O_WRONLY | O_DIRECT | O_CLOEXEC), .name = device};
	struct pipeline_job job = {.index = image.index, .targets = &target, .n_targets = 1};
	struct sink sink = {0};
	struct writer_options options = {.targets = &target, .n_targets = 1, .done = written, .data = &sink};
	struct writer *writer;
	struct err err, why;
	struct spent spent;

	crew_init(&sink.crew, &job, image.index->size);
	if (target.fd < 0) {
		err_sys(&err, errno, "%s", device);
		die(&err);
	}
	if (pool_new(&sink.crew, BUFFERS, image.index->chunk_size, &sink.pool, &err) < 0)
		die(&err);
	options.pool = sink.pool;
	memset(pool_arena(sink.pool), 0x5a, pool_count(sink.pool) * pool_size(sink.pool));
	if (writer_new(&options, &writer, &why, &err) < 0)
		die(&err);
	spent = spent_begin(true);
	write_chunks(writer, sink.pool, all);
	writer_free(writer);
	if (fsync(target.fd) < 0)
		abort();
	spent_print(&spent);
	pool_free(sink.pool);
	close(target.fd);
}

/* ---- main ---------------------------------------------------------------------------------------- */

static void on_all_cores(void *(*run)(void *), bool machine)
{
	pthread_t threads[THREADS_MAX];
	unsigned n = crew_cpus() < THREADS_MAX ? crew_cpus() : THREADS_MAX;
	struct spent spent = spent_begin(machine);

	for (unsigned i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, run, (void *)(uintptr_t)i))
			abort();
	for (unsigned i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	spent_print(&spent);
}

int main(int argc, char **argv)
{
	struct err err;

	if (argc < 3 || argc > 5)
		return 2;
	if (image_open(argv[2], NULL, &image, &err) < 0)
		die(&err);
	if (!strcmp(argv[1], "fetch") && argc == 4) {
		url = argv[3];
		curl_global_init(CURL_GLOBAL_DEFAULT);
		on_all_cores(fetch_share, true);
	} else if (!strcmp(argv[1], "hash") || !strcmp(argv[1], "decode")) {
		map_payload();
		on_all_cores(argv[1][0] == 'h' ? hash_all : decode_all, false);
	} else if (!strcmp(argv[1], "write") && argc >= 4) {
		write_device(argv[3], argc == 5);
	} else {
		return 2;
	}
	image_close(&image);
	return 0;
}

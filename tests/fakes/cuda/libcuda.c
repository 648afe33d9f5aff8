/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A libcuda.so.1 for tests: GPUs whose memory is a file in memory, with the kernels of the scrub in C. It reads no PTX. FAKE_CUDA in the
 * environment says how they are, as cuInit() finds it: "gpus=2,ecc_at=3". All numbers are decimal.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "agent/gpu/cuda_spec.h"
#include "agent/gpu/scrub_pattern.h"

#define PAGE      (2ull << 20)
#define API       __attribute__((visibility("default")))
#define MODEL     "Fake GPU"
#define CLOCK_KHZ 2619000
#define BUS_BITS  5120

/* How they are; 0 where FAKE_CUDA says nothing. */
static struct scenario {
	uint64_t gpus;                                            /* 1 where it says nothing */
	uint64_t none, mig, integrated, busy, not_ready, old_ptx; /* flags: what refuses them */
	uint64_t memory, kept;                                    /* MiB: 64, and 6 for the context */
	uint64_t piece;            /* MiB that one allocation can have at most */
	uint64_t drop_at, dropped; /* bytes from the start of the memory: fills do not reach them */
	uint64_t alias;            /* flag: the last 2 MiB are the first of those that the scrub fills */
	uint64_t flip_at;          /* bytes: a bit of that byte always reads as 1 */
	uint64_t ecc_at, fail_at, hang_at, die_at; /* the launch, from 1, that ends so */
	uint64_t idle;                             /* flag: launches do nothing at all */
	uint64_t no_clock;                         /* flag: the memory's clock is not told */
	uint64_t slow_clock;                       /* kHz, instead of the memory's own */
	uint64_t stuck; /* flag: what is free is told wrongly, and never becomes less */
} s;

static const struct word {
	const char *name;
	uint64_t *into;
} words[] = {
	{"gpus", &s.gpus},
	{"none", &s.none},
	{"mig", &s.mig},
	{"integrated", &s.integrated},
	{"busy", &s.busy},
	{"not_ready", &s.not_ready},
	{"old_ptx", &s.old_ptx},
	{"memory", &s.memory},
	{"kept", &s.kept},
	{"piece", &s.piece},
	{"drop_at", &s.drop_at},
	{"dropped", &s.dropped},
	{"alias", &s.alias},
	{"flip_at", &s.flip_at},
	{"ecc_at", &s.ecc_at},
	{"fail_at", &s.fail_at},
	{"hang_at", &s.hang_at},
	{"die_at", &s.die_at},
	{"idle", &s.idle},
	{"no_clock", &s.no_clock},
	{"slow_clock", &s.slow_clock},
	{"stuck", &s.stuck},
};

static uint8_t *memory;      /* of the one context */
static uint64_t size, taken; /* bytes */
static unsigned launches;
static int broken; /* what every call of the context says from then on */

static void read_scenario(void)
{
	const char *env = getenv("FAKE_CUDA");
	char text[512], *rest = text, *pair;

	s = (struct scenario){.gpus = 1, .memory = 64, .kept = 6};
	snprintf(text, sizeof(text), "%s", env ? env : "");
	while ((pair = strsep(&rest, ","))) {
		char *value = strchr(pair, '=');
		bool known = !*pair;

		if (value)
			*value++ = '\0';
		for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (!strcmp(words[i].name, pair)) {
				*words[i].into = value ? strtoull(value, NULL, 10) : 1;
				known = true;
			}
		if (!known)
			abort(); /* a test that says what the fake does not know */
	}
}

API int cuInit(unsigned flags)
{
	(void)flags;
	read_scenario();
	launches = 0;
	broken = 0;
	return s.none ? CUDA_ERROR_NO_DEVICE : s.not_ready ? CUDA_ERROR_SYSTEM_NOT_READY : 0;
}

API int cuGetErrorName(int code, const char **ret)
{
	*ret = code == CUDA_ERROR_ECC_UNCORRECTABLE         ? "CUDA_ERROR_ECC_UNCORRECTABLE"
	       : code == CUDA_ERROR_NO_DEVICE               ? "CUDA_ERROR_NO_DEVICE"
	       : code == CUDA_ERROR_UNSUPPORTED_PTX_VERSION ? "CUDA_ERROR_UNSUPPORTED_PTX_VERSION"
							    : NULL;
	return *ret ? 0 : 1;
}

API int cuGetErrorString(int code, const char **ret)
{
	(void)code;
	*ret = "as the fake was told";
	return 0;
}

/* ---- devices ---- */

API int cuDeviceGetCount(int *ret)
{
	*ret = (int)s.gpus;
	return 0;
}

API int cuDeviceGet(int *ret, int ordinal)
{
	*ret = ordinal;
	return 0;
}

API int cuDeviceGetPCIBusId(char *ret, int len, int device)
{
	snprintf(ret, (size_t)len, "0000:%02X:00.0", 0x1a + device);
	return 0;
}

API int cuDeviceGetByPCIBusId(int *ret, const char *pci)
{
	char own[16];

	for (int i = 0; i < (int)s.gpus; i++) {
		cuDeviceGetPCIBusId(own, sizeof(own), i);
		if (strcasecmp(own, pci))
			continue;
		*ret = i;
		return 0;
	}
	return CUDA_ERROR_INVALID_DEVICE;
}

API int cuDeviceGetName(char *ret, int len, int device)
{
	(void)device;
	snprintf(ret, (size_t)len, MODEL);
	return 0;
}

API int cuDeviceTotalMem_v2(size_t *ret, int device)
{
	(void)device;
	*ret = s.memory << 20;
	return 0;
}

API int cuDeviceGetAttribute(int *ret, int attribute, int device)
{
	(void)device;
	*ret = attribute == CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT      ? 2
	       : attribute == CU_DEVICE_ATTRIBUTE_INTEGRATED              ? (int)s.integrated
	       : attribute == CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH ? BUS_BITS
	       : attribute == CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE && !s.no_clock
		       ? (int)(s.slow_clock ? s.slow_clock : CLOCK_KHZ)
		       : 0;
	return 0;
}

API int cuDeviceGetUuid(struct CUuuid_st *ret, int device)
{
	memset(ret, 0x40 + device, sizeof(*ret));
	return 0;
}

API int cuDeviceGetUuid_v2(struct CUuuid_st *ret, int device)
{
	memset(ret, 0x40 + device + (s.mig ? 0x10 : 0), sizeof(*ret));
	return 0;
}

/* ---- a context ---- */

API int cuCtxCreate_v2(void **ret, unsigned flags, int device)
{
	int fd;

	(void)flags;
	(void)device;
	if (s.busy)
		return CUDA_ERROR_DEVICE_UNAVAILABLE;
	size = s.memory << 20;
	taken = s.kept << 20;
	fd = memfd_create("gpu", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		abort();
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		abort();
	if (s.alias && mmap(memory + size - PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
			    (off_t)(taken + PAGE)) == MAP_FAILED)
		abort();
	close(fd);
	*ret = memory;
	return 0;
}

API int cuCtxDestroy_v2(void *context)
{
	if (context != memory || munmap(memory, size) < 0)
		abort();
	memory = NULL;
	return 0;
}

API int cuModuleLoadDataEx(void **ret, const void *image, unsigned n, int *options, void **values)
{
	(void)n;
	(void)options;
	(void)values;
	if (s.old_ptx)
		return CUDA_ERROR_UNSUPPORTED_PTX_VERSION;
	if (!strstr(image, ".version"))
		return 218; /* invalid PTX */
	*ret = (void *)image;
	return 0;
}

/* A function is its name, in the image. */
API int cuModuleGetFunction(void **ret, void *module, const char *name)
{
	char entry[64];
	char *at;

	snprintf(entry, sizeof(entry), ".visible .entry %s(", name);
	at = strstr(module, entry);
	*ret = at ? at + strlen(".visible .entry ") : NULL;
	return at ? 0 : 500; /* not found */
}

/* ---- memory ---- */

API int cuMemGetInfo_v2(size_t *ret_free, size_t *ret_total)
{
	*ret_free = s.stuck ? size : size - taken;
	*ret_total = size;
	return broken;
}

API int cuMemAlloc_v2(uint64_t *ret, size_t bytes)
{
	uint64_t wanted = (bytes + PAGE - 1) / PAGE * PAGE;

	if (broken)
		return broken;
	if (wanted > size - taken || (s.piece && bytes > s.piece << 20))
		return CUDA_ERROR_OUT_OF_MEMORY;
	*ret = (uint64_t)(uintptr_t)(memory + taken);
	taken += wanted;
	return 0;
}

API int cuMemFree_v2(uint64_t at)
{
	(void)at;
	return broken;
}

API int cuMemcpyDtoH_v2(void *to, uint64_t from, size_t bytes)
{
	memcpy(to, (void *)(uintptr_t)from, bytes);
	return broken;
}

API int cuMemcpyHtoD_v2(uint64_t to, const void *from, size_t bytes)
{
	memcpy((void *)(uintptr_t)to, from, bytes);
	return broken;
}

API int cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, void *stream)
{
	(void)stream;
	memcpy((void *)(uintptr_t)to, (void *)(uintptr_t)from, bytes);
	return broken;
}

/* ---- work ---- */

static bool is_dropped(uint64_t at)
{
	uint64_t offset = at - (uint64_t)(uintptr_t)memory;

	return s.dropped && offset >= s.drop_at && offset < s.drop_at + s.dropped;
}

static void fill(uint64_t at, uint64_t units, uint64_t key, uint64_t mask)
{
	for (uint64_t i = 0; i < units; i++, at += SCRUB_UNIT)
		if (!is_dropped(at))
			*(struct scrub_unit *)(uintptr_t)at = scrub_unit_at(at, key, mask);
}

static void verify(uint64_t at, uint64_t units, uint64_t key, uint64_t mask, uint64_t *found)
{
	for (uint64_t i = 0; i < units * 2; i++, at += 8) {
		struct scrub_unit unit = scrub_unit_at(at, key, mask);

		if (*(uint64_t *)(uintptr_t)at == (at % SCRUB_UNIT ? unit.high : unit.low))
			continue;
		found[0]++;
		if (at < found[1])
			found[1] = at;
	}
}

static void run(const char *name, void **params)
{
	uint64_t at = *(uint64_t *)params[0], units = *(uint64_t *)params[1], key = *(uint64_t *)params[2],
		 mask = *(uint64_t *)params[3];

	if (s.flip_at)
		memory[s.flip_at] |= 1;
	if (!strncmp(name, "scrub_fill(", 11))
		fill(at, units, key, mask);
	else if (!strncmp(name, "scrub_verify(", 13))
		verify(at, units, key, mask, (void *)(uintptr_t) * (uint64_t *)params[4]);
	else
		abort();
}

API int cuLaunchKernel(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
		       unsigned bz, unsigned shared, void *stream, void **params, void **extra)
{
	(void)shared;
	(void)stream;
	(void)extra;
	if (!gx || gy != 1 || gz != 1 || !bx || by != 1 || bz != 1)
		return 1;
	launches++;
	if (launches == s.ecc_at)
		broken = CUDA_ERROR_ECC_UNCORRECTABLE;
	if (launches == s.fail_at)
		broken = 719; /* launch failed */
	if (launches == s.die_at)
		abort();
	while (launches == s.hang_at)
		pause();
	if (!broken && !s.idle)
		run(function, params);
	return 0; /* what goes wrong is told when one waits for it */
}

/* An event is when it was recorded. */
API int cuEventCreate(void **ret, unsigned flags)
{
	(void)flags;
	*ret = calloc(1, sizeof(struct timespec));
	return *ret ? broken : CUDA_ERROR_OUT_OF_MEMORY;
}

API int cuEventRecord(void *event, void *stream)
{
	(void)stream;
	clock_gettime(CLOCK_MONOTONIC, event);
	return broken;
}

API int cuEventSynchronize(void *event)
{
	(void)event;
	return broken;
}

API int cuEventElapsedTime(float *ret_ms, void *from, void *to)
{
	const struct timespec *a = from, *b = to;

	*ret_ms = (float)((double)(b->tv_sec - a->tv_sec) * 1e3 + (double)(b->tv_nsec - a->tv_nsec) / 1e6);
	return broken;
}

#ifndef WITHOUT_EVENTS /* as a library has it that is none of NVIDIA's */
API int cuEventDestroy_v2(void *event)
{
	free(event);
	return broken;
}
#endif

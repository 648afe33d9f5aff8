/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fakes/model.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "agent/hw/transport.h"
#include "core/hash.h"
#include "core/io.h"

enum { MODELS_MAX = 64, PIECE = 1 << 20 };

static struct entry {
	struct model model;
	ino_t inode;
	size_t state_size;
} entries[MODELS_MAX];
static unsigned n_entries;
static struct clock {
	uint64_t ns, paused_ms;
} * clock_shared; /* with children: their waiting is everybody's */

static void *shared_memory(size_t len)
{
	void *p = mmap(NULL, len ? len : 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
}

static struct model *by_fd(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0)
		for (unsigned i = 0; i < n_entries; i++)
			if (entries[i].inode == st.st_ino)
				return &entries[i].model;
	return NULL;
}

/* ---- the transport ---- */

static int on_nsid(int fd)
{
	struct model *m = by_fd(fd);

	return m && m->kind->nvme_nsid ? m->kind->nvme_nsid(m) : -ENOTTY;
}

static int on_admin(int fd, struct nvme_admin_cmd *cmd)
{
	struct model *m = by_fd(fd);

	return m && m->kind->nvme_admin ? m->kind->nvme_admin(m, cmd) : -ENOTTY;
}

static int on_scsi(int fd, struct sg_io_hdr *io)
{
	struct model *m = by_fd(fd);

	return m && m->kind->scsi ? m->kind->scsi(m, io) : -ENOTTY;
}

static int on_opal(int fd, unsigned long request, void *arg)
{
	struct model *m = by_fd(fd);

	return m && m->kind->opal ? m->kind->opal(m, request, arg) : -ENOTTY;
}

static int on_rescan(int fd)
{
	struct model *m = by_fd(fd);

	return m && m->kind->nvme_rescan ? m->kind->nvme_rescan(m) : -ENOTTY;
}

static void on_pause(unsigned ms)
{
	__atomic_fetch_add(&clock_shared->ns, ms * 1000000ull, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&clock_shared->paused_ms, ms, __ATOMIC_SEQ_CST);
}

uint64_t model_now_ns(void)
{
	return __atomic_load_n(&clock_shared->ns, __ATOMIC_SEQ_CST);
}

uint64_t model_paused_ms(void)
{
	return __atomic_load_n(&clock_shared->paused_ms, __ATOMIC_SEQ_CST);
}

/* ---- contents ---- */

/* A line that says whose it is and where it stood, so that no two blocks are alike and each can be told again. */
void model_former(struct model *model, uint64_t lba, void *buf)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "tenant's ledger, drive %.20s, block %016llx\n",
			   model->block.serial, (unsigned long long)lba);

	for (uint32_t at = 0; at < model->block.logical_block_size; at++)
		((char *)buf)[at] = line[at % (uint32_t)len];
}

static int open_file(const struct model *model)
{
	int fd = open(model->block.path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		abort();
	return fd;
}

static void put(int fd, const void *buf, size_t len, uint64_t offset)
{
	struct err err = {0};

	if (pwrite_full(fd, buf, len, offset, &err) < 0)
		abort();
}

static void get(int fd, void *buf, size_t len, uint64_t offset)
{
	struct err err = {0};

	if (pread_full(fd, buf, len, offset, &err) < 0)
		abort();
}

static void fill_with_former(struct model *model, int fd)
{
	uint32_t block = model->block.logical_block_size;
	_cleanup_free_ uint8_t *piece = malloc(PIECE);
	uint64_t lba = 0, blocks = model->block.size / block;

	while (lba < blocks) {
		uint64_t first = lba;
		size_t len = 0;

		for (; lba < blocks && len + block <= PIECE; lba++, len += block)
			model_former(model, lba, piece + len);
		put(fd, piece, len, first * block);
	}
}

struct model *model_new(const struct model_kind *kind, const char *name, uint64_t size, uint32_t block,
			size_t state_size)
{
	static const struct device_transport transport = {on_nsid,  on_admin,     on_scsi,  on_opal,
							  on_pause, model_now_ns, on_rescan};
	struct entry *e = &entries[n_entries];
	struct block *b = &e->model.block;
	struct stat st;
	int fd;

	if (n_entries == MODELS_MAX)
		abort();
	if (!clock_shared)
		clock_shared = shared_memory(sizeof(*clock_shared));
	*e = (struct entry){.model.kind = kind, .state_size = state_size};
	snprintf(b->path, sizeof(b->path), "%s/remint-model-XXXXXX",
		 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	fd = mkstemp(b->path);
	if (fd < 0 || ftruncate(fd, (off_t)size) < 0 || fstat(fd, &st) < 0)
		abort();
	e->inode = st.st_ino;
	snprintf(b->dev, sizeof(b->dev), "model%u", n_entries);
	snprintf(b->serial, sizeof(b->serial), "%s", name);
	snprintf(b->name, sizeof(b->name), "serial:%s", name);
	snprintf(b->model, sizeof(b->model), "A model of a drive");
	b->transport = BLOCK_OTHER;
	b->size = size;
	b->logical_block_size = b->physical_block_size = block;
	e->model.state = shared_memory(state_size);
	fill_with_former(&e->model, fd);
	close(fd);
	n_entries++;
	device_transport_replace(&transport);
	return &e->model;
}

void models_clear(void)
{
	for (unsigned i = 0; i < n_entries; i++) {
		unlink(entries[i].model.block.path);
		munmap(entries[i].model.state, entries[i].state_size ? entries[i].state_size : 1);
	}
	n_entries = 0;
	device_transport_replace(NULL);
}

/* Does an erasure that works as `truth` says reach this block? */
static bool reaches(struct model *m, enum model_truth truth, uint64_t offset, uint64_t from, uint64_t len,
		    const void *now)
{
	uint64_t at = offset - from, unit = len >= 32 * (uint64_t)PIECE ? PIECE : m->block.logical_block_size;
	_cleanup_free_ void *former = NULL;

	switch (truth) {
	case MODEL_NOTHING:
		return false;
	case MODEL_HALF:
		return at < len / 2;
	case MODEL_TAIL:
		return at + PIECE < len;
	case MODEL_HEAD:
		return at >= PIECE;
	case MODEL_STRIPES:
		return at / unit % 16 != 8;
	case MODEL_FRESH:
		former = malloc(m->block.logical_block_size);
		model_former(m, offset / m->block.logical_block_size, former);
		return memcmp(former, now, m->block.logical_block_size) != 0;
	default:
		return true;
	}
}

void model_erase(struct model *model, enum model_truth truth, enum model_fill fill, uint64_t offset,
		 uint64_t len)
{
	uint32_t block = model->block.logical_block_size;
	_cleanup_free_ uint8_t *piece = malloc(len < PIECE ? len : PIECE);
	_cleanup_close_ int fd = open_file(model);
	uint64_t end = offset + len;

	for (uint64_t at = offset; at < end;) {
		size_t n = end - at < PIECE ? (size_t)(end - at) : PIECE;

		get(fd, piece, n, at);
		for (size_t i = 0; i + block <= n; i += block) {
			if (!reaches(model, truth, at + i, offset, len, piece + i))
				continue;
			if (fill == MODEL_NOISE)
				random_bytes(piece + i, block);
			else
				memset(piece + i, fill == MODEL_ONES ? 0xff : 0, block);
		}
		put(fd, piece, n, at);
		at += n;
	}
}

uint64_t model_residue(struct model *model)
{
	uint32_t block = model->block.logical_block_size;
	_cleanup_free_ uint8_t *now = malloc(block), *former = malloc(block);
	_cleanup_close_ int fd = open_file(model);
	uint64_t residue = 0;

	for (uint64_t lba = 0; lba < model->block.size / block; lba++) {
		get(fd, now, block, lba * block);
		model_former(model, lba, former);
		if (memcmp(now, former, block) == 0)
			residue += block;
	}
	return residue;
}

void model_power_cycle(struct model *model)
{
	if (model->kind->power_cycle)
		model->kind->power_cycle(model);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What a drive does when it is told to erase. */
#include <blkid/blkid.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "core/hash.h"
#include "core/io.h"
#include "tests/fakes/drive.h"

static struct fake_drive drives[16];
static unsigned n_drives;
static struct {
	unsigned formats, ses;
} * shared; /* with the children */

void fake_drive_add(const struct fake_drive *drive)
{
	if (!shared)
		shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	drives[n_drives++] = *drive;
}

void fake_drives_clear(void)
{
	n_drives = 0;
	if (shared)
		memset(shared, 0, sizeof(*shared));
}

unsigned fake_drive_formats(void)
{
	return shared->formats;
}

unsigned fake_drive_last_ses(void)
{
	return shared->ses;
}

static const struct fake_drive *by_fd(int fd)
{
	struct stat a, b;

	for (unsigned i = 0; i < n_drives; i++)
		if (fstat(fd, &a) == 0 && stat(drives[i].block.path, &b) == 0 && a.st_ino == b.st_ino)
			return &drives[i];
	abort();
}

static const struct fake_drive *by_block(const struct block *block)
{
	for (unsigned i = 0; i < n_drives; i++)
		if (strcmp(drives[i].block.path, block->path) == 0)
			return &drives[i];
	abort();
}

int block_open(const struct block *block, bool writing, int *ret_fd, struct err *err)
{
	const struct fake_drive *drive = by_block(block);
	int flags = writing && !drive->writes_fail ? O_RDWR : O_RDONLY, fd;

	if (drive->cannot_open)
		return err_sys(err, EBUSY, "%s", block->name);
	fd = open(block->path, flags | O_DIRECT | O_CLOEXEC);
	if (fd < 0 && errno == EINVAL) /* a file system without O_DIRECT */
		fd = open(block->path, flags | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, "%s", block->path);
	*ret_fd = fd;
	return 0;
}

int block_flush(int fd, struct err *err)
{
	return fsync(fd) < 0 ? err_sys(err, errno, "flush") : 0;
}

int block_reread_partitions(int fd, struct err *err)
{
	(void)fd, (void)err;
	return 0;
}

static int erase(int fd, enum fake_erase how, uint64_t offset, uint64_t len, struct err *err)
{
	_cleanup_free_ uint8_t *buf = block_buffer(len);

	memset(buf, 0, len);
	switch (how) {
	case ERASE_NOTHING:
		return 0;
	case ERASE_FAILS:
		return err_set(err, EIO, "the drive aborts the command (SCT 0, SC 6)");
	case ERASE_KILLS:
		return raise(SIGKILL);
	case ERASE_HANGS:
		for (;;)
			pause();
	case ERASE_HALF:
		return pwrite_full(fd, buf, len / 2 / 4096 * 4096, offset, err);
	case ERASE_RANDOM:
		random_bytes(buf, len);
		break;
	case ERASE_ZEROES:
		break;
	}
	return pwrite_full(fd, buf, len, offset, err);
}

int block_discard(int fd, uint64_t offset, uint64_t len, struct err *err)
{
	return erase(fd, by_fd(fd)->discard, offset, len, err);
}

int nvme_identify(int dev_fd, struct nvme_caps *ret, struct err *err)
{
	(void)err;
	*ret = by_fd(dev_fd)->caps;
	return 0;
}

int nvme_format(int dev_fd, const struct nvme_caps *caps, unsigned ses, unsigned timeout_s, struct err *err)
{
	const struct fake_drive *drive = by_fd(dev_fd);

	(void)caps, (void)timeout_s;
	shared->formats++;
	shared->ses = ses;
	return erase(dev_fd, drive->format, 0, drive->block.size, err);
}

/* Nothing is promised: zeros are written. */
int block_punch(int fd, uint64_t offset, uint64_t len, struct err *err)
{
	(void)fd;
	(void)offset;
	(void)len;
	return err_set(err, EOPNOTSUPP, "no unmapping");
}

int block_zero_range(int fd, uint64_t offset, uint64_t len, struct err *err)
{
	return block_punch(fd, offset, len, err);
}

uint32_t block_request_max(int fd)
{
	(void)fd;
	return 0;
}

/* libblkid itself, so that what is left on the medium is judged by another than us. */
int block_signatures(int fd, json_t **ret, struct err *err)
{
	blkid_probe probe = blkid_new_probe();
	const char *type;

	*ret = json_array();
	if (!probe || blkid_probe_set_device(probe, fd, 0, 0) < 0)
		return err_set(err, EIO, "libblkid");
	blkid_probe_enable_partitions(probe, 1);
	while (blkid_do_probe(probe) == 0)
		if (blkid_probe_lookup_value(probe, "TYPE", &type, NULL) == 0 ||
		    blkid_probe_lookup_value(probe, "PTTYPE", &type, NULL) == 0)
			json_array_append_new(*ret, json_pack("{s:s}", "type", type));
	blkid_free_probe(probe);
	return 0;
}

bool block_is(const struct block *block, const char *order_name)
{
	return strcmp(order_name, block->name) == 0 ||
	       (block->serial[0] && strcmp(order_name, block->serial) == 0);
}

const char *block_untouchable(const struct block *block)
{
	return by_block(block)->untouchable;
}

const char *block_transport_name(enum block_transport transport)
{
	return transport == BLOCK_NVME ? "nvme" : "other";
}

json_t *block_to_json(const struct block *block)
{
	return json_pack("{s:s, s:s}", "name", block->name, "serial", block->serial);
}

void *block_buffer(size_t len)
{
	void *p = aligned_alloc(4096, (len + 4095) / 4096 * 4096);

	if (!p)
		abort();
	return p;
}

bool nvme_has_format(const struct nvme_caps *caps)
{
	return caps->oacs & 2;
}

bool nvme_format_hits_all(const struct nvme_caps *caps)
{
	return caps->fna & 1;
}

bool nvme_erase_hits_all(const struct nvme_caps *caps)
{
	return caps->fna & 2;
}

bool nvme_has_crypto_format(const struct nvme_caps *caps)
{
	return caps->fna & 4;
}

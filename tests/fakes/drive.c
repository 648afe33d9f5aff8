/* SPDX-License-Identifier: Apache-2.0 */
#include <blkid/blkid.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fakes/drive.h"

static struct fake_drive drives[16];
static unsigned n_drives;

void fake_drive_add(const struct fake_drive *drive)
{
	drives[n_drives++] = *drive;
}

void fake_drives_clear(void)
{
	n_drives = 0;
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

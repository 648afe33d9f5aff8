/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Block devices: who they are, how large, what is on them. The one owner of /sys/class/block, of the BLK*
 * ioctls and of libblkid. A drive is named by what is stable (block_name()), and its size and sector sizes
 * are known here alone.
 */
#ifndef AGENT_HW_BLOCK_H
#define AGENT_HW_BLOCK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

enum block_transport { BLOCK_NVME, BLOCK_ATA, BLOCK_SCSI, BLOCK_VIRTIO, BLOCK_MMC, BLOCK_PMEM, BLOCK_OTHER };

struct block {
	char dev[32];   /* kernel name for this boot only, "nvme0n1" */
	char path[48];  /* "/dev/nvme0n1" */
	char name[160]; /* stable: "serial:S6..", else "wwn:..", else "path:<PCI path>" */
	char model[64], serial[64], wwn[64], firmware[16]; /* "" where unknown */
	enum block_transport transport;
	char subsystem
		[224]; /* NVMe: the subsystem's NQN, which its controllers and namespaces share; "" elsewhere */
	uint32_t nsid;               /* NVMe: the namespace's number; 0 elsewhere */
	uint64_t size;               /* bytes */
	uint32_t logical_block_size; /* bytes */
	uint32_t physical_block_size;
	bool rotational, removable, read_only;
	bool fabrics;                 /* NVMe over fabrics, iSCSI, NBD: not this machine's own */
	bool virtual_media;           /* a BMC's virtual disk, USB */
	uint64_t discard_granularity; /* bytes; 0: no discard */
	uint64_t discard_max;         /* bytes a request; 0: no discard */
	uint64_t write_zeroes_max;    /* bytes a request; 0: none */
	uint32_t zoned;               /* 0 none, 1 host-aware, 2 host-managed */
};

/*
 * All whole disks of the machine that hold data: no partitions, loop, ram, zram, device-mapper, md,
 * optical. Sorted by name. `root` is "" on a machine, or a folder with a captured sys/ tree in tests. *ret
 * is malloc'd; free() it.
 */
int block_list(const char *root, struct block **ret, unsigned *ret_n, struct err *err) _must_check_;

/* Does an order's name (serial, WWN or the stable name) mean this drive? */
bool block_is(const struct block *block, const char *order_name);

/* May it be erased at all? NULL, or why not (static text): removable, read-only, fabrics, virtual media,
 * zoned. */
const char *block_untouchable(const struct block *block);

const char *block_transport_name(enum block_transport transport);

/* For inventory and certificate: model, serial, wwn, size, ... */
json_t *block_to_json(const struct block *block) _must_check_;
/* Back: all that to_json writes must be there; other keys are passed over. block.path stays empty: the drive is not here. */
int block_from_json(const json_t *json, struct block *ret, struct err *err) _must_check_;

/* Opens it O_RDWR | O_DIRECT | O_EXCL | O_CLOEXEC (writing) or O_RDONLY | O_DIRECT | O_CLOEXEC and
 * checks that the size is still the same. *ret_fd is closed by the caller. */
int block_open(const struct block *block, bool writing, int *ret_fd, struct err *err) _must_check_;

/* BLKFLSBUF and fsync: what was written is on the medium, and nothing of it stays in the page cache. */
int block_flush(int fd, struct err *err) _must_check_;
/* Lets the kernel read the partition table anew (BLKRRPART). */
int block_reread_partitions(int fd, struct err *err) _must_check_;
/* Lets the kernel ask the drive for its size and write protection anew (sysfs: device/rescan); only for drives of the SCSI layer, ATA included. */
int block_rescan(const struct block *block, struct err *err) _must_check_;
/* BLKDISCARD, BLKZEROOUT over [offset, offset + len) bytes, multiples of the logical block. -EOPNOTSUPP
 * where missing. */
int block_discard(int fd, uint64_t offset, uint64_t len, struct err *err) _must_check_;
int block_write_zeroes(int fd, uint64_t offset, uint64_t len, struct err *err) _must_check_;
/*
 * The range reads as zeros afterwards, on a drive or in a regular file, without zeros being sent to it: unmapped (where the drive
 * guarantees zeros then), else made by the drive's write zeroes command. Any error means: nothing is promised.
 */
int block_punch(int fd, uint64_t offset, uint64_t len, struct err *err) _must_check_;
/* The same without unmapping; for a drive that has no command for it the kernel writes the zeros. */
int block_zero_range(int fd, uint64_t offset, uint64_t len, struct err *err) _must_check_;
/* Bytes that one request to the drive may have at most; 0 where unknown. */
uint32_t block_request_max(int fd);

/* Every signature that libblkid finds (file systems, RAID, partition tables), as [{type, usage, label,
 * uuid, offset}]. */
int block_signatures(int fd, json_t **ret, struct err *err) _must_check_;

/* A buffer for O_DIRECT, 4096-byte aligned, aborts when out of memory; free() it. */
void *block_buffer(size_t len) _must_check_;

#endif

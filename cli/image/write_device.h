/* SPDX-License-Identifier: Apache-2.0 */
/* The device that `remint image write` writes to: whether it may be, and its commit point. */
#ifndef CLI_WRITE_DEVICE_H
#define CLI_WRITE_DEVICE_H

#include "agent/hw/block/use.h"
#include "images/index.h"

struct write_device {
	const char *path;
	struct block block;
	uint64_t image_size; /* bytes */
	int fd;              /* O_DIRECT where possible; alone on a block device (O_EXCL), locked on a file */
	bool reads_zero;     /* a file without any data */
	bool unsure;         /* zeros for its beginning may not have reached the medium */
};

struct write_policy {
	bool force;  /* what it holds may be lost */
	bool resume; /* it holds the beginnings of this image */
};

/*
 * Opens the device when it may be written to: nobody uses it, it is large enough, its blocks suit the image, it holds nothing, or that may
 * be lost. Changes nothing. The error says what stands against it.
 */
int write_device_open(const char *path, const struct manifest *manifest, const struct write_policy *policy,
		      struct write_device *ret, struct err *err) _must_check_;
void write_device_close(struct write_device *device);

/* From here on it does not boot: zeros in the first chunk's place, flushed. */
int write_device_unboot(struct write_device *device, uint32_t first_chunk_len, struct err *err) _must_check_;

/* After a failure: nothing can be started from it, because its first block is zeros. */
bool write_device_boots_not(const struct write_device *device);

/*
 * The first chunk, its first block last, and read back: only now it boots. When that fails its place is zeroed again. Then the kernel
 * reads the partition table anew; that this fails is no error and told in *ret_note (malloc'd, or NULL).
 */
int write_device_commit(struct write_device *device, const void *first_chunk, uint32_t len, char **ret_note,
			struct err *err) _must_check_;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of agent/hw/block: what one drive's attributes say before names are made unique. */
#ifndef AGENT_HW_BLOCK_PRIVATE_H
#define AGENT_HW_BLOCK_PRIVATE_H

#include <sys/types.h>

#include "agent/hw/block/block.h"

/* A drive and what only naming needs. */
struct block_found {
	struct block block;
	char place[64]; /* where it is plugged in, the same at each boot: "0000:00:1f.2-ata1"; "" unknown */
};

/* False for what is no drive: partitions, loop, ram, optical, hidden paths of NVMe multipath, empty
 * readers. */
bool block_is_drive(const char *root, const char *dev);
/* Reads all attributes; block.name stays empty. */
void block_read(const char *root, const char *dev, struct block_found *ret);
/* Gives each its stable name, drops second paths to the same drive, sorts by name. Returns how many are
 * left. */
unsigned block_name_all(struct block_found *found, unsigned n);

/* "sda1"; false for what the kernel does not know. */
bool block_kernel_name(dev_t device, char *ret, size_t size);
/* Is it the disk `dev` ("sda") or one of its partitions? */
bool block_is_part(const char *dev, dev_t device);

#endif

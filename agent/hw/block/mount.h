/* SPDX-License-Identifier: Apache-2.0 */
/* File systems of disks, and in memory: their drivers, mounting and unmounting. The one owner of mount(2) for them. */
#ifndef AGENT_HW_MOUNT_H
#define AGENT_HW_MOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

/* Loads the driver of "ext4", "xfs", "btrfs", "vfat" where it is a module. -ENODEV: this kernel has none. */
int mount_ready(const char *type, struct err *err) _must_check_;
/*
 * From here on the calling thread, and those that it starts, mount for themselves: what a process that died has left mounted goes with it.
 * Once is enough.
 */
int mount_unshare(struct err *err) _must_check_;
/* nosuid, nodev, noexec. Read-only means that nothing at all is written: no journal is replayed. */
int mount_disk(const char *device, const char *type, const char *where, bool read_only,
	       struct err *err) _must_check_;
/*
 * A tmpfs of at most `size` bytes and `files` files, folders and links, root's alone: nosuid, nodev. In the mount namespace that the process has
 * now: the kernel looks for firmware in PID 1's, which is this one until mount_unshare().
 */
int mount_memory(const char *where, uint64_t size, uint64_t files, struct err *err) _must_check_;
/* From here on nothing in it changes. -EBUSY: something is open for writing. */
int mount_memory_seal(const char *where, struct err *err) _must_check_;
/* Writes out and unmounts; 0 as well when nothing is mounted there. -EBUSY after some seconds of trying. */
int mount_drop(const char *where, struct err *err) _must_check_;

#endif

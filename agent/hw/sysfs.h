/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes of sysfs and procfs. Reading is bounded and without errors for what is not there: a machine's tree
 * differs with each driver. Paths are printf formats that begin with the tree's root ("" on a machine, a
 * captured tree in tests). Private to agent/hw.
 */
#ifndef AGENT_HW_SYSFS_H
#define AGENT_HW_SYSFS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define SYSFS_PATH_MAX 512

/* One line of text, white space at both ends removed, bytes outside printable ASCII shown as '?'. False,
 * and "" in buf, when there is no such attribute or it cannot be read. */
bool sysfs_text(char *buf, size_t size, const char *fmt, ...) _printf_(3, 4);
/* Adds to[key], of at most 63 bytes, where <folder>/<attribute> is there. */
void sysfs_add_text(json_t *to, const char *key, const char *folder, const char *attribute);
/* A number, decimal or with 0x; `otherwise` when it is missing or is none. */
uint64_t sysfs_number(uint64_t otherwise, const char *fmt, ...) _printf_(2, 3);
/* Binary, at most size bytes; the length, 0 when missing. */
size_t sysfs_bytes(void *buf, size_t size, const char *fmt, ...) _printf_(3, 4);
bool sysfs_exists(const char *fmt, ...) _printf_(1, 2);
/* Last part of a symbolic link's target ("driver" -> "nvme"). */
bool sysfs_link(char *buf, size_t size, const char *fmt, ...) _printf_(3, 4);
/* Where a class entry lies under <root>/sys/devices, as a path that begins with "/sys/"; false when it
 * cannot be resolved. */
bool sysfs_device_path(const char *root, char *buf, size_t size, const char *fmt, ...) _printf_(4, 5);

/* Writes text to an attribute, in one call as the kernel wants it. What the kernel answers is the error: -EBUSY, -EPERM, ... */
int sysfs_write(const char *text, struct err *err, const char *fmt, ...) _must_check_ _printf_(3, 4);

/* Names in a folder, sorted, hidden ones left out; at most 65536. *ret and each name are malloc'd:
 * sysfs_names_free(). */
int sysfs_names(const char *folder, char ***ret, unsigned *ret_n, struct err *err) _must_check_;
void sysfs_names_free(char **names, unsigned n);

/* Copies text of a device's maker: white space at both ends removed, bytes outside printable ASCII shown
 * as '?'. */
void text_clean(char *to, size_t size, const void *from, size_t len);

/* The last PCI address in a device path ("0000:3b:00.0"); false without. */
bool sysfs_pci_address(const char *device_path, char ret[16]);

#endif

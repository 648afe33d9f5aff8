/* SPDX-License-Identifier: Apache-2.0 */
/* Whole reads and writes of files, bounded. Interrupted and short transfers are continued. */
#ifndef CORE_IO_H
#define CORE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/err.h"

/* Exactly len bytes or an error; an early end of file is -EIO. Offsets and lengths in bytes. */
int pread_full(int fd, void *buf, size_t len, uint64_t offset, struct err *err) _must_check_;
int pwrite_full(int fd, const void *buf, size_t len, uint64_t offset, struct err *err) _must_check_;
int write_full(int fd, const void *buf, size_t len, struct err *err) _must_check_;

/*
 * Reads a whole file of at most `limit` bytes, sysfs and procfs included. *ret_buf is malloc'd and has
 * a NUL after its *ret_len bytes (ret_len may be NULL). A longer file is -EFBIG.
 */
int file_read(const char *path, size_t limit, char **ret_buf, size_t *ret_len, struct err *err) _must_check_;
int file_read_at(int dirfd, const char *path, size_t limit, char **ret_buf, size_t *ret_len,
		 struct err *err) _must_check_;

/* Atomically replaces path (temporary file, fsync, rename, fsync of the folder); mode as for open(2). */
int file_write_atomic(const char *path, const void *buf, size_t len, mode_t mode,
		      struct err *err) _must_check_;

/* mkdir -p. */
int make_dirs(const char *path, mode_t mode, struct err *err) _must_check_;

/* malloc'd "a/b"; aborts when out of memory. */
char *path_join(const char *a, const char *b) _must_check_;

/* printf into a malloc'd string; aborts when out of memory (small strings only). */
char *str_printf(const char *fmt, ...) _must_check_ _printf_(1, 2);

/* malloc and friends for small things, which abort when out of memory. */
void *xcalloc(size_t n, size_t size) _must_check_;
char *xstrdup(const char *s) _must_check_;

#endif

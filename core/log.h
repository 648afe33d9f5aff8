/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logging. Libraries log at LOG_DEBUG only; the caller that decides logs once. Lines go to
 * standard error and, where the program asks for it, into a bounded ring that can be uploaded.
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "core/cleanup.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level max);

/* The first word of each line on standard error; a static string. Default: none. */
void log_set_name(const char *name);

/* Also keep the newest `size` bytes of lines in memory for log_ring_copy(); 0 turns it off. */
int log_ring_enable(size_t size) _must_check_;

/* A malloc'd, NUL-terminated copy of the ring, oldest line first, each with its UTC time.
 * *ret_len without the NUL. NULL when out of memory. */
char *log_ring_copy(size_t *ret_len);

/* One line, thread safe; bytes below 0x20 and 0x7f are shown as \xNN. */
void log_line(enum log_level level, const char *fmt, ...) _printf_(2, 3);

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)

#endif

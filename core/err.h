/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors. The caller owns a struct err of fixed size, so that reporting cannot fail. A function
 * that can fail returns 0 or a negative errno and has filled *err; each floor prepends its own
 * context once, so that the whole reads like a sentence:
 *   write: chunk 17 of debian-12: SHA-256 mismatch (mirror http://...)
 */
#ifndef CORE_ERR_H
#define CORE_ERR_H

#include <stdarg.h>

#include "core/cleanup.h"

struct err {
	int code;       /* positive errno; 0 is no error */
	char text[992]; /* what happened, where, and what to do; one line, no newline at the end */
};

/* Sets the error; returns -code. A message that is too long is cut, and ends in "...". */
int err_set(struct err *err, int code, const char *fmt, ...) _printf_(3, 4);

/* As err_set, with ": " and the system's words for code at the end. */
int err_sys(struct err *err, int code, const char *fmt, ...) _printf_(3, 4);

/* Puts "context: " in front, unless the text begins with it; returns -err->code, so that it can be returned. */
int err_prepend(struct err *err, const char *fmt, ...) _printf_(2, 3);

#ifdef __clang_analyzer__
/* The analyser reads one file at a time; this tells it that what they return is never a success. */
#define err_set(err, code, ...) (err_set(err, code, __VA_ARGS__), -(code))
#define err_sys(err, code, ...) (err_sys(err, code, __VA_ARGS__), -(code))
#endif

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for secrets: pages of their own that are not swapped out and stand in no core dump, overwritten before they are given back. And what
 * keeps a whole process from leaving copies behind.
 */
#ifndef CORE_SECRET_H
#define CORE_SECRET_H

#include <stddef.h>

#include "core/cleanup.h"

/* size bytes, all zero; aborts when out of memory. A page that may not be locked (RLIMIT_MEMLOCK) is used nevertheless. */
void *secret_new(size_t size) _must_check_;
/* A copy of the text, or NULL for NULL. */
char *secret_dup(const char *text) _must_check_;
/* Overwrites and gives back; NULL is nothing. */
void secret_free(void *secret);
DEFINE_CLEANUP(char *, secret_free);

/* free() and realloc() for memory of malloc() that may have held a secret: what is given back is overwritten. */
void wiping_free(void *p);
DEFINE_CLEANUP(char *, wiping_free);
void *wiping_realloc(void *p, size_t size) _must_check_;

/*
 * For a process that handles secrets, at its beginning and with one thread: no core dumps, no tracing by others, and jansson wipes what it
 * frees. libcurl does so in every process (core/http.c).
 */
void secret_process(void);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several ranged fetches at once, driven by one thread (libcurl's multi interface). HTTP/1.1, connections are kept alive. TLS and
 * origins as in core/http.h; transfers slower than 1 KiB/s for 30 s end with -ETIMEDOUT.
 */
#ifndef CORE_HTTP_MULTI_H
#define CORE_HTTP_MULTI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct http_multi;
struct http_transfer;

struct http_ranged {
	const char *url;      /* http or https */
	const char *ca_pem;   /* NUL-terminated, outlives the transfer; NULL: the system's */
	uint64_t offset, len; /* bytes; len is not 0 */
	bool fresh;           /* on a connection of its own, not on one that is open */
	/* Takes the bytes in order, never more than len in all; not 0 ends the transfer (-ECANCELED). Starts and ends no transfers. */
	int (*sink)(void *data, const void *buf, size_t len);
	void *data;
};

int http_multi_new(struct http_multi **ret, struct err *err) _must_check_;
void http_multi_free(struct http_multi *multi); /* what still runs is broken off */
DEFINE_CLEANUP(struct http_multi *, http_multi_free);

int http_multi_start(struct http_multi *multi, const struct http_ranged *what, struct http_transfer **ret,
		     struct err *err) _must_check_;

/* Waits for bytes, at most wait_ms and until http_multi_wake(), and moves them. An error is one of the machine. */
int http_multi_move(struct http_multi *multi, unsigned wait_ms, struct err *err) _must_check_;
/* Thread safe; the other thread's http_multi_move() returns soon. */
void http_multi_wake(struct http_multi *multi);

/* The `data` of a transfer that has ended since; NULL: none. */
void *http_multi_ended(struct http_multi *multi);

/*
 * The transfer's result, which is freed with it; -ECANCELED for one that has not ended: it is broken off. Errors as http_fetch_range().
 * *ret_received: bytes of bodies that came, refused ones included.
 */
int http_multi_finish(struct http_multi *multi, struct http_transfer *transfer, uint64_t *ret_received,
		      struct err *err);

#endif

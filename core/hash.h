/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256, hexadecimal and random bytes, by libcrypto. */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define SHA256_SIZE     32
#define SHA256_HEX_SIZE 65 /* with the NUL */

/* libcrypto cannot fail here but for memory; then the process aborts. */
void sha256(const void *buf, size_t len, uint8_t digest[SHA256_SIZE]);
void sha256_hex(const void *buf, size_t len, char hex[SHA256_HEX_SIZE]);

struct sha256_stream;
struct sha256_stream *sha256_stream_new(void);
void sha256_stream_add(struct sha256_stream *s, const void *buf, size_t len);
void sha256_stream_end(struct sha256_stream *s, uint8_t digest[SHA256_SIZE]); /* resets for reuse */
void sha256_stream_free(struct sha256_stream *s);
DEFINE_CLEANUP(struct sha256_stream *, sha256_stream_free);

/* Digest of a whole file, and its size (ret_size may be NULL). */
int sha256_file(const char *path, uint8_t digest[SHA256_SIZE], uint64_t *ret_size,
		struct err *err) _must_check_;

/* Lower-case hexadecimal; out holds 2 * len + 1. */
void hex_encode(const void *buf, size_t len, char *out);
/* Exactly 2 * len hexadecimal digits, else -EBADMSG. */
int hex_decode(const char *hex, void *buf, size_t len) _must_check_;

/* Random bytes fit for keys and tokens; aborts when the system has none. */
void random_bytes(void *buf, size_t len);
/* Comparison in constant time. */
bool equal_secret(const void *a, const void *b, size_t len);

#endif

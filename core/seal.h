/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small secrets sealed for keeping: AES-256-GCM (NIST SP 800-38D) with a random nonce each time, which one key bears 2^32 times. What a
 * sealed secret is about is authenticated with it, so that it opens nowhere else.
 */
#ifndef CORE_SEAL_H
#define CORE_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define SEAL_KEY_SIZE 32
#define SEAL_EXTRA    (1 + 12 + 16) /* bytes that sealing adds: format, nonce, tag */

/* out: len + SEAL_EXTRA bytes; len at most 1 MiB. libcrypto cannot fail here but for memory; then the process aborts. */
void seal(const uint8_t key[SEAL_KEY_SIZE], const char *about, const void *secret, size_t len, uint8_t *out);
/*
 * out: len - SEAL_EXTRA bytes, all zero after an error. -EBADMSG: another key, about something else, altered, or not sealed at all: nobody
 * can tell which.
 */
int seal_open(const uint8_t key[SEAL_KEY_SIZE], const char *about, const void *sealed, size_t len, void *out,
	      struct err *err) _must_check_;

#endif

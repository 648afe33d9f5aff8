/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets that the station has to know in plain (its BMCs' passwords) stand sealed in the store; the key to them lies in a file of its own, so
 * that a copy of the store alone gives none away.
 */
#ifndef STATION_SECRETS_H
#define STATION_SECRETS_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct secrets; /* the key, in memory for secrets */

struct secrets *secrets_new(const uint8_t *key); /* SEAL_KEY_SIZE bytes, copied */
void secrets_free(struct secrets *secrets);
DEFINE_CLEANUP(struct secrets *, secrets_free);

/* `about` is what the secret belongs to, and opens it again (core/seal.h). *ret is malloc'd. */
void secrets_seal(const struct secrets *secrets, const char *about, const char *text, uint8_t **ret,
		  size_t *ret_len);
/* *ret is memory of secret_new(). -EBADMSG. */
int secrets_open(const struct secrets *secrets, const char *about, const void *sealed, size_t len, char **ret,
		 struct err *err) _must_check_;

#endif

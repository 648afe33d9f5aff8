/* SPDX-License-Identifier: Apache-2.0 */
/* The file with the key to the store's secrets: 64 hexadecimal digits and a newline, its owner's alone to read. */
#ifndef STATION_SECRETS_KEY_H
#define STATION_SECRETS_KEY_H

#include "station/secrets/secrets.h"

/* -ENOENT; -EPERM: others may read it; -EBADMSG: it has something else in it. */
int secrets_key_read(const char *path, struct secrets **ret, struct err *err) _must_check_;
/* A new random key, in a new file (0600). */
int secrets_key_make(const char *path, struct secrets **ret, struct err *err) _must_check_;
/* The same file elsewhere, in place of what is there. */
int secrets_key_copy(const char *from, const char *to, struct err *err) _must_check_;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Which key is the right one, at the station's start. A value in the store (meta.secrets) tells it from any other. */
#ifndef STATION_SECRETS_START_H
#define STATION_SECRETS_START_H

#include <stdbool.h>

#include "station/secrets/secrets.h"

#define SECRETS_KEY "secrets.key" /* in the state folder */

struct store;

struct secrets_options {
	const char *key;     /* file; NULL: SECRETS_KEY, which the first start makes */
	const char *key_new; /* file with a key that takes its place: all is sealed anew; NULL: none */
	bool lost;           /* the key is gone for good: what it has sealed is forgotten */
};

/*
 * Not within a transaction. -ENOENT: the key is not there; -EKEYREJECTED: it is another one than that of the store's secrets. Nothing is made
 * or forgotten then. A change of the key that is cut off is done, or is not; saying it again ends it.
 */
int secrets_start(struct store *store, const char *state_dir, const struct secrets_options *options,
		  struct secrets **ret, struct err *err) _must_check_;

#endif

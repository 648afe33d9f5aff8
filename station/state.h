/* SPDX-License-Identifier: Apache-2.0 */
/* The state folder: keys, certificates and small files. The store is store.h's. */
#ifndef STATION_STATE_H
#define STATION_STATE_H

#include <stdint.h>

#include "core/err.h"

/* Makes the folder when it is missing and locks it: *ret_lock is a descriptor to keep open. -EBUSY. */
int state_lock(const char *dir, int *ret_lock, struct err *err) _must_check_;

/* Makes what is missing of the CA and the signing certificate, and a new TLS certificate for `names`. */
int state_keys(const char *dir, const char *const *names, struct err *err) _must_check_;

/*
 * A line of text that is given once and kept in the file `name` of the folder: `given` is stored, NULL takes what is there. *ret is malloc'd,
 * or NULL where nothing is. -EINVAL: no line of at most STATE_TEXT_MAX bytes of UTF-8.
 */
#define STATE_TEXT_MAX 200
int state_text(const char *dir, const char *name, const char *given, char **ret,
	       struct err *err) _must_check_;

struct state_port {
	const char *address; /* where it is bound */
	uint16_t port;
	const char *url; /* by which others reach it */
};
/* Writes url and listening.json. */
int state_listening(const char *dir, const struct state_port *http, const struct state_port *https,
		    struct err *err) _must_check_;
void state_listening_ends(const char *dir);

#endif

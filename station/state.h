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

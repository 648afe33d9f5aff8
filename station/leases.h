/* SPDX-License-Identifier: Apache-2.0 */
/* Boot hints and leases in the store. All within a transaction. */
#ifndef STATION_LEASES_H
#define STATION_LEASES_H

#include <stdint.h>

#include "station/auth.h"

/* A new hint for a boot script; node 0: for a machine that is no node. Keeps the newest few of each alone. */
int hint_add(struct store *store, int64_t node, char token[TOKEN_SIZE], struct err *err) _must_check_;

/* A new lease, which revokes the one that this node, or unknown machine (seen), has had. order 0: none. */
int lease_add(struct store *store, int64_t node, int64_t seen, int64_t order, char token[TOKEN_SIZE],
	      int64_t *ret_id, struct err *err) _must_check_;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that wait for events: their connections are suspended, so that waiting takes no thread. */
#ifndef STATION_WAITS_H
#define STATION_WAITS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct MHD_Connection;
struct connections;
struct waits;

/* Starts the thread that ends waits in time; it sweeps the connections as well. */
int waits_new(struct connections *connections, struct waits **ret, struct err *err) _must_check_;
/* Ends every wait and lets no further one begin: to be called before the servers are stopped. */
void waits_stop(struct waits *waits);
void waits_free(struct waits *waits);

/* Counts what is new. To be read before the store is asked, and given to waits_suspend(). */
uint64_t waits_generation(struct waits *waits);

/* Suspends the connection until there is something newer than `seen`, or until monotonic_ns() is `until`. False:
 * there is already, or the station stops; nothing was suspended. */
bool waits_suspend(struct waits *waits, struct MHD_Connection *connection, uint64_t seen, uint64_t until);

/* There are new events: all waits end. */
void waits_wake(struct waits *waits);

#endif

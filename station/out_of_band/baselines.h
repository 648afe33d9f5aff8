/* SPDX-License-Identifier: Apache-2.0 */
/* Baselines (protocol/baseline/baseline.h) in the store: by name, and for each order the one that it was made with. All within a transaction. */
#ifndef STATION_BASELINES_H
#define STATION_BASELINES_H

#include <stdint.h>

#include "core/json.h"
#include "station/store.h"

/*
 * Gives a new order the baseline that goes by the name now. -ENOENT: there is none; -ESTALE: the node has no BMC, so that nothing could be
 * compared.
 */
int baseline_for_order(struct store *store, int64_t node, int64_t order, const char *name,
		       struct err *err) _must_check_;

/* {"name", "sha256"} of the order's, or JSON null. A new reference. */
int baseline_named(struct store *store, int64_t order, json_t **ret, struct err *err) _must_check_;
/* The order's, a new reference, or NULL where it has none. It stays as it was when the order was made. */
int baseline_of_order(struct store *store, int64_t order, json_t **ret, struct err *err) _must_check_;

#endif

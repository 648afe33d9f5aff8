/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a machine is between two tenants, as its BMC tells it: read before the order's machine is started, compared with the order's baseline, and
 * kept with the order together with the BMC's event log.
 */
#ifndef STATION_OUT_OF_BAND_H
#define STATION_OUT_OF_BAND_H

#include <stdint.h>

#include "core/json.h"
#include "protocol/baseline/baseline.h"
#include "redfish/bmc.h"
#include "station/store.h"

struct out_of_band {
	json_t *document; /* protocol/baseline/out_of_band.h */
	char *log;        /* the archived event log, canonical JSON; NULL: it could not be read */
};
void out_of_band_clear(struct out_of_band *result);
#define _cleanup_out_of_band_ _cleanup_(out_of_band_clear)

/*
 * In a procedure of the BMC's loop, logged in, and not within a transaction. baseline NULL: the order names none, and the event log alone is read.
 * A part that cannot be read is "not-readable" in the document, with the reason, and the others are read; -ECANCELED alone is an error.
 * ret is to be cleared in each case.
 */
int out_of_band_read(struct rf_bmc *bmc, const json_t *baseline, struct out_of_band *ret,
		     struct err *err) _must_check_;

/* What a part of a baseline is compared with, as baseline_compare() takes it. A new object. Called like the one above. */
int out_of_band_read_part(struct rf_bmc *bmc, enum baseline_part part, json_t **ret,
			  struct err *err) _must_check_;

/* What follows is within a transaction. In place of what was there. */
int out_of_band_store(struct store *store, int64_t order, const struct out_of_band *result,
		      struct err *err) _must_check_;
/* The order's document, a new reference; NULL: none was stored. */
int out_of_band_stored(struct store *store, int64_t order, json_t **ret, struct err *err) _must_check_;
/*
 * The same for its certificate: what was stored; or that nothing was read, where the order has a baseline; else NULL.
 */
int out_of_band_of_order(struct store *store, int64_t order, json_t **ret, struct err *err) _must_check_;

/*
 * May the order not begin, whoever has started its machine? *ret_why, malloc'd: its baseline is to hold it, and it has not been compared yet, or what
 * came of that holds it. NULL: it may.
 */
int out_of_band_forbids(struct store *store, int64_t order, char **ret_why, struct err *err) _must_check_;

#endif

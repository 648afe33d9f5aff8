/* SPDX-License-Identifier: Apache-2.0 */
/* Machine classes (protocol/class/class.h) in the store: by name, and for each order the one that it was made with. All within a transaction. */
#ifndef STATION_CLASSES_H
#define STATION_CLASSES_H

#include <stdint.h>

#include "core/json.h"
#include "station/store.h"

/* Gives a new order the class that goes by the name now. -ENOENT: there is none. */
int class_for_order(struct store *store, int64_t order, const char *name, struct err *err) _must_check_;
/* {"name", "sha256"} of the order's, or JSON null. A new reference. */
int class_named(struct store *store, int64_t order, json_t **ret, struct err *err) _must_check_;
/* The same with the document itself, for the order's agent. */
int class_whole(struct store *store, int64_t order, json_t **ret, struct err *err) _must_check_;
/* Was the machine compared with the class that the order names, if any? Of evidence that has been checked. -EBADMSG */
int class_was_compared(struct store *store, int64_t order, const json_t *evidence,
		       struct err *err) _must_check_;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The signed addendum that closes an order's record, when its tenant's system is up. docs/certificate.md, "The addendum". Within a transaction. */
#ifndef STATION_ADDENDUM_H
#define STATION_ADDENDUM_H

#include <stdint.h>

#include "core/err.h"

struct station;

/* The order becomes live now. */
int addendum_add(const struct station *station, int64_t order, const char *id, struct err *err) _must_check_;
/* Once more, with what has been read through the BMC since; nothing where there is none yet. */
int addendum_renew(const struct station *station, int64_t order, struct err *err) _must_check_;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What the station puts its name to: certificates and their addenda. */
#ifndef STATION_SIGN_H
#define STATION_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "station/context.h"

/* A detached signature (CMS, DER) by the station's key; *ret is malloc'd. `what` names the document in the error, which is -EIO. */
int station_sign(const struct station *station, const char *what, const char *text, size_t len, uint8_t **ret,
		 size_t *ret_len, struct err *err) _must_check_;

#endif

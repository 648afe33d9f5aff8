/* SPDX-License-Identifier: Apache-2.0 */
/*
 * References to resources (@odata.id, Location, nextLink): accepted on the BMC's own origin alone, so that a token goes nowhere
 * else. DSP0266, sections 8.2 and 9.6.
 */
#ifndef REDFISH_REF_H
#define REDFISH_REF_H

#include "core/json.h"

#define RF_PATH_MAX 1024 /* bytes with the NUL */

/* The path (and query) of a reference, its fragment left out. -EPERM: it leads to another origin; -EBADMSG: it is none. */
int rf_ref(const char *origin, const char *reference, char path[RF_PATH_MAX], struct err *err) _must_check_;

/* The reference that stands at a path of `json` (value.h); "" where there is none. */
int rf_ref_at(const json_t *json, const char *what, const char *at, const char *origin,
	      char path[RF_PATH_MAX], struct err *err) _must_check_;

/* What an operator says ("10.0.0.9", "bmc7:8443", "https://[fd00::9]") as https://HOST[:PORT], malloc'd; https alone. */
int rf_origin(const char *address, char **ret, struct err *err) _must_check_;

/* The last part of a path, such as "1" of /redfish/v1/Systems/1; borrowed. */
const char *rf_last_part(const char *path);

#endif

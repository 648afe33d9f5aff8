/* SPDX-License-Identifier: Apache-2.0 */
/* The site's Secure Boot bundle, as it lies in the boot folder. docs/secure-boot.md */
#ifndef STATION_SECURE_BOOT_H
#define STATION_SECURE_BOOT_H

#include <jansson.h>

#include "core/err.h"
#include "station/context.h"

#define SECURE_BOOT_FOLDER "secure-boot"
#define SECURE_BOOT_CLEAR \
	"clear-PK.auth" /* not served: it takes the platform key out of every machine that has ours */

/* A bundle's file by its name, -ENOENT else. The descriptor is the caller's. */
int secure_boot_file_open(const struct station *station, const char *file, struct err *err) _must_check_;

/* What an operator may say of Secure Boot in an order, with the defaults written out; NULL: nothing was said. A new reference. */
int secure_boot_wish(const json_t *given, json_t **ret, struct err *err) _must_check_;
/* Puts into the order for an agent what it needs for that: the bundle as it is now. -ESTALE: there is none. */
int secure_boot_complete(const struct station *station, json_t *order, struct err *err) _must_check_;

#endif

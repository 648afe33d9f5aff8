/* SPDX-License-Identifier: Apache-2.0 */
/* How an order names a signed image: by its manifest's URL, digest and lowest serial. docs/protocol.md, "Order". */
#ifndef PROTOCOL_ORDER_MANIFEST_H
#define PROTOCOL_ORDER_MANIFEST_H

#include <jansson.h>
#include <stdint.h>

#include "core/err.h"

/*
 * manifest_url, manifest_sha256 (null or missing: *ret_sha256 is left as it is) and min_serial of an object that messages call `what`.
 * Both texts are malloc'd, the caller's on failure too.
 */
int order_manifest_read(const json_t *named, const char *what, char **ret_url, char **ret_sha256,
			uint64_t *ret_min_serial, struct err *err) _must_check_;

#endif

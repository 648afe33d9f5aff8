/* SPDX-License-Identifier: Apache-2.0 */
/* The overlays that an order names: drivers and tools for the agent's own memory. docs/protocol.md, "Order"; docs/overlays.md. */
#ifndef PROTOCOL_ORDER_OVERLAYS_H
#define PROTOCOL_ORDER_OVERLAYS_H

#include <jansson.h>
#include <stdint.h>

#include "core/err.h"

#define ORDER_OVERLAYS_MAX 8

struct order_overlay {
	char *manifest_url;    /* http(s) URL of manifest.json, as of the order's image; each its own */
	char *manifest_sha256; /* hexadecimal, or NULL when any manifest that verifies will do */
	uint64_t min_serial;
};

struct order_overlays {
	struct order_overlay list[ORDER_OVERLAYS_MAX]; /* unpacked and started in this order */
	unsigned n;
};

/* order.overlays, which may be missing or null. */
int order_overlays_read(const json_t *json, struct order_overlays *ret, struct err *err) _must_check_;
json_t *order_overlays_to_json(const struct order_overlays *overlays);
void order_overlays_clear(struct order_overlays *overlays);

#endif

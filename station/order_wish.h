/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator asks for, and the order that becomes of it. docs/protocol.md, "POST /v1/orders" */
#ifndef STATION_ORDER_WISH_H
#define STATION_ORDER_WISH_H

#include <jansson.h>
#include <stdint.h>

#include "core/err.h"
#include "station/context.h"

/* Through the node's BMC: where it has one, only then, or never. */
enum order_bmc { ORDER_BMC_IF_THERE, ORDER_BMC_MUST, ORDER_BMC_NEVER };

/* Borrowed from the request. */
struct order_wish {
	const char *node, *image, *boot; /* image NULL: the order only erases */
	const char *tpm, *handover;      /* NULL: not there */
	enum order_bmc bmc;
	const char *baseline; /* its name; NULL: none */
	const char *class;    /* the same */
	uint64_t min_serial;
	uint64_t begin_within; /* seconds; 0: whenever */
	json_t *root, *wipe, *efi, *mirrors, *verify, *secure_boot, *gpu, *nic, *network,
		*memory; /* borrowed as they came, order_from_json() checks; NULL: not there */
	json_t *user_data, *network_config; /* borrowed strings; NULL: none */
	json_t *overlays;                   /* borrowed as it came, overlays_of_names() checks; NULL: none */
};

/* What the body of POST /v1/orders may have; NULL-terminated. */
extern const char *const order_wish_keys[];

int order_wish_read(const json_t *json, struct order_wish *ret, struct err *err) _must_check_;

/*
 * The order's text, with the defaults written out, malloc'd. Its reader (protocol/order/order.h) judges it whole. -ESTALE: the image's serial is too low;
 * -ENOENT and -EBADMSG: there is no such image, or none that can be read.
 */
int order_wish_body(const struct station *station, const char *id, const struct order_wish *wish, char **ret,
		    struct err *err) _must_check_;

#endif

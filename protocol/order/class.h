/* SPDX-License-Identifier: Apache-2.0 */
/* The machine class that an order names: what the gate compares the machine with. docs/protocol.md, "Order"; docs/class.md. */
#ifndef PROTOCOL_ORDER_CLASS_H
#define PROTOCOL_ORDER_CLASS_H

#include <jansson.h>

#include "core/err.h"
#include "core/hash.h"

struct class;

struct order_class {
	char sha256[SHA256_HEX_SIZE]; /* of the document's canonical form */
	struct class *class;
};

/* order.class, which may be missing or null: *ret is left NULL then. A document that is not the one of the digest is -EBADMSG. */
int order_class_read(const json_t *json, struct order_class **ret, struct err *err) _must_check_;
json_t *order_class_to_json(const struct order_class *named);
void order_class_free(struct order_class *named);
DEFINE_CLEANUP(struct order_class *, order_class_free);

#endif

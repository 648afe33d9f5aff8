/* SPDX-License-Identifier: Apache-2.0 */
/* What an order asks for, for a person. docs/protocol.md, "Order" */
#ifndef CLI_ORDER_PARTS_H
#define CLI_ORDER_PARTS_H

#include <jansson.h>

/* Prints the parts of an order's document as operators get it, a line each; of parts that it leaves to the defaults nothing. */
void order_parts_print(const json_t *document);

#endif

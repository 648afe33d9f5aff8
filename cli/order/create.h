/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of remint order. */
#ifndef CLI_ORDER_CREATE_H
#define CLI_ORDER_CREATE_H

#include <jansson.h>
#include <stdbool.h>

#include "core/err.h"

int order_create(int argc, char **argv); /* the exit status */

/* What the station answered to a call about one order, or why it did not (r below 0); the exit status. */
int order_print(int r, const json_t *order, bool json, const struct err *err);

#endif

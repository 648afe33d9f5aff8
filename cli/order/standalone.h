/* SPDX-License-Identifier: Apache-2.0 */
/* Orders that no station gives out. docs/standalone.md */
#ifndef CLI_ORDER_STANDALONE_H
#define CLI_ORDER_STANDALONE_H

#include "cli/args.h"

int order_standalone(int argc, char **argv); /* "order standalone" */
int order_import(int argc, char **argv);     /* "order import" */

#endif

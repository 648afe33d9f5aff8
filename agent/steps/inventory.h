/* SPDX-License-Identifier: Apache-2.0 */
/* The look at the whole machine, for who needs a fresh one. docs/inventory.md describes the document. */
#ifndef AGENT_STEPS_INVENTORY_H
#define AGENT_STEPS_INVENTORY_H

#include <jansson.h>

#include "agent/hw/block/block.h"
#include "core/err.h"

/*
 * Changes nothing. What cannot be read is in the document as {"error": "..."} in its place; only a machine whose drives cannot even be listed is
 * an error, because every later step rests on that list. *ret_disks: free(). Without the neighbours: agent/steps/neighbours.h.
 */
int inventory_read(struct block **ret_disks, unsigned *ret_n, json_t **ret, struct err *err) _must_check_;

#endif

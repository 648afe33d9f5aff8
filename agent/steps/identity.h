/* SPDX-License-Identifier: Apache-2.0 */
/* Who this machine is: the check-in says it, and the evidence says it again. */
#ifndef AGENT_STEPS_IDENTITY_H
#define AGENT_STEPS_IDENTITY_H

#include <jansson.h>

#include "core/err.h"
#include "protocol/node.h"

/*
 * From the documents of smbios_read() (may be NULL) and netif_inventory(). A machine with neither UUID nor
 * serial nor MAC is -ENODATA: the station could not know it.
 */
int identity_make(const json_t *smbios, const json_t *nics, struct node_identity *ret,
		  struct err *err) _must_check_;

#endif

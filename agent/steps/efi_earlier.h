/* SPDX-License-Identifier: Apache-2.0 */
/* Boot entries that an earlier boot of the order has removed: that boot has told the station what they were, and this one no longer sees them. */
#ifndef AGENT_STEPS_EFI_EARLIER_H
#define AGENT_STEPS_EFI_EARLIER_H

#include "agent/step.h"
#include "efi/bootorder.h"

/* Before anything is changed. */
int efi_earlier_say(struct job *job, const struct efi_plan *plan, const struct efi_boot *boot,
		    struct err *err) _must_check_;
/* Adds to the report's "removed" and "cleaned" what earlier boots have said. */
void efi_earlier_add(const struct job *job, json_t *report);

#endif

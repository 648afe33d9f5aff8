/* SPDX-License-Identifier: Apache-2.0 */
/* What the boot entries of this order may name. */
#ifndef AGENT_STEPS_EFI_POLICY_H
#define AGENT_STEPS_EFI_POLICY_H

#include "agent/step.h"
#include "efi/fate.h"

struct efi_job_policy {
	struct efi_policy policy; /* borrows from the job and from host */
	char host[256];           /* the station's, without port; "" without a station */
};

void efi_job_policy(const struct job *job, struct efi_job_policy *ret);

#endif

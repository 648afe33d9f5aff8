/* SPDX-License-Identifier: Apache-2.0 */
/* Making and removing a card's parts. Results are nvmlReturn_t. */
#ifndef AGENT_GPU_NVML_MIG_PARTS_H
#define AGENT_GPU_NVML_MIG_PARTS_H

#include "agent/gpu/nvml_mig.h"

/* With its compute instance; nothing is left of it when that fails. */
int nvml_mig_make_part(const struct nvml *nvml, struct nvmlDevice_st *device,
		       const struct nvml_mig_profile *profile) _must_check_;
/* All of them, with the compute instances in them. */
int nvml_mig_destroy_parts(const struct nvml *nvml, const struct nvml_mig_instances *instances) _must_check_;
/* Has each exactly the one compute instance that is as large as itself? */
bool nvml_mig_are_whole(const struct nvml *nvml, const struct nvml_mig_instances *instances);

#endif

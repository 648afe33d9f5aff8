/* SPDX-License-Identifier: Apache-2.0 */
/* A card's division into parts (MIG): which kinds of part it has, and which parts there are. All functions return nvmlReturn_t. */
#ifndef AGENT_GPU_NVML_MIG_H
#define AGENT_GPU_NVML_MIG_H

#include "agent/gpu/nvml_library.h"

#define NVML_MIG_INSTANCES_MAX 64 /* of one card; today's have at most 8 */

struct nvml_mig_profile {
	unsigned id, slices;
	char name[ORDER_GPU_NAME_MAX]; /* "1g.10gb" */
};

struct nvml_mig_profiles {
	struct nvml_mig_profile list[NVML_GPU_INSTANCE_PROFILES_TRIED];
	unsigned n;
};

struct nvml_mig_instance {
	struct nvmlGpuInstance_st *handle;
	const struct nvml_mig_profile *profile;
	unsigned start; /* where it lies: its first memory slice */
};

struct nvml_mig_instances {
	struct nvml_mig_instance list[NVML_MIG_INSTANCES_MAX]; /* by start */
	unsigned n;
};

/* With MIG on alone does a card have instances; NVML_ERROR_NOT_SUPPORTED without profiles. */
int nvml_mig_profiles(const struct nvml *nvml, struct nvmlDevice_st *device,
		      struct nvml_mig_profiles *ret) _must_check_;
/* The instances point into `profiles`. */
int nvml_mig_instances(const struct nvml *nvml, struct nvmlDevice_st *device,
		       const struct nvml_mig_profiles *profiles, struct nvml_mig_instances *ret) _must_check_;
json_t *nvml_mig_names(const struct nvml_mig_instances *instances);

#endif

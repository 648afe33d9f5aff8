/* SPDX-License-Identifier: Apache-2.0 */
/* Who uses a card. Both are 0 when nobody does, and -EBUSY when somebody does, named in the error. */
#ifndef AGENT_GPU_NVML_USERS_H
#define AGENT_GPU_NVML_USERS_H

#include "agent/gpu/nvml_library.h"

/* Processes that compute or draw on it, as NVML tells. */
int nvml_no_processes(const struct nvml *nvml, struct nvmlDevice_st *device, struct err *err) _must_check_;
/* Processes that hold its device file open, this one not: a daemon that NVML does not count keeps the driver too. */
int nvml_no_users(const char *root, const char *pci, struct err *err) _must_check_;

#endif

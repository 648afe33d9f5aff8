/* SPDX-License-Identifier: Apache-2.0 */
/* Who uses a card. Both are 0 when nobody does, and -EBUSY when somebody does, named in the error. */
#ifndef AGENT_GPU_NVML_USERS_H
#define AGENT_GPU_NVML_USERS_H

#include "agent/gpu/nvml_library.h"

/* One of NVML's two lists of processes: those that compute, and those that draw. */
typedef int nvml_process_call(struct nvmlDevice_st *device, unsigned *count, struct nvmlProcessInfo_st *list);
/*
 * By one list. `then` ends the sentence about who is there, `then_many` the one about more than can be named: ": end them first". Where NVML keeps no
 * such list, nobody is; -EIO: it does not tell.
 */
int nvml_nobody_in(const struct nvml *nvml, struct nvmlDevice_st *device, nvml_process_call *call,
		   const char *then, const char *then_many, struct err *err) _must_check_;
/* Processes that compute or draw on it, as NVML tells. */
int nvml_no_processes(const struct nvml *nvml, struct nvmlDevice_st *device, struct err *err) _must_check_;
/* Processes that hold its device file open, this one not: a daemon that NVML does not count keeps the driver too. */
int nvml_no_users(const char *root, const char *pci, struct err *err) _must_check_;

#endif

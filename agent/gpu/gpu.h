/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPUs: one interface, back ends as files. A back end reads, sets and resets one GPU by one way to it: a vendor's library, registers, sysfs. All of its functions but
 * drives() run in a child process that has a deadline (child.h): a library may hang or crash, and a call that is stuck in the kernel cannot be called back. Hence
 * results are JSON, which the parent checks as it would a stranger's.
 */
#ifndef AGENT_GPU_GPU_H
#define AGENT_GPU_GPU_H

#include <jansson.h>
#include <stdbool.h>

#include "core/err.h"
#include "protocol/order/gpu.h"

#define GPU_MAX        64 /* of one machine */
#define GPU_FAULTS_MAX 64

#define GPU_VENDOR_NVIDIA 0x10de
#define GPU_VENDOR_AMD    0x1002

/* One PCI function of class 0300, 0302 or 0380 of a vendor that a back end is for; or 1200 (AMD's accelerators). */
struct gpu {
	char pci[16]; /* "0000:18:00.0" */
	unsigned vendor, device;
	char driver[32]; /* the kernel's driver that is bound; "": none */
};

/* Where the back ends find the machine, and libraries. */
struct gpu_host {
	const char *root; /* in front of /sys and /dev; "" */
	const char *const *
		libraries; /* folders that are searched for a vendor's library before the loader's own; NULL-terminated; may be NULL */
};

struct gpu_backend {
	const char *name; /* "nvml", "bar0", "amdgpu" */
	/* Is this GPU, in the state that it is in, this one's to look after? Reads sysfs alone, quickly, without a child. */
	bool (*drives)(const struct gpu_host *host, const struct gpu *gpu);
	/*
	 * Changes nothing. *ret: {"model"?, "serial"?, "uuid"?, "driver"?, "vbios"?, "inforom"?: texts, "memory"?: bytes,
	 * "settings": {...}, "health": {...}, "faults": [{"what", "text"}], "unknown": [text]}
	 * settings: what the card is set to, by the names and words of order.gpu.settings ("ecc": "on", "power_limit": W, "clocks": {"graphics": MHz} or null);
	 *   what it has not is missing; "pending": {the same, of what a reset will change}
	 * health: counters and states as read; faults: each of them holds the machine, with a text for a technician; unknown: what could not be read, and why
	 */
	int (*look)(const struct gpu_host *host, const struct gpu *gpu, json_t **ret, struct err *err);
	/*
	 * Sets what differs from the wish, and reads each back. *ret: {"set": [{"setting", "from", "to"}], "not_set": [{"setting", "wanted", "why"}], "needs_reset": bool}
	 * A setting that the card does not have is in not_set only where the wish names another value than the default. NULL: this back end sets nothing.
	 */
	int (*set)(const struct gpu_host *host, const struct gpu *gpu, const struct order_gpu *wish,
		   json_t **ret, struct err *err);
	/*
	 * As after power on. *ret: {"method": "flr"|"bus"|"mode1"|..., "seconds": n, "boot"?: "completed", "memory_scrub"?: "completed"}: a word is there only
	 * where it was read back from the GPU. NULL: this back end resets nothing.
	 */
	int (*reset)(const struct gpu_host *host, const struct gpu *gpu, json_t **ret, struct err *err);
};

extern const struct gpu_backend gpu_nvml, gpu_bar0, gpu_amdgpu;

#endif

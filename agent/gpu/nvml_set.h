/* SPDX-License-Identifier: Apache-2.0 */
/* Changing one card's settings, each of them read back. What a wish of the default finds missing on the card is no refusal. */
#ifndef AGENT_GPU_NVML_SET_H
#define AGENT_GPU_NVML_SET_H

#include "agent/gpu/nvml_library.h"

#define NVML_ERROR_FUNCTION_NOT_FOUND 13 /* for a call that this NVML does not have */

struct nvml_set {
	const struct nvml *nvml;
	struct nvmlDevice_st *device;
	const struct order_gpu *wish;
	json_t *set, *not_set; /* as gpu.h says */
	bool needs_reset;
};

/* One setting that is a number for NVML. */
struct nvml_change {
	const char *setting; /* its name in an order */
	unsigned wanted;
	bool by_default; /* the wish names no other value than the default */
	int (*read)(const struct nvml_set *s, unsigned *ret);
	int (*write)(const struct nvml_set *s, unsigned value);
	json_t *(*say)(unsigned value); /* as an order writes it */
};

/* Reads, writes where it differs, reads back, and records. Whether the card now has the wanted value. */
bool nvml_change(struct nvml_set *s, const struct nvml_change *change);

/* Both take their JSON. */
void nvml_was_set(struct nvml_set *s, const char *setting, json_t *from, json_t *to);
void nvml_not_set(struct nvml_set *s, const char *setting, json_t *wanted, const char *fmt, ...)
	_printf_(4, 5);
/* Was it refused? Then it is recorded with NVML's words. `wanted` stays the caller's. */
bool nvml_refused(struct nvml_set *s, const char *setting, json_t *wanted, int result);
bool nvml_has_not(int result); /* the card, or this NVML, has no such setting */

/* The parts, a file each. */
void nvml_set_ecc(struct nvml_set *s);
void nvml_set_mig(struct nvml_set *s);
void nvml_set_power(struct nvml_set *s);
void nvml_set_clocks(struct nvml_set *s);

/* struct gpu_backend's. */
int nvml_set(const struct gpu_host *host, const struct gpu *gpu, const struct order_gpu *wish, json_t **ret,
	     struct err *err) _must_check_;

#endif

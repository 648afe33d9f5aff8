/* SPDX-License-Identifier: Apache-2.0 */
/* What is to become of a machine's GPUs. docs/protocol.md, "Order"; docs/gpu.md. */
#ifndef PROTOCOL_ORDER_GPU_H
#define PROTOCOL_ORDER_GPU_H

#include <jansson.h>
#include <stdbool.h>

#include "core/err.h"

#define ORDER_GPU_PROFILES_MAX 16 /* MIG instances of one GPU */
#define ORDER_GPU_NAME_MAX     32 /* bytes of a profile's or a partition mode's name, its NUL included */

/* What cannot be done is recorded, or holds the machine, or is not tried. */
enum order_gpu_effort { ORDER_GPU_TRY, ORDER_GPU_MUST, ORDER_GPU_NEVER };

/* A switch that a GPU has, and that is read back after it was set. */
enum order_gpu_switch { ORDER_GPU_DEFAULT, ORDER_GPU_LEAVE, ORDER_GPU_OFF, ORDER_GPU_ON };

/* Who may compute on it at once: NVML's compute modes. */
enum order_gpu_compute { ORDER_GPU_SHARED, ORDER_GPU_PROHIBITED, ORDER_GPU_EXCLUSIVE };

/*
 * All zeros is what an order gets that says nothing of GPUs: reset and scrubbed where that can be done, every setting back to the card's default
 * where it can be. The same for each GPU of the machine.
 */
struct order_gpu {
	enum order_gpu_effort reset, scrub;
	bool leave;                        /* touch no setting at all: "settings": "leave" */
	enum order_gpu_switch persistence; /* default: off */
	enum order_gpu_switch ecc;         /* default: what the card says is its default */
	enum order_gpu_switch mig;         /* default: off */
	char profiles[ORDER_GPU_PROFILES_MAX]
		     [ORDER_GPU_NAME_MAX]; /* "1g.10gb", in the order of creation; with mig ON alone */
	unsigned n_profiles;
	enum order_gpu_compute compute;
	unsigned power_limit;                       /* W; 0: the card's default */
	unsigned graphics_clock, memory_clock;      /* MHz, locked; 0: not locked */
	char compute_partition[ORDER_GPU_NAME_MAX]; /* AMD: "SPX", "CPX", ...; "": the default, SPX */
	char memory_partition[ORDER_GPU_NAME_MAX];  /* AMD: "NPS1", ...; "": the default, NPS1 */
};

/* The `gpu` of an order, which may be missing or null. -EBADMSG names the field. */
int order_gpu_read(const json_t *order, struct order_gpu *gpu, struct err *err) _must_check_;
json_t *order_gpu_to_json(const struct order_gpu *gpu); /* NULL where it says nothing */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NVIDIA GPUs by their registers (BAR 0), where no driver is loaded: what they are, whether their firmware has booted, and whether the hardware has scrubbed their
 * memory. docs/gpu-registers.md has the registers and where each is published. No register is ever written.
 */
#ifndef AGENT_GPU_BAR0_H
#define AGENT_GPU_BAR0_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/hw/pci/reset.h"
#include "core/err.h"

#define BAR0_ONES UINT32_MAX /* what a read gives that nobody answers */

/* The seam to the hardware: vfio and the kernel's resets, or models of GPUs in tests. */
struct bar0_access {
	/* Maps the registers. *ret: close(). */
	int (*open)(const char *root, const char *address, void **ret, struct err *err);
	uint32_t (*read)(void *bar, uint32_t offset);
	int (*close)(void *bar, struct err *err);
	int (*reset)(const char *root, const char *address, struct pci_reset *ret, struct err *err);
	void (*pause)(unsigned ms);
	uint64_t (*now_ns)(void); /* never falls; pause() moves it */
};

const struct bar0_access *bar0_access(void);
/* Puts another in place; NULL is the real one. Returns the one before. */
const struct bar0_access *bar0_access_replace(const struct bar0_access *access);

/* What differs between architectures. */
struct bar0_arch {
	unsigned code; /* NV_PMC_BOOT_42[29:24] */
	const char *name;
	uint32_t boot, booted; /* register, and what it reads as when the firmware has booted */
	uint32_t scrub;        /* register; 1: the memory is scrubbed */
	uint32_t cc;           /* register, bits 1:0: confidential computing; 0: the architecture has none */
	unsigned boot_ms, scrub_ms; /* how long to wait for them */
};

/* NULL: unknown. */
const struct bar0_arch *bar0_arch_by_code(unsigned code);

/* An open GPU that has answered. */
struct bar0_gpu {
	void *bar;
	uint32_t boot0;
	const struct bar0_arch *arch; /* NULL: unknown */
};

/*
 * Opens it and waits until it answers: for some seconds after a reset newer ones read as all ones. bar0_close().
 * -ENODEV: all ones; -ENOTSUP: this machine lets nobody map it; -EIO: what it reads makes no sense.
 */
int bar0_open(const char *root, const char *address, struct bar0_gpu *ret, struct err *err) _must_check_;
int bar0_close(struct bar0_gpu *gpu, struct err *err) _must_check_;

/* Wait until it is read back that the firmware has booted, or that the memory is scrubbed. -ETIMEDOUT, -ENODEV (all ones), in words. The architecture is known. */
int bar0_wait_boot(const struct bar0_gpu *gpu, struct err *err) _must_check_;
int bar0_wait_scrub(const struct bar0_gpu *gpu, struct err *err) _must_check_;

/* Once booted: "off", "on", "devtools" or "invalid"; NULL where the architecture has none. */
int bar0_confidential(const struct bar0_gpu *gpu, const char **ret, struct err *err) _must_check_;
/* Once scrubbed, and with confidential computing off: it blocks the register. */
int bar0_ecc(const struct bar0_gpu *gpu, bool *ret, struct err *err) _must_check_;

#endif

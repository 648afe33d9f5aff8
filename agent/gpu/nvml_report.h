/* SPDX-License-Identifier: Apache-2.0 */
/* What a look at one card brings together (gpu.h, look), and how NVML's answers are sorted into it. */
#ifndef AGENT_GPU_NVML_REPORT_H
#define AGENT_GPU_NVML_REPORT_H

#include <stdint.h>

#include "agent/gpu/nvml_library.h"

struct nvml_report {
	const struct nvml *nvml;
	struct nvmlDevice_st *device;
	json_t *card, *settings, *health, *faults, *unknown; /* the four are card's */
	bool lost, needs_reset;                              /* a fault says so already */
};

void nvml_report_start(struct nvml_report *report, const struct nvml *nvml);

/*
 * Was this a success? What the card has not is passed over silently, a card that is lost or wants a reset is a fault, anything else is unknown,
 * with NVML's words. `what` names what was asked, for a person: "the ECC mode".
 */
bool nvml_told(struct nvml_report *report, int result, const char *what);
/* A call that this NVML does not have: unknown. Use: `nvml_has(report, nvml->DeviceGetName, "the model") && nvml_told(...)`. */
bool nvml_has(struct nvml_report *report, const void *call, const char *what);

void nvml_fault(struct nvml_report *report, const char *what, const char *fmt, ...) _printf_(3, 4);
/* Said once: eighteen links may all be silent for one reason. */
void nvml_unknown(struct nvml_report *report, const char *fmt, ...) _printf_(2, 3);

/* Adds a number, or says that it is absurd: above `max`. Returns whether it was added. */
bool nvml_add(struct nvml_report *report, json_t *to, const char *key, uint64_t value, uint64_t max);
#define NVML_COUNT_MAX (1ull << 53) /* what JSON's readers can hold */

/* The parts of a look, a file each. */
void nvml_identity(struct nvml_report *report);
void nvml_settings(struct nvml_report *report);
void nvml_mig(struct nvml_report *report);
void nvml_memory_health(struct nvml_report *report); /* rows, pages, ECC */
void nvml_card_health(struct nvml_report *report);   /* the rest of the card itself, and who uses it */
void nvml_links(struct nvml_report *report);         /* PCIe, NVLink */
void nvml_fabric(struct nvml_report *report);

#endif
